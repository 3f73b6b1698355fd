//! Fourth: what died is made to stay dead, durably, before anything is appended.

use std::io;

use super::replay::Replay;
use super::survey::Found;
use super::{StorageError, TornTail};
use crate::size::{narrow, wide};
use crate::storage::{Medium, Storage};

/// Wipes the torn tail and removes the segments that hold nothing of the log.
pub(super) fn repair<S: Storage>(
    storage: &S,
    mut found: Vec<Found<S::Medium>>,
    replay: &Replay,
    torn: Option<TornTail>,
) -> Result<Vec<Found<S::Medium>>, StorageError> {
    let unused = found.split_off(replay.kept);
    let torn_in = |found: &&mut Found<S::Medium>| torn.is_some_and(|t| t.segment == found.number);
    if let (Some(found), Some(torn)) = (found.iter_mut().find(torn_in), torn) {
        wipe(&mut found.medium, torn).map_err(|source| {
            let segment = torn.segment;
            StorageError { doing: "wipe the torn tail of", segment, source }
        })?;
    }
    // From the last on, each durably: a power cut in between must leave no gap.
    for found in unused.into_iter().rev() {
        let number = found.number;
        remove(storage, number).map_err(|source| StorageError {
            doing: "remove the unused",
            segment: number,
            source,
        })?;
    }
    Ok(found)
}

fn wipe<M: Medium>(medium: &mut M, torn: TornTail) -> io::Result<()> {
    let zeros = vec![0; narrow(torn.bytes.min(1 << 20))];
    let end = torn.offset + torn.bytes;
    let mut offset = torn.offset;
    while offset < end {
        let bytes = &zeros[..narrow(end - offset).min(zeros.len())];
        medium.write_at(bytes, offset)?;
        offset += wide(bytes.len());
    }
    medium.sync()
}

fn remove<S: Storage>(storage: &S, number: u64) -> io::Result<()> {
    storage.remove(number)?;
    storage.sync_directory()
}

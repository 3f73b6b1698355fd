//! Fourth: what died is made to stay dead, durably, before anything is appended; and what was read
//! wrong of one copy, and right of another, is made whole.

use std::io;

use super::replay::Replay;
use super::survey::{Found, Survey};
use super::{StorageError, TornTail};
use crate::Name;
use crate::size::{narrow, wide};
use crate::storage::{Medium, Storage};

/// Wipes the torn tail, and removes the segments that hold nothing of the log and the files whose
/// segments are in others too.
pub(super) fn repair<S: Storage>(
    storage: &S,
    survey: Survey<S::Medium>,
    replay: &Replay,
    torn: Option<TornTail>,
) -> Result<Vec<Found<S::Medium>>, StorageError> {
    let Survey { mut padded, doubles, .. } = survey;
    let unused = padded.split_off(replay.kept);
    let torn_in = |found: &&mut Found<S::Medium>| torn.is_some_and(|t| t.segment == found.number);
    if let (Some(found), Some(torn)) = (padded.iter_mut().find(torn_in), torn) {
        wipe(&mut found.medium, torn).map_err(|source| {
            let name = Some(Name::Segment(torn.segment));
            StorageError { doing: "wipe the torn tail of", name, source }
        })?;
    }
    // From the last on, each durably: a power cut in between must leave no gap.
    let unused = unused.into_iter().rev().map(|found| Name::Segment(found.number));
    for name in doubles.into_iter().chain(unused) {
        let failed = |source| StorageError { doing: "remove the unused", name: Some(name), source };
        remove(storage, name).map_err(failed)?;
    }
    // Where that cannot be done the other copy has it still, and who is to know is told.
    while storage.mend(&|| {}).is_some() {}
    Ok(padded)
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

fn remove<S: Storage>(storage: &S, name: Name) -> io::Result<()> {
    storage.remove(name)?;
    storage.sync_directory()
}

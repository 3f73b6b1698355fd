//! First: every segment is opened, synced, and its cache dropped.

use std::io;

use super::StorageError;
use crate::storage::{Medium, Storage};

/// A segment that is there, durable as it is read.
pub(super) struct Found<M> {
    pub(super) number: u64,
    pub(super) medium: M,
    pub(super) bytes: u64,
}

/// Opens all segments. Pages that a killed process left dirty are not on the disk yet, and those
/// whose write failed never were: both are told by the sync, and by reading without a cache.
pub(super) fn survey<S: Storage>(storage: &S) -> Result<Vec<Found<S::Medium>>, StorageError> {
    let failed = |doing| move |source| StorageError { doing, segment: 0, source };
    storage.sync_directory().map_err(failed("sync the names of"))?;
    let numbers = storage.list().map_err(failed("list"))?;
    numbers.into_iter().map(|number| find(storage, number)).collect()
}

fn find<S: Storage>(storage: &S, number: u64) -> Result<Found<S::Medium>, StorageError> {
    let failed = |doing| move |source: io::Error| StorageError { doing, segment: number, source };
    let medium = storage.open(number).map_err(failed("open"))?;
    medium.sync().map_err(failed("sync"))?;
    medium.forget().map_err(failed("drop the cache of"))?;
    let bytes = medium.bytes().map_err(failed("measure"))?;
    Ok(Found { number, medium, bytes })
}

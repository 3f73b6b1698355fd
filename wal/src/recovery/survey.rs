//! First: which files make up the log; every padded segment is opened, synced, and its cache
//! dropped.

use std::io;

use super::StorageError;
use crate::Name;
use crate::inspect::Tail;
use crate::storage::{Medium, Storage};
use crate::window::Window;

/// The files of a log, each of its segments in one of them.
pub(super) struct Survey<M> {
    /// What was sealed, oldest first.
    pub(super) dense: Vec<Name>,
    /// What was not, behind it.
    pub(super) padded: Vec<Found<M>>,
    /// Files whose segments are in others too: what a cut-off sealing left behind.
    pub(super) doubles: Vec<Name>,
}

/// A padded segment that is there, durable as it is read.
pub(super) struct Found<M> {
    pub(super) number: u64,
    pub(super) medium: M,
    pub(super) bytes: u64,
}

/// Opens all padded segments. Pages that a killed process left dirty are not on the disk yet, and
/// those whose write failed never were: both are told by the sync, and by reading without a cache.
/// What is dense was read back from the disk before it got its name.
pub(super) fn survey<S: Storage>(
    storage: &S,
    tail: Tail,
) -> Result<Survey<S::Medium>, StorageError> {
    let failed = |doing| move |source| StorageError { doing, name: None, source };
    if tail == Tail::Still {
        storage.sync_directory().map_err(failed("sync the names of"))?;
    }
    let names = storage.list().map_err(failed("list"))?;
    let (doubles, singles): (Vec<Name>, Vec<Name>) =
        names.iter().partition(|name| is_double(&names, **name));
    let of_dense = |name: &Name| matches!(name, Name::Dense { .. });
    let dense = singles.iter().copied().filter(of_dense).collect();
    let found = |name: &Name| match name {
        Name::Segment(number) => Some(find(storage, *number, tail)),
        _ => None,
    };
    let padded = singles.iter().filter_map(found).collect::<Result<_, _>>()?;
    Ok(Survey { dense, padded, doubles })
}

impl<M: Medium> Found<M> {
    /// Its bytes, looked at through this memory.
    pub(super) fn window<'a>(&'a self, memory: &'a mut Vec<u8>) -> Window<'a, M> {
        Window::new(&self.medium, self.bytes, memory)
    }

    /// Why it cannot be read.
    pub(super) const fn unreadable(&self, source: io::Error) -> StorageError {
        StorageError { doing: "read", name: Some(Name::Segment(self.number)), source }
    }
}

impl<M> Survey<M> {
    pub(super) const fn is_empty(&self) -> bool {
        self.dense.is_empty() && self.padded.is_empty()
    }
}

/// Of all files those that count, in the order of the log, and snapshots behind them.
pub(crate) fn singles(names: &[Name]) -> Vec<Name> {
    let counts = |name: &Name| !is_double(names, *name);
    let mut singles: Vec<Name> = names.iter().copied().filter(counts).collect();
    singles.sort_by_key(|name| name.segments().map_or(u64::MAX, |(first, _)| first));
    singles
}

/// The file that has the segment of that number.
pub(super) fn holder(names: &[Name], number: u64) -> Option<Name> {
    let has =
        |name: &Name| name.segments().is_some_and(|(first, last)| (first..=last).contains(&number));
    names.iter().copied().find(|name| has(name) && !is_double(names, *name))
}

fn is_double(names: &[Name], name: Name) -> bool {
    names.iter().any(|other| replaces(*other, name))
}

/// Whether `other` has all that `name` has, and is the one to be believed. A padded segment is
/// removed only after its dense file has its name: while both are there, nothing is lost by taking
/// the older. Of dense files the one of more segments was made from the others.
fn replaces(other: Name, name: Name) -> bool {
    let (Some((first, last)), Some((from, to))) = (name.segments(), other.segments()) else {
        return false;
    };
    match (other, name) {
        (Name::Segment(_), Name::Dense { .. }) => (first, last) == (from, to),
        (Name::Dense { .. }, Name::Segment(_)) => from < to && (from..=to).contains(&first),
        (Name::Dense { .. }, Name::Dense { .. }) => other != name && from <= first && last <= to,
        _ => false,
    }
}

fn find<S: Storage>(
    storage: &S,
    number: u64,
    tail: Tail,
) -> Result<Found<S::Medium>, StorageError> {
    let name = Name::Segment(number);
    let failed = |doing| move |source: io::Error| StorageError { doing, name: Some(name), source };
    let medium = storage.open(name).map_err(failed("open"))?;
    if tail == Tail::Still {
        medium.sync().map_err(failed("sync"))?;
        medium.forget().map_err(failed("drop the cache of"))?;
    }
    let bytes = medium.bytes().map_err(failed("measure"))?;
    Ok(Found { number, medium, bytes })
}

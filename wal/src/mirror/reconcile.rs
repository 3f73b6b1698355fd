//! Makes a log and its copy the same before either is opened, or says why that may not be done.

use std::convert::Infallible;
use std::io;

use crate::backup::copy;
use crate::frames::FOOT_BYTES;
use crate::inspect::{Look, Tail, salvage, scan};
use crate::record::Record;
use crate::recovery::{OpenError, Recovered, StorageError};
use crate::size::{narrow, wide};
use crate::storage::{Medium, Storage};
use crate::{Lsn, Name};

/// What [`reconcile`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Whether the copy was right where they differed.
    pub from_copy: bool,
    /// The files that were copied to the other one.
    pub copied: Vec<Name>,
    /// The files of the other one that were removed.
    pub removed: Vec<Name>,
    /// The last record that the right one holds.
    pub last: Lsn,
}

/// Why two copies could not be made the same. Neither was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Neither opens.
    #[error("neither copy of the log opens: the first: {first}; the second: {second}")]
    Both {
        /// What is wrong with the first.
        first: Box<OpenError<Infallible>>,
        /// What is wrong with the second.
        second: Box<OpenError<Infallible>>,
    },
    /// Each went on without the other.
    #[error(
        "the copies hold different records of the same number, {at}: each went on without the \
         other; find out which of them answered, and take the other one away"
    )]
    Forked {
        /// The last record that both have.
        at: Lsn,
    },
    /// The one that opens ends before the other one, which does not.
    #[error(
        "one copy of the log is damaged, and the other ends at record {last}, before record \
         {vouched}, which was durable in the damaged one: find out which of them answered; where \
         the damaged one cannot be restored, cut it where it is damaged and keep the evidence"
    )]
    Behind {
        /// The last record of the one that opens.
        last: Lsn,
        /// The last that was durable in the other one.
        vouched: Lsn,
    },
    /// One cannot be read, and may hold what the other does not.
    #[error(
        "one copy of the log cannot be read and may hold what the other does not: {source}; where \
         it stays so, and the other was never lost, take this one away, and it is made anew"
    )]
    Unread {
        /// What is wrong with it.
        source: Box<OpenError<Infallible>>,
    },
    /// A file cannot be copied.
    #[error("the copies differ in {name}, and it cannot be copied: {source}")]
    Copy {
        /// The file.
        name: Name,
        /// What the system said.
        source: io::Error,
    },
    /// A storage cannot be listed.
    #[error("the files of a copy cannot be listed: {0}")]
    List(io::Error),
}

/// Makes both storages the same, before either is opened: the one whose chain is valid and the
/// longest is copied to the other where they differ.
///
/// # Errors
/// See [`ReconcileError`].
pub fn reconcile<S: Storage>(first: &S, second: &S) -> Result<Reconciled, ReconcileError> {
    let (a, b) = (end(first), end(second));
    let (from_copy, last) = match (a, b) {
        (Ok(a), Ok(b)) => {
            let both = a.last.min(b.last);
            if both > Lsn::ZERO && record(first, both)? != record(second, both)? {
                return Err(ReconcileError::Forked { at: both });
            }
            (b.last > a.last, a.last.max(b.last))
        }
        (Ok(a), Err(wrong)) => (false, keeps_all(second, wrong, a.last)?),
        (Err(wrong), Ok(b)) => (true, keeps_all(first, wrong, b.last)?),
        (Err(first), Err(second)) => {
            let (first, second) = (Box::new(first), Box::new(second));
            return Err(ReconcileError::Both { first, second });
        }
    };
    let (right, other) = if from_copy { (second, first) } else { (first, second) };
    let (copied, removed) = make_same(right, other)?;
    Ok(Reconciled { from_copy, copied, removed, last })
}

/// The end of the copy that opens, if the other one, which does not, speaks of nothing durable
/// behind it: a copy that was lost long ago opens, too, and all that was answered since is in the
/// other one alone. One that cannot be read may hold anything.
fn keeps_all<S: Storage>(
    damaged: &S,
    wrong: OpenError<Infallible>,
    last: Lsn,
) -> Result<Lsn, ReconcileError> {
    let unread = |source| ReconcileError::Unread { source: Box::new(source) };
    if matches!(wrong, OpenError::Storage(_)) {
        return Err(unread(wrong));
    }
    let failed = |source| StorageError { doing: "read", name: None, source };
    let left =
        salvage(damaged, last.next(), |_| {}).map_err(|error| unread(failed(error).into()))?;
    let vouched = left.vouched.previous();
    if vouched > last { Err(ReconcileError::Behind { last, vouched }) } else { Ok(last) }
}

/// Where its chain ends. What was sealed is not read for that.
fn end<S: Storage>(storage: &S) -> Result<Recovered, OpenError<Infallible>> {
    scan(storage, Look::from(Tail::Still, Lsn::new(u64::MAX)), |_| Ok(()))
}

/// A record, if it is there.
fn record<S: Storage>(storage: &S, lsn: Lsn) -> Result<Option<Record>, ReconcileError> {
    let mut found = None;
    let only = scan(storage, Look::from(Tail::Still, lsn), |record| {
        found = Some(record.to_record());
        Err(())
    });
    let source = match only {
        Ok(_) | Err(OpenError::Visit { .. }) => return Ok(found),
        Err(OpenError::Storage(error)) => error.into(),
        Err(OpenError::Corrupt(error)) => error.into(),
        Err(OpenError::Lengths) => OpenError::Lengths,
    };
    Err(ReconcileError::Unread { source: Box::new(source) })
}

/// Copies what differs. What is only in the other goes last, so that it opens at every moment, or
/// is as damaged as before.
fn make_same<S: Storage>(right: &S, other: &S) -> Result<(Vec<Name>, Vec<Name>), ReconcileError> {
    let (wanted, there) =
        (right.list().map_err(ReconcileError::List)?, other.list().map_err(ReconcileError::List)?);
    let (mut copied, mut removed) = (Vec::new(), Vec::new());
    for name in &wanted {
        let failed = |source| ReconcileError::Copy { name: *name, source };
        let same = there.contains(name) && is_same(right, other, *name).map_err(failed)?;
        if !same {
            copy(right, other, *name).map_err(failed)?;
            copied.push(*name);
        }
    }
    for name in there.into_iter().filter(|name| !wanted.contains(name)) {
        other.remove(name).map_err(|source| ReconcileError::Copy { name, source })?;
        removed.push(name);
    }
    other.sync_directory().map_err(ReconcileError::List)?;
    Ok((copied, removed))
}

/// Whether both hold the same bytes. What cannot be read of the other is not the same. A sealed
/// file and a snapshot are known by their feet, whose checksums cover all of them.
fn is_same<S: Storage>(right: &S, other: &S, name: Name) -> io::Result<bool> {
    const PIECE_BYTES: u64 = 1 << 20;
    let (right, other) = (right.open(name)?, other.open(name)?);
    let bytes = right.bytes()?;
    if other.bytes()? != bytes {
        return Ok(false);
    }
    let begin = match name {
        Name::Segment(_) => 0,
        Name::Dense { .. } | Name::Snapshot(_) => bytes.saturating_sub(wide(FOOT_BYTES)),
    };
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let mut offset = begin;
    while offset < bytes {
        let length = narrow((bytes - offset).min(PIECE_BYTES));
        a.resize(length, 0);
        b.resize(length, 0);
        right.read_at(&mut a, offset)?;
        if other.read_at(&mut b, offset).is_err() || a != b {
            return Ok(false);
        }
        offset += wide(length);
    }
    Ok(true)
}

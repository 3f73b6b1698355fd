//! Makes a log and its copy the same before either is opened, or says why that may not be done.

use std::convert::Infallible;
use std::io;
use std::ops::Range;

use super::mend::{is_difference, mend};
use crate::backup::copy;
use crate::frames::{FOOT_BYTES, HEAD_BYTES};
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
    /// The files that were made whole, part by part, from what both held.
    pub mended: Vec<Name>,
    /// The files of the other one that were removed.
    pub removed: Vec<Name>,
    /// The last record that the right one holds.
    pub last: Lsn,
}

/// Why two copies could not be made the same. Neither was changed, but for sealed files of which a part
/// was wrong that the other had.
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
/// longest is copied to the other where they differ. What is wrong in parts of each is taken from the
/// other first.
///
/// # Errors
/// See [`ReconcileError`].
pub fn reconcile<S: Storage>(first: &S, second: &S) -> Result<Reconciled, ReconcileError> {
    let (a, b, mended) = ends(first, second);
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
    let (copied, removed) = (Vec::new(), Vec::new());
    make_same(right, other, Reconciled { from_copy, last, copied, mended, removed })
}

type End = Result<Recovered, OpenError<Infallible>>;

/// Where each of them ends, and what was mended so that one does: neither opens where a file is wrong
/// in one and another file, or another part, in the other.
fn ends<S: Storage>(first: &S, second: &S) -> (End, End, Vec<Name>) {
    let mut mended = Vec::new();
    loop {
        let (a, b) = (end(first), end(second));
        let (Err(OpenError::Corrupt(here)), Err(OpenError::Corrupt(there))) = (&a, &b) else {
            return (a, b, mended);
        };
        let before = mended.len();
        for name in [here.name, there.name] {
            let sealed = !matches!(name, Name::Segment(_)) && !mended.contains(&name);
            let tried = sealed.then(|| mend([first, second], name, 0, &|| {}));
            if let Some(Ok([true, _] | [_, true])) = tried {
                mended.push(name);
            }
        }
        if mended.len() == before {
            return (a, b, mended);
        }
    }
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
fn make_same<S: Storage>(
    right: &S,
    other: &S,
    mut done: Reconciled,
) -> Result<Reconciled, ReconcileError> {
    let (wanted, there) =
        (right.list().map_err(ReconcileError::List)?, other.list().map_err(ReconcileError::List)?);
    for name in &wanted {
        let failed = |source| ReconcileError::Copy { name: *name, source };
        if !there.contains(name) {
            copy(right, other, *name).map_err(failed)?;
            done.copied.push(*name);
        } else if !is_same(right, other, *name).map_err(failed)? {
            match make_alike(right, other, *name).map_err(failed)? {
                [true, _] => done.mended.push(*name),
                [false, true] => done.copied.push(*name),
                // It could not be read for a moment.
                [false, false] => {}
            }
        }
    }
    for name in there.into_iter().filter(|name| !wanted.contains(name)) {
        other.remove(name).map_err(|source| ReconcileError::Copy { name, source })?;
        done.removed.push(name);
    }
    other.sync_directory().map_err(ReconcileError::List)?;
    Ok(done)
}

/// Makes a file that is in both the same; says which of the two was not right. Of one that has
/// checksums the other may hold a part that is wrong in the right one.
fn make_alike<S: Storage>(right: &S, other: &S, name: Name) -> io::Result<[bool; 2]> {
    let replaced = || copy(right, other, name).map(|_| [false, true]);
    if matches!(name, Name::Segment(_)) {
        return replaced();
    }
    match mend([right, other], name, 0, &|| {}) {
        Err(error) if is_difference(&error) => replaced(),
        mended => mended,
    }
}

/// Whether both hold the same bytes. What cannot be read of the other is not the same. A sealed
/// file and a snapshot are known by their heads and their feet, whose checksums cover all of them.
fn is_same<S: Storage>(right: &S, other: &S, name: Name) -> io::Result<bool> {
    let (right, other) = (right.open(name)?, other.open(name)?);
    let bytes = right.bytes()?;
    if other.bytes()? != bytes {
        return Ok(false);
    }
    let foot = bytes.saturating_sub(wide(FOOT_BYTES));
    match name {
        Name::Segment(_) => holds_the_same(&right, &other, 0..bytes),
        Name::Dense { .. } | Name::Snapshot(_) => {
            let head = 0..bytes.min(wide(HEAD_BYTES));
            Ok(holds_the_same(&right, &other, head)?
                && holds_the_same(&right, &other, foot..bytes)?)
        }
    }
}

fn holds_the_same<M: Medium>(right: &M, other: &M, mut range: Range<u64>) -> io::Result<bool> {
    const PIECE_BYTES: u64 = 1 << 20;
    let (mut a, mut b) = (Vec::new(), Vec::new());
    while !range.is_empty() {
        let length = narrow((range.end - range.start).min(PIECE_BYTES));
        a.resize(length, 0);
        b.resize(length, 0);
        right.read_at(&mut a, range.start)?;
        if other.read_at(&mut b, range.start).is_err() || a != b {
            return Ok(false);
        }
        range.start += wide(length);
    }
    Ok(true)
}

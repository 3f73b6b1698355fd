//! A second copy of the log: each group is synced in two directories before it is durable.
//!
//! [`Mirrored`] is a storage made of two. Whatever is written, synced, named or removed is so in
//! both, and what is read is read from the first, and from the second where the first cannot. An
//! opening first makes both the same ([`reconcile`]): the one with the longest valid chain is
//! right, because what was answered is in both.
//!
//! When the copy fails the policy says what is done: the log ends, or it goes on without the copy
//! and says so loudly. A first directory that fails ends the log as ever.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use parking_lot::RwLock;

use crate::backup::copy;
use crate::frames::FOOT_BYTES;
use crate::inspect::{Look, Tail, salvage, scan};
use crate::record::Record;
use crate::recovery::{OpenError, Recovered, StorageError};
use crate::size::{narrow, wide};
use crate::storage::{Medium, Prepare, Storage};
use crate::{Lsn, Name};

/// What to do when the copy can no longer be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMirrorLoss {
    /// End the log: an answer is in both or not given.
    Stop,
    /// Go on with one copy.
    Continue,
}

/// Who is told, once, that the copy is lost.
pub type OnLoss = Arc<dyn Fn(&io::Error) + Send + Sync>;

/// A storage, and maybe a second one that holds the same.
pub struct Mirrored<S: Storage> {
    first: S,
    copy: Option<Arc<Copy<S>>>,
}

/// The second storage.
struct Copy<S: Storage> {
    storage: S,
    policy: OnMirrorLoss,
    lost: AtomicBool,
    on_loss: OnLoss,
    /// Files to be synced by the thread that does so beside the committer.
    syncs: Sender<Order<S::Medium>>,
}

/// A file to be synced, and where to say what became of it.
type Order<M> = (Arc<RwLock<M>>, Sender<io::Result<()>>);

/// A file in both.
pub struct MirroredFile<S: Storage> {
    first: S::Medium,
    second: Option<Second<S>>,
}

/// The same file in the copy.
struct Second<S: Storage> {
    medium: Arc<RwLock<S::Medium>>,
    copy: Arc<Copy<S>>,
    /// Whether it is being made, and may want room: what is there has its room.
    grows: bool,
}

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

impl<S: Storage> Mirrored<S> {
    /// Only one storage.
    pub const fn alone(first: S) -> Self {
        Self { first, copy: None }
    }

    /// Two storages that [`reconcile`] has made the same.
    pub fn with(first: S, second: S, policy: OnMirrorLoss, on_loss: OnLoss) -> Self {
        let (syncs, orders) = channel::<Order<S::Medium>>();
        // It ends with the last file of the copy.
        thread::spawn(move || {
            for (medium, answer) in orders {
                // Whoever asked and left needs no answer.
                let _ = answer.send(medium.read().sync());
            }
        });
        let copy = Copy { storage: second, policy, lost: AtomicBool::new(false), on_loss, syncs };
        Self { first, copy: Some(Arc::new(copy)) }
    }

    /// Does something with the copy too, if there is one.
    fn also<T>(&self, what: impl FnOnce(&S) -> io::Result<T>) -> io::Result<Option<T>> {
        self.copy.as_ref().map_or(Ok(None), |copy| copy.bear(|| what(&copy.storage)))
    }

    /// The same, where the copy may want room for it.
    fn also_make<T>(&self, what: impl FnOnce(&S) -> io::Result<T>) -> io::Result<Option<T>> {
        self.copy.as_ref().map_or(Ok(None), |copy| copy.bear_want(|| what(&copy.storage)))
    }

    fn file(&self, first: S::Medium, second: Option<S::Medium>, grows: bool) -> MirroredFile<S> {
        let second = self.copy.as_ref().zip(second).map(|(copy, medium)| Second {
            medium: Arc::new(RwLock::new(medium)),
            copy: Arc::clone(copy),
            grows,
        });
        MirroredFile { first, second }
    }
}

impl<S: Storage> Copy<S> {
    /// The same, of what makes a file or lets one grow: want of room passes, and is told as such.
    fn bear_want<T>(&self, what: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        let mut want = None;
        let done = self.bear(|| match what() {
            Err(error) if is_want(&error) => {
                want = Some(error);
                Ok(None)
            }
            done => done.map(Some),
        })?;
        want.map_or(Ok(done.flatten()), Err)
    }

    /// What becomes of something that is done to the copy, as far as the policy bears it. Nothing
    /// more is done to one that was lost.
    fn bear<T>(&self, what: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        if self.lost.load(Ordering::Acquire) {
            return match self.policy {
                OnMirrorLoss::Stop => Err(io::Error::other("the copy is lost, restart")),
                OnMirrorLoss::Continue => Ok(None),
            };
        }
        let error = match what() {
            Ok(done) => return Ok(Some(done)),
            Err(error) => error,
        };
        if !self.lost.swap(true, Ordering::AcqRel) {
            (self.on_loss)(&error);
        }
        match self.policy {
            OnMirrorLoss::Stop => Err(error),
            OnMirrorLoss::Continue => Ok(None),
        }
    }
}

fn is_want(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// One that the copy removed before the first failed to is not asked for twice.
fn or_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

impl<S: Storage> Storage for Mirrored<S> {
    type Medium = MirroredFile<S>;

    fn list(&self) -> io::Result<Vec<Name>> {
        self.first.list()
    }

    fn open(&self, name: Name) -> io::Result<MirroredFile<S>> {
        let first = self.first.open(name)?;
        let second = self.also(|copy| copy.open(name))?;
        Ok(self.file(first, second, false))
    }

    fn prepare(&self, ask: Prepare<'_>) -> io::Result<MirroredFile<S>> {
        let second = self.also_make(|copy| copy.prepare(ask))?;
        let first = self.first.prepare(ask)?;
        Ok(self.file(first, second, false))
    }

    fn create(&self, name: Name) -> io::Result<MirroredFile<S>> {
        let second = self.also_make(|copy| copy.create(name))?;
        let first = self.first.create(name)?;
        Ok(self.file(first, second, true))
    }

    fn publish(&self, name: Name) -> io::Result<()> {
        self.also_make(|copy| copy.publish(name))?;
        self.first.publish(name)
    }

    fn discard(&self, name: Name) {
        self.copy.iter().for_each(|copy| copy.storage.discard(name));
        self.first.discard(name);
    }

    /// Only the first has an archive; the copy keeps all.
    fn archive(&self, name: Name) -> io::Result<()> {
        self.first.archive(name)
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        self.also(|copy| or_gone(copy.remove(name)))?;
        self.first.remove(name)
    }

    fn recycle(&self, name: Name) -> io::Result<()> {
        self.also(|copy| or_gone(copy.recycle(name)))?;
        self.first.recycle(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.also(|copy| copy.sync_directory())?;
        self.first.sync_directory()
    }

    fn has_failed(&self) -> bool {
        let copy = self.copy.as_ref().filter(|copy| copy.policy == OnMirrorLoss::Stop);
        self.first.has_failed() || copy.is_some_and(|copy| copy.lost.load(Ordering::Acquire))
    }
}

impl<S: Storage> Second<S> {
    fn bear<T>(&self, what: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        if self.grows { self.copy.bear_want(what) } else { self.copy.bear(what) }
    }
}

impl<S: Storage> MirroredFile<S> {
    /// Does something with the file in the copy too, if it is there.
    fn also<T>(&self, what: impl FnOnce(&S::Medium) -> io::Result<T>) -> io::Result<Option<T>> {
        let Some(second) = &self.second else { return Ok(None) };
        second.bear(|| what(&second.medium.read()))
    }
}

impl<S: Storage> Medium for MirroredFile<S> {
    fn bytes(&self) -> io::Result<u64> {
        self.first.bytes()
    }

    /// From the copy where the first cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let read = self.first.read_at(buffer, offset);
        match (read, &self.second) {
            (Err(error), Some(second)) => {
                second.medium.read().read_at(buffer, offset).map_err(|_| error)
            }
            (read, _) => read,
        }
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Some(second) = &self.second {
            second.bear(|| second.medium.write().write_at(bytes, offset))?;
        }
        self.first.write_at(bytes, offset)
    }

    /// Both at once: a commit waits for the slower one and not for their sum.
    fn sync(&self) -> io::Result<()> {
        let Some(second) = &self.second else { return self.first.sync() };
        let (answer, answered) = channel();
        let order = (Arc::clone(&second.medium), answer);
        let ordered = second.copy.syncs.send(order).is_ok();
        self.first.sync()?;
        let gone = || io::Error::other("the thread of the copy is gone");
        let synced = move || {
            let answer = ordered.then(|| answered.recv().ok()).flatten();
            answer.unwrap_or_else(|| Err(gone()))
        };
        second.bear(synced).map(drop)
    }

    fn forget(&self) -> io::Result<()> {
        self.also(|second| second.forget())?;
        self.first.forget()
    }

    fn expect(&self, offset: u64, bytes: u64) {
        self.first.expect(offset, bytes);
    }
}

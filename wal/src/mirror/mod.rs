//! A second copy of the log: each group is synced in two directories before it is durable.
//!
//! [`Mirrored`] is a storage made of two. Whatever is written, synced, named or removed is so in
//! both, and what is read is read from the first, and from the second where the first cannot. An
//! opening first makes both the same ([`reconcile`]): the one with the longest valid chain is
//! right, because what was answered is in both.
//!
//! A file that was sealed, and a snapshot, has a checksum in each of its parts. Where what is read of
//! it in one copy is wrong or unreadable the other one is asked, and the file is made whole again in
//! both (`mend.rs`): at the end of an opening, of what that has read, and while the log runs, of what
//! is read then. An opening reads the heads and the feet of all files in both copies, and of the rest
//! what lies behind its snapshot, in the first: all else would make it as long as the log is old. What
//! rots elsewhere is found when somebody reads it, when it is merged, and by an opening without a
//! snapshot. Until then the other copy has it, unless both rot in the same frame.
//!
//! When the copy fails the policy says what is done: the log ends, or it goes on without the copy
//! and says so loudly. A first directory that fails ends the log as ever.

mod file;
mod mend;
mod reconcile;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use parking_lot::{Mutex, RwLock};

pub use file::MirroredFile;
pub use reconcile::{ReconcileError, Reconciled, reconcile};

use crate::Name;
use crate::storage::{Medium, Prepare, Storage, wants_room};
use file::Second;

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

/// Who is told that a copy of a file rots, and what became of it.
pub type OnRot = Arc<dyn Fn(Name, Rot<'_>) + Send + Sync>;

/// What is told of a file that is not the same in both copies, while the log is open.
#[derive(Clone, Copy, Debug)]
pub enum Rot<'a> {
    /// A part of it was wrong or unreadable in one copy, and was read from the other.
    Read,
    /// It was looked through, and written anew where it was wrong: in the first, in the second.
    Mended([bool; 2]),
    /// It could not be made whole; what was right in it is as it was.
    Left(&'a io::Error),
}

/// Who is told of the copy.
#[derive(Clone)]
pub struct Listeners {
    /// That it is lost.
    pub on_loss: OnLoss,
    /// That a file rots in one or the other.
    pub on_rot: OnRot,
}

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
    told: Listeners,
    /// Files that were found to be wrong in one or the other, and those that could not be mended.
    ailing: Mutex<BTreeSet<Name>>,
    left: Mutex<BTreeSet<Name>>,
    /// Files to be synced by the thread that does so beside the committer.
    syncs: Sender<Order<S::Medium>>,
}

/// A file to be synced, and where to say what became of it.
type Order<M> = (Arc<RwLock<M>>, Sender<io::Result<()>>);

impl<S: Storage> Mirrored<S> {
    /// Only one storage.
    pub const fn alone(first: S) -> Self {
        Self { first, copy: None }
    }

    /// Two storages that [`reconcile`] has made the same.
    pub fn with(first: S, second: S, policy: OnMirrorLoss, told: Listeners) -> Self {
        let (syncs, orders) = channel::<Order<S::Medium>>();
        // It ends with the last file of the copy.
        thread::spawn(move || {
            for (medium, answer) in orders {
                // Whoever asked and left needs no answer.
                let _ = answer.send(medium.read().sync());
            }
        });
        let lost = AtomicBool::new(false);
        let (ailing, left) = (Mutex::default(), Mutex::default());
        let copy = Copy { storage: second, policy, lost, told, ailing, left, syncs };
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

    fn file(
        &self,
        name: Name,
        first: S::Medium,
        second: Option<S::Medium>,
        grows: bool,
    ) -> MirroredFile<S> {
        let second = self.copy.as_ref().zip(second).map(|(copy, medium)| Second {
            name,
            medium: Arc::new(RwLock::new(medium)),
            copy: Arc::clone(copy),
            grows,
        });
        MirroredFile { first, second }
    }
}

impl<S: Storage> Copy<S> {
    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// A part of the file was wrong here or in the first. One that is written to is not mended: an
    /// opening reads all of it. One that could not be is looked through again after the next start.
    fn blame(&self, name: Name) {
        let is_left = matches!(name, Name::Segment(_)) || self.left.lock().contains(&name);
        if !is_left {
            self.ailing.lock().insert(name);
        }
        (self.told.on_rot)(name, Rot::Read);
    }

    /// The same, of what makes a file or lets one grow: want of room passes, and is told as such.
    fn bear_want<T>(&self, what: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        let mut want = None;
        let done = self.bear(|| match what() {
            Err(error) if wants_room(&error) => {
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
        if self.is_lost() {
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
            (self.told.on_loss)(&error);
        }
        match self.policy {
            OnMirrorLoss::Stop => Err(error),
            OnMirrorLoss::Continue => Ok(None),
        }
    }
}

/// How much room is left to the log where a file is mended: two segments of the usual length.
const RESERVE: u64 = 128 << 20;

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
        // What is removed is removed from the copy first: it is no loss if it is gone there.
        let second = self.also(|copy| match copy.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        })?;
        Ok(self.file(name, first, second.flatten(), false))
    }

    fn prepare(&self, ask: Prepare<'_>) -> io::Result<MirroredFile<S>> {
        let second = self.also_make(|copy| copy.prepare(ask))?;
        let first = self.first.prepare(ask)?;
        Ok(self.file(Name::Segment(ask.number), first, second, false))
    }

    fn create(&self, name: Name) -> io::Result<MirroredFile<S>> {
        let second = self.also_make(|copy| copy.create(name))?;
        let first = self.first.create(name)?;
        Ok(self.file(name, first, second, true))
    }

    fn create_archived(&self, name: Name) -> io::Result<MirroredFile<S>> {
        let second = self.also_make(|copy| copy.create(name))?;
        let first = self.first.create_archived(name)?;
        Ok(self.file(name, first, second, true))
    }

    fn is_archived(&self, name: Name) -> bool {
        self.first.is_archived(name)
    }

    /// Where there is less.
    fn room(&self, archived: bool) -> io::Result<u64> {
        let second = self.also(|copy| copy.room(false))?.unwrap_or(u64::MAX);
        Ok(self.first.room(archived)?.min(second))
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

    fn is_ailing(&self) -> bool {
        let copy = self.copy.as_ref().filter(|copy| !copy.is_lost());
        copy.is_some_and(|copy| !copy.ailing.lock().is_empty())
    }

    fn mend(&self, pause: &dyn Fn()) -> Option<Name> {
        let copy = self.copy.as_ref().filter(|copy| !copy.is_lost())?;
        let name = copy.ailing.lock().pop_first()?;
        let mended = mend::mend([&self.first, &copy.storage], name, RESERVE, pause);
        if mended.is_err() {
            copy.left.lock().insert(name);
        }
        let rot = mended.as_ref().map_or_else(Rot::Left, |wrong| Rot::Mended(*wrong));
        (copy.told.on_rot)(name, rot);
        Some(name)
    }

    fn has_failed(&self) -> bool {
        let copy = self.copy.as_ref().filter(|copy| copy.policy == OnMirrorLoss::Stop);
        self.first.has_failed() || copy.is_some_and(|copy| copy.is_lost())
    }
}

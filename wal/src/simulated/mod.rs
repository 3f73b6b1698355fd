//! A disk in memory that loses what was not synced: the second [`Storage`](crate::Storage), for tests.
//!
//! # Durability model
//!
//! * A sector of 512 bytes is written whole or not at all. Between two syncs it is on the disk as
//!   it was at the first, or as it was last written; each sector by itself.
//! * [`Disk::crash`] cuts the power: each sector and each name that was not synced survives or
//!   not, as the caller says. What was synced survives.
//! * [`Disk::kill`] ends the process and not the machine: what was written is there to be read,
//!   and still not synced.
//! * A sync that fails leaves its sectors unsynced and clean, as Linux does: the next one says that
//!   all is well. Reads show what was written until the cache is dropped, and then what the disk
//!   holds.
//! * An operation fails as a [`Fault`] says: before or after it was done, or a write half-way.
//! * A prepared segment is durable in its bytes; its name is after a sync of the directory, which
//!   preparing does last. A removed name may come back until then. A sync of the directory that
//!   has failed fails for ever.
//! * A file that is written from front to back is lost in a crash or a kill unless it was
//!   published. A published one has its name as durably as a prepared one, and of its bytes and its
//!   length what was synced.
//! * A full disk prepares no segment and lets no file grow, and takes writes to what is there.
//!
//! It does not model a sector that holds a mix of old and new bytes, a disk that says "synced" and
//! lies, or two writes to one sector of which the first survives.
//!
//! A handle of a disk that crashed or was killed still works on the disk as it was: so that many
//! ends of one history can be tried, both return a new disk and leave this one alone.

mod choices;
mod faults;
mod image;
mod seam;
mod sites;
mod state;

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::io::Errno;

use crate::Name;
use crate::size::narrow;
pub use choices::Choices;
pub use faults::{Failure, Fault, Operation};
use image::Image;
pub use sites::{Site, Sites, Tally};
use state::State;

/// A disk with the files of one log. Clones are handles of the same disk.
#[derive(Clone, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// A file on a [`Disk`].
pub struct DiskFile {
    state: Arc<Mutex<State>>,
    image: u64,
    /// The bytes stay for as long as they are open, whatever becomes of their name.
    _held: Arc<()>,
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk that notes from where it is asked for what, as do all disks that it becomes.
    #[must_use]
    pub fn watched(sites: &Sites) -> Self {
        Self::of(State { sites: Some(sites.clone()), ..State::default() })
    }

    /// The disk after a power cut, as a new one. Each sector and each name that was not synced
    /// survives only if `survives` says so. It has no faults and is as full as it was.
    #[must_use]
    pub fn crash(&self, mut survives: impl FnMut() -> bool) -> Self {
        let mut state = self.kill().state.lock().clone();
        for (name, was) in std::mem::take(&mut state.unsynced) {
            match was {
                _ if survives() => {}
                Some(image) => drop(state.names.insert(name, image)),
                None => drop(state.names.remove(&name)),
            }
        }
        state.images.values_mut().for_each(|image| image.crash(&mut survives));
        state.forget_unnamed();
        Self::of(state)
    }

    /// The disk after the process was killed, as a new one: nothing is lost and nothing is synced.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut state = self.state.lock().clone();
        state.faults.clear();
        state.left = None;
        state.directory_failed = false;
        state.begun.clear();
        state.images.values_mut().for_each(Image::close);
        state.forget_unnamed();
        Self::of(state)
    }

    /// Fails the `nth` operation of this kind from now on, counted from 1, once.
    pub fn fail(&self, operation: Operation, nth: u64) {
        self.break_at(Fault::once(Some(operation), nth));
    }

    /// Fails the `nth` operation of any kind from now on, counted from 1, once.
    pub fn fail_any(&self, nth: u64) {
        self.break_at(Fault::once(None, nth));
    }

    /// Fails at this.
    pub fn break_at(&self, fault: Fault) {
        self.state.lock().faults.push(fault);
    }

    /// Stops the machine before the `nth` operation from now on, counted from 1: that one and all
    /// after it fail and do nothing. What was not synced then is what a [`Disk::crash`] or a
    /// [`Disk::kill`] finds.
    pub fn stop(&self, nth: u64) {
        self.state.lock().left = Some(nth.saturating_sub(1));
    }

    /// How many operations were begun on it.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state.lock().operations
    }

    /// How many of them failed because they were told to.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.state.lock().failed
    }

    /// From now on there is no room for another segment.
    pub fn fill_up(&self) {
        self.state.lock().full = true;
    }

    /// From now on there is room again.
    pub fn make_room(&self) {
        self.state.lock().full = false;
    }

    /// The numbers of the padded segments that are there.
    #[must_use]
    pub fn segments(&self) -> Vec<u64> {
        let state = self.state.lock();
        let number = |name: &Name| match name {
            Name::Segment(number) => Some(*number),
            _ => None,
        };
        state.names.keys().filter_map(number).collect()
    }

    /// The bytes of a file as the process sees them, empty if it is not there.
    #[must_use]
    pub fn bytes(&self, name: impl Into<Name>) -> Vec<u8> {
        self.state.lock().named(name.into()).map(|image| image.to_vec()).unwrap_or_default()
    }

    /// Puts these bytes in place of a file, or makes it, durably: damage by an outside hand.
    pub fn replace(&self, name: impl Into<Name>, bytes: Vec<u8>) {
        let mut state = self.state.lock();
        let image = state.add(Image::new(bytes));
        state.names.insert(name.into(), image);
    }

    /// Takes a file away, durably.
    pub fn take_away(&self, name: impl Into<Name>) {
        self.state.lock().names.remove(&name.into());
    }

    /// Flips one bit of a file, durably.
    pub fn flip(&self, name: impl Into<Name>, bit: usize) {
        self.state.lock().named(name.into()).into_iter().for_each(|image| image.flip(bit));
    }

    /// Flips one bit of all files that were begun and are so long, durably; says whether there are
    /// such.
    pub fn flip_begun(&self, bit: usize) -> bool {
        let mut state = self.state.lock();
        let begun: Vec<u64> = state.begun.values().map(|begun| begun.image).collect();
        let long =
            |image: &u64| state.images.get(image).is_some_and(|it| bit / 8 < narrow(it.len()));
        let long: Vec<u64> = begun.into_iter().filter(long).collect();
        let flip = |image| state.images.get_mut(image).into_iter().for_each(|it| it.flip(bit));
        long.iter().for_each(flip);
        !long.is_empty()
    }

    /// From now on the sector of a file that holds this offset cannot be read.
    pub fn spoil(&self, name: impl Into<Name>, offset: u64) {
        let mut state = self.state.lock();
        state.named(name.into()).into_iter().for_each(|image| image.spoil(narrow(offset)));
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn file(&self, state: &mut State, image: u64) -> io::Result<DiskFile> {
        let held = state.images.get(&image).ok_or(Errno::NOENT)?.hold();
        Ok(DiskFile { state: Arc::clone(&self.state), image, _held: held })
    }
}

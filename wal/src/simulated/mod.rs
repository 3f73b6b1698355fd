//! A disk in memory that loses what was not synced: the second [`Storage`], for tests.
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
//! * A write that fails has written the first half of its sectors.
//! * A prepared segment is durable in its bytes; its name is after a sync of the directory, which
//!   preparing does last. A removed name may come back until then. A sync of the directory that
//!   has failed fails for ever.
//! * A full disk prepares no segment, and takes writes to those that are there.
//!
//! It does not model a sector that holds a mix of old and new bytes, a disk that says "synced" and
//! lies, or two writes to one sector of which the first survives.
//!
//! A handle of a disk that crashed or was killed still works on the disk as it was: so that many
//! ends of one history can be tried, both return a new disk and leave this one alone.

mod choices;
mod image;

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use rustix::io::Errno;

use crate::size::narrow;
use crate::storage::{Medium, Storage};
pub use choices::Choices;
use image::Image;

/// A disk with one directory of segments. Clones are handles of the same disk.
#[derive(Clone, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// A segment on a [`Disk`].
pub struct Segment {
    state: Arc<Mutex<State>>,
    image: u64,
}

/// What a disk can be told to fail at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reading from a segment.
    Read,
    /// Writing to a segment.
    Write,
    /// Syncing a segment.
    Sync,
    /// Making a segment, up to its name.
    Prepare,
    /// Syncing the directory, by itself or at the end of making a segment.
    Directory,
    /// Listing, opening, removing, and dropping a cache.
    Other,
}

#[derive(Clone, Default)]
struct State {
    images: BTreeMap<u64, Image>,
    names: BTreeMap<u64, u64>,
    /// Names changed since the directory was synced, and what they were then.
    unsynced: BTreeMap<u64, Option<u64>>,
    made: u64,
    directory_failed: bool,
    full: bool,
    operations: u64,
    /// How many more operations there are before the machine stops.
    left: Option<u64>,
    faults: Vec<Fault>,
}

#[derive(Clone)]
struct Fault {
    operation: Option<Operation>,
    /// How many more times it succeeds.
    spared: u64,
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        Self::of(state)
    }

    /// Fails the `nth` operation of this kind from now on, counted from 1, once.
    pub fn fail(&self, operation: Operation, nth: u64) {
        let spared = nth.saturating_sub(1);
        self.state.lock().faults.push(Fault { operation: Some(operation), spared });
    }

    /// Fails the `nth` operation of any kind from now on, counted from 1, once.
    pub fn fail_any(&self, nth: u64) {
        let spared = nth.saturating_sub(1);
        self.state.lock().faults.push(Fault { operation: None, spared });
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

    /// From now on there is no room for another segment.
    pub fn fill_up(&self) {
        self.state.lock().full = true;
    }

    /// From now on there is room again.
    pub fn make_room(&self) {
        self.state.lock().full = false;
    }

    /// The bytes of a segment as the process sees them, empty if it is not there.
    #[must_use]
    pub fn bytes(&self, number: u64) -> Vec<u8> {
        self.state.lock().named(number).map(Image::to_vec).unwrap_or_default()
    }

    /// Puts these bytes in place of a segment, or makes it, durably: damage by an outside hand.
    pub fn replace(&self, number: u64, bytes: Vec<u8>) {
        let mut state = self.state.lock();
        let image = state.add(Image::new(bytes));
        state.names.insert(number, image);
    }

    /// Takes a segment away, durably.
    pub fn take_away(&self, number: u64) {
        self.state.lock().names.remove(&number);
    }

    /// Flips one bit of a segment, durably.
    pub fn flip(&self, number: u64, bit: usize) {
        let state = &mut *self.state.lock();
        let image = state.names.get(&number).and_then(|image| state.images.get_mut(image));
        image.into_iter().for_each(|image| image.flip(bit));
    }

    /// From now on the sector of a segment that holds this offset cannot be read.
    pub fn spoil(&self, number: u64, offset: u64) {
        let state = &mut *self.state.lock();
        let image = state.names.get(&number).and_then(|image| state.images.get_mut(image));
        image.into_iter().for_each(|image| image.spoil(narrow(offset)));
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn segment(&self, image: u64) -> Segment {
        Segment { state: Arc::clone(&self.state), image }
    }
}

impl Storage for Disk {
    type Medium = Segment;

    fn list(&self) -> io::Result<Vec<u64>> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        Ok(state.names.keys().copied().collect())
    }

    fn open(&self, number: u64) -> io::Result<Segment> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        let image = *state.names.get(&number).ok_or(Errno::NOENT)?;
        drop(state);
        Ok(self.segment(image))
    }

    fn prepare(&self, number: u64, bytes: u64, header: &[u8]) -> io::Result<Segment> {
        let mut state = self.state.lock();
        state.begin(Operation::Prepare)?;
        if state.full {
            return Err(Errno::NOSPC.into());
        }
        let mut content = vec![0; narrow(bytes)];
        content[..header.len()].copy_from_slice(header);
        let image = state.add(Image::new(content));
        let was = state.names.insert(number, image);
        state.unsynced.entry(number).or_insert(was);
        state.sync_directory()?;
        drop(state);
        Ok(self.segment(image))
    }

    fn remove(&self, number: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        let was = state.names.remove(&number).ok_or(Errno::NOENT)?;
        state.unsynced.entry(number).or_insert(Some(was));
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.state.lock().sync_directory()
    }
}

impl Medium for Segment {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.state.lock().image(self.image)?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin(Operation::Read)?;
        state.image(self.image)?.read(buffer, narrow(offset))
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        let stopped = state.is_stopped();
        let begun = state.begin(Operation::Write);
        let written = if begun.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        if stopped {
            return begun;
        }
        state.image(self.image)?.write(written, narrow(offset))?;
        begun
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let stopped = state.is_stopped();
        let begun = state.begin(Operation::Sync);
        let image = state.image(self.image)?;
        match begun {
            Ok(()) => image.sync(),
            Err(_) if stopped => {}
            Err(_) => image.fail_sync(),
        }
        begun
    }

    fn forget(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        state.image(self.image)?.forget();
        Ok(())
    }
}

impl State {
    /// Counts an operation, and fails it if it was to fail.
    fn begin(&mut self, operation: Operation) -> io::Result<()> {
        self.operations += 1;
        match &mut self.left {
            Some(0) => return Err(Errno::IO.into()),
            Some(left) => *left -= 1,
            None => {}
        }
        let meant = |fault: &Fault| fault.operation.is_none_or(|meant| meant == operation);
        let due = self.faults.iter().position(|fault| meant(fault) && fault.spared == 0);
        if let Some(due) = due {
            self.faults.remove(due);
            return Err(Errno::IO.into());
        }
        self.faults.iter_mut().filter(|fault| meant(fault)).for_each(|fault| fault.spared -= 1);
        Ok(())
    }

    /// Whether the next operation does nothing.
    fn is_stopped(&self) -> bool {
        self.left == Some(0)
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        self.directory_failed |= self.begin(Operation::Directory).is_err();
        if self.directory_failed {
            return Err(Errno::IO.into());
        }
        self.unsynced.clear();
        self.forget_unnamed();
        Ok(())
    }

    fn add(&mut self, image: Image) -> u64 {
        self.made += 1;
        self.images.insert(self.made, image);
        self.made
    }

    fn image(&mut self, image: u64) -> io::Result<&mut Image> {
        Ok(self.images.get_mut(&image).ok_or(Errno::STALE)?)
    }

    fn named(&self, number: u64) -> Option<&Image> {
        self.images.get(self.names.get(&number)?)
    }

    /// Drops the bytes that no name leads to.
    fn forget_unnamed(&mut self) {
        let named: Vec<u64> = self.names.values().copied().collect();
        self.images.retain(|image, _| named.contains(image));
    }
}

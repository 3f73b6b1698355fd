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
mod image;

use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use rustix::io::Errno;

use crate::Name;
use crate::size::narrow;
use crate::storage::{Medium, Prepare, Storage};
pub use choices::Choices;
use image::Image;

/// A disk with the files of one log. Clones are handles of the same disk.
#[derive(Clone, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// A file on a [`Disk`].
pub struct DiskFile {
    state: Arc<Mutex<State>>,
    image: u64,
}

/// What a disk can be told to fail at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reading from a file.
    Read,
    /// Writing to a file.
    Write,
    /// Syncing a file.
    Sync,
    /// Making a segment, up to its name.
    Prepare,
    /// Syncing the directory, by itself or at the end of making a segment or publishing a file.
    Directory,
    /// Listing, opening, beginning, publishing, removing, and dropping a cache.
    Other,
}

#[derive(Clone, Default)]
struct State {
    images: BTreeMap<u64, Image>,
    names: BTreeMap<Name, u64>,
    /// Names changed since the directory was synced, and what they were then.
    unsynced: BTreeMap<Name, Option<u64>>,
    /// Files that were begun and not published.
    begun: BTreeMap<Name, u64>,
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
        for image in std::mem::take(&mut state.begun).into_values() {
            state.images.remove(&image);
        }
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

    /// From now on the sector of a file that holds this offset cannot be read.
    pub fn spoil(&self, name: impl Into<Name>, offset: u64) {
        let mut state = self.state.lock();
        state.named(name.into()).into_iter().for_each(|image| image.spoil(narrow(offset)));
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn file(&self, image: u64) -> DiskFile {
        DiskFile { state: Arc::clone(&self.state), image }
    }
}

impl Storage for Disk {
    type Medium = DiskFile;

    fn list(&self) -> io::Result<Vec<Name>> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        Ok(state.names.keys().copied().collect())
    }

    fn open(&self, name: Name) -> io::Result<DiskFile> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        let image = *state.names.get(&name).ok_or(Errno::NOENT)?;
        drop(state);
        Ok(self.file(image))
    }

    fn prepare(&self, ask: Prepare<'_>) -> io::Result<DiskFile> {
        let mut state = self.state.lock();
        state.begin(Operation::Prepare)?;
        if state.full {
            return Err(Errno::NOSPC.into());
        }
        let mut content = vec![0; narrow(ask.bytes)];
        content[..ask.header.len()].copy_from_slice(ask.header);
        let image = state.add(Image::new(content));
        state.rename(Name::Segment(ask.number), image)?;
        drop(state);
        Ok(self.file(image))
    }

    fn create(&self, name: Name) -> io::Result<DiskFile> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        let image = state.add(Image::growing());
        state.begun.insert(name, image);
        drop(state);
        Ok(self.file(image))
    }

    fn publish(&self, name: Name) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        let image = state.begun.remove(&name).ok_or(Errno::NOENT)?;
        state.rename(name, image)
    }

    fn discard(&self, name: Name) {
        let mut state = self.state.lock();
        if let Some(image) = state.begun.remove(&name) {
            state.images.remove(&image);
        }
    }

    /// It has one place only.
    fn archive(&self, _name: Name) -> io::Result<()> {
        self.state.lock().begin(Operation::Other)
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin(Operation::Other)?;
        let was = state.names.remove(&name).ok_or(Errno::NOENT)?;
        state.unsynced.entry(name).or_insert(Some(was));
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.state.lock().sync_directory()
    }

    fn has_failed(&self) -> bool {
        self.state.lock().directory_failed
    }
}

impl Medium for DiskFile {
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
        if state.full && narrow(offset) + bytes.len() > narrow(state.image(self.image)?.len()) {
            return Err(Errno::NOSPC.into());
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

    fn named(&mut self, name: Name) -> Option<&mut Image> {
        self.images.get_mut(self.names.get(&name)?)
    }

    /// Gives a file a name, and syncs the directory.
    fn rename(&mut self, name: Name, image: u64) -> io::Result<()> {
        let was = self.names.insert(name, image);
        self.unsynced.entry(name).or_insert(was);
        self.sync_directory()
    }

    /// Drops the bytes that no name leads to.
    fn forget_unnamed(&mut self) {
        let named: BTreeSet<u64> =
            self.names.values().chain(self.begun.values()).copied().collect();
        self.images.retain(|image, _| named.contains(image));
    }
}

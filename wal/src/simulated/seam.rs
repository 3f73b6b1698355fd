//! The disk as the log sees it. Each operation knows the line that asked for it.

use std::io;
use std::panic::Location;

use rustix::io::Errno;

use super::faults::{Failure, Operation};
use super::image::Image;
use super::state::{Begun, Verdict};
use super::{Disk, DiskFile};
use crate::Name;
use crate::size::narrow;
use crate::storage::{Medium, Prepare, Storage};

impl Storage for Disk {
    type Medium = DiskFile;

    #[track_caller]
    fn list(&self) -> io::Result<Vec<Name>> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::List, at, |state| Ok(state.names.keys().copied().collect()))
    }

    #[track_caller]
    fn open(&self, name: Name) -> io::Result<DiskFile> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Open, at, |state| {
            let image = *state.names.get(&name).ok_or(Errno::NOENT)?;
            self.file(state, image)
        })
    }

    #[track_caller]
    fn prepare(&self, ask: Prepare<'_>) -> io::Result<DiskFile> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Prepare, at, |state| {
            if state.full {
                return Err(Errno::NOSPC.into());
            }
            let mut content = vec![0; narrow(ask.bytes)];
            content[..ask.header.len()].copy_from_slice(ask.header);
            let image = state.add(Image::new(content));
            state.rename(Name::Segment(ask.number), image, at)?;
            self.file(state, image)
        })
    }

    #[track_caller]
    fn create(&self, name: Name) -> io::Result<DiskFile> {
        self.begin(name, false, Location::caller())
    }

    #[track_caller]
    fn create_archived(&self, name: Name) -> io::Result<DiskFile> {
        self.begin(name, true, Location::caller())
    }

    fn is_archived(&self, name: Name) -> bool {
        self.state.lock().archived.contains(&name)
    }

    #[track_caller]
    fn room(&self, _archived: bool) -> io::Result<u64> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Room, at, |state| Ok(if state.full { 0 } else { u64::MAX }))
    }

    #[track_caller]
    fn publish(&self, name: Name) -> io::Result<()> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Publish, at, |state| {
            let begun = state.begun.remove(&name).ok_or(Errno::NOENT)?;
            if begun.archived {
                state.archived.insert(name);
            } else {
                state.archived.remove(&name);
            }
            state.rename(name, begun.image, at)
        })
    }

    fn discard(&self, name: Name) {
        let mut state = self.state.lock();
        if let Some(begun) = state.begun.remove(&name) {
            state.images.remove(&begun.image);
        }
    }

    #[track_caller]
    fn archive(&self, name: Name) -> io::Result<()> {
        let at = Location::caller();
        self.state.lock().attempt(Operation::Archive, at, |state| {
            state.names.get(&name).ok_or(Errno::NOENT)?;
            state.archived.insert(name);
            Ok(())
        })
    }

    /// It keeps no room for later.
    #[track_caller]
    fn recycle(&self, name: Name) -> io::Result<()> {
        self.remove(name)
    }

    #[track_caller]
    fn remove(&self, name: Name) -> io::Result<()> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Remove, at, |state| {
            let was = state.names.remove(&name).ok_or(Errno::NOENT)?;
            state.unsynced.entry(name).or_insert(Some(was));
            Ok(())
        })
    }

    #[track_caller]
    fn sync_directory(&self) -> io::Result<()> {
        let at = Location::caller();
        self.state.lock().sync_directory(at)
    }

    fn has_failed(&self) -> bool {
        self.state.lock().directory_failed
    }
}

impl Disk {
    fn begin(
        &self,
        name: Name,
        archived: bool,
        at: &'static Location<'static>,
    ) -> io::Result<DiskFile> {
        let mut state = self.state.lock();
        state.attempt(Operation::Create, at, |state| {
            let image = state.add(Image::growing());
            state.begun.insert(name, Begun { image, archived });
            self.file(state, image)
        })
    }
}

impl Medium for DiskFile {
    #[track_caller]
    fn bytes(&self) -> io::Result<u64> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Bytes, at, |state| Ok(state.image(self.image)?.len()))
    }

    #[track_caller]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Read, at, |state| {
            state.image(self.image)?.read(buffer, narrow(offset))
        })
    }

    #[track_caller]
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let at = Location::caller();
        let mut state = self.state.lock();
        let verdict = state.begin(Operation::Write, at);
        let written = match verdict {
            Verdict::Go | Verdict::Fail(Failure::Late) => bytes,
            Verdict::Fail(Failure::Short) => &bytes[..bytes.len() / 2],
            Verdict::Fail(Failure::Io | Failure::NoSpace) | Verdict::Stopped => &[],
        };
        if state.full && narrow(offset) + written.len() > narrow(state.image(self.image)?.len()) {
            return Err(Errno::NOSPC.into());
        }
        if !written.is_empty() {
            state.image(self.image)?.write(written, narrow(offset))?;
        }
        verdict.told()
    }

    #[track_caller]
    fn sync(&self) -> io::Result<()> {
        let at = Location::caller();
        let mut state = self.state.lock();
        let verdict = state.begin(Operation::Sync, at);
        let image = state.image(self.image)?;
        match verdict {
            Verdict::Go | Verdict::Fail(Failure::Late) => image.sync(),
            Verdict::Fail(_) => image.fail_sync(),
            Verdict::Stopped => {}
        }
        verdict.told()
    }

    #[track_caller]
    fn forget(&self) -> io::Result<()> {
        let at = Location::caller();
        let mut state = self.state.lock();
        state.attempt(Operation::Forget, at, |state| {
            state.image(self.image)?.forget();
            Ok(())
        })
    }
}

//! A file in both directories: written to both, synced in both at once, read from the first.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::channel;

use parking_lot::RwLock;

use super::Copy;
use crate::Name;
use crate::storage::{Medium, Storage};

/// A file in both.
pub struct MirroredFile<S: Storage> {
    pub(super) first: S::Medium,
    pub(super) second: Option<Second<S>>,
}

/// The same file in the copy.
pub(super) struct Second<S: Storage> {
    pub(super) name: Name,
    pub(super) medium: Arc<RwLock<S::Medium>>,
    pub(super) copy: Arc<Copy<S>>,
    /// Whether it is being made, and may want room: what is there has its room.
    pub(super) grows: bool,
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
                second.medium.read().read_at(buffer, offset).map_err(|_| error)?;
                self.blame();
                Ok(())
            }
            (read, _) => read,
        }
    }

    fn read_copy_at(&self, copy: usize, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
        let second = self.second.as_ref().filter(|second| !second.copy.is_lost());
        match (copy, second) {
            (0, _) => self.first.read_at(buffer, offset).map(|()| true),
            (1, Some(second)) => {
                let mut read = || second.medium.read().read_at(buffer, offset);
                // A copy in which what is written cannot be read is one that cannot be written.
                let read = if second.grows { second.bear(read) } else { read().map(Some) };
                read.map(|read| read.is_some())
            }
            _ => Ok(false),
        }
    }

    fn blame(&self) {
        self.second.iter().for_each(|second| second.copy.blame(second.name));
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

//! What a simulated disk holds, and what it was told to fail at.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::Location;

use rustix::io::Errno;

use super::faults::{Failure, Fault, Operation};
use super::image::Image;
use super::sites::Sites;
use crate::Name;

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) images: BTreeMap<u64, Image>,
    pub(super) names: BTreeMap<Name, u64>,
    /// Names changed since the directory was synced, and what they were then.
    pub(super) unsynced: BTreeMap<Name, Option<u64>>,
    /// Files that were begun and not published.
    pub(super) begun: BTreeMap<Name, Begun>,
    /// Names of files that are kept in the archive. It is the same disk.
    pub(super) archived: BTreeSet<Name>,
    pub(super) made: u64,
    pub(super) directory_failed: bool,
    pub(super) full: bool,
    pub(super) operations: u64,
    /// How many of them a fault has met.
    pub(super) failed: u64,
    /// How many more operations there are before the machine stops.
    pub(super) left: Option<u64>,
    pub(super) faults: Vec<Fault>,
    pub(super) sites: Option<Sites>,
}

/// A file that was begun.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub(super) image: u64,
    pub(super) archived: bool,
}

/// What becomes of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    Fail(Failure),
    /// The machine has stopped: nothing is done.
    Stopped,
}

impl Verdict {
    /// What the one who asked is told.
    pub(super) fn told(self) -> io::Result<()> {
        match self {
            Self::Go => Ok(()),
            Self::Fail(Failure::NoSpace) => Err(Errno::NOSPC.into()),
            Self::Fail(_) | Self::Stopped => Err(Errno::IO.into()),
        }
    }

    const fn is_done(self) -> bool {
        matches!(self, Self::Go | Self::Fail(Failure::Late))
    }
}

impl State {
    /// Does something, unless it is to fail.
    pub(super) fn attempt<T>(
        &mut self,
        operation: Operation,
        at: &Location<'static>,
        what: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        let verdict = self.begin(operation, at);
        if !verdict.is_done() {
            verdict.told()?;
        }
        let done = what(self)?;
        verdict.told().map(|()| done)
    }

    /// Counts an operation, and fails it if it was to fail.
    pub(super) fn begin(&mut self, operation: Operation, at: &Location<'static>) -> Verdict {
        self.operations += 1;
        match &mut self.left {
            Some(0) => return Verdict::Stopped,
            Some(left) => *left -= 1,
            None => {}
        }
        let fault = self.meet(operation);
        if let Some(sites) = &self.sites {
            sites.note(operation, at, fault.as_ref());
        }
        self.failed += u64::from(fault.is_some());
        fault.map_or(Verdict::Go, |fault| Verdict::Fail(fault.failure))
    }

    /// The fault that is due, if one is. Others are not nearer for an operation that failed.
    fn meet(&mut self, operation: Operation) -> Option<Fault> {
        let due = self.faults.iter().position(|it| it.concerns(operation) && it.nth <= 1);
        let Some(due) = due else {
            let met = self.faults.iter_mut().filter(|fault| fault.concerns(operation));
            met.for_each(|fault| fault.nth -= 1);
            return None;
        };
        let fault = self.faults[due];
        if !fault.lasting {
            self.faults.remove(due);
        }
        Some(fault)
    }

    pub(super) fn sync_directory(&mut self, at: &Location<'static>) -> io::Result<()> {
        let verdict = self.begin(Operation::Directory, at);
        if self.directory_failed {
            return Err(Errno::IO.into());
        }
        self.directory_failed = verdict != Verdict::Go;
        if verdict.is_done() {
            self.unsynced.clear();
            self.forget_unnamed();
        }
        verdict.told()
    }

    pub(super) fn add(&mut self, image: Image) -> u64 {
        self.made += 1;
        self.images.insert(self.made, image);
        self.made
    }

    pub(super) fn image(&mut self, image: u64) -> io::Result<&mut Image> {
        Ok(self.images.get_mut(&image).ok_or(Errno::STALE)?)
    }

    pub(super) fn named(&mut self, name: Name) -> Option<&mut Image> {
        self.images.get_mut(self.names.get(&name)?)
    }

    /// Gives a file a name, and syncs the directory.
    pub(super) fn rename(
        &mut self,
        name: Name,
        image: u64,
        at: &Location<'static>,
    ) -> io::Result<()> {
        let was = self.names.insert(name, image);
        self.unsynced.entry(name).or_insert(was);
        self.sync_directory(at)
    }

    /// Drops the bytes that no name leads to, nor one that may come back, nor a handle.
    pub(super) fn forget_unnamed(&mut self) {
        let back = self.unsynced.values().flatten();
        let begun = self.begun.values().map(|begun| &begun.image);
        let named: BTreeSet<u64> = self.names.values().chain(begun).chain(back).copied().collect();
        self.images.retain(|number, image| named.contains(number) || image.is_held());
    }
}

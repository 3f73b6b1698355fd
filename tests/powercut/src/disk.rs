//! A disk with a volatile cache: what is written is seen at once and durable once it is synced.
//!
//! It fails on command: from some operation on it has no power, one write or one sync fails, or
//! nothing can be read for a while. A deaf disk says that it has synced and has not; it is there to show that the rig would notice.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rustix::io::Errno;

use crate::clock::now;
use crate::image::Image;
use crate::moment::{Moment, Write};

/// A disk, shared by the kernel that uses it and the rig that harms it.
pub struct Disk {
    state: Mutex<State>,
    sprung: Condvar,
}

struct State {
    /// What a read returns.
    seen: Image,
    moment: Moment,
    powered: bool,
    deaf: bool,
    blind: bool,
    trap: Option<Trap>,
    counts: Counts,
}

/// What is to go wrong, and when.
#[derive(Clone, Copy, Debug)]
pub struct Trap {
    /// What goes wrong.
    pub harm: Harm,
    /// The number of the operation in which it does, of those that the harm counts, from 1.
    pub at: u64,
}

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// The power goes behind this write, before anybody is told that it was taken, or in the midst
    /// of this sync.
    PowerCut,
    /// This write fails, and nothing of it is stored.
    WriteFails,
    /// This sync fails, and nothing is durable by it.
    SyncFails,
}

/// What a disk was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Writes done.
    pub writes: u64,
    /// Syncs done.
    pub syncs: u64,
}

/// What an operation is, to a trap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Write,
    Sync,
}

impl Disk {
    /// A disk that holds this, with nothing in its cache, and writes so many bytes at least wholly.
    #[must_use]
    pub fn new(image: Image, sector_bytes: u64) -> Self {
        let moment = Moment { durable: image.clone(), unsynced: Vec::new(), sector_bytes };
        let state = State {
            seen: image,
            moment,
            powered: true,
            deaf: false,
            blind: false,
            trap: None,
            counts: Counts::default(),
        };
        Self { state: Mutex::new(state), sprung: Condvar::new() }
    }

    /// How long it is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.state.lock().seen.bytes()
    }

    /// What it was asked for so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state.lock().counts
    }

    /// Reads.
    ///
    /// # Errors
    /// It has no power, not so many bytes, or is blind.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Errno> {
        let state = self.state.lock();
        state.allows(offset, buffer.len())?;
        if state.blind {
            return Err(Errno::IO);
        }
        state.seen.read(offset, buffer);
        Ok(())
    }

    /// Writes into the cache.
    ///
    /// # Errors
    /// It has no power, not so many bytes, or this write is to fail.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Errno> {
        let mut state = self.state.lock();
        state.allows(offset, bytes.len())?;
        let harm = self.spring(&mut state, Operation::Write);
        if harm == Some(Harm::WriteFails) {
            return Err(Errno::IO);
        }
        state.seen.write(offset, bytes);
        state.moment.unsynced.push(Write { offset, bytes: bytes.into() });
        state.counts.writes += 1;
        if harm.is_none() { Ok(()) } else { Err(Errno::IO) }
    }

    /// Makes durable what was written.
    ///
    /// # Errors
    /// It has no power, or this sync is to fail.
    pub fn sync(&self) -> Result<(), Errno> {
        let mut state = self.state.lock();
        state.allows(0, 0)?;
        let harm = self.spring(&mut state, Operation::Sync);
        if harm.is_some() {
            return Err(Errno::IO);
        }
        if !state.deaf {
            state.moment.settle();
        }
        state.counts.syncs += 1;
        Ok(())
    }

    /// Whether its power was not cut.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.state.lock().powered
    }

    /// From now on syncs do nothing.
    pub fn deafen(&self) {
        self.state.lock().deaf = true;
    }

    /// While it is blind nothing can be read.
    pub fn blind(&self, blind: bool) {
        self.state.lock().blind = blind;
    }

    /// Sets a trap in place of the one that was set.
    pub fn set(&self, trap: Trap) {
        self.state.lock().trap = Some(trap);
    }

    /// Cuts the power if it is not cut: from now on every operation fails. Returns the moment in
    /// which it was cut.
    pub fn cut(&self) -> Moment {
        let mut state = self.state.lock();
        state.powered = false;
        state.moment.clone()
    }

    /// Waits until the trap is sprung; whether it is.
    pub fn await_trap(&self, patience: Duration) -> bool {
        let until = now() + patience;
        let mut state = self.state.lock();
        while state.trap.is_some() {
            if self.sprung.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
        state.trap.is_none()
    }

    /// What goes wrong with this operation.
    fn spring(&self, state: &mut State, operation: Operation) -> Option<Harm> {
        let trap = state.trap.as_mut().filter(|trap| trap.harm.counts(operation))?;
        trap.at = trap.at.saturating_sub(1);
        let (harm, sprung) = (trap.harm, trap.at == 0);
        if !sprung {
            return None;
        }
        state.trap = None;
        state.powered = harm != Harm::PowerCut;
        self.sprung.notify_all();
        Some(harm)
    }
}

impl State {
    fn allows(&self, offset: u64, bytes: usize) -> Result<(), Errno> {
        if !self.powered {
            return Err(Errno::IO);
        }
        if self.seen.has(offset, bytes) { Ok(()) } else { Err(Errno::INVAL) }
    }
}

impl Moment {
    fn settle(&mut self) {
        for write in self.unsynced.drain(..) {
            self.durable.write(write.offset, &write.bytes);
        }
    }
}

impl Harm {
    fn counts(self, operation: Operation) -> bool {
        match self {
            Self::PowerCut => true,
            Self::WriteFails => operation == Operation::Write,
            Self::SyncFails => operation == Operation::Sync,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Disk, Harm, Trap};
    use crate::image::Image;

    fn disk() -> Disk {
        Disk::new(Image::new(1 << 16), 512)
    }

    fn durable_byte(disk: &Disk) -> u8 {
        let mut byte = [0];
        disk.cut().durable.read(0, &mut byte);
        byte[0]
    }

    #[test]
    fn what_is_not_synced_is_seen_and_not_durable() {
        let disk = disk();
        disk.write(0, &[1; 512]).unwrap();
        let mut seen = [0];
        disk.read(0, &mut seen).unwrap();
        assert_eq!((seen[0], durable_byte(&disk)), (1, 0));
    }

    #[test]
    fn what_is_synced_is_durable_unless_the_disk_is_deaf() {
        for (deaf, held) in [(false, 1), (true, 0)] {
            let disk = disk();
            if deaf {
                disk.deafen();
            }
            disk.write(0, &[1; 512]).unwrap();
            disk.sync().unwrap();
            assert_eq!(durable_byte(&disk), held);
        }
    }

    #[test]
    fn a_sync_that_fails_makes_nothing_durable_and_the_next_one_does() {
        let disk = disk();
        disk.set(Trap { harm: Harm::SyncFails, at: 1 });
        disk.write(0, &[1; 512]).unwrap();
        disk.sync().unwrap_err();
        disk.sync().unwrap();
        assert_eq!(durable_byte(&disk), 1);
    }

    #[test]
    fn behind_a_power_cut_nothing_works_and_nobody_heard_of_the_last_write() {
        let disk = disk();
        disk.set(Trap { harm: Harm::PowerCut, at: 2 });
        disk.write(0, &[1; 512]).unwrap();
        disk.write(0, &[2; 512]).unwrap_err();
        disk.sync().unwrap_err();
        disk.read(0, &mut [0]).unwrap_err();
        assert_eq!(disk.cut().unsynced.len(), 2);
        assert_eq!(durable_byte(&disk), 0);
    }
}

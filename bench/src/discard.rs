//! A log that goes nowhere: the third [`Storage`], for measuring what is not the disk.
//!
//! Records are appended, grouped and checksummed as always, and then dropped. It can be opened
//! once, has nothing to recover, and reads as zeros.

use std::io;

use wal::storage::Prepare;
use wal::{Medium, Name, Storage};

/// A place that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

/// A segment that keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    bytes: u64,
}

impl Storage for Discard {
    type Medium = Segment;

    fn list(&self) -> io::Result<Vec<Name>> {
        Ok(Vec::new())
    }

    fn open(&self, _name: Name) -> io::Result<Segment> {
        // The log asks how long it is before it reads, and it was asked to make it before.
        Ok(Segment { bytes: u64::MAX })
    }

    fn prepare(&self, ask: Prepare<'_>) -> io::Result<Segment> {
        Ok(Segment { bytes: ask.bytes })
    }

    fn create(&self, _name: Name) -> io::Result<Segment> {
        Ok(Segment { bytes: 0 })
    }

    fn publish(&self, _name: Name) -> io::Result<()> {
        Ok(())
    }

    fn discard(&self, _name: Name) {}

    fn archive(&self, _name: Name) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _name: Name) -> io::Result<()> {
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn has_failed(&self) -> bool {
        false
    }
}

impl Medium for Segment {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.bytes)
    }

    fn read_at(&self, buffer: &mut [u8], _offset: u64) -> io::Result<()> {
        buffer.fill(0);
        Ok(())
    }

    fn write_at(&mut self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn forget(&self) -> io::Result<()> {
        Ok(())
    }
}

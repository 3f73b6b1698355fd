//! The bytes of a simulated segment: what the process sees, and what the disk holds instead.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use rustix::io::Errno;

use crate::size::wide;

const SECTOR_BYTES: usize = 512;

/// What the disk holds where it differs from what is seen, by the number of the sector.
type Sectors = BTreeMap<usize, [u8; SECTOR_BYTES]>;

#[derive(Clone)]
pub(super) struct Image {
    /// What is seen. Shared with other ends of the same history until one of them writes.
    seen: Arc<Vec<u8>>,
    /// Sectors written since the last sync.
    dirty: Sectors,
    /// Sectors that count as clean since a sync failed.
    lost: Sectors,
    unreadable: BTreeSet<usize>,
}

impl Image {
    /// Bytes that are durable.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            seen: Arc::new(bytes),
            dirty: Sectors::new(),
            lost: Sectors::new(),
            unreadable: BTreeSet::new(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        wide(self.seen.len())
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        self.seen.to_vec()
    }

    pub(super) fn read(&self, buffer: &mut [u8], offset: usize) -> io::Result<()> {
        let end = offset + buffer.len();
        let sectors = offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES);
        if self.unreadable.range(sectors).next().is_some() {
            return Err(Errno::IO.into());
        }
        let seen = self.seen.get(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(seen);
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) -> io::Result<()> {
        let end = offset + bytes.len();
        if end > self.seen.len() {
            return Err(Errno::INVAL.into());
        }
        for sector in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
            let held = self.lost.remove(&sector).unwrap_or_else(|| self.sector(sector));
            self.dirty.entry(sector).or_insert(held);
        }
        Arc::make_mut(&mut self.seen)[offset..end].copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn sync(&mut self) {
        self.dirty.clear();
    }

    pub(super) fn fail_sync(&mut self) {
        self.lost.append(&mut self.dirty);
    }

    /// Drops what is clean from the cache: what was lost is seen to be.
    pub(super) fn forget(&mut self) {
        for (sector, held) in std::mem::take(&mut self.lost) {
            self.restore(sector, held);
        }
    }

    pub(super) fn crash(&mut self, survives: &mut impl FnMut() -> bool) {
        self.fail_sync();
        for (sector, held) in std::mem::take(&mut self.lost) {
            if !survives() {
                self.restore(sector, held);
            }
        }
    }

    pub(super) fn flip(&mut self, bit: usize) {
        Arc::make_mut(&mut self.seen)[bit / 8] ^= 1 << (bit % 8);
    }

    pub(super) fn spoil(&mut self, offset: usize) {
        self.unreadable.insert(offset / SECTOR_BYTES);
    }

    fn sector(&self, sector: usize) -> [u8; SECTOR_BYTES] {
        let mut held = [0; SECTOR_BYTES];
        let seen = self.seen.get(sector * SECTOR_BYTES..).unwrap_or_default();
        let len = seen.len().min(SECTOR_BYTES);
        held[..len].copy_from_slice(&seen[..len]);
        held
    }

    fn restore(&mut self, sector: usize, held: [u8; SECTOR_BYTES]) {
        let seen = &mut Arc::make_mut(&mut self.seen)[sector * SECTOR_BYTES..];
        let len = seen.len().min(SECTOR_BYTES);
        seen[..len].copy_from_slice(&held[..len]);
    }
}

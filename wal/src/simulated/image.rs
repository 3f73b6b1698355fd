//! The bytes of a simulated file: what the process sees, and what the disk holds instead.

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
    /// The length that is durable, where a write past the end may grow it.
    grows_from: Option<usize>,
    /// Shared with those who have it open.
    held: Arc<()>,
}

impl Image {
    /// Nothing yet, to be written from front to back.
    pub(super) fn growing() -> Self {
        Self { grows_from: Some(0), ..Self::new(Vec::new()) }
    }

    /// Bytes that are durable.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            grows_from: None,
            held: Arc::new(()),
            seen: Arc::new(bytes),
            dirty: Sectors::new(),
            lost: Sectors::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Keeps it for as long as what is returned lives.
    pub(super) fn hold(&self) -> Arc<()> {
        Arc::clone(&self.held)
    }

    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.held) > 1
    }

    /// Nobody has it open any more.
    pub(super) fn close(&mut self) {
        self.held = Arc::new(());
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
            if self.grows_from.is_none() {
                return Err(Errno::INVAL.into());
            }
            Arc::make_mut(&mut self.seen).resize(end, 0);
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
        if let Some(durable) = &mut self.grows_from {
            *durable = self.seen.len();
        }
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
        if let Some(durable) = self.grows_from.filter(|durable| *durable < self.seen.len())
            && !survives()
        {
            Arc::make_mut(&mut self.seen).truncate(durable);
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
        let seen = Arc::make_mut(&mut self.seen);
        let Some(seen) = seen.get_mut(sector * SECTOR_BYTES..) else { return };
        let len = seen.len().min(SECTOR_BYTES);
        seen[..len].copy_from_slice(&held[..len]);
    }
}

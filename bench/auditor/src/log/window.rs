//! A file read from front to back in large pieces.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::bytes::{count, length};

/// How much is read at once.
const AHEAD: usize = 4 << 20;

/// The bytes of a file around the place that is looked at.
pub(super) struct Window {
    file: File,
    /// The length of the file.
    pub(super) bytes: u64,
    start: u64,
    memory: Vec<u8>,
}

impl Window {
    pub(super) const fn new(file: File, bytes: u64) -> Self {
        Self { file, bytes, start: 0, memory: Vec::new() }
    }

    /// The bytes at `offset`; fewer where the file ends.
    pub(super) fn at(&mut self, offset: u64, len: usize) -> io::Result<&[u8]> {
        let len = len.min(length(self.bytes.saturating_sub(offset)));
        let end = offset.saturating_add(count(len));
        let covered = self.start.saturating_add(count(self.memory.len()));
        if offset < self.start || end > covered {
            self.move_to(offset, len)?;
        }
        let from = length(offset.saturating_sub(self.start));
        Ok(self.memory.get(from..from.saturating_add(len)).unwrap_or_default())
    }

    fn move_to(&mut self, offset: u64, len: usize) -> io::Result<()> {
        let left = length(self.bytes.saturating_sub(offset));
        self.memory.resize(len.max(AHEAD).min(left), 0);
        self.start = offset;
        let read = self.file.read_exact_at(&mut self.memory, offset);
        if read.is_err() {
            self.memory.clear();
        }
        read
    }
}

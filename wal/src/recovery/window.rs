//! Reads a segment from front to back in large pieces, and finds valid groups in it.

use std::io;

use super::StorageError;
use super::survey::Found;
use crate::group::{GROUP_BYTES_MAX, Group, is_marked};
use crate::segment::Segment;
use crate::size::{PAGE, narrow, wide};
use crate::storage::Medium;

/// How much is read at once.
const WINDOW_BYTES: usize = 2 * GROUP_BYTES_MAX;

/// The bytes of a segment around the place that is looked at.
pub(super) struct Window<'a, M> {
    found: &'a Found<M>,
    start: u64,
    bytes: &'a mut Vec<u8>,
}

impl<'a, M: Medium> Window<'a, M> {
    /// A window that uses this memory.
    pub(super) fn new(found: &'a Found<M>, bytes: &'a mut Vec<u8>) -> Self {
        bytes.clear();
        Self { found, start: 0, bytes }
    }

    /// The bytes at `offset`; fewer where the segment ends.
    pub(super) fn at(&mut self, offset: u64, len: usize) -> Result<&[u8], StorageError> {
        let len = len.min(narrow(self.found.bytes.saturating_sub(offset)));
        if offset < self.start || offset + wide(len) > self.start + wide(self.bytes.len()) {
            self.move_to(offset, len)?;
        }
        let from = narrow(offset - self.start);
        Ok(&self.bytes[from..from + len])
    }

    /// The group that begins at `offset`, with all its bytes, if each of them is right.
    pub(super) fn group(
        &mut self,
        segment: &Segment,
        offset: u64,
    ) -> Result<Option<(Group, &[u8])>, StorageError> {
        let page = self.at(offset, PAGE)?;
        let header = is_marked(page).then(|| Group::of_page(page, segment, offset)).flatten();
        let Some(group) = header else { return Ok(None) };
        let bytes = self.at(offset, group.bytes)?;
        let whole = bytes.len() == group.bytes
            && (0..group.blocks()).all(|index| group.verifies(index, &bytes[group.block(index)]));
        Ok(whole.then_some((group, bytes)))
    }

    fn move_to(&mut self, offset: u64, len: usize) -> Result<(), StorageError> {
        let left = narrow(self.found.bytes.saturating_sub(offset));
        // Grows with the place: the head of a segment is often all that there is.
        let ahead = narrow(offset).clamp(16 * PAGE, WINDOW_BYTES);
        self.bytes.resize(len.max(ahead).min(left), 0);
        self.start = offset;
        let failed = |source: io::Error| {
            let segment = self.found.number;
            StorageError { doing: "read", segment, source }
        };
        self.found.medium.read_at(self.bytes, offset).map_err(failed)?;
        // The disk reads on while this much is looked at.
        self.found.medium.expect(offset + wide(self.bytes.len()), wide(WINDOW_BYTES));
        Ok(())
    }
}

//! Reads a segment from front to back in large pieces, and finds valid groups in it.

use std::io;

use crate::group::{GROUP_BYTES_MAX, Group, is_marked};
use crate::segment::Segment;
use crate::size::{PAGE, narrow, wide};
use crate::storage::Medium;

/// How much is read at once.
const WINDOW_BYTES: usize = 2 * GROUP_BYTES_MAX;

/// The bytes of a segment around the place that is looked at.
pub(crate) struct Window<'a, M> {
    medium: &'a M,
    /// The length of the file.
    len: u64,
    start: u64,
    bytes: &'a mut Vec<u8>,
}

impl<'a, M: Medium> Window<'a, M> {
    /// A window that uses this memory, into a file of this length.
    pub(crate) fn new(medium: &'a M, len: u64, bytes: &'a mut Vec<u8>) -> Self {
        bytes.clear();
        Self { medium, len, start: 0, bytes }
    }

    /// The bytes at `offset`; fewer where the segment ends.
    pub(crate) fn at(&mut self, offset: u64, len: usize) -> io::Result<&[u8]> {
        let len = len.min(narrow(self.len.saturating_sub(offset)));
        if offset < self.start || offset + wide(len) > self.start + wide(self.bytes.len()) {
            self.move_to(offset, len)?;
        }
        let from = narrow(offset - self.start);
        Ok(&self.bytes[from..from + len])
    }

    /// The group that begins at `offset`, with all its bytes, if each of them is right.
    pub(crate) fn group(
        &mut self,
        segment: &Segment,
        offset: u64,
    ) -> io::Result<Option<(Group, &[u8])>> {
        let page = self.at(offset, PAGE)?;
        let header = is_marked(page).then(|| Group::of_page(page, segment, offset)).flatten();
        let Some(group) = header else { return Ok(None) };
        let bytes = self.at(offset, group.bytes)?;
        let whole = bytes.len() == group.bytes
            && (0..group.blocks()).all(|index| group.verifies(index, &bytes[group.block(index)]));
        Ok(whole.then_some((group, bytes)))
    }

    fn move_to(&mut self, offset: u64, len: usize) -> io::Result<()> {
        let left = narrow(self.len.saturating_sub(offset));
        // Grows with the place: the head of a segment is often all that there is.
        let ahead = narrow(offset).clamp(16 * PAGE, WINDOW_BYTES);
        self.bytes.resize(len.max(ahead).min(left), 0);
        self.start = offset;
        self.medium.read_at(self.bytes, offset)?;
        // The disk reads on while this much is looked at.
        self.medium.expect(offset + wide(self.bytes.len()), wide(WINDOW_BYTES));
        Ok(())
    }
}

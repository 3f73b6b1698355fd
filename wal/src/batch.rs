//! The records that the committer has taken, cut into groups.

use crate::Lsn;
use crate::group::capacity;
use crate::index::Point;
use crate::record::extent_at;

/// Records taken from the appenders at once, and how far they are written.
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    written: usize,
}

/// The records of one group.
pub(crate) struct Run<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) records: u32,
}

impl Batch {
    /// Takes what was appended, and leaves an empty buffer in its place.
    pub(crate) fn swap(&mut self, buffer: &mut Vec<u8>) {
        self.bytes.clear();
        self.written = 0;
        std::mem::swap(&mut self.bytes, buffer);
    }

    /// How many bytes are left to write.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// The length of the next record, 0 if none is left.
    pub(crate) fn next_extent(&self) -> usize {
        extent_at(&self.bytes[self.written..]).unwrap_or(0)
    }

    /// As many of the next records as fit into a group of this length.
    pub(crate) fn cut(&self, group_bytes: usize) -> Run<'_> {
        let rest = &self.bytes[self.written..];
        let (mut end, mut records) = (0, 0);
        while let Some(extent) = extent_at(&rest[end..]) {
            if end + extent > capacity(group_bytes) {
                break;
            }
            end += extent;
            records += 1;
        }
        Run { body: &rest[..end], records }
    }

    /// The first of the records left were written.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.written += bytes;
    }
}

impl Run<'_> {
    /// Each record of a group, and where it begins in it: `at` is where the body does.
    pub(crate) fn points(&self, first: Lsn, group: u64, at: usize) -> impl Iterator<Item = Point> {
        let mut rest = self.body;
        let mut next = Point { lsn: first, group, at };
        std::iter::from_fn(move || {
            let extent = extent_at(rest)?;
            let point = next;
            rest = rest.get(extent..)?;
            next = Point { lsn: point.lsn.next(), group, at: point.at + extent };
            Some(point)
        })
    }
}

//! Reads a file of frames, and believes nothing that is not under a checksum.

use std::io;

use super::copies::Copies;
use super::frame::Raw;
use super::layout::{Entry, FOOT_BYTES, Foot, HEAD_BYTES, Head};
use super::{Frame, damaged};
use crate::size::{narrow, wide};
use crate::storage::Medium;

/// A file of frames, open, with its index in memory.
pub(crate) struct Frames<M> {
    medium: M,
    pub(crate) head: Head,
    pub(crate) foot: Foot,
    index: Vec<Entry>,
    copies: Copies,
}

impl<M: Medium> Frames<M> {
    /// Opens a file that is to have this head.
    pub(crate) fn open(medium: M, head: Head) -> io::Result<Self> {
        Self::open_in(Copies::Any, medium, head)
    }

    /// Opens one that was just written: each copy of it must hold what was.
    pub(super) fn reopen(medium: M, head: Head) -> io::Result<Self> {
        Self::open_in(Copies::Each, medium, head)
    }

    fn open_in(copies: Copies, medium: M, head: Head) -> io::Result<Self> {
        let foot = Self::foot_in(copies, &medium, head)?;
        let bytes = narrow(foot.file_bytes - wide(FOOT_BYTES) - foot.index_offset);
        let index = copies.read(&medium, foot.index_offset, bytes, |bytes| foot.index(&bytes))?;
        Ok(Self { medium, head, foot, index, copies })
    }

    /// The foot of a file that is to have this head: all of it but its frames and its index.
    pub(crate) fn foot(medium: &M, head: Head) -> io::Result<Foot> {
        Self::foot_in(Copies::Any, medium, head)
    }

    fn foot_in(copies: Copies, medium: &M, head: Head) -> io::Result<Foot> {
        if Self::head_in(copies, medium)? != head {
            return Err(damaged("the head is of another file"));
        }
        let length = medium.bytes()?;
        let at = length.checked_sub(wide(FOOT_BYTES)).filter(|at| *at >= wide(HEAD_BYTES));
        let at = at.ok_or_else(|| damaged("the file is too short"))?;
        copies.read(medium, at, FOOT_BYTES, |bytes| Foot::read(&head, &bytes, length))
    }

    /// What the file says that it is.
    pub(crate) fn head(medium: &M) -> io::Result<Head> {
        Self::head_in(Copies::Any, medium)
    }

    fn head_in(copies: Copies, medium: &M) -> io::Result<Head> {
        copies.read(medium, 0, HEAD_BYTES, |bytes| Head::read(&bytes))
    }

    /// How many frames there are.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// The number of the first item behind this frame, if the index tells it.
    pub(crate) fn first_behind(&self, place: usize) -> Option<u64> {
        let entry = self.index.get(place)?;
        entry.first.get().checked_add(u64::from(entry.items.get()))
    }

    /// Where a frame begins in the file.
    pub(crate) fn offset(&self, place: usize) -> u64 {
        self.index.get(place).map_or(0, |entry| entry.offset.get())
    }

    /// A frame, verified and decompressed.
    pub(crate) fn frame(&self, place: usize) -> io::Result<Frame> {
        let (entry, bytes) = self.entry(place)?;
        let unpack = |bytes: Vec<u8>| entry.unpack(&self.head, &bytes);
        self.copies.read(&self.medium, entry.offset.get(), bytes, unpack)
    }

    /// A frame as it lies, verified.
    pub(crate) fn raw(&self, place: usize) -> io::Result<Raw<'_>> {
        let (entry, bytes) = self.entry(place)?;
        let verify = |bytes| {
            let raw = Raw { entry, head: &self.head, bytes };
            raw.verify().map(|()| raw)
        };
        self.copies.read(&self.medium, entry.offset.get(), bytes, verify)
    }

    /// The line of a frame, and its length.
    fn entry(&self, place: usize) -> io::Result<(&Entry, usize)> {
        let entry = self.index.get(place).ok_or_else(|| damaged("there is no such frame"))?;
        entry.bytes_before(self.foot.index_offset).map(|bytes| (entry, bytes))
    }

    /// A checksum over the items of all frames, each of which is verified.
    pub(crate) fn digest(&self) -> io::Result<u32> {
        let mut digest = crc32fast::Hasher::new();
        for place in 0..self.len() {
            digest.update(&self.frame(place)?.plain);
        }
        Ok(digest.finalize())
    }

    /// Says that the frames from this one on are read soon, unless that was said of all up to
    /// `expected` and that is far enough; up to where it was said.
    pub(crate) fn expect(&self, place: usize, expected: u64) -> u64 {
        const AHEAD_BYTES: u64 = 1 << 20;
        let offset = self.offset(place);
        if offset + AHEAD_BYTES / 2 < expected {
            return expected;
        }
        self.medium.expect(offset.max(expected), AHEAD_BYTES);
        offset.max(expected) + AHEAD_BYTES
    }
}

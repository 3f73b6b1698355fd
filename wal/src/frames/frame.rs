//! One frame: verified, and decompressed.

use std::cell::RefCell;
use std::io;
use std::ops::Range;

use zerocopy::{FromBytes, IntoBytes};

use super::layout::{Entry, FrameHead, Head};
use super::{FRAME_HEAD_BYTES, PLAIN_BYTES_MAX, damaged};
use crate::size::{narrow, wide};

thread_local! {
    /// One for each thread that reads: making one costs as much as decompressing a small frame.
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> =
        const { RefCell::new(None) };
}

/// What a frame decompresses to.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The number of its first item.
    pub(crate) first: u64,
    pub(crate) items: u32,
    pub(crate) plain: Vec<u8>,
}

/// A frame as it lies in a file.
pub(crate) struct Raw<'a> {
    pub(super) entry: &'a Entry,
    pub(super) head: &'a Head,
    pub(crate) bytes: Vec<u8>,
}

impl Raw<'_> {
    /// The numbers of its items, as the index says.
    pub(crate) fn items(&self) -> Range<u64> {
        let first = self.entry.first.get();
        first..first.saturating_add(u64::from(self.entry.items.get()))
    }

    /// Whether each of its bytes is right.
    pub(crate) fn verify(&self) -> io::Result<()> {
        self.entry.verify(&self.head.to_bytes(), &self.bytes)
    }
}

impl Frame {
    /// Whether it has the item of this number.
    pub(crate) fn holds(&self, number: u64) -> bool {
        number.checked_sub(self.first).is_some_and(|at| at < u64::from(self.items))
    }
}

impl Entry {
    /// Whether the frame has the item of this number.
    pub(super) fn holds(&self, number: u64) -> bool {
        number.checked_sub(self.first.get()).is_some_and(|at| at < u64::from(self.items.get()))
    }

    /// The length of the frame, which ends before `end` if this is a line of its file.
    pub(crate) fn bytes_before(&self, end: u64) -> io::Result<usize> {
        let bytes = narrow(u64::from(self.bytes.get()));
        let behind = self.offset.get().checked_add(wide(bytes)).filter(|behind| *behind <= end);
        if behind.is_none() || bytes < FRAME_HEAD_BYTES {
            return Err(damaged("the index leads out of the file"));
        }
        Ok(bytes)
    }

    /// Where the frame begins in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.offset.get()
    }

    /// Whether these bytes are the frame in a file with this head.
    pub(crate) fn verify(&self, head: &[u8], bytes: &[u8]) -> io::Result<()> {
        self.frame(head, bytes).map(drop)
    }

    /// The frame that these bytes are in a file with this head, if each of them is right and it is
    /// the one that this line is of: its fields and its data.
    fn frame<'a>(&self, head: &[u8], bytes: &'a [u8]) -> io::Result<(&'a FrameHead, &'a [u8])> {
        let (frame, data) =
            FrameHead::ref_from_prefix(bytes).map_err(|_| damaged("a frame is cut short"))?;
        let whole = frame.crc.get() == checksum(head, self.offset.get(), frame.as_bytes(), data)
            && self.crc == frame.crc
            && self.items == frame.items
            && self.first == frame.first
            && narrow(u64::from(frame.data_bytes.get())) == data.len()
            && narrow(u64::from(frame.plain_bytes.get())) <= PLAIN_BYTES_MAX;
        if whole { Ok((frame, data)) } else { Err(damaged("a frame does not match its checksum")) }
    }

    /// The same, decompressed.
    pub(super) fn unpack(&self, head: &Head, bytes: &[u8]) -> io::Result<Frame> {
        let (frame, data) = self.frame(&head.to_bytes(), bytes)?;
        let plain_bytes = narrow(u64::from(frame.plain_bytes.get()));
        let plain = match frame.codec.get() {
            0 => data.to_vec(),
            1 => decompress(data, plain_bytes)?,
            _ => return Err(damaged("a frame has an unknown codec")),
        };
        if plain.len() != plain_bytes {
            return Err(damaged("a frame decompresses to another length"));
        }
        Ok(Frame { first: frame.first.get(), items: frame.items.get(), plain })
    }
}

/// The checksum of a frame at this offset of a file with this head.
pub(super) fn checksum(head: &[u8], offset: u64, frame: &[u8], data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(&offset.to_le_bytes());
    hasher.update(&frame[4..]);
    hasher.update(data);
    hasher.finalize()
}

fn decompress(data: &[u8], plain_bytes: usize) -> io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(zstd::bulk::Decompressor::new()?),
        };
        let malformed = |_| damaged("a frame does not decompress");
        decompressor.decompress(data, plain_bytes).map_err(malformed)
    })
}

//! The first page of a segment: what it is, so that no group of another file ever fits in it.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 8 | magic, `walsegmt` |
//! | 8 | 4 | CRC-32 of the page without these four bytes |
//! | 12 | 4 | format version, 1 |
//! | 16 | 16 | log id, random, the same in all segments of a log |
//! | 32 | 8 | segment number, from 1 on |
//! | 40 | 8 | epoch: which life of the log made it, from 1 on |
//! | 48 | 8 | length of the segment in bytes, this page included |
//! | 56 | 4040 | zeros |
//!
//! Numbers are little-endian. The page is written once, before the segment has its name.

use std::io;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::size::{PAGE, wide};
use crate::storage::Medium;

/// Where the first group of a segment begins.
pub(crate) const BODY_OFFSET: u64 = wide(PAGE);

/// A log's random name, in each of its segments and under each of its checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogId(pub(crate) [u8; 16]);

/// What a segment is. Its groups' checksums cover it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) log: LogId,
    pub(crate) number: u64,
    pub(crate) epoch: u64,
    pub(crate) bytes: u64,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Layout {
    magic: [u8; 8],
    crc: U32,
    version: U32,
    log: [u8; 16],
    number: U64,
    epoch: U64,
    bytes: U64,
    zeros: [u8; PAGE - 56],
}

const MAGIC: [u8; 8] = *b"walsegmt";
const VERSION: u32 = 1;

impl LogId {
    /// This id and no random one, so that the bytes of a test's log are the same each time.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl Segment {
    /// Which log it is of, and which life of it made it.
    pub(crate) const fn life(&self) -> (LogId, u64) {
        (self.log, self.epoch)
    }

    /// What a file says that it is; `None` if a bit of its first page is wrong.
    pub(crate) fn read<M: Medium>(medium: &M) -> io::Result<Option<Self>> {
        let mut page = vec![0; PAGE];
        medium.read_at(&mut page, 0)?;
        Ok(Self::of_page(&page))
    }

    /// The first page of this segment.
    pub(crate) fn to_page(self) -> Vec<u8> {
        let mut layout = Layout {
            magic: MAGIC,
            crc: U32::ZERO,
            version: U32::new(VERSION),
            log: self.log.0,
            number: U64::new(self.number),
            epoch: U64::new(self.epoch),
            bytes: U64::new(self.bytes),
            zeros: [0; _],
        };
        layout.crc = U32::new(checksum(&layout));
        layout.as_bytes().to_vec()
    }

    /// The segment that this first page describes; `None` if a bit of it is wrong.
    pub(crate) fn of_page(page: &[u8]) -> Option<Self> {
        let layout = Layout::ref_from_bytes(page).ok()?;
        let valid = layout.magic == MAGIC
            && layout.version.get() == VERSION
            && layout.crc.get() == checksum(layout);
        valid.then(|| Self {
            log: LogId(layout.log),
            number: layout.number.get(),
            epoch: layout.epoch.get(),
            bytes: layout.bytes.get(),
        })
    }
}

fn checksum(layout: &Layout) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let (magic, rest) = layout.as_bytes().split_at(8);
    hasher.update(magic);
    hasher.update(&rest[4..]);
    hasher.finalize()
}

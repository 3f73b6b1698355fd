//! Groups: records that were written at once, and the checksums over all their bytes.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 8 | `walgroup` |
//! | 8 | 4 | CRC-32 of the log id, of the bytes from 12 to 80, and of the block table |
//! | 12 | 2 | version, 1 |
//! | 14 | 2 | number of blocks *n*, one for each 64 KiB or part of it |
//! | 16 | 4 | length of the group, a multiple of 4096, at most 2 MiB |
//! | 20 | 4 | length of its records |
//! | 24 | 4 | number of its records |
//! | 28 | 4 | CRC-32 of the group before it |
//! | 32 | 8 | sequence |
//! | 40 | 8 | the last group known durable when it was written |
//! | 48 | 8 | LSN of its first record |
//! | 56, 64, 72 | 8 each | segment number, epoch, offset in the segment |
//! | 80 | 4 × *n* | CRC-32 of each block |
//! | 80 + 4 × *n* | | records, then zeros |
//!
//! A block is the part of its 64 KiB that lies behind the table.

use std::io;

use crate::bytes::{Bytes, Malformed, count, length};

use super::segment::{PAGE, Segment};
use super::window::Window;

const FIXED: usize = 80;
const BLOCK: usize = 64 << 10;
const GROUP_MAX: usize = 2 << 20;

/// What a group says of itself.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) crc: u32,
    /// The length of the group.
    pub(super) bytes: usize,
    body: usize,
    pub(super) records: u32,
    pub(super) previous: u32,
    pub(super) sequence: u64,
    pub(super) synced: u64,
    pub(super) first: u64,
    table: Vec<u32>,
}

impl Header {
    /// The header at this place of this segment; an error unless each bit of it is right.
    fn of_page(page: &[u8], segment: &Segment, offset: u64) -> Result<Self, Malformed> {
        let mut bytes = Bytes::new(page);
        expect(bytes.take(8)? == b"walgroup", "magic")?;
        let crc = bytes.u32()?;
        let covered = bytes.rest();
        expect(bytes.u16()? == 1, "version")?;
        let blocks = usize::from(bytes.u16()?);
        let mut header = Self {
            crc,
            bytes: length(u64::from(bytes.u32()?)),
            body: length(u64::from(bytes.u32()?)),
            records: bytes.u32()?,
            previous: bytes.u32()?,
            sequence: bytes.u64()?,
            synced: bytes.u64()?,
            first: bytes.u64()?,
            table: Vec::new(),
        };
        let home = [bytes.u64()?, bytes.u64()?, bytes.u64()?];
        expect(header.is_possible(blocks), "length")?;
        expect(home == [segment.number, segment.epoch, offset], "place")?;
        let table = bytes.take(blocks.saturating_mul(4))?;
        let fields = covered.get(..FIXED.saturating_sub(12)).unwrap_or_default();
        let mut sum = crc32fast::Hasher::new();
        [&segment.log[..], fields, table].into_iter().for_each(|part| sum.update(part));
        expect(sum.finalize() == crc, "checksum")?;
        header.table = table.as_chunks().0.iter().map(|sum| u32::from_le_bytes(*sum)).collect();
        Ok(header)
    }

    fn is_possible(&self, blocks: usize) -> bool {
        self.bytes.is_multiple_of(PAGE)
            && (PAGE..=GROUP_MAX).contains(&self.bytes)
            && blocks == self.bytes.div_ceil(BLOCK)
            && self.body <= self.bytes.saturating_sub(table_end(blocks))
    }

    /// Whether these are the bytes of the group.
    fn verifies(&self, bytes: &[u8]) -> bool {
        let table_end = table_end(self.table.len());
        (0_usize..).step_by(BLOCK).zip(&self.table).all(|(start, sum)| {
            let end = start.saturating_add(BLOCK).min(bytes.len());
            let block = bytes.get(start.max(table_end)..end);
            block.is_some_and(|block| crc32fast::hash(block) == *sum)
        })
    }

    /// The group's records, and what follows them.
    pub(super) fn split<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let behind = bytes.get(table_end(self.table.len())..).unwrap_or_default();
        behind.split_at_checked(self.body).unwrap_or_default()
    }
}

/// The group that begins at `offset` of its segment, if each bit of it is right.
pub(super) fn whole<'a>(
    window: &'a mut Window,
    segment: &Segment,
    offset: u64,
) -> io::Result<Option<(Header, &'a [u8])>> {
    let page = window.at(offset, PAGE)?;
    let Ok(header) = Header::of_page(page, segment, offset) else { return Ok(None) };
    if offset.saturating_add(count(header.bytes)) > segment.bytes {
        return Ok(None);
    }
    let bytes = window.at(offset, header.bytes)?;
    let right = bytes.len() == header.bytes && header.verifies(bytes);
    Ok(right.then_some((header, bytes)))
}

fn table_end(blocks: usize) -> usize {
    FIXED.saturating_add(blocks.saturating_mul(4))
}

fn expect(holds: bool, what: &'static str) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed(what)) }
}

//! Groups: the unit in which records are written, and what makes each of them believable.
//!
//! A group begins on a page, is padded with zeros to the next, and is never written again.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 8 | magic, `walgroup` |
//! | 8 | 4 | CRC-32 of the log id, of the bytes from 12 to 80, and of the block table |
//! | 12 | 2 | format version, 1 |
//! | 14 | 2 | number of blocks *n*: one for each 64 KiB of the group, or part of it |
//! | 16 | 4 | length of the group in bytes, a multiple of 4096, at most 2 MiB |
//! | 20 | 4 | length of its records in bytes |
//! | 24 | 4 | number of its records; an empty group has none |
//! | 28 | 4 | CRC-32 (the field at 8) of the group before it; 0 in the first |
//! | 32 | 8 | sequence: the number of the group in the log, from 1 on |
//! | 40 | 8 | synced: the last group that was known durable when this one was written |
//! | 48 | 8 | LSN of its first record; of the record to come in an empty group |
//! | 56 | 8 | segment number |
//! | 64 | 8 | epoch of the segment |
//! | 72 | 8 | offset of the group in the segment |
//! | 80 | 4 × *n* | block table: the CRC-32 of each block |
//! | 80 + 4 × *n* | | [records](crate::record), then zeros |
//!
//! Numbers are little-endian. Block *i* is the part of the group from *i* × 64 KiB to (*i* + 1) ×
//! 64 KiB that lies behind the table, so one record is verified by reading the first page and the
//! blocks that hold it, and each bit of a group is under a checksum.
//!
//! `synced` counts groups and not LSNs, so that it vouches for empty groups too.

use arrayvec::ArrayVec;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::Lsn;
use crate::record::{RecordRef, take};
use crate::segment::{LogId, Segment};
use crate::size::{PAGE, narrow, wide};
use std::ops::Range;

/// The longest group.
pub(crate) const GROUP_BYTES_MAX: usize = 2 << 20;

/// The longest run of bytes under one checksum.
pub(crate) const BLOCK_BYTES: usize = 64 << 10;

const BLOCKS_MAX: usize = GROUP_BYTES_MAX / BLOCK_BYTES;
const MAGIC: [u8; 8] = *b"walgroup";
const VERSION: u16 = 1;
const FIXED_BYTES: usize = size_of::<Layout>();
const CRC_END: usize = 12;
static ZEROS: [u8; PAGE] = [0; PAGE];

/// A group that is valid in itself: the right bytes at the right place of the right segment.
pub(crate) struct Group {
    pub(crate) sequence: u64,
    pub(crate) synced: u64,
    pub(crate) first: Lsn,
    pub(crate) records: u32,
    /// The length of the group.
    pub(crate) bytes: usize,
    crc: u32,
    previous: u32,
    body_bytes: usize,
    table: ArrayVec<u32, BLOCKS_MAX>,
}

/// What the next group must follow: a group is part of the log only if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The number of the next group.
    pub(crate) sequence: u64,
    /// The number of the next record.
    pub(crate) next: Lsn,
    previous: u32,
}

/// A group about to be written.
pub(crate) struct Draft<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) offset: u64,
    pub(crate) chain: &'a Chain,
    pub(crate) synced: u64,
    pub(crate) records: u32,
    pub(crate) body: &'a [u8],
}

/// What a group became: its length, and the chain behind it.
pub(crate) struct Sealed {
    pub(crate) bytes: usize,
    pub(crate) chain: Chain,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Layout {
    magic: [u8; 8],
    crc: U32,
    version: U16,
    blocks: U16,
    bytes: U32,
    body_bytes: U32,
    records: U32,
    previous: U32,
    sequence: U64,
    synced: U64,
    first: U64,
    segment: U64,
    epoch: U64,
    offset: U64,
}

impl Chain {
    /// Before the first group.
    pub(crate) const START: Self = Self { sequence: 1, next: Lsn::new(1), previous: 0 };

    /// Behind a group with this checksum.
    pub(crate) const fn new(sequence: u64, next: Lsn, previous: u32) -> Self {
        Self { sequence, next, previous }
    }

    /// The checksum of the group before.
    pub(crate) const fn previous(&self) -> u32 {
        self.previous
    }

    /// Whether this group is the next.
    pub(crate) fn precedes(&self, group: &Group) -> bool {
        group.sequence == self.sequence
            && group.first == self.next
            && group.previous == self.previous
    }

    /// The chain behind a group of `records` records with this checksum.
    fn behind(&self, crc: u32, records: u32) -> Self {
        let next = Lsn::new(self.next.value() + u64::from(records));
        Self { sequence: self.sequence + 1, next, previous: crc }
    }
}

impl Draft<'_> {
    /// Writes what comes before the body into `head`.
    pub(crate) fn seal(&self, head: &mut Vec<u8>) -> Sealed {
        let bytes = bytes_for(self.body.len());
        let mut layout = self.layout(bytes);
        let sums = (0..blocks_in(bytes)).map(|index| self.block_sum(bytes, index));
        let table: ArrayVec<u32, BLOCKS_MAX> = sums.collect();
        let crc = checksum(self.segment.log, &layout, &table);
        layout.crc = U32::new(crc);
        head.clear();
        head.extend_from_slice(layout.as_bytes());
        table.iter().for_each(|sum| head.extend_from_slice(&sum.to_le_bytes()));
        Sealed { bytes, chain: self.chain.behind(crc, self.records) }
    }

    /// The zeros behind the body of a group of this length.
    pub(crate) fn padding(&self, bytes: usize) -> &'static [u8] {
        &ZEROS[..bytes - body_start(bytes) - self.body.len()]
    }

    fn layout(&self, bytes: usize) -> Layout {
        Layout {
            magic: MAGIC,
            crc: U32::ZERO,
            version: U16::new(VERSION),
            blocks: U16::new(u16::try_from(blocks_in(bytes)).unwrap_or(u16::MAX)),
            bytes: U32::new(u32::try_from(bytes).unwrap_or(u32::MAX)),
            body_bytes: U32::new(u32::try_from(self.body.len()).unwrap_or(u32::MAX)),
            records: U32::new(self.records),
            previous: U32::new(self.chain.previous),
            sequence: U64::new(self.chain.sequence),
            synced: U64::new(self.synced),
            first: U64::new(self.chain.next.value()),
            segment: U64::new(self.segment.number),
            epoch: U64::new(self.segment.epoch),
            offset: U64::new(self.offset),
        }
    }

    fn block_sum(&self, bytes: usize, index: usize) -> u32 {
        let block = block(bytes, index);
        let start = block.start - body_start(bytes);
        let end = (block.end - body_start(bytes)).min(self.body.len());
        let body = self.body.get(start..end).unwrap_or_default();
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(body);
        hasher.update(&ZEROS[..block.len() - body.len()]);
        hasher.finalize()
    }
}

impl Group {
    /// The group whose first page this is, `None` unless its header and its table check out at
    /// this place. Its body is not verified.
    pub(crate) fn of_page(page: &[u8], segment: &Segment, offset: u64) -> Option<Self> {
        let (layout, rest) = Layout::ref_from_prefix(page).ok()?;
        let bytes = narrow(u64::from(layout.bytes.get()));
        let plausible = layout.magic == MAGIC
            && layout.version.get() == VERSION
            && bytes.is_multiple_of(PAGE)
            && (PAGE..=GROUP_BYTES_MAX).contains(&bytes)
            && usize::from(layout.blocks.get()) == blocks_in(bytes);
        if !plausible {
            return None;
        }
        let table = table_of(layout, rest)?;
        let believed = layout.crc.get() == checksum(segment.log, layout, &table)
            && layout.segment.get() == segment.number
            && layout.epoch.get() == segment.epoch
            && layout.offset.get() == offset
            && offset + wide(bytes) <= segment.bytes;
        believed.then(|| Self::of_layout(layout, table))
    }

    fn of_layout(layout: &Layout, table: ArrayVec<u32, BLOCKS_MAX>) -> Self {
        Self {
            sequence: layout.sequence.get(),
            synced: layout.synced.get(),
            first: Lsn::new(layout.first.get()),
            records: layout.records.get(),
            bytes: narrow(u64::from(layout.bytes.get())),
            crc: layout.crc.get(),
            previous: layout.previous.get(),
            body_bytes: narrow(u64::from(layout.body_bytes.get())),
            table,
        }
    }

    /// Whether the record is in this group.
    pub(crate) fn holds(&self, lsn: Lsn) -> bool {
        let end = self.first.value() + u64::from(self.records);
        (self.first.value()..end).contains(&lsn.value())
    }

    /// Its records, in order; `None` if they are not what its header says. `bytes` is all of it.
    pub(crate) fn records_in<'a>(&self, bytes: &'a [u8]) -> Option<Vec<RecordRef<'a>>> {
        let mut rest = bytes.get(self.body())?;
        let mut records = Vec::new();
        for n in 0..u64::from(self.records) {
            let (record, behind) = take(rest, Lsn::new(self.first.value() + n))?;
            records.push(record);
            rest = behind;
        }
        rest.is_empty().then_some(records)
    }

    /// Where its records are, from its beginning.
    pub(crate) fn body(&self) -> Range<usize> {
        let start = body_start(self.bytes);
        start..start + self.body_bytes
    }

    /// How many blocks it has.
    pub(crate) fn blocks(&self) -> usize {
        self.table.len()
    }

    /// Where a block is, from its beginning.
    pub(crate) fn block(&self, index: usize) -> Range<usize> {
        block(self.bytes, index)
    }

    /// Whether these are the bytes of a block.
    pub(crate) fn verifies(&self, index: usize, bytes: &[u8]) -> bool {
        self.table.get(index) == Some(&crc32fast::hash(bytes))
    }

    /// The chain behind it, if it is the next of `chain`.
    pub(crate) fn behind(&self, chain: &Chain) -> Chain {
        chain.behind(self.crc, self.records)
    }
}

/// Whether a group might begin with this page.
pub(crate) fn is_marked(page: &[u8]) -> bool {
    page.starts_with(&MAGIC)
}

/// The last group that was known durable when a group of this log was written that begins with
/// these bytes; `None` if none does. Where it belongs is not asked, nor what became of its body.
pub(crate) fn synced_of(bytes: &[u8], log: LogId) -> Option<u64> {
    let (layout, rest) = Layout::ref_from_prefix(bytes).ok()?;
    let table = table_of(layout, rest)?;
    let believed = layout.magic == MAGIC && layout.crc.get() == checksum(log, layout, &table);
    believed.then(|| layout.synced.get())
}

/// The block table behind a header.
fn table_of(layout: &Layout, rest: &[u8]) -> Option<ArrayVec<u32, BLOCKS_MAX>> {
    let blocks = Some(usize::from(layout.blocks.get())).filter(|blocks| *blocks <= BLOCKS_MAX)?;
    let (sums, _) = rest.get(..4 * blocks)?.as_chunks::<4>();
    Some(sums.iter().map(|sum| u32::from_le_bytes(*sum)).collect())
}

/// The most bytes of records that a group of at most `bytes` can hold.
pub(crate) fn capacity(bytes: usize) -> usize {
    let bytes = bytes.min(GROUP_BYTES_MAX) / PAGE * PAGE;
    bytes.saturating_sub(body_start(bytes))
}

/// The length of a group with a body of this length.
pub(crate) fn bytes_for(body_bytes: usize) -> usize {
    let mut blocks = 1;
    loop {
        let bytes = (FIXED_BYTES + 4 * blocks + body_bytes).next_multiple_of(PAGE);
        if blocks_in(bytes) <= blocks {
            return bytes;
        }
        blocks = blocks_in(bytes);
    }
}

/// What records of this length take at most, in groups of at most `group_bytes_max`.
///
/// Of two groups that follow each other the second begins with a record that did not fit into the
/// first, so that together they hold more than one can. Two batches may be on their way, and each
/// may have to begin another segment. A group costs its header and its padding.
pub(crate) fn space_for(records_bytes: usize, group_bytes_max: usize) -> usize {
    let full = 2 * records_bytes / capacity(group_bytes_max);
    records_bytes + (full + 4) * 2 * PAGE
}

fn blocks_in(bytes: usize) -> usize {
    bytes.div_ceil(BLOCK_BYTES)
}

fn body_start(bytes: usize) -> usize {
    FIXED_BYTES + 4 * blocks_in(bytes)
}

fn block(bytes: usize, index: usize) -> Range<usize> {
    let start = (index * BLOCK_BYTES).max(body_start(bytes));
    start..((index + 1) * BLOCK_BYTES).min(bytes)
}

fn checksum(log: LogId, layout: &Layout, table: &ArrayVec<u32, BLOCKS_MAX>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&log.0);
    hasher.update(&layout.as_bytes()[CRC_END..]);
    table.iter().for_each(|sum| hasher.update(&sum.to_le_bytes()));
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::{Chain, Draft, Group, PAGE};
    use crate::segment::{LogId, Segment};

    /// The same bytes are no group in another log, segment or life, or at another offset.
    #[test]
    fn a_group_fits_one_place_only() {
        let home = Segment { log: LogId([1; 16]), number: 2, epoch: 3, bytes: 1 << 20 };
        let (chain, mut page) = (Chain::START, Vec::new());
        let draft =
            Draft { segment: &home, offset: 8192, chain: &chain, synced: 0, records: 0, body: &[] };
        let sealed = draft.seal(&mut page);
        page.resize(PAGE, 0);
        assert_ne!(sealed.chain.previous, chain.previous);
        let other = Chain { previous: sealed.chain.previous, ..chain };
        assert!(Group::of_page(&page, &home, 8192).is_some_and(|group| !other.precedes(&group)));
        assert!(Group::of_page(&page, &home, 8192).is_some_and(|group| chain.precedes(&group)));
        assert!(Group::of_page(&page, &home, 4096).is_none());
        assert!(Group::of_page(&[0; PAGE], &home, 8192).is_none());
        let elsewhere = [
            Segment { log: LogId([2; 16]), ..home },
            Segment { number: 3, ..home },
            Segment { epoch: 4, ..home },
            Segment { bytes: 8192, ..home },
        ];
        for segment in elsewhere {
            assert!(Group::of_page(&page, &segment, 8192).is_none(), "{segment:?}");
        }
    }
}

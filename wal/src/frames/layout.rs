//! The fixed parts of a file of frames.
//!
//! | offset in the head | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 8 | magic, `walframe` |
//! | 8 | 4 | CRC-32 of the bytes from 12 to 64 |
//! | 12 | 4 | format version, 1 |
//! | 16 | 4 | kind: 1 dense segment, 2 snapshot |
//! | 20 | 4 | zeros |
//! | 24 | 16 | log id |
//! | 40 | 8 | number of its first segment; of a snapshot, the first LSN to replay on top |
//! | 48 | 8 | number of its last segment; of a snapshot, as at 40 |
//! | 56 | 8 | zeros |
//!
//! | offset in an index entry | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 8 | offset of the frame |
//! | 8 | 8 | number of its first item |
//! | 16 | 4 | CRC-32 (the field at 0) of the frame |
//! | 20 | 4 | length of the frame with its 32 bytes of head |
//! | 24 | 4 | number of its items |
//! | 28 | 4 | zeros |
//!
//! | offset in the foot | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 8 | magic, `walfoot!` |
//! | 8 | 4 | CRC-32 of the head, and of the bytes from 12 to 160 |
//! | 12 | 4 | CRC-32 of the index |
//! | 16 | 8 | offset of the index |
//! | 24 | 8 | number of frames |
//! | 32 | 8 | number of items |
//! | 40 | 8 | length of all that the frames decompress to |
//! | 48 | 8 | length of the file |
//! | 56 | 8 | LSN of the first record; of the first to replay on top of a snapshot |
//! | 64 | 8 | LSN behind the last record; behind the newest that a snapshot saw |
//! | 72 | 8 | sequence of its first group |
//! | 80 | 4 | CRC-32 of the group before that |
//! | 84 | 4 | CRC-32 of its last group |
//! | 88 | 8 | sequence of the group behind that |
//! | 96 | 8 | epoch of its first segment |
//! | 104 | 8 | epoch of its last segment |
//! | 112 | 8 | mark of the first record |
//! | 120 | 8 | mark of the last record |
//! | 128 | 32 | zeros |
//!
//! In a snapshot the bytes from 72 to 128 are zeros. The foot is the summary of a sealed segment:
//! who has verified it knows what the file holds without reading it.

use std::io;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::damaged;
use crate::group::Chain;
use crate::segment::LogId;
use crate::size::wide;
use crate::{Lsn, Name};

const HEAD_MAGIC: [u8; 8] = *b"walframe";
const FOOT_MAGIC: [u8; 8] = *b"walfoot!";
const VERSION: u32 = 1;

pub(crate) const HEAD_BYTES: usize = size_of::<HeadLayout>();
pub(crate) const FOOT_BYTES: usize = size_of::<FootLayout>();
pub(super) const ENTRY_BYTES: usize = size_of::<Entry>();
pub(crate) const FRAME_HEAD_BYTES: usize = size_of::<FrameHead>();

/// What a file of frames holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Dense,
    Snapshot,
}

/// What a file of frames is. Every checksum in it covers this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) log: LogId,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// Which part of the log a file of frames stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// What its first group follows.
    pub(crate) before: Chain,
    /// What the group behind it follows.
    pub(crate) after: Chain,
    /// Of its first and of its last segment.
    pub(crate) epochs: (u64, u64),
    /// Of its first and of its last record.
    pub(crate) marks: (u64, u64),
}

/// A verified foot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foot {
    pub(crate) span: Span,
    pub(crate) frames: u64,
    pub(crate) items: u64,
    pub(crate) plain_bytes: u64,
    pub(crate) file_bytes: u64,
    pub(crate) index_offset: u64,
    pub(super) index_crc: u32,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct HeadLayout {
    magic: [u8; 8],
    crc: U32,
    version: U32,
    kind: U32,
    zeros: U32,
    log: [u8; 16],
    first: U64,
    last: U64,
    more_zeros: U64,
}

/// One line of the index.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Entry {
    pub(super) offset: U64,
    pub(super) first: U64,
    pub(super) crc: U32,
    pub(super) bytes: U32,
    pub(super) items: U32,
    pub(super) zeros: U32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct FrameHead {
    pub(super) crc: U32,
    pub(super) data_bytes: U32,
    pub(super) plain_bytes: U32,
    pub(super) items: U32,
    pub(super) first: U64,
    pub(super) codec: U32,
    pub(super) zeros: U32,
}

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct FootLayout {
    magic: [u8; 8],
    crc: U32,
    index_crc: U32,
    index_offset: U64,
    frames: U64,
    items: U64,
    plain_bytes: U64,
    file_bytes: U64,
    first: U64,
    next: U64,
    sequence_before: U64,
    crc_before: U32,
    crc_after: U32,
    sequence_after: U64,
    epoch_first: U64,
    epoch_last: U64,
    mark_first: U64,
    mark_last: U64,
    zeros: [u8; 32],
}

impl Kind {
    const fn number(self) -> u32 {
        match self {
            Self::Dense => 1,
            Self::Snapshot => 2,
        }
    }
}

impl Head {
    pub(crate) fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut layout = HeadLayout {
            magic: HEAD_MAGIC,
            crc: U32::ZERO,
            version: U32::new(VERSION),
            kind: U32::new(self.kind.number()),
            zeros: U32::ZERO,
            log: self.log.0,
            first: U64::new(self.first),
            last: U64::new(self.last),
            more_zeros: U64::ZERO,
        };
        layout.crc = U32::new(crc32fast::hash(&layout.as_bytes()[12..]));
        let mut bytes = [0; HEAD_BYTES];
        bytes.copy_from_slice(layout.as_bytes());
        bytes
    }

    /// Whether the file of that name is to have it.
    pub(crate) fn is_of(&self, name: Name) -> bool {
        match name {
            Name::Segment(_) => false,
            Name::Dense { first, last } => {
                self.kind == Kind::Dense && (self.first, self.last) == (first, last)
            }
            Name::Snapshot(from) => {
                let from = from.value();
                self.kind == Kind::Snapshot && (self.first, self.last) == (from, from)
            }
        }
    }

    /// The head that these bytes are.
    pub(crate) fn read(bytes: &[u8]) -> io::Result<Self> {
        Self::of_bytes(bytes).ok_or_else(|| damaged("the head does not match its checksum"))
    }

    /// The same; `None` if a bit of it is wrong.
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let layout = HeadLayout::ref_from_bytes(bytes).ok()?;
        let kinds = [Kind::Dense, Kind::Snapshot];
        let kind = kinds.into_iter().find(|kind| kind.number() == layout.kind.get())?;
        let (log, first, last) = (LogId(layout.log), layout.first.get(), layout.last.get());
        let head = Self { kind, log, first, last };
        (head.to_bytes() == *bytes).then_some(head)
    }
}

impl Span {
    /// Of a snapshot: only the LSNs mean something.
    pub(crate) fn of_snapshot(from: Lsn, upto: Lsn) -> Self {
        let (before, after) = (Chain::new(0, from, 0), Chain::new(0, upto.next(), 0));
        Self { before, after, epochs: (0, 0), marks: (0, 0) }
    }
}

impl Foot {
    pub(crate) fn to_bytes(self, head: &[u8]) -> [u8; FOOT_BYTES] {
        let Span { before, after, epochs, marks } = self.span;
        let mut layout = FootLayout {
            magic: FOOT_MAGIC,
            crc: U32::ZERO,
            index_crc: U32::new(self.index_crc),
            index_offset: U64::new(self.index_offset),
            frames: U64::new(self.frames),
            items: U64::new(self.items),
            plain_bytes: U64::new(self.plain_bytes),
            file_bytes: U64::new(self.file_bytes),
            first: U64::new(before.next.value()),
            next: U64::new(after.next.value()),
            sequence_before: U64::new(before.sequence),
            crc_before: U32::new(before.previous()),
            crc_after: U32::new(after.previous()),
            sequence_after: U64::new(after.sequence),
            epoch_first: U64::new(epochs.0),
            epoch_last: U64::new(epochs.1),
            mark_first: U64::new(marks.0),
            mark_last: U64::new(marks.1),
            zeros: [0; 32],
        };
        layout.crc = U32::new(checksum(head, &layout));
        let mut bytes = [0; FOOT_BYTES];
        bytes.copy_from_slice(layout.as_bytes());
        bytes
    }

    /// The foot that these bytes are in a file with this head and of this length.
    pub(crate) fn read(head: &Head, bytes: &[u8], file_bytes: u64) -> io::Result<Self> {
        let foot = Self::of_bytes(&head.to_bytes(), bytes);
        let foot = foot.ok_or_else(|| damaged("the foot does not match its checksum"))?;
        let index_bytes = foot.frames.checked_mul(wide(ENTRY_BYTES));
        let index_end = index_bytes.and_then(|bytes| foot.index_offset.checked_add(bytes));
        let end = index_end.and_then(|end| end.checked_add(wide(FOOT_BYTES)));
        let fits = foot.file_bytes == file_bytes && end == Some(file_bytes);
        if fits { Ok(foot) } else { Err(damaged("the length of the file is not its own")) }
    }

    /// The index that these bytes are in a file with this foot.
    pub(crate) fn index(&self, bytes: &[u8]) -> io::Result<Vec<Entry>> {
        if crc32fast::hash(bytes) != self.index_crc {
            return Err(damaged("the index does not match its checksum"));
        }
        let index = <[Entry]>::ref_from_bytes(bytes);
        Ok(index.map_err(|_| damaged("the index is uneven"))?.to_vec())
    }

    /// The same; `None` if a bit of it is wrong.
    fn of_bytes(head: &[u8], bytes: &[u8]) -> Option<Self> {
        let layout = FootLayout::ref_from_bytes(bytes).ok()?;
        let chain = |sequence: U64, next: U64, previous: U32| {
            Chain::new(sequence.get(), Lsn::new(next.get()), previous.get())
        };
        let span = Span {
            before: chain(layout.sequence_before, layout.first, layout.crc_before),
            after: chain(layout.sequence_after, layout.next, layout.crc_after),
            epochs: (layout.epoch_first.get(), layout.epoch_last.get()),
            marks: (layout.mark_first.get(), layout.mark_last.get()),
        };
        let foot = Self {
            span,
            frames: layout.frames.get(),
            items: layout.items.get(),
            plain_bytes: layout.plain_bytes.get(),
            file_bytes: layout.file_bytes.get(),
            index_offset: layout.index_offset.get(),
            index_crc: layout.index_crc.get(),
        };
        (foot.to_bytes(head) == *bytes).then_some(foot)
    }
}

fn checksum(head: &[u8], layout: &FootLayout) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(&layout.as_bytes()[12..]);
    hasher.finalize()
}

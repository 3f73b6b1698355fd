//! A file of frames that is not whole yet: frames are added behind one another, then the index and
//! the foot, at a pace that leaves the disk to others.

use std::io;
use std::time::Duration;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, IntoBytes};

use super::frame::{Raw, checksum};
use super::layout::{ENTRY_BYTES, Entry, FOOT_BYTES, Foot, FrameHead, Head, Span};
use super::{FRAME_HEAD_BYTES, Frames, damaged};
use crate::size::wide;
use crate::storage::Medium;

/// How much is written between two syncs: more would make the commits beside it wait.
pub(crate) const PACE_BYTES: usize = 512 << 10;

/// The file.
pub(crate) struct Unfinished<M> {
    medium: M,
    head: Head,
    offset: u64,
    index: Vec<Entry>,
    items: u64,
    plain_bytes: u64,
    /// Bytes that are not written yet.
    out: Vec<u8>,
    /// Between two pieces.
    pause: Duration,
}

/// What a frame says of itself.
pub(super) struct Packed<'a> {
    pub(super) plain_bytes: u32,
    pub(super) items: u32,
    pub(super) first: u64,
    pub(super) codec: u32,
    pub(super) data: &'a [u8],
}

impl<M: Medium> Unfinished<M> {
    /// Begins it.
    pub(crate) fn begin(medium: M, head: Head) -> Self {
        let (out, pause) = (head.to_bytes().to_vec(), Duration::ZERO);
        Self { medium, head, offset: 0, index: Vec::new(), items: 0, plain_bytes: 0, out, pause }
    }

    /// Rests for so long after each piece.
    pub(crate) fn paced(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Adds a frame; says whether a piece was written.
    pub(super) fn add(&mut self, packed: &Packed<'_>) -> io::Result<bool> {
        let offset = self.offset + wide(self.out.len());
        let mut frame = FrameHead {
            crc: U32::ZERO,
            data_bytes: U32::new(length(packed.data)?),
            plain_bytes: U32::new(packed.plain_bytes),
            items: U32::new(packed.items),
            first: U64::new(packed.first),
            codec: U32::new(packed.codec),
            zeros: U32::ZERO,
        };
        let sum = checksum(&self.head.to_bytes(), offset, frame.as_bytes(), packed.data);
        frame.crc = U32::new(sum);
        self.index.push(Entry {
            offset: U64::new(offset),
            first: U64::new(packed.first),
            crc: frame.crc,
            bytes: U32::new(length(packed.data)? + u32::try_from(FRAME_HEAD_BYTES).unwrap_or(0)),
            items: U32::new(packed.items),
            zeros: U32::ZERO,
        });
        self.out.extend_from_slice(frame.as_bytes());
        self.out.extend_from_slice(packed.data);
        self.items += u64::from(packed.items);
        self.plain_bytes += u64::from(packed.plain_bytes);
        let full = self.out.len() >= PACE_BYTES;
        if full { self.write().map(|()| true) } else { Ok(false) }
    }

    /// Adds a frame of another file as it is packed there, under a checksum of its own; says whether
    /// a piece was written.
    pub(crate) fn copy(&mut self, raw: &Raw<'_>) -> io::Result<bool> {
        let packed = Packed::of_bytes(&raw.bytes).ok_or_else(|| damaged("a frame is cut short"))?;
        self.add(&packed)
    }

    /// Writes the rest, the index and the foot, and syncs. What the file holds is then to be read
    /// back from the disk: only who did that knows that it is whole.
    pub(crate) fn finish(mut self, span: Span) -> io::Result<Frames<M>> {
        let index_offset = self.offset + wide(self.out.len());
        let foot = Foot {
            span,
            frames: wide(self.index.len()),
            items: self.items,
            plain_bytes: self.plain_bytes,
            file_bytes: index_offset + wide(self.index.len() * ENTRY_BYTES + FOOT_BYTES),
            index_offset,
            index_crc: crc32fast::hash(self.index.as_bytes()),
        };
        let index = std::mem::take(&mut self.index);
        for piece in index.as_bytes().chunks(PACE_BYTES) {
            self.out.extend_from_slice(piece);
            if self.out.len() >= PACE_BYTES {
                self.write()?;
            }
        }
        self.out.extend_from_slice(&foot.to_bytes(&self.head.to_bytes()));
        self.write()?;
        self.medium.sync()?;
        self.medium.forget()?;
        Frames::reopen(self.medium, self.head)
    }

    fn write(&mut self) -> io::Result<()> {
        self.medium.write_at(&self.out, self.offset)?;
        self.medium.sync()?;
        self.offset += wide(self.out.len());
        self.out.clear();
        std::thread::sleep(self.pause);
        Ok(())
    }
}

impl<'a> Packed<'a> {
    /// The frame that these bytes are, if they are one.
    fn of_bytes(bytes: &'a [u8]) -> Option<Self> {
        let (frame, data) = FrameHead::ref_from_prefix(bytes).ok()?;
        let (plain_bytes, items) = (frame.plain_bytes.get(), frame.items.get());
        Some(Self { plain_bytes, items, first: frame.first.get(), codec: frame.codec.get(), data })
    }
}

/// The length of something in a frame.
pub(super) fn length(bytes: &[u8]) -> io::Result<u32> {
    u32::try_from(bytes.len()).map_err(|_| damaged("a frame is too long"))
}

//! Writes a file of frames from front to back, at a pace that leaves the disk to others.

use std::io;
use std::time::Duration;

use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U64};

use super::frame::checksum;
use super::layout::{ENTRY_BYTES, Entry, FOOT_BYTES, Foot, FrameHead, Head, Span};
use super::{FRAME_HEAD_BYTES, Frames, damaged};
use crate::size::wide;
use crate::storage::Medium;

/// How much is written between two syncs: more would make the commits beside it wait.
const PACE_BYTES: usize = 512 << 10;

/// Fast: what is sealed at four thousand records a second must not take a core.
const LEVEL: i32 = 1;

/// A file of frames that is not whole yet.
pub(crate) struct Writer<M> {
    medium: M,
    head: Head,
    offset: u64,
    index: Vec<Entry>,
    frame_bytes: usize,
    /// The frame that is being filled.
    plain: Vec<u8>,
    items: u32,
    first: u64,
    items_total: u64,
    plain_bytes: u64,
    /// A checksum over all items, to compare with when they are read back.
    digest: crc32fast::Hasher,
    /// Bytes that are not written yet.
    out: Vec<u8>,
    /// Between two pieces.
    pause: Duration,
    compressor: zstd::bulk::Compressor<'static>,
}

impl<M: Medium> Writer<M> {
    /// Begins a file whose frames are closed once they hold `frame_bytes`.
    pub(crate) fn new(medium: M, head: Head, frame_bytes: usize) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        compressor.include_checksum(false)?;
        Ok(Self {
            medium,
            head,
            offset: 0,
            index: Vec::new(),
            frame_bytes,
            plain: Vec::new(),
            items: 0,
            first: 0,
            items_total: 0,
            plain_bytes: 0,
            digest: crc32fast::Hasher::new(),
            out: head.to_bytes().to_vec(),
            pause: Duration::ZERO,
            compressor,
        })
    }

    /// The same, and it rests for so long after each piece.
    pub(crate) fn paced(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Adds an item, whose number is one more than that of the item before it.
    pub(crate) fn push(&mut self, number: u64, item: &[&[u8]]) -> io::Result<()> {
        if self.items == 0 {
            self.first = number;
        }
        item.iter().for_each(|part| self.plain.extend_from_slice(part));
        self.items += 1;
        if self.plain.len() >= self.frame_bytes { self.close_frame() } else { Ok(()) }
    }

    /// Writes the rest, syncs, and reads all of it back from the disk: only then is it whole.
    pub(crate) fn finish(mut self, span: Span) -> io::Result<(Frames<M>, u64)> {
        self.close_frame()?;
        let index_offset = self.offset + wide(self.out.len());
        let foot = Foot {
            span,
            frames: wide(self.index.len()),
            items: self.items_total,
            plain_bytes: self.plain_bytes,
            file_bytes: index_offset + wide(self.index.len() * ENTRY_BYTES + FOOT_BYTES),
            index_offset,
            index_crc: crc32fast::hash(self.index.as_bytes()),
        };
        self.out.extend_from_slice(self.index.as_bytes());
        self.out.extend_from_slice(&foot.to_bytes(&self.head.to_bytes()));
        self.write()?;
        self.medium.sync()?;
        self.medium.forget()?;
        let frames = Frames::open(self.medium, self.head)?;
        let written = self.digest.finalize();
        if frames.digest()? != written {
            return Err(damaged("what was written does not read back the same"));
        }
        Ok((frames, foot.file_bytes))
    }

    fn close_frame(&mut self) -> io::Result<()> {
        if self.items == 0 {
            return Ok(());
        }
        self.digest.update(&self.plain);
        let packed = self.compressor.compress(&self.plain)?;
        let (codec, data) =
            if packed.len() < self.plain.len() { (1, &packed) } else { (0, &self.plain) };
        let offset = self.offset + wide(self.out.len());
        let mut frame = FrameHead {
            crc: U32::ZERO,
            data_bytes: U32::new(length(data)?),
            plain_bytes: U32::new(length(&self.plain)?),
            items: U32::new(self.items),
            first: U64::new(self.first),
            codec: U32::new(codec),
            zeros: U32::ZERO,
        };
        frame.crc = U32::new(checksum(&self.head.to_bytes(), offset, frame.as_bytes(), data));
        self.index.push(Entry {
            offset: U64::new(offset),
            first: U64::new(self.first),
            crc: frame.crc,
            bytes: U32::new(length(data)? + u32::try_from(FRAME_HEAD_BYTES).unwrap_or(0)),
            items: U32::new(self.items),
            zeros: U32::ZERO,
        });
        self.out.extend_from_slice(frame.as_bytes());
        self.out.extend_from_slice(data);
        self.items_total += u64::from(self.items);
        self.plain_bytes += wide(self.plain.len());
        self.items = 0;
        self.plain.clear();
        if self.out.len() >= PACE_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.medium.write_at(&self.out, self.offset)?;
        self.medium.sync()?;
        self.offset += wide(self.out.len());
        self.out.clear();
        if !self.pause.is_zero() {
            std::thread::sleep(self.pause);
        }
        Ok(())
    }
}

fn length(bytes: &[u8]) -> io::Result<u32> {
    u32::try_from(bytes.len()).map_err(|_| damaged("a frame is too long"))
}

//! Writes a file of frames from front to back: items are packed into frames as they come.

use std::io;
use std::time::Duration;

use super::layout::{Head, Span};
use super::unfinished::{Packed, Unfinished, length};
use super::{Frames, damaged};
use crate::storage::Medium;

/// Fast: what is sealed at four thousand records a second must not take a core.
const LEVEL: i32 = 1;

/// A file of frames that is being filled.
pub(crate) struct Writer<M> {
    file: Unfinished<M>,
    frame_bytes: usize,
    /// The frame that is being filled.
    plain: Vec<u8>,
    items: u32,
    first: u64,
    /// A checksum over all items, to compare with when they are read back.
    digest: crc32fast::Hasher,
    compressor: zstd::bulk::Compressor<'static>,
}

impl<M: Medium> Writer<M> {
    /// Begins a file whose frames are closed once they hold `frame_bytes`.
    pub(crate) fn new(medium: M, head: Head, frame_bytes: usize) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        compressor.include_checksum(false)?;
        let digest = crc32fast::Hasher::new();
        let file = Unfinished::begin(medium, head);
        Ok(Self { file, frame_bytes, plain: Vec::new(), items: 0, first: 0, digest, compressor })
    }

    /// Rests for so long after each piece.
    pub(crate) fn paced(self, pause: Duration) -> Self {
        Self { file: self.file.paced(pause), ..self }
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
    pub(crate) fn finish(mut self, span: Span) -> io::Result<Frames<M>> {
        self.close_frame()?;
        let frames = self.file.finish(span)?;
        if frames.digest()? != self.digest.finalize() {
            return Err(damaged("what was written does not read back the same"));
        }
        Ok(frames)
    }

    fn close_frame(&mut self) -> io::Result<()> {
        if self.items == 0 {
            return Ok(());
        }
        self.digest.update(&self.plain);
        let packed = self.compressor.compress(&self.plain)?;
        let (codec, data) =
            if packed.len() < self.plain.len() { (1, &packed) } else { (0, &self.plain) };
        let (plain_bytes, items, first) = (length(&self.plain)?, self.items, self.first);
        self.file.add(&Packed { plain_bytes, items, first, codec, data })?;
        self.items = 0;
        self.plain.clear();
        Ok(())
    }
}

//! Frames files: what dense segments and snapshots have in common.
//!
//! | offset | bytes | part |
//! | ---: | ---: | --- |
//! | 0 | 64 | head |
//! | 64 | | frames, one behind the other |
//! | | 32 × *n* | index, a line for each frame |
//! | end − 160 | 160 | foot |
//!
//! | offset | bytes | head |
//! | ---: | ---: | --- |
//! | 0 | 8 | `walframe` |
//! | 8 | 4 | CRC-32 of the bytes from 12 to 64 |
//! | 12 | 4 | version, 1 |
//! | 16 | 4 | kind: 1 dense segments, 2 snapshot |
//! | 20 | 4 | zeros |
//! | 24 | 16 | log id |
//! | 40, 48 | 8 each | first and last segment; of a snapshot twice the first LSN to replay on top |
//! | 56 | 8 | zeros |
//!
//! | offset | bytes | frame |
//! | ---: | ---: | --- |
//! | 0 | 4 | CRC-32 of the head, the frame's offset, its bytes from 4 to 32 and its data |
//! | 4, 8 | 4 each | length of its data, and of what that decompresses to |
//! | 12 | 4 | items: records or sections |
//! | 16 | 8 | LSN of its first record, or number of its first section from 0 |
//! | 24 | 4 | codec: 0 plain, 1 zstd |
//! | 28 | 4 | zeros |
//! | 32 | | data |
//!
//! | offset | bytes | line of the index |
//! | ---: | ---: | --- |
//! | 0 | 8 | offset of the frame |
//! | 8 | 8 | its first item |
//! | 16 | 4 | its CRC-32 |
//! | 20 | 4 | its length with its 32 bytes |
//! | 24 | 4 | its items |
//! | 28 | 4 | zeros |

use std::io;

use ruzstd::decoding::FrameDecoder;

use crate::bytes::{Bytes, Malformed, count, length};

use super::window::Window;

const HEAD: usize = 64;
const FRAME: usize = 32;
const LINE: usize = 32;
const FOOT: usize = 160;
/// More than this in one frame is a lie: nobody writes it.
const PLAIN_MAX: usize = 64 << 20;

/// Why a frames file is not right.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its bytes are not what they must be.
    #[error("{part}: {error}")]
    Bytes {
        /// The part.
        part: String,
        /// What of it.
        error: Malformed,
    },
}

/// What the head says.
pub(super) struct Head {
    bytes: [u8; HEAD],
    pub(super) kind: u32,
    pub(super) log: [u8; 16],
    pub(super) first: u64,
    pub(super) last: u64,
}

/// What the foot says.
#[derive(Debug)]
pub(super) struct Foot {
    pub(super) index: u64,
    index_crc: u32,
    pub(super) frames: u64,
    pub(super) items: u64,
    pub(super) plain: u64,
    pub(super) bytes: u64,
    pub(super) first_lsn: u64,
    pub(super) next_lsn: u64,
    pub(super) first_sequence: u64,
    pub(super) previous: u32,
    pub(super) last_crc: u32,
    pub(super) next_sequence: u64,
    pub(super) first_epoch: u64,
    pub(super) last_epoch: u64,
    pub(super) first_mark: u64,
    pub(super) last_mark: u64,
    rest: [u8; 32],
}

/// A frames file whose head, foot and index are right.
pub(super) struct Frames {
    window: Window,
    pub(super) head: Head,
    pub(super) foot: Foot,
    index: Vec<Line>,
    next: usize,
    decoder: FrameDecoder,
    plain: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Line {
    offset: u64,
    first: u64,
    crc: u32,
    bytes: u32,
    items: u32,
    zeros: u32,
}

/// A frame whose every bit is right.
pub(super) struct Frame<'a> {
    pub(super) first: u64,
    pub(super) items: u32,
    pub(super) plain: &'a [u8],
}

impl Frames {
    pub(super) fn open(mut window: Window) -> Result<Self, Wrong> {
        let head = Head::read(window.at(0, HEAD)?).map_err(in_part("head"))?;
        let from = window.bytes.saturating_sub(count(FOOT));
        let foot = Foot::read(window.at(from, FOOT)?, &head).map_err(in_part("foot"))?;
        check_foot(&foot, window.bytes).map_err(in_part("foot"))?;
        let len = length(foot.frames).saturating_mul(LINE);
        let index = read_index(window.at(foot.index, len)?, &foot).map_err(in_part("index"))?;
        check_index(&index, &foot).map_err(in_part("index"))?;
        let (decoder, plain) = (FrameDecoder::new(), Vec::new());
        Ok(Self { window, head, foot, index, next: 0, decoder, plain })
    }

    /// The next frame.
    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, Wrong> {
        let Some(line) = self.index.get(self.next).copied() else { return Ok(None) };
        self.next = self.next.saturating_add(1);
        let bytes = self.window.at(line.offset, length(u64::from(line.bytes)))?;
        let frame = format!("frame at {}", line.offset);
        let verified = verify(bytes, &line, &self.head.bytes).map_err(in_part(&frame))?;
        let (data, plain, zstd) = verified;
        if zstd {
            self.plain.resize(plain, 0);
            let decoded = self.decoder.decode_all(data, &mut self.plain).ok();
            let whole = decoded == Some(plain);
            expect(whole, "compressed data").map_err(in_part(&frame))?;
        } else {
            self.plain.clear();
            self.plain.extend_from_slice(data);
        }
        Ok(Some(Frame { first: line.first, items: line.items, plain: &self.plain }))
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut b = Bytes::new(bytes);
        let whole = Bytes::new(bytes).array()?;
        expect(b.take(8)? == b"walframe", "magic")?;
        let crc = b.u32()?;
        expect(crc32fast::hash(b.rest()) == crc, "checksum")?;
        expect(b.u32()? == 1, "version")?;
        let kind = b.u32()?;
        expect(b.u32()? == 0, "zeros")?;
        let head = Self { bytes: whole, kind, log: b.array()?, first: b.u64()?, last: b.u64()? };
        expect(b.u64()? == 0, "zeros")?;
        Ok(head)
    }
}

impl Foot {
    fn read(bytes: &[u8], head: &Head) -> Result<Self, Malformed> {
        let mut b = Bytes::new(bytes);
        expect(b.take(8)? == b"walfoot!", "magic")?;
        let crc = b.u32()?;
        let mut sum = crc32fast::Hasher::new();
        [&head.bytes[..], b.rest()].into_iter().for_each(|part| sum.update(part));
        expect(sum.finalize() == crc, "checksum")?;
        let index_crc = b.u32()?;
        Ok(Self {
            index: b.u64()?,
            index_crc,
            frames: b.u64()?,
            items: b.u64()?,
            plain: b.u64()?,
            bytes: b.u64()?,
            first_lsn: b.u64()?,
            next_lsn: b.u64()?,
            first_sequence: b.u64()?,
            previous: b.u32()?,
            last_crc: b.u32()?,
            next_sequence: b.u64()?,
            first_epoch: b.u64()?,
            last_epoch: b.u64()?,
            first_mark: b.u64()?,
            last_mark: b.u64()?,
            rest: b.array()?,
        })
    }
}

fn check_foot(foot: &Foot, bytes: u64) -> Result<(), Malformed> {
    let index_bytes = foot.frames.checked_mul(count(LINE));
    let end = index_bytes.and_then(|len| foot.index.checked_add(len)?.checked_add(count(FOOT)));
    expect(foot.bytes == bytes, "length of the file")?;
    expect(end == Some(bytes), "place of the index")?;
    expect(foot.rest == [0; 32], "zeros")
}

fn read_index(bytes: &[u8], foot: &Foot) -> Result<Vec<Line>, Malformed> {
    expect(crc32fast::hash(bytes) == foot.index_crc, "checksum")?;
    let line = |bytes: &[u8; LINE]| {
        let mut b = Bytes::new(bytes);
        Ok(Line {
            offset: b.u64()?,
            first: b.u64()?,
            crc: b.u32()?,
            bytes: b.u32()?,
            items: b.u32()?,
            zeros: b.u32()?,
        })
    };
    bytes.as_chunks().0.iter().map(line).collect()
}

/// Whether the frames lie one behind the other, and count what the foot says.
fn check_index(index: &[Line], foot: &Foot) -> Result<(), Malformed> {
    let mut end = count(HEAD);
    let mut items = 0_u64;
    for line in index {
        expect(line.offset == end, "offset of a frame")?;
        expect(line.zeros == 0, "zeros")?;
        end = end.saturating_add(u64::from(line.bytes));
        items = items.saturating_add(u64::from(line.items));
    }
    expect(end == foot.index, "length of the frames")?;
    expect(items == foot.items, "number of items")
}

/// The data of a frame, how long it is decompressed, and whether it is compressed.
fn verify<'a>(
    bytes: &'a [u8],
    line: &Line,
    head: &[u8; HEAD],
) -> Result<(&'a [u8], usize, bool), Malformed> {
    let mut b = Bytes::new(bytes);
    let crc = b.u32()?;
    let mut sum = crc32fast::Hasher::new();
    let covered = [&head[..], &line.offset.to_le_bytes(), b.rest()];
    covered.into_iter().for_each(|part| sum.update(part));
    expect(sum.finalize() == crc && crc == line.crc, "checksum")?;
    let (data, plain) = (length(u64::from(b.u32()?)), length(u64::from(b.u32()?)));
    expect(b.u32()? == line.items && b.u64()? == line.first, "line of the index")?;
    let codec = b.u32()?;
    expect(b.u32()? == 0, "zeros")?;
    expect(b.rest().len() == data && bytes.len() == data.saturating_add(FRAME), "length")?;
    expect(plain <= PLAIN_MAX, "length of what it decompresses to")?;
    expect(codec == 1 || (codec == 0 && data == plain), "codec")?;
    Ok((b.rest(), plain, codec == 1))
}

fn in_part(part: &str) -> impl FnOnce(Malformed) -> Wrong {
    let part = part.to_owned();
    |error| Wrong::Bytes { part, error }
}

fn expect(holds: bool, what: &'static str) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed(what)) }
}

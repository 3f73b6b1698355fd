//! Files of frames: what never changes again, compressed, each bit of it under a checksum. Dense
//! segments and snapshots are such files.
//!
//! | offset | bytes | part |
//! | ---: | ---: | --- |
//! | 0 | 64 | head |
//! | 64 | | frames, one behind the other |
//! | | 32 × *n* | index: where each frame is |
//! | end − 160 | 160 | foot |
//!
//! The head, the index and the foot are tables in `layout.rs`. A frame:
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 4 | CRC-32 of the head, of the frame's offset (8 bytes), of the bytes from 4 to 32, of the data |
//! | 4 | 4 | length of the data |
//! | 8 | 4 | length of what the data decompresses to |
//! | 12 | 4 | number of its items |
//! | 16 | 8 | number of its first item: an LSN, or the number of a section |
//! | 24 | 4 | codec: 0 plain, 1 zstd |
//! | 28 | 4 | zeros |
//! | 32 | | data |
//!
//! Numbers are little-endian. An item of a dense segment is a [record](crate::record); an item of a
//! snapshot is a section: its length (4 bytes), and its bytes. Items do not cross frames.
//!
//! A file gets its name only once it is whole, synced, and read back from the disk; so whatever is
//! wrong with it later is damage, and nothing of it is ever a torn tail.

mod ahead;
mod copies;
mod finder;
mod frame;
mod layout;
mod reader;
mod sample;
mod unfinished;
mod writer;

pub(crate) use copies::is_in_each;
pub(crate) use finder::Finder;
pub(crate) use frame::Frame;
pub(crate) use layout::{FOOT_BYTES, FRAME_HEAD_BYTES, Foot, HEAD_BYTES, Head, Kind, Span};
pub(crate) use reader::Frames;
pub(crate) use unfinished::{PACE_BYTES, Unfinished};
pub(crate) use writer::Writer;

use std::io;

/// The longest plain content of a frame: one item of the greatest length, and some more.
pub(crate) const PLAIN_BYTES_MAX: usize = 4 << 20;

/// Bytes that are not what was written.
pub(crate) fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Whether a failure says that bytes are not what was written, rather than that they cannot be
/// read.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

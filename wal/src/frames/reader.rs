//! Reads a file of frames, and believes nothing that is not under a checksum.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use zerocopy::FromBytes;

use super::frame::Raw;
use super::layout::{ENTRY_BYTES, Entry, FOOT_BYTES, Foot, HEAD_BYTES, Head};
use super::{Frame, damaged};
use crate::size::{narrow, wide};
use crate::storage::Medium;

/// So few frames are not worth a thread.
const FEW: usize = 16;
/// So many frames are handed on together: to wake the one who takes them costs as much as to
/// decompress one.
const TOGETHER: usize = 8;
/// How many times as many wait.
const AHEAD: usize = 8;

/// A file of frames, open, with its index in memory.
pub(crate) struct Frames<M> {
    medium: M,
    pub(crate) head: Head,
    pub(crate) foot: Foot,
    index: Vec<Entry>,
}

impl<M: Medium> Frames<M> {
    /// Opens a file that is to have this head.
    pub(crate) fn open(medium: M, head: Head) -> io::Result<Self> {
        let foot = Self::foot(&medium, head)?;
        let mut bytes = vec![0; narrow(foot.file_bytes - wide(FOOT_BYTES) - foot.index_offset)];
        medium.read_at(&mut bytes, foot.index_offset)?;
        if crc32fast::hash(&bytes) != foot.index_crc {
            return Err(damaged("the index does not match its checksum"));
        }
        let index =
            <[Entry]>::ref_from_bytes(&bytes).map_err(|_| damaged("the index is uneven"))?;
        let index = index.to_vec();
        Ok(Self { medium, head, foot, index })
    }

    /// The foot of a file that is to have this head: all of it but its frames and its index.
    pub(crate) fn foot(medium: &M, head: Head) -> io::Result<Foot> {
        if Self::head(medium)? != head {
            return Err(damaged("the head is of another file"));
        }
        let mut bytes = [0; FOOT_BYTES];
        let at = medium.bytes()?.checked_sub(wide(FOOT_BYTES + HEAD_BYTES));
        let at = at.ok_or_else(|| damaged("the file is too short"))? + wide(HEAD_BYTES);
        medium.read_at(&mut bytes, at)?;
        let foot = Foot::of_bytes(&head.to_bytes(), &bytes);
        let foot = foot.ok_or_else(|| damaged("the foot does not match its checksum"))?;
        let index_bytes = foot.frames.checked_mul(wide(ENTRY_BYTES));
        let fits = foot.file_bytes == at + wide(FOOT_BYTES)
            && index_bytes.and_then(|bytes| foot.index_offset.checked_add(bytes)) == Some(at);
        if fits { Ok(foot) } else { Err(damaged("the length of the file is not its own")) }
    }

    /// What the file says that it is.
    pub(crate) fn head(medium: &M) -> io::Result<Head> {
        let mut bytes = [0; HEAD_BYTES];
        medium.read_at(&mut bytes, 0)?;
        Head::of_bytes(&bytes).ok_or_else(|| damaged("the head does not match its checksum"))
    }

    /// How many frames there are.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// The number of the first item behind this frame, if the index tells it.
    pub(crate) fn first_behind(&self, place: usize) -> Option<u64> {
        let entry = self.index.get(place)?;
        entry.first.get().checked_add(u64::from(entry.items.get()))
    }

    /// Where a frame begins in the file.
    pub(crate) fn offset(&self, place: usize) -> u64 {
        self.index.get(place).map_or(0, |entry| entry.offset.get())
    }

    /// A frame, verified and decompressed.
    pub(crate) fn frame(&self, place: usize) -> io::Result<Frame> {
        self.raw(place)?.unpack()
    }

    /// A frame as it lies.
    pub(crate) fn raw(&self, place: usize) -> io::Result<Raw<'_>> {
        let entry = self.index.get(place).ok_or_else(|| damaged("there is no such frame"))?;
        let bytes = entry.read(&self.medium, self.foot.index_offset)?;
        Ok(Raw { entry, head: &self.head, bytes })
    }

    /// Gives all frames from this one on to `each`, until it says no. They are read and
    /// decompressed on a thread beside it, a few ahead.
    pub(crate) fn read_ahead(
        &self,
        from: usize,
        mut each: impl FnMut(usize, io::Result<Frame>) -> bool,
    ) {
        let places = from..self.len();
        if places.len() < FEW {
            places.into_iter().all(|place| each(place, self.frame(place)));
            return;
        }
        thread::scope(|scope| {
            let (ahead, frames) = sync_channel(AHEAD);
            scope.spawn(move || {
                let mut expected = 0;
                for first in places.clone().step_by(TOGETHER) {
                    expected = self.expect(first, expected);
                    let some = first..places.end.min(first + TOGETHER);
                    let some = some.map(|place| (place, self.frame(place))).collect::<Vec<_>>();
                    // Nobody wants the rest.
                    if ahead.send(some).is_err() {
                        break;
                    }
                }
            });
            frames.into_iter().flatten().all(|(place, frame)| each(place, frame));
        });
    }

    /// A checksum over the items of all frames, each of which is verified.
    pub(crate) fn digest(&self) -> io::Result<u32> {
        let mut digest = crc32fast::Hasher::new();
        for place in 0..self.len() {
            digest.update(&self.frame(place)?.plain);
        }
        Ok(digest.finalize())
    }

    /// Says that the frames from this one on are read soon, unless that was said of all up to
    /// `expected` and that is far enough; up to where it was said.
    pub(crate) fn expect(&self, place: usize, expected: u64) -> u64 {
        const AHEAD_BYTES: u64 = 1 << 20;
        let offset = self.offset(place);
        if offset + AHEAD_BYTES / 2 < expected {
            return expected;
        }
        self.medium.expect(offset.max(expected), AHEAD_BYTES);
        offset.max(expected) + AHEAD_BYTES
    }
}

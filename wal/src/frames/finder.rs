//! Finds a single item in a file of frames: of the index, which may be long, only the part is read
//! that has the frame.
//!
//! Nothing that the index says is believed here. A frame is known by its own checksum, which covers
//! its number and its place; a line that leads to another one is damage.

use std::io;

use zerocopy::FromBytes;

use super::copies::Copies;
use super::layout::{ENTRY_BYTES, Entry, Foot, Head};
use super::{Frame, Frames, damaged, is_damage};
use crate::size::{narrow, wide};
use crate::storage::Medium;

/// How many lines of the index are read at once: a page.
const LINES: u64 = 128;

/// A file of frames, open, with its index where it lies.
pub(crate) struct Finder<M> {
    medium: M,
    head: Head,
    foot: Foot,
}

impl<M: Medium> Finder<M> {
    /// Opens a file that is to have this head.
    pub(crate) fn open(medium: M, head: Head) -> io::Result<Self> {
        let foot = Frames::foot(&medium, head)?;
        Ok(Self { medium, head, foot })
    }

    /// The frame that has the item of this number, verified and decompressed. Where the index leads
    /// elsewhere, that of the second copy is asked.
    pub(crate) fn frame_of(&self, number: u64) -> io::Result<Frame> {
        match self.find(number, 0) {
            Err(error) if is_damage(&error) => {
                let found = self.find(number, 1).map_err(|_| error)?;
                self.medium.blame();
                Ok(found)
            }
            found => found,
        }
    }

    fn find(&self, number: u64, copy: usize) -> io::Result<Frame> {
        let entry = self.entry_of(number, copy)?;
        let bytes = entry.bytes_before(self.foot.index_offset)?;
        let unpack = |bytes: Vec<u8>| entry.unpack(&self.head, &bytes);
        Copies::Any.read(&self.medium, entry.offset.get(), bytes, unpack)
    }

    /// First where it lies if all frames have as many items, then by halving.
    fn entry_of(&self, number: u64, copy: usize) -> io::Result<Entry> {
        let missing = || damaged("the index does not hold the record");
        let (mut low, mut high) = (0, self.foot.frames);
        let mut guess = self.guess(number).ok_or_else(missing)?;
        while low < high {
            let from = guess.saturating_sub(LINES / 2).min(high.saturating_sub(LINES)).max(low);
            let lines = self.lines(from, LINES.min(high - from), copy)?;
            match lines.partition_point(|entry| entry.first.get() <= number).checked_sub(1) {
                None => high = from,
                Some(at) if lines[at].holds(number) => return Ok(lines[at]),
                Some(at) if at + 1 == lines.len() => low = from + wide(lines.len()),
                Some(_) => return Err(missing()),
            }
            guess = low + (high - low) / 2;
        }
        Err(missing())
    }

    fn guess(&self, number: u64) -> Option<u64> {
        let at = number.checked_sub(self.foot.span.before.next.value())?;
        let place = u128::from(at) * u128::from(self.foot.frames);
        u64::try_from(place.checked_div(u128::from(self.foot.items))?).ok()
    }

    fn lines(&self, from: u64, lines: u64, copy: usize) -> io::Result<Vec<Entry>> {
        let mut bytes = vec![0; narrow(lines) * ENTRY_BYTES];
        let offset = self.foot.index_offset + from * wide(ENTRY_BYTES);
        if copy == 0 {
            self.medium.read_at(&mut bytes, offset)?;
        } else if !self.medium.read_copy_at(copy, &mut bytes, offset)? {
            return Err(damaged("there is no other copy"));
        }
        let lines = <[Entry]>::ref_from_bytes(&bytes);
        Ok(lines.map_err(|_| damaged("the index is uneven"))?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HEAD, NAME, file};
    use super::*;
    use crate::storage::Storage;

    #[test]
    fn every_item_is_found_wherever_it_lies_with_few_reads() {
        let disk = file();
        let finder = Finder::open(disk.open(NAME).unwrap(), HEAD).unwrap();
        assert!(finder.foot.frames > 10 * LINES);
        for number in 10..6010 {
            let before = disk.operations();
            let frame = finder.frame_of(number).unwrap();
            assert!(frame.holds(number));
            assert!(disk.operations() - before < 8, "{} reads", disk.operations() - before);
        }
        for number in [0, 9, 6010, u64::MAX] {
            assert!(finder.frame_of(number).is_err());
        }
    }

    #[test]
    fn a_wrong_line_of_the_index_is_told_and_never_believed() {
        let disk = file();
        let finder = Finder::open(disk.open(NAME).unwrap(), HEAD).unwrap();
        let (index, end) = (finder.foot.index_offset, finder.foot.file_bytes);
        for bit in (8 * narrow(index)..8 * narrow(end - 160)).step_by(1009) {
            disk.flip(NAME, bit);
            for number in (10..6010).step_by(97) {
                let found = finder.frame_of(number);
                assert!(found.is_err() || found.unwrap().holds(number), "bit {bit}");
            }
            disk.flip(NAME, bit);
        }
    }
}

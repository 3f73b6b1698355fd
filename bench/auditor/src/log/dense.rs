//! Dense segments: sealed segments whose records were written again, without padding.
//!
//! | offset in the foot | field |
//! | ---: | --- |
//! | 16, 24, 32, 40, 48 | offset of the index, frames, records, plain bytes, length of the file |
//! | 56, 64 | LSN of the first record, and of the one behind the last |
//! | 72, 80 | sequence of the first group, and the CRC-32 of the group before it |
//! | 84, 88 | CRC-32 of the last group, and the sequence of the one behind it |
//! | 96, 104 | epochs of the first and the last segment |
//! | 112, 120 | moments of the first and the last record |

use crate::bytes::count;

use super::body::{self, Moments};
use super::files::Files;
use super::frames::{Foot, Frames, Wrong};
use super::window::Window;
use super::{Chain, Reader, Unreadable};

const KIND: u32 = 1;

impl Reader<'_> {
    /// Reads a dense file, and tells its last segment.
    pub(super) fn dense(&mut self, first: u64, last: u64) -> Result<u64, Unreadable> {
        let name = Files::dense_name(first, last);
        let (file, bytes) = self.open(&name)?;
        for other in self.files.superseded(first, last, &name) {
            self.extent.remarks.push(format!("{other} does not count beside {name}"));
        }
        if let Err(wrong) = self.dense_file(&name, Window::new(file, bytes), (first, last)) {
            match wrong {
                Wrong::Io(source) => return Err(self.unreadable(&name)(source)),
                Wrong::Bytes { .. } => self.wrong(&name, wrong.to_string()),
            }
        }
        self.extent.dense_files = self.extent.dense_files.saturating_add(1);
        let segments = last.saturating_sub(first).saturating_add(1);
        self.extent.dense_segments = self.extent.dense_segments.saturating_add(segments);
        Ok(last)
    }

    fn dense_file(&mut self, name: &str, window: Window, range: (u64, u64)) -> Result<(), Wrong> {
        let mut frames = Frames::open(window)?;
        self.dense_belongs(name, &frames, range);
        let mut next = self.chain.next;
        let (mut plain, mut moments) = (0_u64, Moments::default());
        while !self.broken {
            let Some(frame) = frames.next()? else { break };
            if frame.first != next {
                let what = format!("a frame begins with record {}, not {next}", frame.first);
                self.wrong(name, what);
                return Ok(());
            }
            match body::show(frame.plain, next, frame.items, self.visitor, name) {
                Ok(shown) => moments.extend(shown),
                Err(error) => self.wrong(name, format!("the frame of record {next}: {error}")),
            }
            plain = plain.saturating_add(count(frame.plain.len()));
            next = next.saturating_add(u64::from(frame.items));
        }
        self.dense_ends(name, &frames.foot, (next, plain, moments));
        Ok(())
    }

    /// Whether the file is the one that belongs here.
    fn dense_belongs(&mut self, name: &str, frames: &Frames, (first, last): (u64, u64)) {
        let (head, foot) = (&frames.head, &frames.foot);
        if (head.kind, head.first, head.last) != (KIND, first, last) {
            self.wrong(name, "it is another file under this name");
        }
        self.belongs(name, head.log, foot.first_epoch);
        let begins =
            Chain { sequence: foot.first_sequence, next: foot.first_lsn, previous: foot.previous };
        if begins != self.chain {
            let what =
                format!("it follows {begins:?}, and the log before it is at {:?}", self.chain);
            self.wrong(name, what);
        }
        if foot.last_epoch < foot.first_epoch {
            self.finding(name, "its epochs go back");
        }
        self.epoch = self.epoch.max(foot.last_epoch);
    }

    /// Whether its foot says what was found, and the chain behind it.
    fn dense_ends(&mut self, name: &str, foot: &Foot, found: (u64, u64, Moments)) {
        if self.broken {
            return;
        }
        let (next, plain, moments) = found;
        let mark = |moment: Option<i64>| moment.map(i64::cast_unsigned).unwrap_or_default();
        let marks = (mark(moments.first), mark(moments.last));
        if foot.next_lsn != next {
            self.finding(name, format!("its foot goes to record {}, not {next}", foot.next_lsn));
        }
        if foot.plain != plain {
            self.finding(name, format!("its foot says {} plain bytes, not {plain}", foot.plain));
        }
        if (foot.first_mark, foot.last_mark) != marks && foot.items > 0 {
            self.finding(name, "its foot has other moments than its first and last record");
        }
        if foot.next_sequence < foot.first_sequence {
            self.finding(name, "its groups go back");
        }
        self.chain = Chain { sequence: foot.next_sequence, next, previous: foot.last_crc };
    }
}

//! The sealer: it rewrites each segment that is finished without its padding, compressed, and lets
//! the padded one go; and it merges what it has sealed, so that the files stay few.
//!
//! A dense file gets its name only once it was read back from the disk and is what the segment
//! was; the segment is removed only once that name is durable. So at every moment one of the two
//! is whole. What cannot be sealed now stays padded, and is tried again.
//!
//! # Merging
//!
//! A start opens each file of the log, so there must be few of them however old it is. Eight
//! neighbours of about as many segments become one (`plan.rs`), up to a length of 1 GiB:
//!
//! * files: of a log of *n* GiB mostly little more than *n*, at most 4 *n*, and seven for each level;
//! * writing: each byte is copied once for each level, four times in the life of a log whose sealed
//!   segments have a megabyte, three where they have ten;
//! * room: as much as the file that is made, for as long as that takes, and never so much that the
//!   log may want for a segment; where there is less, it is tried later;
//! * time: a finished segment is sealed first, between two pieces of a merge; pieces are as short,
//!   and followed by as long a rest, as those of sealing;
//! * archiving: a file goes to the archive as one, so the log's own disk keeps at most one file more
//!   than what is young enough. What is archived is merged there, and not brought back.
//!
//! The longest length is a compromise: with a shorter one a start opens more files, with a longer one
//! a merge and a move to the archive take more room and more time. Frames are copied as they are
//! packed. Each has a new checksum, because that covers the file and the place, made before the old
//! one is verified over the same bytes.

mod job;
mod merger;
mod plan;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::frames::{Head, Kind, Span, Writer, damaged};
use crate::index::{Dense, Shelf, Unsealed};
use crate::log::Log;
use crate::options::{OnMerge, OnShortage, Options};
use crate::record::{extent_at, take};
use crate::segment::BODY_OFFSET;
use crate::size::wide;
use crate::storage::{Medium, Storage};
use crate::window::Window;
use crate::{Lsn, Name};
use merger::{Merger, Step};
use plan::Rule;

/// How much a frame of a dense file holds: as much as a reader of one record must decompress.
pub(crate) const FRAME_BYTES: usize = 16 << 10;

/// Seals finished segments. One thread runs it, or a simulation steps it.
pub struct Sealer<S: Storage> {
    log: Arc<Log<S>>,
    mark: Option<fn(&[u8]) -> u64>,
    retry: Duration,
    on_shortage: Option<OnShortage>,
    /// A segment that was sealed and is still there, and who may still read it.
    leftover: Option<(Name, Arc<S::Medium>)>,
    merger: Merger<S>,
    on_merge: Option<OnMerge>,
    /// Between two pieces of a file.
    pause: Duration,
}

/// A segment of 64 MiB is sealed in half a second, which leaves the disk to the committer.
const PAUSE: Duration = Duration::from_millis(4);

/// Once more than so many segments are finished behind the one that is sealed, it is sealed without
/// a rest: segments that wait take several times the room.
const BEHIND_MAX: usize = 2;

/// What one step did.
#[derive(Debug)]
pub enum Seal {
    /// No segment is finished that was not sealed, and no files are to become one.
    Idle,
    /// It sealed one, into this file.
    Sealed(Name),
    /// It did a part of making one of some files.
    Merging,
    /// It made this one of some files.
    Merged(Name),
    /// It looked through this one, of which a copy was found wrong, and made it whole if it could.
    Mended(Name),
    /// It could not; the files are as they were. Another step may succeed.
    Failed(io::Error),
}

impl<S: Storage> Sealer<S> {
    pub(crate) fn new(log: Arc<Log<S>>, options: &mut Options) -> Self {
        let rule = Rule { files: options.merge_files, bytes_max: options.merge_bytes_max };
        // The segment that is prepared next, and the one behind it.
        let reserve = 2 * options.segment_bytes;
        Self {
            merger: Merger::new(Arc::clone(&log), rule, reserve),
            log,
            mark: options.mark,
            retry: options.retry,
            on_shortage: options.on_shortage.take(),
            on_merge: options.on_merge.take(),
            leftover: None,
            pause: Duration::ZERO,
        }
    }

    /// Seals and merges until the log has ended. Blocks the thread.
    pub fn run(mut self) {
        self.pause = PAUSE;
        while self.await_work() {
            if let Seal::Failed(_) = self.step() {
                self.await_retry();
            }
        }
    }

    /// Seals the oldest segment that is finished; if there is none, mends a file of which a copy rots;
    /// if there is none, does a part of a merge.
    pub fn step(&mut self) -> Seal {
        if let Err(error) = self.remove_leftover() {
            return self.failed(error);
        }
        if let Some(unsealed) = self.log.index.unsealed() {
            return self.seal_one(unsealed);
        }
        self.mend().map_or_else(|| self.merge(), Seal::Mended)
    }

    fn mend(&self) -> Option<Name> {
        let mended = self.log.storage.mend(&|| std::thread::sleep(self.pause))?;
        self.log.end_if_failed();
        // Who reads on from what is open reads what was wrong.
        self.log.library.forget(|name| name == mended);
        Some(mended)
    }

    fn seal_one(&mut self, unsealed: Unsealed<S::Medium>) -> Seal {
        let number = unsealed.segment.number;
        let name = Name::Dense { first: number, last: number };
        if let Err(error) = self.seal(name, &unsealed) {
            self.log.storage.discard(name);
            return self.failed(error);
        }
        self.merger.wake();
        self.leftover = Some((Name::Segment(number), unsealed.reader));
        self.remove_leftover().map_or_else(|error| self.failed(error), |()| Seal::Sealed(name))
    }

    fn failed(&self, error: io::Error) -> Seal {
        self.log.end_if_failed();
        self.on_shortage.iter().for_each(|told| told(&error));
        Seal::Failed(error)
    }

    fn merge(&mut self) -> Seal {
        let tell = |merged| self.on_merge.iter().for_each(|told| told(merged));
        match self.merger.step(self.pause) {
            Ok(Step::Nothing) => Seal::Idle,
            Ok(Step::Part) => Seal::Merging,
            Ok(Step::Done(merged)) => {
                tell(Ok(merged));
                Seal::Merged(merged.name)
            }
            Err(error) => {
                self.log.end_if_failed();
                tell(Err(&error));
                Seal::Failed(error)
            }
        }
    }

    /// Removes what was sealed, durably, before the next segment is sealed: what is dense comes
    /// before what is padded.
    fn remove_leftover(&mut self) -> io::Result<()> {
        let Some((name, reader)) = &self.leftover else { return Ok(()) };
        // Whoever began to read it before it was sealed must find it as it was.
        let alone = Arc::strong_count(reader) == 1;
        let storage = &self.log.storage;
        let gone = if alone { storage.recycle(*name) } else { storage.remove(*name) };
        match gone {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => storage.sync_directory()?,
        }
        self.leftover = None;
        Ok(())
    }

    fn seal(&self, name: Name, unsealed: &Unsealed<S::Medium>) -> io::Result<()> {
        let storage = &self.log.storage;
        let number = unsealed.segment.number;
        let head =
            Head { kind: Kind::Dense, log: unsealed.segment.log, first: number, last: number };
        let pause = if unsealed.behind > BEHIND_MAX { Duration::ZERO } else { self.pause };
        let mut writer = Writer::new(storage.create(name)?, head, FRAME_BYTES)?.paced(pause);
        let marks = self.copy(unsealed, &mut writer)?;
        let (before, after) = (unsealed.before, unsealed.after);
        let epochs = (unsealed.segment.epoch, unsealed.segment.epoch);
        let span = Span { before, after, epochs, marks };
        let bytes = writer.finish(span)?.foot.file_bytes;
        storage.publish(name)?;
        self.log.index.seal(Shelf::dense(Dense { name, head, span, bytes, archived: false }));
        Ok(())
    }

    /// Copies the records of a segment; returns the marks of the first and of the last.
    fn copy<M: Medium>(
        &self,
        unsealed: &Unsealed<S::Medium>,
        writer: &mut Writer<M>,
    ) -> io::Result<(u64, u64)> {
        let mut memory = Vec::new();
        let segment = &unsealed.segment;
        let mut window = Window::new(&*unsealed.reader, segment.bytes, &mut memory);
        let (mut chain, mut offset) = (unsealed.before, BODY_OFFSET);
        let mut marks = None;
        while chain != unsealed.after {
            let group = window.group(segment, offset)?;
            let (group, bytes) = group
                .filter(|(group, _)| chain.precedes(group))
                .ok_or_else(|| damaged("a group of a finished segment does not read back"))?;
            let body = bytes.get(group.body()).unwrap_or_default();
            self.copy_group(body, group.first, writer, &mut marks)?;
            chain = group.behind(&chain);
            offset += wide(group.bytes);
        }
        Ok(marks.unwrap_or_default())
    }

    fn copy_group<M: Medium>(
        &self,
        mut rest: &[u8],
        mut lsn: Lsn,
        writer: &mut Writer<M>,
        marks: &mut Option<(u64, u64)>,
    ) -> io::Result<()> {
        while let Some((record, behind)) = take(rest, lsn) {
            let mark = self.mark.map_or(0, |mark| mark(record.payload));
            *marks = Some((marks.map_or(mark, |(first, _)| first), mark));
            let bytes = extent_at(rest).and_then(|extent| rest.get(..extent)).unwrap_or_default();
            writer.push(lsn.value(), &[bytes])?;
            (rest, lsn) = (behind, lsn.next());
        }
        Ok(())
    }

    /// Sleeps until there is something to do; false if the log has ended.
    pub(crate) fn await_work(&self) -> bool {
        let shared = &self.log.shared;
        let mut queue = shared.queue.lock();
        while queue.is_running() && self.is_idle() {
            shared.finished.wait(&mut queue);
        }
        queue.is_running()
    }

    fn is_idle(&self) -> bool {
        let sealed = self.leftover.is_none() && self.log.index.unsealed().is_none();
        sealed && self.merger.is_resting() && !self.log.storage.is_ailing()
    }

    fn await_retry(&self) {
        let shared = &self.log.shared;
        let mut queue = shared.queue.lock();
        if queue.is_running() {
            shared.finished.wait_for(&mut queue, self.retry);
        }
    }
}

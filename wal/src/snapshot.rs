//! Snapshots: what a caller made of the log up to some record, in sections that the log does not
//! understand, so that the next opening need not begin with the first record.
//!
//! A snapshot is a file of [frames](crate::frames) whose items are sections, numbered from 0: the
//! length of each (4 bytes, little-endian), and its bytes. It is called by the first record that is
//! to be replayed on top of it. Its foot says which records parts of it may have seen beyond that.
//!
//! A snapshot is written beside, synced, read back from the disk, and gets its name only once the
//! log is durable up to the last record that any part of it saw: else it could hold one half of a
//! record that dies. The two newest are kept.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::durability::Poisoned;
use crate::frames::{Frames, Head, Kind, Span, Writer, damaged, is_damage};
use crate::log::Log;
use crate::segment::{LogId, Segment};
use crate::size::narrow;
use crate::storage::{Medium, Storage};
use crate::{Lsn, Name};

/// How much a frame holds before it is closed.
const FRAME_BYTES: usize = 256 << 10;

/// Between two pieces: the disk is the committer's first.
const PAUSE: Duration = Duration::from_millis(2);

/// The longest section, in bytes.
pub const SECTION_BYTES_MAX: usize = 3 << 20;

/// How many snapshots are kept: one more than is needed, because one may rot.
const KEPT: usize = 2;

/// A snapshot that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// The first record to be replayed on top of it: its name.
    pub from: Lsn,
    /// The last record that any part of it saw.
    pub upto: Lsn,
    /// How many sections it has.
    pub sections: u64,
    /// The length of its file.
    pub bytes: u64,
}

/// Why a snapshot was not made. What was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The storage failed, or has no room.
    #[error("the snapshot cannot be written: {0}")]
    Storage(#[from] io::Error),
    /// The log ended before it was durable as far as the snapshot had seen.
    #[error(transparent)]
    Poisoned(#[from] Poisoned),
}

/// Why a snapshot was not read. What `visit` did is void.
#[derive(Debug, thiserror::Error)]
pub enum ReadSnapshotError<E> {
    /// Its bytes are not what was written.
    #[error("{name} is damaged: {source}")]
    Damaged {
        /// The snapshot.
        name: Name,
        /// What does not match.
        source: io::Error,
    },
    /// The storage failed.
    #[error("{name} cannot be read: {source}, check the disk")]
    Storage {
        /// The snapshot.
        name: Name,
        /// What the system said.
        source: io::Error,
    },
    /// The caller refused a section.
    #[error("{name} is refused: {error}")]
    Visit {
        /// The snapshot.
        name: Name,
        /// Why.
        error: E,
    },
}

/// A snapshot being written. Dropped, it is gone.
pub struct SnapshotWriter<S: Storage> {
    log: Arc<Log<S>>,
    name: Name,
    writer: Option<Writer<S::Medium>>,
    from: Lsn,
    sections: u64,
}

impl<S: Storage> SnapshotWriter<S> {
    /// Begins a snapshot on top of which the records from `from` on are to be replayed.
    pub(crate) fn begin(log: Arc<Log<S>>, log_id: LogId, from: Lsn) -> io::Result<Self> {
        let name = Name::Snapshot(from);
        let (medium, head) = (log.storage.create(name)?, head(log_id, from));
        let writer = Writer::new(medium, head, FRAME_BYTES)?;
        Ok(Self { log, name, writer: Some(writer), from, sections: 0 })
    }

    /// Writes at a pace that leaves the disk to others.
    #[must_use]
    pub fn paced(mut self) -> Self {
        self.writer = self.writer.take().map(|writer| writer.paced(PAUSE));
        self
    }

    /// Adds a section. Writes and syncs.
    ///
    /// # Errors
    /// It cannot be written, or is longer than [`SECTION_BYTES_MAX`]. Drop the writer.
    pub fn section(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= SECTION_BYTES_MAX);
        let length = length.ok_or_else(|| io::Error::other("a section is too long"))?;
        let writer = self.writer.as_mut().ok_or_else(|| io::Error::other("it has failed"))?;
        writer.push(self.sections, &[&length.to_le_bytes(), bytes])?;
        self.sections += 1;
        Ok(())
    }

    /// Waits until the log is durable up to `upto`, the last record that any section saw; makes
    /// the snapshot durable, reads it back, gives it its name, and removes all but the two newest.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    pub fn publish(mut self, upto: Lsn) -> Result<SnapshotInfo, SnapshotError> {
        let writer = self.writer.take().ok_or_else(|| io::Error::other("it has failed"))?;
        let bytes = writer.finish(Span::of_snapshot(self.from, upto))?.foot.file_bytes;
        self.log.durability.wait(upto)?;
        let kept = self.log.storage.publish(self.name);
        kept.and_then(|()| remove_old(&self.log.storage))
            .inspect_err(|_| self.log.end_if_failed())?;
        Ok(SnapshotInfo { from: self.from, upto, sections: self.sections, bytes })
    }
}

impl<S: Storage> Drop for SnapshotWriter<S> {
    /// What was published is not there any more under the name that is discarded.
    fn drop(&mut self) {
        self.log.storage.discard(self.name);
    }
}

fn remove_old<S: Storage>(storage: &S) -> io::Result<()> {
    for old in snapshots(storage)?.into_iter().skip(KEPT) {
        storage.remove(Name::Snapshot(old))?;
    }
    storage.sync_directory()
}

/// The snapshots that are there, by the first record to be replayed on top of each, newest first.
///
/// # Errors
/// The storage cannot be listed.
pub fn snapshots<S: Storage>(storage: &S) -> io::Result<Vec<Lsn>> {
    let snapshot = |name| match name {
        Name::Snapshot(from) => Some(from),
        _ => None,
    };
    let mut found: Vec<Lsn> = storage.list()?.into_iter().filter_map(snapshot).collect();
    found.reverse();
    Ok(found)
}

/// Shows all sections of the snapshot to `visit`, in order, each verified.
///
/// # Errors
/// See [`ReadSnapshotError`].
pub fn read_snapshot<S: Storage, E>(
    storage: &S,
    from: Lsn,
    mut visit: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<SnapshotInfo, ReadSnapshotError<E>> {
    let name = Name::Snapshot(from);
    let failed = |source| match is_damage(&source) {
        true => ReadSnapshotError::Damaged { name, source },
        false => ReadSnapshotError::Storage { name, source },
    };
    let frames = open(storage, from).map_err(failed)?;
    for place in 0..frames.len() {
        let frame = frames.frame(place).map_err(failed)?;
        let mut rest = &*frame.plain;
        for _ in 0..frame.items {
            let (section, behind) =
                take(rest).ok_or_else(|| failed(damaged("a section is cut short")))?;
            visit(section).map_err(|error| ReadSnapshotError::Visit { name, error })?;
            rest = behind;
        }
    }
    Ok(info(&frames))
}

fn open<S: Storage>(storage: &S, from: Lsn) -> io::Result<Frames<S::Medium>> {
    let medium = storage.open(Name::Snapshot(from))?;
    medium.forget()?;
    let found = Frames::head(&medium)?;
    if found != head(found.log, from) {
        return Err(damaged("it is another snapshot under this name"));
    }
    if log_of(storage)?.is_some_and(|log| log != found.log) {
        return Err(damaged("it is of another log"));
    }
    let frames = Frames::open(medium, found)?;
    let whole = frames.foot.span.before.next == from;
    if whole { Ok(frames) } else { Err(damaged("its name and its foot differ")) }
}

/// The id of the log that the snapshots are beside, as its first file says. A damaged one says
/// nothing: the opening tells what is wrong with it.
fn log_of<S: Storage>(storage: &S) -> io::Result<Option<LogId>> {
    let names = storage.list()?;
    let Some(name) = names.into_iter().find(|name| name.segments().is_some()) else {
        return Ok(None);
    };
    let medium = match storage.open(name) {
        // It was sealed, or merged, since the names were listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let said = match name {
        Name::Segment(_) => Segment::read(&medium).map(|segment| segment.map(|it| it.log)),
        _ => Frames::head(&medium).map(|head| Some(head.log)),
    };
    match said {
        Err(error) if is_damage(&error) => Ok(None),
        said => said,
    }
}

fn info<M>(frames: &Frames<M>) -> SnapshotInfo {
    let (span, bytes) = (frames.foot.span, frames.foot.file_bytes);
    let sections = frames.foot.items;
    SnapshotInfo { from: span.before.next, upto: span.after.next.previous(), sections, bytes }
}

/// The section that begins here, and what follows it.
fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(narrow(u64::from(u32::from_le_bytes(*length))))
}

const fn head(log: LogId, from: Lsn) -> Head {
    Head { kind: Kind::Snapshot, log, first: from.value(), last: from.value() }
}

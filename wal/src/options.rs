//! What the log may be told when it is opened, and what it tells while it runs.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::group::GROUP_BYTES_MAX;
use crate::segment::LogId;
use crate::size::{PAGE, wide};
use crate::{Lsn, Name};

/// The limits and the listeners of a log.
pub struct Options {
    /// Length of each segment but the first of a life: a multiple of 4096, at least 16 KiB. While no
    /// segment can be prepared, one of less than 64 KiB takes nothing.
    pub segment_bytes: u64,
    /// Length of the first segment of a life, which is made while the caller waits: as above.
    pub first_segment_bytes: u64,
    /// The longest group: a multiple of 4096, from 8 KiB to 2 MiB. It bounds a record, too.
    pub group_bytes_max: usize,
    /// How much may be appended and not yet written before an append is refused as full.
    pub buffer_bytes_max: usize,
    /// Whether a record is durable when it is said to be.
    pub sync: Sync,
    /// How long nothing is appended before an empty group vouches for the last records.
    pub idle: Duration,
    /// For how long a commit waits for more to be appended, while those who append have not said
    /// that they are at rest ([`Wal::hurry`](crate::Wal::hurry)). Zero: a commit never waits.
    pub linger: Duration,
    /// How long to wait before a segment that could not be prepared is tried again.
    pub retry: Duration,
    /// Told after each group commit, by the committer and outside every lock.
    pub on_commit: Option<OnCommit>,
    /// Told why a segment could not be prepared or sealed, by the filler or the sealer, each time.
    pub on_shortage: Option<OnShortage>,
    /// How many neighbouring sealed files of about the same number of segments become one; fewer
    /// than two: none ever do.
    pub merge_files: usize,
    /// The longest file that sealed ones become, in bytes. One of more than half of that stays.
    pub merge_bytes_max: u64,
    /// Told what sealed files became one, or why some did not, by the sealer.
    pub on_merge: Option<OnMerge>,
    /// Told how far recovery is, at most once for each megabyte.
    pub on_progress: Option<OnProgress>,
    /// The first record that the opening shows. What was sealed before it is not read.
    pub from: Lsn,
    /// A record that is known to be durable: a log that ends before it is refused.
    pub at_least: Lsn,
    /// What tells of a payload a number that never falls from one record to the next, such as its
    /// moment: what was sealed says from which to which.
    pub mark: Option<fn(&[u8]) -> u64>,
    /// The id of the log, if this opening begins it. Random if not given.
    pub log_id: Option<LogId>,
}

/// Who is told of each commit.
pub type OnCommit = Box<dyn Fn(&Commit) + Send>;

/// Who is told why there is no next segment, or why one cannot be sealed.
pub type OnShortage = Arc<dyn Fn(&io::Error) + Send + std::marker::Sync>;

/// Who is told of merged files.
pub type OnMerge = Box<dyn Fn(Result<Merged, &io::Error>) + Send>;

/// Sealed files that became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// What it is called.
    pub name: Name,
    /// How many they were.
    pub files: usize,
    /// Its length.
    pub bytes: u64,
}

/// Who is told how far recovery is.
pub type OnProgress = Box<dyn FnMut(Progress)>;

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Each group is synced before its records are durable.
    Group,
    /// Nothing is: records are called durable that a power cut loses. For measurements.
    Off,
}

/// One group commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// All records up to here are durable.
    pub durable: Lsn,
    /// How many groups it wrote.
    pub groups: u32,
    /// How many records they held; none where an empty group vouches for others.
    pub records: u64,
    /// How many bytes were written, padding included.
    pub bytes: u64,
    /// How long the sync took.
    pub sync: Duration,
    /// Why this was the last: the log is poisoned, and nothing behind `durable` will be durable.
    pub poisoned: Option<String>,
}

/// How far recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Read so far.
    pub bytes_done: u64,
    /// The length of all segments; less is read where they are not full.
    pub bytes_total: u64,
}

/// The shortest segment, in bytes.
pub const SEGMENT_BYTES_MIN: u64 = 16 << 10;

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            first_segment_bytes: 4 << 20,
            group_bytes_max: GROUP_BYTES_MAX,
            buffer_bytes_max: 64 << 20,
            sync: Sync::Group,
            idle: Duration::from_millis(100),
            linger: Duration::ZERO,
            retry: Duration::from_secs(1),
            on_commit: None,
            on_shortage: None,
            merge_files: 8,
            merge_bytes_max: 1 << 30,
            on_merge: None,
            on_progress: None,
            from: Lsn::new(1),
            at_least: Lsn::ZERO,
            mark: None,
            log_id: None,
        }
    }
}

impl Options {
    /// Whether a log can work with these lengths.
    pub(crate) fn are_sound(&self) -> bool {
        let sound = |bytes: u64| bytes >= SEGMENT_BYTES_MIN && bytes.is_multiple_of(wide(PAGE));
        let group = (2 * PAGE..=GROUP_BYTES_MAX).contains(&self.group_bytes_max)
            && self.group_bytes_max.is_multiple_of(PAGE);
        sound(self.segment_bytes) && sound(self.first_segment_bytes) && group
    }
}

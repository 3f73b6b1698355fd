//! Opening a log: what is on the disk is read, judged, repaired, and a new life begins.
//!
//! Nothing is shown as recovered that a power cut could still take back: every segment is synced
//! before it is read, and what is cached is dropped, so that what is read is what the disk holds.
//!
//! The log ends where no group follows the last. What lies behind that point is one of three:
//!
//! * **the end**: zeros;
//! * **a torn tail**: anything else. It was never said to be durable. It is wiped, and the wipe
//!   synced, before the first append, so that what died stays dead;
//! * **corruption**: a valid group among it says that a group which is missing was durable when it
//!   was written. The log is refused; nothing is changed.
//!
//! A life begins with a segment and an epoch of its own, in which an empty group vouches at once
//! for all that was kept.
//!
//! Segments that were sealed come first. Each is a file that got its name when it was whole: it is
//! as it was, or it is damaged.
//!
//! What it cannot tell: the newest segment removed by hand, with all in it, looks like a log that
//! ended before it; and the last records before a kill, for which no later group has vouched, look
//! like a torn tail if they are damaged.

mod cut;
mod follow;
mod judge;
mod repair;
mod replay;
mod sealed;
mod survey;

use std::io;
use std::sync::Arc;

use crate::committer::Committer;
use crate::filler::{self, Filler};
use crate::index::Index;
use crate::inspect::Tail;
use crate::log::{Log, Wal};
use crate::options::{OnProgress, Options};
use crate::record::RecordRef;
use crate::sealer::Sealer;
use crate::segment::{LogId, Segment};
use crate::storage::Storage;
use crate::{Lsn, Name};

pub use cut::{Cut, CutError, cut};
pub use follow::Follower;
use replay::{Replay, Shown};
pub(crate) use survey::singles;
use survey::{Found, Survey};

/// A log that was opened, and the pieces of work that are to be run beside it.
pub struct Opened<S: Storage> {
    /// The handle.
    pub wal: Wal<S>,
    /// To be run on a thread of its own.
    pub committer: Committer<S>,
    /// To be run on a thread of its own.
    pub filler: Filler<S>,
    /// To be run on a thread of its own; a log that nobody seals works, and takes more room.
    pub sealer: Sealer<S>,
    /// What was found.
    pub recovered: Recovered,
}

/// What recovery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// How many records were shown.
    pub records: u64,
    /// How many segments were kept.
    pub segments: u64,
    /// How many bytes of groups were read.
    pub bytes: u64,
    /// The last record, [`Lsn::ZERO`] if there is none.
    pub last: Lsn,
    /// What was dropped.
    pub torn: Option<TornTail>,
    /// Whether there was nothing, not even a segment.
    pub fresh: bool,
}

/// Bytes behind the end of the log that were never durable, and were wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment that it began in.
    pub segment: u64,
    /// Where it began.
    pub offset: u64,
    /// How many bytes it had in that segment, up to the last that is not zero.
    pub bytes: u64,
}

/// Why a log was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError<E> {
    /// The lengths of segments or of groups are not what [`Options`] allows.
    #[error(
        "the length of a segment must be a multiple of 4096 bytes and at least 16 KiB, of a group \
         from 8 KiB to 2 MiB"
    )]
    Lengths,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What was durable is damaged or missing. Nothing was changed.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// The caller refused a record.
    #[error("record {lsn} was refused: {error}")]
    Visit {
        /// The record.
        lsn: Lsn,
        /// Why.
        error: E,
    },
}

/// The storage failed while the log was opened.
#[derive(Debug, thiserror::Error)]
#[error("failed to {doing} {}: {source}, check the disk and start again", called(*name))]
pub struct StorageError {
    /// What was tried.
    pub doing: &'static str,
    /// With which file, unless it was all of them.
    pub name: Option<Name>,
    /// What the system said.
    pub source: io::Error,
}

/// Damage of what was durable. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} is corrupt at offset {offset} (lsn {lsn}): {damage}; restore it from a copy, nothing \
     was changed"
)]
pub struct Corruption {
    /// The file.
    pub name: Name,
    /// Where the damage is.
    pub offset: u64,
    /// The first record that is not known to be whole.
    pub lsn: Lsn,
    /// What it is.
    pub damage: Damage,
}

/// What is wrong with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The numbers of the segments have a gap here.
    #[error("the segment is missing")]
    Missing,
    /// Its first page is not what was written.
    #[error("its header does not match its checksum")]
    Header,
    /// Its header has another number.
    #[error("it is another segment under this name")]
    Misplaced,
    /// It is of another log.
    #[error("it belongs to another log")]
    Foreign,
    /// It is older than the segment before it.
    #[error("it is of an earlier life than the segment before it")]
    Order,
    /// Its length is not the one in its header.
    #[error("its length is not the one that it was made with")]
    Length,
    /// A group is damaged and a later one says that it was durable.
    #[error("a group that was durable is damaged or missing")]
    Group,
    /// A group checks out and its records do not fill it.
    #[error("a group's records are malformed")]
    Records,
    /// A frame or the index of a sealed segment is not what was written.
    #[error("a frame or the index does not match its checksum")]
    Frame,
    /// The same, in each of two copies of the log.
    #[error("a frame or the index does not match its checksum in either copy of the log")]
    Copies,
    /// The log ends before a record that was durable.
    #[error("the log ends here, and a snapshot has seen more of it")]
    Short,
}

/// What a failure calls the file, or all of them.
fn called(name: Option<Name>) -> String {
    name.map_or_else(|| "the log's files".to_owned(), |name| name.to_string())
}

/// Opens the log in `storage`, and begins one where there is none. `visit` is shown every record
/// that survived, in order; what it did is void if the opening fails.
///
/// # Errors
/// See [`OpenError`]. On corruption nothing in the storage was changed.
pub fn open<S: Storage, E>(
    storage: S,
    options: Options,
    visit: impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Opened<S>, OpenError<E>> {
    Ok(replay(storage, options, visit)?.begin()?)
}

/// Does as [`open`] does up to where the storage would be changed: for a caller who has more to
/// do with the records than `visit` does.
///
/// # Errors
/// See [`OpenError`]. Nothing in the storage was changed.
pub fn replay<S: Storage, E>(
    storage: S,
    mut options: Options,
    visit: impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Replayed<S>, OpenError<E>> {
    if !options.are_sound() {
        return Err(OpenError::Lengths);
    }
    let survey = survey::survey(&storage, Tail::Still)?;
    let on_progress = options.on_progress.take();
    let shown = Shown { from: options.from, visit, on_progress };
    let replay = replay::replay(&storage, &survey, shown)?;
    let torn = judge::judge(&survey.padded, &replay)?;
    let recovered = replay.recovered(torn, survey.is_empty());
    if recovered.last < options.at_least {
        return Err(replay.short().into());
    }
    Ok(Replayed { storage, options, survey, replay, recovered })
}

/// A log whose records were all shown and that is known to be whole.
pub struct Replayed<S: Storage> {
    storage: S,
    options: Options,
    survey: Survey<S::Medium>,
    replay: Replay,
    recovered: Recovered,
}

impl<S: Storage> Replayed<S> {
    /// What died is made to stay dead, and a life begins.
    ///
    /// # Errors
    /// When the storage failed.
    pub fn begin(self) -> Result<Opened<S>, StorageError> {
        let Self { storage, options, survey, replay, recovered } = self;
        let kept = repair::repair(&storage, survey, &replay, recovered.torn)?;
        begin(storage, options, kept, replay, recovered)
    }
}

impl<E> OpenError<E> {
    /// The same, with another error of the caller's.
    pub fn map<F>(self, visit: impl FnOnce(E) -> F) -> OpenError<F> {
        match self {
            Self::Lengths => OpenError::Lengths,
            Self::Storage(error) => OpenError::Storage(error),
            Self::Corrupt(corruption) => OpenError::Corrupt(corruption),
            Self::Visit { lsn, error } => OpenError::Visit { lsn, error: visit(error) },
        }
    }
}

/// Shows what an opening would, and changes nothing.
pub(crate) fn scan<S: Storage, E>(
    storage: &S,
    tail: Tail,
    from: Lsn,
    on_progress: Option<OnProgress>,
    visit: impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Recovered, OpenError<E>> {
    let survey = survey::survey(storage, tail)?;
    let replay = replay::replay(storage, &survey, Shown { from, visit, on_progress })?;
    let torn = match tail {
        Tail::Still => judge::judge(&survey.padded, &replay)?,
        Tail::Moving => None,
    };
    Ok(replay.recovered(torn, survey.is_empty()))
}

/// Begins a life behind the segments that were kept.
fn begin<S: Storage>(
    storage: S,
    mut options: Options,
    kept: Vec<Found<S::Medium>>,
    replay: Replay,
    recovered: Recovered,
) -> Result<Opened<S>, StorageError> {
    let first = Segment {
        log: log_id(&replay, &options)?,
        number: recovered.segments + 1,
        epoch: replay.epoch + 1,
        bytes: options.first_segment_bytes,
    };
    let name = Some(Name::Segment(first.number));
    let failed = |source| StorageError { doing: "begin", name, source };
    let prepared = filler::prepare(&storage, first, &|| {}).map_err(failed)?;
    let chain = replay.chain;
    let index = Index::new(replay.shelve(&storage, kept));
    let log = Arc::new(Log::new(storage, first.log, index, chain.next, &options));
    let mut committer = Committer::begin(Arc::clone(&log), prepared, chain, &options)
        .map_err(|error| failed(io::Error::other(error)))?;
    committer.commit_like(options.sync, options.on_commit.take());
    let next = Segment { number: first.number + 1, bytes: options.segment_bytes, ..first };
    let filler = Filler::new(Arc::clone(&log), next, options.retry, options.on_shortage.clone());
    let sealer = Sealer::new(Arc::clone(&log), &mut options);
    Ok(Opened { wal: Wal::new(log), committer, filler, sealer, recovered })
}

/// The id that the log has, else the one it was given, else a random one.
fn log_id(replay: &Replay, options: &Options) -> Result<LogId, StorageError> {
    if let Some(id) = replay.log.or(options.log_id) {
        return Ok(id);
    }
    let mut id = [0; 16];
    rustix::rand::getrandom(&mut id, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| StorageError { doing: "name", name: None, source: error.into() })?;
    Ok(LogId(id))
}

//! Cuts a log that is corrupt: the only way to drop records that may have been answered. Never done
//! unasked.
//!
//! The evidence is copied first. Of the file that holds the cut the records before it are written
//! anew, as sealed; what lies behind is removed, the newest first, and snapshots that saw more with
//! it. A cut that is itself cut off can be asked for again.

use std::convert::Infallible;
use std::io;

use super::sealed::{self, End, Sealed};
use super::survey::{self, Found, Survey};
use super::{Corruption, Damage, OpenError};
use crate::backup::copy;
use crate::frames::{Head, Kind, Span, Writer, damaged};
use crate::group::Chain;
use crate::inspect::{Content, Tail, files};
use crate::record::{RecordRef, take, write};
use crate::sealer::FRAME_BYTES;
use crate::segment::{BODY_OFFSET, LogId, Segment};
use crate::size::{PAGE, wide};
use crate::storage::{Medium, Storage};
use crate::{Lsn, Name};

/// Why a log was not cut.
#[derive(Debug, thiserror::Error)]
pub enum CutError {
    /// It cannot be read as far as that.
    #[error("the log is not whole up to lsn {at}: {source}; cut it there or before")]
    NotWhole {
        /// Where it was to be cut.
        at: Lsn,
        /// What is wrong before that.
        source: Box<OpenError<Infallible>>,
    },
    /// It ends before.
    #[error("the log ends before lsn {at}: its last record is {last}")]
    Behind {
        /// Where it was to be cut.
        at: Lsn,
        /// The last record.
        last: Lsn,
    },
    /// The storage failed.
    #[error("failed to {doing}: {source}")]
    Storage {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What a cut did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The last record that is left.
    pub last: Lsn,
    /// The files that were removed or written anew. Each lies in the evidence as it was.
    pub changed: Vec<Name>,
}

/// The segments that hold the cut, and their records before it.
pub(super) struct Stump {
    /// The first of them and the last.
    pub(super) segments: (u64, u64),
    pub(super) log: LogId,
    pub(super) before: Chain,
    pub(super) epochs: (u64, u64),
    pub(super) kept: Kept,
}

/// Where the records of a stump are.
pub(super) enum Kept {
    /// In a dense file, which may be too long for the memory.
    Sealed(Sealed),
    /// Each as it stands in a group.
    Padded(Vec<Vec<u8>>),
}

/// Where a log is to be cut.
struct Place {
    /// The number of the first segment that is not kept as it is.
    number: u64,
    /// `None` where the cut falls between two files.
    stump: Option<Stump>,
}

/// Drops the record `at` and all behind it. What is changed or removed is in `evidence` before.
///
/// `mark` is that of [`Options`](crate::Options).
///
/// # Errors
/// See [`CutError`].
pub fn cut<S: Storage, E: Storage>(
    storage: &S,
    evidence: &E,
    at: Lsn,
    mark: Option<fn(&[u8]) -> u64>,
) -> Result<Cut, CutError> {
    let not_whole = |source| CutError::NotWhole { at, source: Box::new(source) };
    let survey = survey::survey(storage, Tail::Still).map_err(|error| not_whole(error.into()))?;
    let place = find(storage, &survey, at).map_err(not_whole)?;
    let failed = |doing| move |source| CutError::Storage { doing, source };
    let place = match place {
        Ok(place) => place,
        Err(last) => return Err(CutError::Behind { at, last }),
    };
    let changed = doomed(storage, place.number, at).map_err(failed("list the files"))?;
    for name in &changed {
        copy(storage, evidence, *name).map_err(failed("copy the evidence"))?;
    }
    let written = place.stump.map(|stump| rewrite(storage, stump, at, mark)).transpose();
    let written = written.map_err(failed("write what is kept"))?;
    for name in changed.iter().rev().filter(|name| Some(**name) != written) {
        storage.remove(*name).map_err(failed("remove what is cut off"))?;
        storage.sync_directory().map_err(failed("sync the names"))?;
    }
    Ok(Cut { last: at.previous(), changed })
}

/// Where the record `at` is; the last record where the log ends before it.
fn find<S: Storage>(
    storage: &S,
    survey: &Survey<S::Medium>,
    at: Lsn,
) -> Result<Result<Place, Lsn>, OpenError<Infallible>> {
    let mut end = End::START;
    for name in &survey.dense {
        if end.chain.next == at {
            return Ok(Ok(Place { number: end.number, stump: None }));
        }
        let next = sealed::next(storage, *name, &end)?;
        if next.next() > at {
            let stump = Some(stump_of_dense(storage, &next, at)?);
            return Ok(Ok(Place { number: end.number, stump }));
        }
        end = next.end();
    }
    // What is dense comes before what is padded: all padded ones up to the cut become one file.
    let mut stump: Option<Stump> = None;
    for found in &survey.padded {
        if end.chain.next == at {
            return Ok(Ok(Place { number: end.number, stump: None }));
        }
        end = follow(found, &end, at, &mut stump)?;
        if end.chain.next >= at {
            let number = stump.as_ref().map_or(end.number, |stump| stump.segments.0);
            return Ok(Ok(Place { number, stump }));
        }
    }
    if end.chain.next == at {
        // It was cut there before, or nothing is behind.
        return Ok(Ok(Place { number: end.number, stump: None }));
    }
    Ok(Err(end.chain.next.previous()))
}

/// A dense file whose records before `at` are whole.
fn stump_of_dense<S: Storage>(
    storage: &S,
    sealed: &Sealed,
    at: Lsn,
) -> Result<Stump, OpenError<Infallible>> {
    match sealed.show(storage, Lsn::new(1), &mut |_| {}, &mut before(at, |_| Ok(()))) {
        Ok(()) | Err(OpenError::Visit { .. }) => Ok(sealed.stump()),
        Err(OpenError::Lengths) => Err(OpenError::Lengths),
        Err(OpenError::Storage(error)) => Err(error.into()),
        Err(OpenError::Corrupt(error)) => Err(error.into()),
    }
}

/// Takes each record before `at`, and then no more.
fn before(
    at: Lsn,
    mut each: impl FnMut(RecordRef<'_>) -> io::Result<()>,
) -> impl FnMut(RecordRef<'_>) -> Result<(), Option<io::Error>> {
    move |record| if record.lsn < at { each(record).map_err(Some) } else { Err(None) }
}

/// Follows a padded segment, and keeps its records before `at`.
fn follow<M: Medium>(
    found: &Found<M>,
    end: &End,
    at: Lsn,
    stump: &mut Option<Stump>,
) -> Result<End, OpenError<Infallible>> {
    let name = Name::Segment(found.number);
    let corrupt = |offset, lsn, damage| Corruption { name, offset, lsn, damage };
    let mut memory = Vec::new();
    let mut window = found.window(&mut memory);
    let unreadable = |source| found.unreadable(source);
    let segment = Segment::of_page(window.at(0, PAGE).map_err(unreadable)?);
    let here = |segment: &Segment| segment.number == end.number && found.number == end.number;
    let segment = segment.filter(here).ok_or(corrupt(0, end.chain.next, Damage::Header))?;
    let stump = stump.get_or_insert_with(|| Stump::begin(&segment, end.chain));
    (stump.segments.1, stump.epochs.1) = (segment.number, segment.epoch);
    let (mut chain, mut offset) = (end.chain, BODY_OFFSET);
    while chain.next < at {
        let group = window.group(&segment, offset).map_err(unreadable)?;
        let Some((group, bytes)) = group.filter(|(group, _)| chain.precedes(group)) else { break };
        let malformed = corrupt(offset, group.first, Damage::Records);
        let records = group.records_in(bytes).ok_or(malformed)?.into_iter();
        if let Kept::Padded(kept) = &mut stump.kept {
            kept.extend(records.filter(|record| record.lsn < at).map(bytes_of));
        }
        chain = group.behind(&chain);
        offset += wide(group.bytes);
    }
    Ok(End { number: end.number + 1, chain, life: Some(segment.life()) })
}

impl Stump {
    fn begin(segment: &Segment, before: Chain) -> Self {
        let (segments, epochs) = ((segment.number, segment.number), (segment.epoch, segment.epoch));
        Self { segments, log: segment.log, before, epochs, kept: Kept::Padded(Vec::new()) }
    }

    /// Gives each record before `at` to `each`.
    fn show<S: Storage>(
        &self,
        storage: &S,
        at: Lsn,
        mut each: impl FnMut(RecordRef<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let records = match &self.kept {
            Kept::Padded(records) => records,
            Kept::Sealed(sealed) => {
                let shown = sealed.show(storage, Lsn::new(1), &mut |_| {}, &mut before(at, each));
                return match shown {
                    Ok(()) | Err(OpenError::Visit { error: None, .. }) => Ok(()),
                    Err(OpenError::Visit { error: Some(error), .. }) => Err(error),
                    Err(OpenError::Storage(error)) => Err(error.source),
                    Err(_) => Err(damaged("what was whole is damaged")),
                };
            }
        };
        let mut lsn = self.before.next;
        for record in records {
            let record = take(record, lsn).ok_or_else(|| damaged("a record is malformed"))?.0;
            each(record)?;
            lsn = lsn.next();
        }
        Ok(())
    }
}

fn bytes_of(record: RecordRef<'_>) -> Vec<u8> {
    let links: Vec<Lsn> = record.links.iter().collect();
    let mut bytes = Vec::new();
    write(&mut bytes, &links, record.payload);
    bytes
}

/// All files from this segment on, and the snapshots that saw `at`, in the order of their names.
fn doomed<S: Storage>(storage: &S, number: u64, at: Lsn) -> io::Result<Vec<Name>> {
    let behind = |name: &Name| name.segments().is_some_and(|(_, last)| last >= number);
    let all = files(storage)?.into_iter();
    let doomed = all.filter(|file| match file.content {
        Some(Content::Snapshot { upto, .. }) => upto >= at,
        _ => behind(&file.name) || matches!(file.name, Name::Snapshot(_)),
    });
    Ok(doomed.map(|file| file.name).collect())
}

/// Writes what is kept of a file as sealed; returns the name that it has then.
fn rewrite<S: Storage>(
    storage: &S,
    stump: Stump,
    at: Lsn,
    mark: Option<fn(&[u8]) -> u64>,
) -> io::Result<Name> {
    let (first, last) = stump.segments;
    let name = Name::Dense { first, last };
    let head = Head { kind: Kind::Dense, log: stump.log, first, last };
    let mut writer = Writer::new(storage.create(name)?, head, FRAME_BYTES)?;
    let mut marks = None;
    stump.show(storage, at, |record| {
        let mark = mark.map_or(0, |mark| mark(record.payload));
        marks = Some((marks.map_or(mark, |(first, _)| first), mark));
        writer.push(record.lsn.value(), &[&bytes_of(record)])
    })?;
    // The group that held the cut is not what it was: what follows it follows another.
    let sum = crc32fast::hash(&[stump.before.previous().to_le_bytes(), *b"cut!"].concat());
    let after = Chain::new(stump.before.sequence + 1, at, sum);
    let (before, epochs, marks) = (stump.before, stump.epochs, marks.unwrap_or_default());
    writer.finish(Span { before, after, epochs, marks })?;
    storage.publish(name)?;
    Ok(name)
}

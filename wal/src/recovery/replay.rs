//! Second: the chain of valid groups is followed from the first segment to where it ends.

use super::sealed::{self, End, Sealed};
use super::survey::{Found, Survey};
use super::{Corruption, Damage, OpenError, Recovered, TornTail};
use crate::group::{Chain, Group};
use crate::index::{Point, Points, Shelf};
use crate::options::{OnProgress, Progress};
use crate::record::{RecordRef, take};
use crate::segment::{BODY_OFFSET, LogId, Segment};
use crate::size::{PAGE, wide};
use crate::storage::{Medium, Storage};
use crate::window::Window;
use crate::{Lsn, Name};

/// The log as far as its chain holds.
pub(super) struct Replay {
    pub(super) sealed: Vec<Sealed>,
    /// Behind what was sealed.
    pub(super) parts: Vec<Part>,
    /// How many of the padded segments hold part of the log.
    pub(super) kept: usize,
    /// The number of the last segment that holds part of the log.
    pub(super) last_segment: u64,
    /// How many records were shown.
    shown: u64,
    /// What the next group follows.
    pub(super) chain: Chain,
    pub(super) log: Option<LogId>,
    /// The last life, 0 if there was none.
    pub(super) epoch: u64,
}

/// One segment's part of the log.
pub(super) struct Part {
    pub(super) segment: Segment,
    /// Where its last group ends.
    pub(super) end: u64,
    groups: u64,
    before: Chain,
    pub(super) after: Chain,
    points: Points,
}

/// What is shown to whom.
pub(super) struct Shown<V> {
    /// The first record that is.
    pub(super) from: Lsn,
    pub(super) visit: V,
    pub(super) on_progress: Option<OnProgress>,
}

/// Shows every record of the chain, from `from` on, to `visit`.
pub(super) fn replay<S: Storage, E>(
    storage: &S,
    survey: &Survey<S::Medium>,
    shown: Shown<impl FnMut(RecordRef<'_>) -> Result<(), E>>,
) -> Result<Replay, OpenError<E>> {
    let Shown { from, mut visit, on_progress } = shown;
    let (sealed, start) = sealed::follow(storage, &survey.dense)?;
    let mut told = Told::new(from, &sealed, &survey.padded, on_progress);
    let mut count = 0;
    let mut visit = |record: RecordRef<'_>| {
        if record.lsn < from {
            return Ok(());
        }
        count += 1;
        visit(record)
    };
    for part in &sealed {
        part.show(storage, from, &mut |offset| told.offset(offset), &mut visit)?;
        told.behind(part.unread_bytes(from));
    }
    let (mut parts, mut memory) = (Vec::<Part>::new(), Vec::new());
    for (number, found) in (start.number..).zip(&survey.padded) {
        let before = parts.last().map_or(start.chain, |part| part.after);
        let life = parts.last().map_or(start.life, |part| Some(part.segment.life()));
        let mut window = found.window(&mut memory);
        let segment = identify(&mut window, found, number, life, before)?;
        let part = follow(&mut window, found, Part::begin(segment, before), &mut told, &mut visit)?;
        told.behind(found.bytes);
        parts.push(part);
    }
    Ok(Replay::of(sealed, start, parts, count))
}

impl Replay {
    /// Behind the last segment with a record, one that vouches for it is kept. More would only
    /// pile up where a log is opened often and written seldom.
    fn of(sealed: Vec<Sealed>, start: End, parts: Vec<Part>, shown: u64) -> Self {
        let records = |part: &Part| part.before.next != part.after.next;
        let full = parts.iter().rposition(records).map_or(0, |last| last + 1);
        let vouched = parts.get(full).is_some_and(|part| part.groups > 0);
        let kept = full + usize::from(vouched);
        let chain = parts[..kept].last().map_or(start.chain, |part| part.after);
        let life = parts.last().map_or(start.life, |part| Some(part.segment.life()));
        let (log, epoch) = life.map_or((None, 0), |(log, epoch)| (Some(log), epoch));
        let last_segment = start.number - 1 + wide(kept);
        Self { sealed, parts, kept, last_segment, shown, chain, log, epoch }
    }

    pub(super) fn recovered(&self, torn: Option<TornTail>, fresh: bool) -> Recovered {
        let last = self.chain.next.previous();
        let bytes = self.parts[..self.kept].iter().map(|part| part.end - BODY_OFFSET).sum();
        let (records, segments) = (self.shown, self.last_segment);
        Recovered { records, segments, bytes, last, torn, fresh }
    }

    /// The log ends where it ends, and should not.
    pub(super) fn short(&self) -> Corruption {
        let end = self.parts[..self.kept].last().map_or(0, |part| part.end);
        let name = Name::Segment(self.last_segment);
        Corruption { name, offset: end, lsn: self.chain.next, damage: Damage::Short }
    }

    /// The index of the segments that were kept.
    pub(super) fn shelve<S: Storage>(
        self,
        storage: &S,
        kept: Vec<Found<S::Medium>>,
    ) -> Vec<Shelf<S::Medium>> {
        let padded = |(part, found): (Part, Found<S::Medium>)| {
            Shelf::padded(part.segment, found.medium, part.before, part.points)
        };
        let dense = self.sealed.iter().map(|sealed| sealed.shelf(storage));
        dense.chain(self.parts.into_iter().zip(kept).map(padded)).collect()
    }
}

/// What the segment says of itself, if it is the one that belongs here.
fn identify<M: Medium, E>(
    window: &mut Window<'_, M>,
    found: &Found<M>,
    number: u64,
    life: Option<(LogId, u64)>,
    chain: Chain,
) -> Result<Segment, OpenError<E>> {
    let corrupt = |number, damage| Corruption {
        name: Name::Segment(number),
        offset: 0,
        lsn: chain.next,
        damage,
    };
    if found.number != number {
        return Err(corrupt(number, Damage::Missing).into());
    }
    let page = window.at(0, PAGE).map_err(|source| found.unreadable(source))?;
    let segment = Segment::of_page(page);
    let segment = segment.ok_or_else(|| corrupt(number, Damage::Header))?;
    let damage = if segment.number != number {
        Damage::Misplaced
    } else if life.is_some_and(|(log, _)| log != segment.log) {
        Damage::Foreign
    } else if life.is_some_and(|(_, epoch)| epoch > segment.epoch) {
        Damage::Order
    } else if segment.bytes != found.bytes {
        Damage::Length
    } else {
        return Ok(segment);
    };
    Err(corrupt(number, damage).into())
}

/// Follows the chain through one segment.
fn follow<M: Medium, E>(
    window: &mut Window<'_, M>,
    found: &Found<M>,
    mut part: Part,
    told: &mut Told,
    visit: &mut impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Part, OpenError<E>> {
    loop {
        let group = window.group(&part.segment, part.end);
        let group = group.map_err(|source| found.unreadable(source))?;
        let Some((group, bytes)) = group.filter(|(group, _)| part.after.precedes(group)) else {
            return Ok(part);
        };
        part.show(&group, bytes, visit)?;
        part.after = group.behind(&part.after);
        part.end += wide(group.bytes);
        part.groups += 1;
        told.offset(part.end);
    }
}

impl Part {
    fn begin(segment: Segment, before: Chain) -> Self {
        let points = Points::default();
        Self { segment, end: BODY_OFFSET, groups: 0, before, after: before, points }
    }

    /// Shows the records of the group that begins at the end of this part.
    fn show<E>(
        &mut self,
        group: &Group,
        bytes: &[u8],
        visit: &mut impl FnMut(RecordRef<'_>) -> Result<(), E>,
    ) -> Result<(), OpenError<E>> {
        let mut rest = bytes.get(group.body()).unwrap_or_default();
        let body_end = group.body().end;
        let mut lsn = group.first;
        for _ in 0..group.records {
            self.points.note(Point { lsn, group: self.end, at: body_end - rest.len() });
            let (record, behind) = take(rest, lsn).ok_or(self.malformed(group))?;
            visit(record).map_err(|error| OpenError::Visit { lsn, error })?;
            (rest, lsn) = (behind, lsn.next());
        }
        if rest.is_empty() { Ok(()) } else { Err(self.malformed(group).into()) }
    }

    fn malformed(&self, group: &Group) -> Corruption {
        Corruption {
            name: Name::Segment(self.segment.number),
            offset: self.end,
            lsn: group.first,
            damage: Damage::Records,
        }
    }
}

/// What was told of the progress.
struct Told {
    listener: Option<OnProgress>,
    total: u64,
    /// The length of the segments behind.
    behind: u64,
    last: u64,
}

const PROGRESS_BYTES: u64 = 1 << 20;

impl Told {
    fn new<M>(
        from: Lsn,
        sealed: &[Sealed],
        padded: &[Found<M>],
        listener: Option<OnProgress>,
    ) -> Self {
        let dense: u64 = sealed.iter().map(|part| part.unread_bytes(from)).sum();
        let total = dense + padded.iter().map(|found| found.bytes).sum::<u64>();
        Self { listener, total, behind: 0, last: 0 }
    }

    fn offset(&mut self, offset: u64) {
        let done = self.behind + offset;
        if done >= self.last + PROGRESS_BYTES {
            self.last = done;
            let progress = Progress { bytes_done: done, bytes_total: self.total };
            self.listener.iter_mut().for_each(|listener| listener(progress));
        }
    }

    /// So much more is done with.
    fn behind(&mut self, bytes: u64) {
        self.behind += bytes;
        self.offset(0);
    }
}

//! Second: the chain of valid groups is followed from the first segment to where it ends.

use super::survey::Found;
use super::window::Window;
use super::{Corruption, Damage, OpenError, Recovered, TornTail};
use crate::group::{Chain, Group};
use crate::index::{Point, Points, Shelf};
use crate::options::{OnProgress, Progress};
use crate::record::{RecordRef, take};
use crate::segment::{BODY_OFFSET, LogId, Segment};
use crate::size::{PAGE, wide};
use crate::storage::Medium;

/// The log as far as its chain holds.
pub(super) struct Replay {
    pub(super) parts: Vec<Part>,
    /// How many segments hold part of the log.
    pub(super) kept: usize,
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

/// Shows every record of the chain to `visit`.
pub(super) fn replay<M: Medium, E>(
    found: &[Found<M>],
    on_progress: Option<OnProgress>,
    mut visit: impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Replay, OpenError<E>> {
    let mut told = Told::new(found, on_progress);
    let (mut parts, mut memory) = (Vec::<Part>::new(), Vec::new());
    for (number, found) in (1..).zip(found) {
        let before = parts.last().map_or(Chain::START, |part| part.after);
        let mut window = Window::new(found, &mut memory);
        let segment = identify(&mut window, found, number, parts.last(), before)?;
        let part = follow(&mut window, segment, before, &mut told, &mut visit)?;
        told.segment(found.bytes);
        parts.push(part);
    }
    Ok(Replay::of(parts))
}

impl Replay {
    /// Behind the last segment with a record, one that vouches for it is kept. More would only
    /// pile up where a log is opened often and written seldom.
    fn of(parts: Vec<Part>) -> Self {
        let records = |part: &Part| part.before.next != part.after.next;
        let full = parts.iter().rposition(records).map_or(0, |last| last + 1);
        let vouched = parts.get(full).is_some_and(|part| part.groups > 0);
        let kept = full + usize::from(vouched);
        let chain = parts[..kept].last().map_or(Chain::START, |part| part.after);
        let log = parts.last().map(|part| part.segment.log);
        let epoch = parts.last().map_or(0, |part| part.segment.epoch);
        Self { parts, kept, chain, log, epoch }
    }

    pub(super) fn recovered(&self, torn: Option<TornTail>, fresh: bool) -> Recovered {
        let last = self.chain.next.previous();
        let bytes = self.parts[..self.kept].iter().map(|part| part.end - BODY_OFFSET).sum();
        Recovered { records: last.value(), segments: wide(self.kept), bytes, last, torn, fresh }
    }

    /// The index of the segments that were kept.
    pub(super) fn shelve<M>(self, kept: Vec<Found<M>>) -> Vec<Shelf<M>> {
        let shelf = |(part, found): (Part, Found<M>)| {
            Shelf::new(part.segment, found.medium, part.before.next, part.points)
        };
        self.parts.into_iter().zip(kept).map(shelf).collect()
    }
}

/// What the segment says of itself, if it is the one that belongs here.
fn identify<M: Medium, E>(
    window: &mut Window<'_, M>,
    found: &Found<M>,
    number: u64,
    before: Option<&Part>,
    chain: Chain,
) -> Result<Segment, OpenError<E>> {
    let corrupt = |segment, damage| Corruption { segment, offset: 0, lsn: chain.next, damage };
    if found.number != number {
        return Err(corrupt(number, Damage::Missing).into());
    }
    let segment = Segment::of_page(window.at(0, PAGE)?);
    let segment = segment.ok_or_else(|| corrupt(number, Damage::Header))?;
    let damage = if segment.number != number {
        Damage::Misplaced
    } else if before.is_some_and(|before| before.segment.log != segment.log) {
        Damage::Foreign
    } else if before.is_some_and(|before| before.segment.epoch > segment.epoch) {
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
    segment: Segment,
    before: Chain,
    told: &mut Told,
    visit: &mut impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Part, OpenError<E>> {
    let mut part = Part {
        segment,
        end: BODY_OFFSET,
        groups: 0,
        before,
        after: before,
        points: Points::default(),
    };
    while let Some((group, bytes)) = window.group(&segment, part.end)? {
        if !part.after.precedes(&group) {
            break;
        }
        part.show(&group, bytes, visit)?;
        part.after = group.behind(&part.after);
        part.end += wide(group.bytes);
        part.groups += 1;
        told.offset(part.end);
    }
    Ok(part)
}

impl Part {
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
            segment: self.segment.number,
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
    fn new<M>(found: &[Found<M>], listener: Option<OnProgress>) -> Self {
        let total = found.iter().map(|found| found.bytes).sum();
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

    fn segment(&mut self, bytes: u64) {
        self.behind += bytes;
        self.offset(0);
    }
}

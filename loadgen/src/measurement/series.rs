//! How a run went over time: a slot for each second from its start.
//!
//! | of a slot | counts in the second |
//! | --- | --- |
//! | offered | in which a request was meant to be sent |
//! | sent, late | in which it was sent |
//! | answered, failed | in which its answer was complete, or the wait for it over; what was never sent has failed |
//! | response | in which it was **meant** to be sent: what a stall delayed stands where it was due |
//!
//! A run of more than [`SLOTS_MAX`] seconds gets slots of two seconds each, then of four: what a
//! soak of days takes is bounded, and the slots of two threads can always be joined.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Moments, times};
use crate::slo::Point;

/// The most slots that are kept.
pub const SLOTS_MAX: usize = 600;
/// How many decimal digits of a response time a slot keeps.
const DIGITS: u8 = 2;

/// The slots of one run.
#[derive(Debug, Clone)]
pub struct Series {
    start: Instant,
    interval_s: u64,
    slots: Vec<Slot>,
}

/// What happened in one slot.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// Requests that were due.
    pub offered: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Answers that were complete.
    pub answered: u64,
    /// Requests without an answer whose wait was over.
    pub failed: u64,
    /// Requests that the generator sent late.
    pub late: u64,
    /// Response times, once there is one.
    response: Option<Box<Histogram<u32>>>,
}

impl Series {
    /// The slots of a run that begins at `start`.
    #[must_use]
    pub fn since(start: Instant) -> Self {
        Self { start, interval_s: 1, slots: Vec::new() }
    }

    /// How long each slot is, in seconds.
    #[must_use]
    pub fn interval_s(&self) -> u64 {
        self.interval_s
    }

    /// The slots, from the start on.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub(super) fn sent(&mut self, at: Moments, late: bool) {
        self.at(at.due).offered += 1;
        let slot = self.at(at.sent);
        slot.sent += 1;
        slot.late += u64::from(late);
    }

    pub(super) fn answered(&mut self, at: Moments) {
        self.at(at.done).answered += 1;
    }

    pub(super) fn failed(&mut self, at: Moments) {
        self.at(at.done).failed += 1;
    }

    pub(super) fn not_sent(&mut self, due: Instant, at: Instant) {
        self.at(due).offered += 1;
        self.at(at).failed += 1;
    }

    pub(super) fn response(&mut self, due: Instant, time: Duration) {
        let response = &mut self.at(due).response;
        let response = response.get_or_insert_with(|| Box::new(times::histogram(DIGITS)));
        response.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds what another thread counted in the same seconds.
    pub(super) fn add(&mut self, other: &Self) {
        self.widen_to(other.interval_s);
        let mut other = other.clone();
        other.widen_to(self.interval_s);
        if self.slots.len() < other.slots.len() {
            self.slots.resize_with(other.slots.len(), Slot::default);
        }
        for (slot, more) in self.slots.iter_mut().zip(&other.slots) {
            slot.add(more);
        }
    }

    fn at(&mut self, moment: Instant) -> &mut Slot {
        let seconds = moment.saturating_duration_since(self.start).as_secs();
        let mut index = self.index(seconds);
        while index >= SLOTS_MAX {
            self.widen_to(self.interval_s * 2);
            index = self.index(seconds);
        }
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, Slot::default);
        }
        &mut self.slots[index]
    }

    fn index(&self, seconds: u64) -> usize {
        usize::try_from(seconds / self.interval_s).unwrap_or(usize::MAX)
    }

    fn widen_to(&mut self, interval_s: u64) {
        while self.interval_s < interval_s {
            self.interval_s *= 2;
            self.slots = self.slots.chunks(2).map(Slot::join).collect();
        }
    }
}

impl Slot {
    fn join(slots: &[Self]) -> Self {
        let mut joined = Self::default();
        slots.iter().for_each(|slot| joined.add(slot));
        joined
    }

    fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.sent += other.sent;
        self.answered += other.answered;
        self.failed += other.failed;
        self.late += other.late;
        match (&mut self.response, &other.response) {
            (Some(mine), Some(more)) => mine.add(&**more).expect("all have the same bounds"),
            (mine @ None, Some(more)) => *mine = Some(more.clone()),
            (_, None) => {}
        }
    }

    /// The response time at a point of the slot's distribution; `None` when it has none.
    #[must_use]
    pub fn response(&self, point: Point) -> Option<Duration> {
        let response = self.response.as_deref()?;
        Some(Duration::from_nanos(match point {
            Point::Max => response.max(),
            Point::PerTenThousand(part) => response.value_at_quantile(times::quantile(part)),
        }))
    }

    /// Each response time that occurred, to two digits, in nanoseconds, and how often.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let recorded = self.response.iter().flat_map(|response| response.iter_recorded());
        recorded.map(|step| (step.value_iterated_to(), step.count_at_value()))
    }

    /// The slot's response times as a text that [`times::decode`] reads.
    #[must_use]
    pub fn encode(&self) -> String {
        self.response.as_deref().map_or_else(String::new, times::encode)
    }
}

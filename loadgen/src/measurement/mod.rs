//! What one thread measured, the sum over threads, and over repeats.
//!
//! | time | from | to |
//! | --- | --- | --- |
//! | response | the moment the request was **meant** to be sent | its whole answer |
//! | service | the moment it was sent | its whole answer |
//! | lateness | when it was due and its connection was free, whichever was later | the moment it was sent |
//!
//! Response time includes the wait for a free connection behind a slow server; lateness is what
//! the generator adds to that by itself. A request that found no free connection within the
//! time-out is an error, and counts in the response times with the time it had waited.

mod operations;
mod series;
mod server_timing;
mod times;

pub use operations::{Measured, Operations, Sums};
pub use series::{SLOTS_MAX, Series, Slot};
pub use server_timing::{METRICS_MAX, ServerTiming};
pub use times::{NoTimes, Step, Times, decode};

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    client::TIME_OUT,
    live::Counters,
    simulator::step::Operation,
    slo::{Point, Shown},
};

/// A send later than this is a late send.
pub const LATE: Duration = Duration::from_millis(1);

/// Counts and distributions of what was due from one moment on.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Response times.
    pub response: Times,
    /// Service times.
    pub service: Times,
    /// The generator's own lateness.
    pub lateness: Times,
    /// The same by operation.
    pub operations: Operations,
    /// The same by second.
    pub series: Series,
    /// Where the time went, when the server tells.
    pub server_timing: ServerTiming,
    /// Requests sent.
    pub sends: u64,
    /// Requests answered, refusals of the domain included.
    pub answers: u64,
    /// Requests answered with nothing, or with a status that leaves the outcome unknown.
    pub failures: u64,
    /// Requests that were due and never sent.
    pub unsent: u64,
    /// Sends later than [`LATE`].
    pub late: u64,
    /// The share of the time, in percent, in which the busiest thread had work to do.
    pub busy_percent: u64,
    start: Instant,
    span: Duration,
    shown: Option<Arc<Counters>>,
}

/// The four moments of one request.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    /// When it was meant to be sent.
    pub due: Instant,
    /// When its connection was free for it.
    pub free: Instant,
    /// When it was sent.
    pub sent: Instant,
    /// When its answer was complete, or the wait for it over.
    pub done: Instant,
}

impl Measurement {
    /// Nothing yet, of a run that begins at `start`.
    #[must_use]
    pub fn since(start: Instant) -> Self {
        Self {
            response: Times::default(),
            service: Times::default(),
            lateness: Times::default(),
            operations: Operations::default(),
            series: Series::since(start),
            server_timing: ServerTiming::default(),
            sends: 0,
            answers: 0,
            failures: 0,
            unsent: 0,
            late: 0,
            busy_percent: 0,
            start,
            span: Duration::ZERO,
            shown: None,
        }
    }

    /// When what it measures begins.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Counts on `counters` as well, for whoever watches.
    #[must_use]
    pub fn shown_on(self, counters: Arc<Counters>) -> Self {
        Self { shown: Some(counters), ..self }
    }

    /// Counts a request that was answered.
    pub fn answered(&mut self, operation: Operation, at: Moments) {
        self.sent(operation, at);
        self.answers += 1;
        self.series.answered(at);
        self.operations.of(operation).answered += 1;
        self.record(operation, at);
        self.span = self.span.max(at.done.saturating_duration_since(self.start));
        if let Some(shown) = &self.shown {
            shown.answered(at.done - at.due);
        }
    }

    /// Counts a request whose outcome is unknown. One that failed at once has no response time:
    /// a fast failure must not make the server look fast.
    pub fn failed(&mut self, operation: Operation, at: Moments) {
        self.sent(operation, at);
        self.failures += 1;
        self.series.failed(at);
        self.operations.of(operation).failed += 1;
        if at.done - at.sent >= TIME_OUT {
            self.record(operation, at);
        }
        if let Some(shown) = &self.shown {
            shown.failed();
        }
    }

    /// Counts a request that was due and will not be sent.
    pub fn not_sent(&mut self, due: Instant, at: Instant) {
        let waited = at.saturating_duration_since(due);
        self.unsent += 1;
        self.response.record(waited);
        self.series.not_sent(due, at);
        self.series.response(due, waited);
        if let Some(shown) = &self.shown {
            shown.not_sent();
        }
    }

    /// Takes in what the server told of an answer in `Server-Timing`.
    pub fn told_by_server(&mut self, operation: Operation, header: &str) {
        self.server_timing.record(header, &mut self.operations.of(operation).server);
    }

    fn sent(&mut self, operation: Operation, at: Moments) {
        let lateness = at.sent.saturating_duration_since(at.due.max(at.free));
        let late = lateness > LATE;
        self.sends += 1;
        self.late += u64::from(late);
        self.lateness.record(lateness);
        self.series.sent(at, late);
        self.operations.of(operation).sent += 1;
        if let Some(shown) = &self.shown {
            shown.sent(late);
        }
    }

    fn record(&mut self, operation: Operation, at: Moments) {
        self.service.record(at.done - at.sent);
        self.response.record(at.done - at.due);
        self.series.response(at.due, at.done - at.due);
        self.operations.of(operation).times(at);
    }

    /// Adds what another thread measured in the same time.
    pub fn add(&mut self, other: &Self) {
        self.add_counts(other);
        self.series.add(&other.series);
        self.span = self.span.max(other.span);
    }

    /// All repeats as one: their requests together, their times one after the other. It has no
    /// series; each repeat has its own. `None` when there are none.
    #[must_use]
    pub fn whole(repeats: &[Self]) -> Option<Self> {
        let mut whole = Self::since(repeats.first()?.start);
        for repeat in repeats {
            whole.add_counts(repeat);
            whole.span += repeat.span;
        }
        Some(whole)
    }

    fn add_counts(&mut self, other: &Self) {
        self.response.add(&other.response);
        self.service.add(&other.service);
        self.lateness.add(&other.lateness);
        self.operations.add(&other.operations);
        self.server_timing.add(&other.server_timing);
        self.sends += other.sends;
        self.answers += other.answers;
        self.failures += other.failures;
        self.unsent += other.unsent;
        self.late += other.late;
        self.busy_percent = self.busy_percent.max(other.busy_percent);
    }

    /// All requests that were due.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.sends + self.unsent
    }

    /// All requests that were due and did not get an answer.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.failures + self.unsent
    }

    /// From the start to the last answer.
    #[must_use]
    pub fn span(&self) -> Duration {
        self.span
    }
}

impl Shown for Measurement {
    fn response(&self, point: Point) -> Duration {
        self.response.at(point)
    }

    fn errors(&self) -> (u64, u64) {
        (self.errors(), self.due())
    }
}

/// How long the calling thread has had work to do: on a core, and waiting for one. `None` where
/// the kernel does not tell.
#[must_use]
pub fn thread_busy() -> Option<Duration> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = schedstat.split_ascii_whitespace().take(2).map(str::parse::<u64>);
    let (running, waiting) = (nanos.clone().next()?.ok()?, nanos.last()?.ok()?);
    Some(Duration::from_nanos(running + waiting))
}

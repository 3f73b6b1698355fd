//! What one thread measured, and the sum over threads.
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

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{
    client::TIME_OUT,
    slo::{Point, Shown},
};

mod times;

pub use times::Times;

/// A send later than this is a late send.
pub const LATE: Duration = Duration::from_millis(1);

/// Counts and distributions.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Response times.
    pub response: Times,
    /// Service times.
    pub service: Times,
    /// The generator's own lateness.
    pub lateness: Times,
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
    last_answer: Option<Instant>,
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

impl Default for Measurement {
    fn default() -> Self {
        Self {
            response: Times::new(),
            service: Times::new(),
            lateness: Times::new(),
            sends: 0,
            answers: 0,
            failures: 0,
            unsent: 0,
            late: 0,
            busy_percent: 0,
            last_answer: None,
        }
    }
}

impl Measurement {
    /// Counts a request that was answered.
    pub fn answered(&mut self, at: Moments) {
        self.sent(at);
        self.answers += 1;
        self.service.record(at.done - at.sent);
        self.response.record(at.done - at.due);
        self.last_answer = self.last_answer.max(Some(at.done));
    }

    /// Counts a request whose outcome is unknown. One that failed at once has no response time:
    /// a fast failure must not make the server look fast.
    pub fn failed(&mut self, at: Moments) {
        self.sent(at);
        self.failures += 1;
        if at.done - at.sent >= TIME_OUT {
            self.service.record(at.done - at.sent);
            self.response.record(at.done - at.due);
        }
    }

    /// Counts a request that was due and will not be sent.
    pub fn not_sent(&mut self, due: Instant, at: Instant) {
        self.unsent += 1;
        self.response.record(at.saturating_duration_since(due));
    }

    fn sent(&mut self, at: Moments) {
        let lateness = at.sent.saturating_duration_since(at.due.max(at.free));
        self.sends += 1;
        self.late += u64::from(lateness > LATE);
        self.lateness.record(lateness);
    }

    /// Adds another thread's measurement to this one.
    pub fn add(&mut self, other: &Self) {
        self.response.add(&other.response);
        self.service.add(&other.service);
        self.lateness.add(&other.lateness);
        self.sends += other.sends;
        self.answers += other.answers;
        self.failures += other.failures;
        self.unsent += other.unsent;
        self.late += other.late;
        self.busy_percent = self.busy_percent.max(other.busy_percent);
        self.last_answer = self.last_answer.max(other.last_answer);
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

    /// From `start` to the last answer.
    #[must_use]
    pub fn span(&self, start: Instant) -> Duration {
        self.last_answer.map_or(Duration::ZERO, |last| last.saturating_duration_since(start))
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

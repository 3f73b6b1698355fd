//! Whether a server tires: the first tenth of a long run against the last.
//!
//! | missed when the last tenth | because |
//! | --- | --- |
//! | has a p99 of more than twice the first's and of 1 ms more | what does not grow with time is not slower by that |
//! | answered less than 95 % of what the first did | at a constant rate both have the same to do |
//!
//! Memory is told and not judged: what a ledger remembers it has to keep somewhere, and how much
//! that may be depends on how much it was asked.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{
    measurement::{Moments, Times},
    slo::Point,
};

const P99: Point = Point::PerTenThousand(9_900);
/// How much longer the last p99 may be at least.
const SLACK_NS: u64 = 1_000_000;

/// What was answered in the first and in the last tenth of a run.
#[derive(Debug, Clone)]
pub struct Drift {
    start: Instant,
    tenth: Duration,
    first: Times,
    last: Times,
}

/// The first or the last tenth.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tenth {
    /// Requests that were due in it and answered, per second.
    pub answered_per_s: u64,
    /// The 99th percentile of their response times.
    pub p99_ns: u64,
}

/// What a soak showed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Soak {
    /// The first tenth of the time.
    pub first: Tenth,
    /// The last.
    pub last: Tenth,
    /// The server's memory when the run began and when it ended, where it is known.
    pub resident_bytes: Option<(u64, u64)>,
}

impl Drift {
    /// Nothing yet, of a run that takes so long from `start` on.
    #[must_use]
    pub fn new(start: Instant, length: Duration) -> Self {
        Self { start, tenth: length / 10, first: Times::default(), last: Times::default() }
    }

    /// Takes in a request that was answered.
    pub fn answered(&mut self, at: Moments) {
        let since = at.due.saturating_duration_since(self.start);
        if since < self.tenth {
            self.first.record(at.done - at.due);
        } else if since >= self.tenth * 9 {
            self.last.record(at.done - at.due);
        }
    }

    /// What two threads saw in the same time.
    #[must_use]
    pub fn sum(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(mut one), Some(other)) = (one.clone(), other.clone()) else {
            return one.or(other);
        };
        one.first.add(&other.first);
        one.last.add(&other.last);
        Some(one)
    }

    /// What it showed.
    #[must_use]
    pub fn soak(&self, resident_bytes: Option<(u64, u64)>) -> Soak {
        let tenth = |times: &Times| Tenth {
            answered_per_s: per_second(times.count(), self.tenth),
            p99_ns: u64::try_from(times.at(P99).as_nanos()).unwrap_or(u64::MAX),
        };
        Soak { first: tenth(&self.first), last: tenth(&self.last), resident_bytes }
    }
}

impl Soak {
    /// Why it is a miss.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let (first, last) = (self.first, self.last);
        let mut missed = Vec::new();
        if last.p99_ns > first.p99_ns.saturating_mul(2).max(first.p99_ns + SLACK_NS) {
            let (from, to) = (first.p99_ns / 1_000, last.p99_ns / 1_000);
            missed.push(format!("the p99 grew from {from} us to {to} us"));
        }
        if last.answered_per_s * 100 < first.answered_per_s * 95 {
            let (from, to) = (first.answered_per_s, last.answered_per_s);
            missed.push(format!("the answers fell from {from}/s to {to}/s"));
        }
        missed
    }
}

fn per_second(count: u64, time: Duration) -> u64 {
    let per_second = u128::from(count) * 1_000_000_000 / time.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Drift;
    use crate::{clock::now, measurement::Moments};
    use std::time::Duration;

    /// What is missed when each answer takes so long in the first tenth and in the last, of so many.
    fn missed(first: (u64, u32), last: (u64, u32)) -> usize {
        let start = now();
        let mut drift = Drift::new(start, Duration::from_secs(100));
        for (begin, (micros, count)) in [(0, first), (90, last), (50, (9_000_000, 1_000))] {
            for index in 0..count {
                let due = start + Duration::from_secs(begin) + Duration::from_millis(index.into());
                let done = due + Duration::from_micros(micros);
                drift.answered(Moments { due, free: due, sent: due, done });
            }
        }
        drift.soak(None).missed().len()
    }

    #[test]
    fn only_what_is_worse_at_the_end_is_a_miss() {
        let rows = [
            ((5_000, 1_000), (5_000, 1_000), 0),
            ((5_000, 1_000), (9_900, 950), 0),
            ((5_000, 1_000), (10_200, 1_000), 1),
            ((5_000, 1_000), (5_000, 949), 1),
            ((5_000, 1_000), (10_200, 900), 2),
            ((5_000, 1_000), (50, 2_000), 0),
            ((100, 1_000), (1_090, 1_000), 0),
        ];
        for (first, last, expected) in rows {
            assert_eq!(missed(first, last), expected, "{first:?} {last:?}");
        }
    }
}

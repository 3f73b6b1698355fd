//! When the server was down by our own hand. What was due or under way then is no error of the
//! server's, and has no response time: it is counted by itself.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;

/// The outages of one run, shared by those who kill and those who ask.
#[derive(Debug, Default)]
pub struct Outages {
    all: Mutex<Vec<Outage>>,
    /// Whether one has not ended yet.
    open: AtomicBool,
    any: AtomicBool,
    while_down: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct Outage {
    from: Instant,
    /// The first answer after it.
    until: Option<Instant>,
}

/// What the outages of one run were.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Kills {
    /// How often the server was killed.
    pub kills: u64,
    /// Requests that were due or under way while it was down: neither answers nor errors.
    pub while_down: u64,
    /// The longest time from a kill to the first answer after it; absent without a kill that was
    /// followed by an answer.
    pub longest_recovery_ns: Option<u64>,
}

impl Outages {
    /// The server is killed at `from`.
    pub fn begin(&self, from: Instant) {
        self.lock().push(Outage { from, until: None });
        self.any.store(true, Ordering::Release);
        self.open.store(true, Ordering::Release);
    }

    /// An answer to a request that was sent at `sent` came at `at`: the outage is over, if the
    /// request was sent during it.
    pub fn answered(&self, sent: Instant, at: Instant) {
        if !self.open.load(Ordering::Acquire) {
            return;
        }
        let mut all = self.lock();
        let last = all.last_mut().filter(|last| last.until.is_none() && last.from <= sent);
        if let Some(last) = last {
            last.until = Some(at);
            self.open.store(false, Ordering::Release);
        }
    }

    /// Whether the server is down just now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Whether some of the time from `from` to `to` was in an outage. If so, it is counted.
    pub fn covers(&self, from: Instant, to: Instant) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        let overlaps = |it: &Outage| it.from <= to && it.until.is_none_or(|until| from < until);
        let covers = self.lock().iter().any(overlaps);
        if covers {
            self.while_down.fetch_add(1, Ordering::Relaxed);
        }
        covers
    }

    /// What they were.
    #[must_use]
    pub fn kills(&self) -> Kills {
        let all = self.lock();
        let recoveries = all.iter().filter_map(|it| Some(it.until? - it.from));
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Kills {
            kills: u64::try_from(all.len()).unwrap_or(u64::MAX),
            while_down: self.while_down.load(Ordering::Relaxed),
            longest_recovery_ns: recoveries.max().map(nanos),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Outage>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Outages;
    use crate::clock::now;
    use std::time::Duration;

    #[test]
    fn an_outage_lasts_from_the_kill_to_the_first_answer_to_what_was_asked_since() {
        let (start, outages) = (now(), Outages::default());
        let at = |millis: u64| start + Duration::from_millis(millis);
        assert!(!outages.covers(at(0), at(100)));
        outages.begin(at(50));
        outages.answered(at(40), at(51));
        assert!(outages.covers(at(60), at(70)), "an answer that was under way does not end it");
        outages.answered(at(75), at(80));
        let rows = [((0, 49), false), ((40, 55), true), ((60, 90), true), ((80, 90), false)];
        for ((from, to), expected) in rows {
            assert_eq!(outages.covers(at(from), at(to)), expected, "{from} to {to} ms");
        }
        let kills = outages.kills();
        assert_eq!((kills.kills, kills.while_down), (1, 3));
        assert_eq!(kills.longest_recovery_ns, Some(30_000_000));
    }
}

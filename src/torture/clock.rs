//! How long the torture has taken, and may.

use std::time::{Duration, Instant};

/// Begun when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    begun: Instant,
    length: Duration,
}

impl Clock {
    /// For so long from now on.
    pub(super) fn of(length: Duration) -> Self {
        Self { begun: now(), length }
    }

    /// Since it was begun.
    pub(super) fn elapsed(self) -> Duration {
        self.begun.elapsed()
    }

    /// Whether that is all the time.
    pub(super) fn is_up(self) -> bool {
        self.elapsed() >= self.length
    }

    /// All the time.
    pub(super) const fn length(self) -> Duration {
        self.length
    }
}

/// A stopwatch, of which no server hears.
#[expect(clippy::disallowed_methods, reason = "a stopwatch, of which no server hears")]
pub(super) fn now() -> Instant {
    Instant::now()
}

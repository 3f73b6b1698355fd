//! The one place where time enters. Everything else is told what time it is.

use std::time::{Instant, SystemTime};

/// The present moment of the monotonic clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the load generator's one monotonic clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// Microseconds since 1970, to tell the runs against one server apart. Zero before 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a name for the run, never a measurement")]
pub fn wall_micros() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros())
}

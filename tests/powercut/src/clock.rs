//! The one place where time enters: for deadlines and rates, never for what is checked.

use std::time::Instant;

/// The present moment of the monotonic clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the rig's one clock")]
pub fn now() -> Instant {
    Instant::now()
}

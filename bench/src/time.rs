//! The one place where time enters.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Begins to measure.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "time is what a benchmark measures")]
pub fn now() -> Instant {
    Instant::now()
}

/// Does `work`, and says how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = now();
    let done = work();
    (done, begun.elapsed())
}

/// Does `work`, and says how long this thread had a processor for it: on a machine that is shared,
/// that is nearer to what it takes alone.
pub fn processor_timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = processor();
    let done = work();
    (done, processor().saturating_sub(begun))
}

fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

//! What a run has come to so far, for whoever looks: written by the threads that send, each on
//! counters of its own, and read at any time by one that only shows.
//!
//! All accesses are relaxed: a look may be a request ahead in one number and behind in another.
//! The report is made from the threads' own measurements, never from these.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Each power of two is parted into so many: times are told apart to 6 %.
const PARTS: u64 = 16;
const PARTS_LOG: u32 = PARTS.trailing_zeros();
/// Enough for times of up to 2^36 µs.
const BUCKETS: usize = 34 * 16;

/// The counters of one thread.
#[derive(Debug)]
pub struct Counters {
    sent: AtomicU64,
    answered: AtomicU64,
    errors: AtomicU64,
    late: AtomicU64,
    /// Response times in microseconds, by [`bucket`].
    times: [AtomicU32; BUCKETS],
}

/// The counters of all threads.
#[derive(Debug, Default)]
pub struct Board(Mutex<Vec<Arc<Counters>>>);

/// The counters of all threads at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Requests sent.
    pub sent: u64,
    /// Requests answered.
    pub answered: u64,
    /// Requests without an answer, and those that were due and never sent.
    pub errors: u64,
    /// Requests sent late.
    pub late: u64,
    times: Vec<u64>,
}

impl Board {
    /// Counters for one more thread.
    pub fn counters(&self) -> Arc<Counters> {
        let counters = Arc::new(Counters::default());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&counters));
        counters
    }

    /// What all threads have counted.
    pub fn snapshot(&self) -> Snapshot {
        let threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum =
            Snapshot { sent: 0, answered: 0, errors: 0, late: 0, times: vec![0; BUCKETS] };
        threads.iter().for_each(|counters| sum.add(counters));
        sum
    }
}

impl Default for Counters {
    fn default() -> Self {
        let zero = AtomicU64::default;
        let times = std::array::from_fn(|_| AtomicU32::default());
        Self { sent: zero(), answered: zero(), errors: zero(), late: zero(), times }
    }
}

impl Counters {
    /// A request was sent.
    pub fn sent(&self, late: bool) {
        self.sent.fetch_add(1, Relaxed);
        self.late.fetch_add(u64::from(late), Relaxed);
    }

    /// It was answered, so long after it was due.
    pub fn answered(&self, response: Duration) {
        self.answered.fetch_add(1, Relaxed);
        self.times[bucket(response)].fetch_add(1, Relaxed);
    }

    /// It got no answer.
    pub fn failed(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    /// One that was due is not sent.
    pub fn not_sent(&self) {
        self.errors.fetch_add(1, Relaxed);
    }
}

impl Snapshot {
    fn add(&mut self, counters: &Counters) {
        self.sent += counters.sent.load(Relaxed);
        self.answered += counters.answered.load(Relaxed);
        self.errors += counters.errors.load(Relaxed);
        self.late += counters.late.load(Relaxed);
        for (sum, count) in self.times.iter_mut().zip(&counters.times) {
            *sum += u64::from(count.load(Relaxed));
        }
    }

    /// What was counted since an earlier look.
    #[must_use]
    pub fn since(self, earlier: &Self) -> Self {
        let times = self.times.iter().zip(&earlier.times);
        Self {
            sent: self.sent - earlier.sent,
            answered: self.answered - earlier.answered,
            errors: self.errors - earlier.errors,
            late: self.late - earlier.late,
            times: times.map(|(count, before)| count - before).collect(),
        }
    }

    /// The response time that this share of the answers, in percent, did not exceed; zero when
    /// there are none.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Duration {
        let wanted = (self.times.iter().sum::<u64>() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.times.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.map_or(Duration::ZERO, upper)
    }
}

/// Up to [`PARTS`] microseconds a bucket each; from there on [`PARTS`] for each power of two.
fn bucket(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if micros < PARTS {
        return usize::try_from(micros).unwrap_or(0);
    }
    let shift = micros.ilog2() - PARTS_LOG;
    let bucket = u64::from(shift) * PARTS + (micros >> shift);
    usize::try_from(bucket).map_or(BUCKETS - 1, |bucket| bucket.min(BUCKETS - 1))
}

/// The longest time of a bucket.
fn upper(bucket: usize) -> Duration {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    let shift = (bucket / PARTS).saturating_sub(1);
    Duration::from_micros((bucket - shift * PARTS + 1) << shift).saturating_sub(NANO)
}

const NANO: Duration = Duration::from_nanos(1);

#[cfg(test)]
mod tests {
    use super::{Board, NANO, bucket, upper};
    use crate::seed::Seed;
    use std::time::Duration;

    #[test]
    fn every_time_is_in_the_bucket_that_ends_within_6_percent_of_it() {
        let mut seed = Seed::new(3);
        for shift in 0..36_u32 {
            for _ in 0..50 {
                let time = Duration::from_micros((seed.next_u64() % (1 << 36)) >> shift);
                let end = upper(bucket(time));
                assert!(end >= time, "{time:?} {end:?}");
                assert!(end <= time + time / 16 + Duration::from_micros(1), "{time:?} {end:?}");
                assert_eq!(bucket(end), bucket(time), "{time:?}");
                assert_eq!(bucket(end + NANO), bucket(time) + 1, "{time:?}");
            }
        }
        assert_eq!(bucket(Duration::from_secs(1 << 40)), super::BUCKETS - 1);
    }

    #[test]
    fn a_look_shows_what_all_threads_have_counted() {
        let board = Board::default();
        let (one, other) = (board.counters(), board.counters());
        (0..99).for_each(|_| one.answered(Duration::from_micros(10)));
        other.answered(Duration::from_millis(10));
        other.sent(true);
        other.failed();
        let look = board.snapshot();
        assert_eq!((look.sent, look.answered, look.errors, look.late), (1, 100, 1, 1));
        assert!(look.percentile(99) < Duration::from_micros(12));
        assert!(look.percentile(100) >= Duration::from_millis(10));
        other.answered(Duration::from_millis(1));
        let later = board.snapshot().since(&look);
        assert_eq!((later.sent, later.answered, later.errors, later.late), (0, 1, 0, 0));
        assert!(later.percentile(1) >= Duration::from_millis(1));
    }
}

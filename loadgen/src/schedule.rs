//! When each request is meant to be sent: a value, fixed before the first one leaves.
//!
//! The schedule depends on its seed, rate and kind alone, never on how the server answers.

use std::{num::NonZeroU32, time::Duration};

use crate::seed::Seed;

/// How the gaps between two sends are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// Independent customers: exponentially distributed gaps.
    Poisson,
    /// Equal gaps.
    Uniform,
}

/// When a run ends: at the first of the two.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// No send is meant to happen at or after this time from the start.
    pub after: Duration,
    /// No more sends than this.
    pub requests: u64,
}

/// Every intended send time of one run.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The kind of gaps.
    pub arrivals: Arrivals,
    /// Sends per second, on average.
    pub rate: NonZeroU32,
    /// When it ends.
    pub limit: Limit,
    /// What the gaps are drawn from.
    pub seed: Seed,
}

impl Schedule {
    /// All intended send times, as offsets from the start, ascending.
    pub fn times(&self) -> impl Iterator<Item = Duration> + use<> {
        let Self { arrivals, rate, limit, mut seed } = self.clone();
        let mut last = Duration::ZERO;
        let times = (0..limit.requests).map(move |index| {
            last = match arrivals {
                Arrivals::Uniform => equal_gaps(index, rate),
                Arrivals::Poisson => last + exponential_gap(&mut seed, rate),
            };
            last
        });
        times.take_while(move |at| *at < limit.after)
    }

    /// The part of the schedule that thread `thread` of `threads` sends: every `threads`-th time.
    pub fn share(&self, thread: usize, threads: usize) -> impl Iterator<Item = Duration> + use<> {
        self.times().skip(thread).step_by(threads)
    }
}

fn equal_gaps(index: u64, rate: NonZeroU32) -> Duration {
    let nanos = u128::from(index) * 1_000_000_000 / u128::from(rate.get());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[expect(clippy::float_arithmetic, reason = "a logarithm; it draws a time and no money")]
fn exponential_gap(seed: &mut Seed, rate: NonZeroU32) -> Duration {
    let uniform = (f64::from(seed.next_u32()) + 1.0) / 4_294_967_296.0;
    Duration::from_secs_f64(-uniform.ln() / f64::from(rate.get()))
}

#[cfg(test)]
mod tests {
    use super::{Arrivals, Limit, Schedule};
    use crate::seed::Seed;
    use std::{num::NonZeroU32, time::Duration};

    fn schedule(arrivals: Arrivals, seed: u64) -> Schedule {
        let limit = Limit { after: Duration::from_secs(10), requests: u64::MAX };
        let rate = NonZeroU32::new(2_000).unwrap();
        Schedule { arrivals, rate, limit, seed: Seed::new(seed) }
    }

    #[test]
    fn a_seed_fixes_every_send_time() {
        for seed in 0..20 {
            let one: Vec<_> = schedule(Arrivals::Poisson, seed).times().collect();
            let other: Vec<_> = schedule(Arrivals::Poisson, seed).times().collect();
            assert_eq!(one, other, "seed {seed}");
            assert!(one.is_sorted(), "seed {seed}");
        }
    }

    #[test]
    fn poisson_arrivals_keep_their_rate() {
        for seed in 0..20 {
            let count = schedule(Arrivals::Poisson, seed).times().count();
            // Six standard deviations of a Poisson variable of mean 20,000.
            assert!(count.abs_diff(20_000) < 850, "seed {seed}: {count}");
        }
    }

    #[test]
    fn uniform_arrivals_are_the_rate_times_the_seconds() {
        assert_eq!(schedule(Arrivals::Uniform, 1).times().count(), 20_000);
    }

    #[test]
    fn the_threads_share_the_schedule_without_overlap_or_gap() {
        let whole = schedule(Arrivals::Poisson, 3);
        let mut shared: Vec<_> = (0..3).flat_map(|thread| whole.share(thread, 3)).collect();
        shared.sort();
        assert_eq!(shared, whole.times().collect::<Vec<_>>(), "seed 3");
    }
}

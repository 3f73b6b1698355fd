//! When each request is meant to be sent: a value, fixed before the first one leaves.
//!
//! The schedule depends on its seed, shape and kind alone, never on how the server answers.

mod shape;

pub use shape::{Ramp, Shape, Spike};

use std::time::Duration;

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
    /// No send is meant to happen at or after this time from the start, the warm-up apart.
    pub after: Duration,
    /// No more sends than this, the warm-up apart.
    pub requests: u64,
}

/// Every intended send time of one run.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The kind of gaps.
    pub arrivals: Arrivals,
    /// Sends per second, on average, for as long as the limit allows.
    pub shape: Shape,
    /// When it ends.
    pub limit: Limit,
    /// How long requests are sent before those that count, at the rate with which the shape begins.
    pub warm_up: Duration,
    /// What the gaps are drawn from.
    pub seed: Seed,
}

impl Schedule {
    /// All intended send times, as offsets from the begin of the warm-up, ascending.
    pub fn times(&self) -> impl Iterator<Item = Duration> + use<> {
        let Self { arrivals, shape, limit, warm_up, seed } = self.clone();
        let shape = shape.warmed_up(warm_up);
        let counts = Counts { arrivals, seed, sum: 0.0, drawn: 0 };
        let mut left = limit.requests;
        counts.map_while(move |count| shape.due(count)).take_while(move |at| {
            let counted = *at >= warm_up;
            let goes_on = !counted || left > 0;
            left -= u64::from(counted && goes_on);
            goes_on
        })
    }

    /// The part of the schedule that thread `thread` of `threads` sends: every `threads`-th time.
    pub fn share(&self, thread: usize, threads: usize) -> impl Iterator<Item = Duration> + use<> {
        self.times().skip(thread).step_by(threads)
    }

    /// Requests per second that are asked for, on average, to the nearest whole one.
    #[must_use]
    pub fn offered_per_s(&self) -> u64 {
        self.shape.mean_per_s()
    }

    /// The same shape with gaps drawn anew for another repeat. The first repeat is the schedule.
    #[must_use]
    pub fn repeat(&self, index: u64) -> Self {
        let seed = if index == 0 { self.seed.clone() } else { self.seed.fork(index) };
        Self { seed, ..self.clone() }
    }
}

/// How many requests of the shape are due when one is: whole numbers for equal gaps, else the sums
/// of exponential draws.
struct Counts {
    arrivals: Arrivals,
    seed: Seed,
    sum: f64,
    drawn: u32,
}

impl Iterator for Counts {
    type Item = f64;

    #[expect(clippy::float_arithmetic, reason = "a logarithm; it draws a time and no money")]
    fn next(&mut self) -> Option<f64> {
        if self.arrivals == Arrivals::Uniform {
            let count = f64::from(self.drawn);
            self.drawn = self.drawn.checked_add(1)?;
            return Some(count);
        }
        let uniform = (f64::from(self.seed.next_u32()) + 1.0) / 4_294_967_296.0;
        self.sum -= uniform.ln();
        Some(self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrivals, Limit, Ramp, Schedule, Shape};
    use crate::seed::Seed;
    use std::{num::NonZeroU32, time::Duration};

    fn schedule(arrivals: Arrivals, seed: u64) -> Schedule {
        let limit = Limit { after: Duration::from_secs(10), requests: u64::MAX };
        let shape = Shape::constant(NonZeroU32::new(2_000).unwrap(), limit.after);
        Schedule { arrivals, shape, limit, warm_up: Duration::ZERO, seed: Seed::new(seed) }
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

    #[test]
    fn poisson_arrivals_follow_a_ramp() {
        let limit = Limit { after: Duration::from_secs(10), requests: u64::MAX };
        for seed in 0..20 {
            let shape = Shape::ramp(Ramp { from: 0, to: 4_000 }, limit.after);
            let ramp = Schedule { shape, ..schedule(Arrivals::Poisson, seed) };
            let half = Duration::from_secs(5);
            let (first, second): (Vec<_>, Vec<_>) = ramp.times().partition(|at| *at < half);
            // Six standard deviations of Poisson variables of means 5,000 and 15,000.
            assert!(first.len().abs_diff(5_000) < 425, "seed {seed}: {}", first.len());
            assert!(second.len().abs_diff(15_000) < 735, "seed {seed}: {}", second.len());
        }
    }

    #[test]
    fn a_warm_up_is_beside_the_limits() {
        for arrivals in [Arrivals::Uniform, Arrivals::Poisson] {
            let mut warmed_up = schedule(arrivals, 4);
            (warmed_up.warm_up, warmed_up.limit.requests) = (Duration::from_secs(1), 500);
            let (before, counted): (Vec<_>, Vec<_>) =
                warmed_up.times().partition(|at| *at < Duration::from_secs(1));
            assert_eq!(counted.len(), 500);
            assert!(before.len().abs_diff(2_000) < 270, "{}", before.len());
        }
    }

    #[test]
    fn each_repeat_draws_its_own_gaps_and_the_first_is_the_schedule() {
        let whole = schedule(Arrivals::Poisson, 5);
        let times = |index| whole.repeat(index).times().collect::<Vec<_>>();
        assert_eq!(times(0), whole.times().collect::<Vec<_>>());
        assert_ne!(times(1), times(0));
        assert_ne!(times(1), times(2));
    }
}

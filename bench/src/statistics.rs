//! Medians, quantiles, rates and ratios, in integers.

use std::fmt;
use std::time::Duration;

/// What was measured, sorted. Never empty: nothing measured is one zero.
#[derive(Clone, Debug)]
pub struct Samples<T>(Vec<T>);

impl<T: Ord + Copy + Default> Samples<T> {
    /// Sorts what was measured.
    pub fn new(measured: impl IntoIterator<Item = T>) -> Self {
        let mut measured: Vec<T> = measured.into_iter().collect();
        measured.sort_unstable();
        if measured.is_empty() {
            measured.push(T::default());
        }
        Self(measured)
    }

    /// The value that so many of a hundred do not exceed.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> T {
        let last = self.0.len().saturating_sub(1);
        self.0[(last * percent.min(100)).div_ceil(100)]
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> T {
        self.percentile(50)
    }

    /// The smallest.
    #[must_use]
    pub fn least(&self) -> T {
        self.percentile(0)
    }

    /// The largest.
    #[must_use]
    pub fn most(&self) -> T {
        self.percentile(100)
    }
}

/// How often something happened each second.
#[must_use]
pub fn per_second(count: u64, time: Duration) -> u64 {
    let nanos = time.as_nanos().max(1);
    u64::try_from(u128::from(count) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
}

/// A quotient in thousandths, shown as `0.873`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u64);

impl Ratio {
    /// `part` of `whole`; 0 of nothing.
    #[must_use]
    pub const fn of(part: u64, whole: u64) -> Self {
        Self(part.saturating_mul(1000) / if whole == 0 { 1 } else { whole })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A time in whole microseconds, shown as `152 µs`.
#[must_use]
pub fn micros(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let samples = Samples::new((0..=100).rev());
        assert_eq!([0, 50, 99, 100].map(|p| samples.percentile(p)), [0, 50, 99, 100]);
        assert_eq!(Samples::new([3, 1]).median(), 3);
        assert_eq!(Samples::<u8>::new([]).most(), 0);
    }

    #[test]
    fn rates_and_ratios_stay_integers() {
        assert_eq!(per_second(3, Duration::from_millis(2)), 1500);
        assert_eq!(Ratio::of(7, 8).to_string(), "0.875");
        assert_eq!(Ratio::of(21, 10).to_string(), "2.100");
        assert_eq!(Ratio::of(0, 0).to_string(), "0.000");
    }
}

//! A distribution of times.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::slo::Point;

/// A distribution of times from 1 µs to ten minutes, to three digits.
#[derive(Debug, Clone)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self::new()
    }
}

impl Times {
    /// No times yet.
    #[must_use]
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1_000, 600_000_000_000, 3);
        Self(histogram.expect("the bounds are in order and the precision is allowed"))
    }

    /// Adds one time.
    pub fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds the times of another.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// The time at a point of the distribution, zero when it is empty.
    #[must_use]
    pub fn at(&self, point: Point) -> Duration {
        Duration::from_nanos(match point {
            Point::Max => self.0.max(),
            Point::PerTenThousand(part) => self.0.value_at_quantile(quantile(part)),
        })
    }
}

#[expect(clippy::float_arithmetic, reason = "the histogram asks for its quantile as a float")]
fn quantile(per_ten_thousand: u32) -> f64 {
    f64::from(per_ten_thousand) / 10_000.0
}

//! A distribution of times, with everything that is asked of one: points, mean, count, and the
//! forms in which others read it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use hdrhistogram::{
    Histogram,
    serialization::{Deserializer, Serializer, V2DeflateSerializer},
};

use crate::slo::Point;

/// The shortest time that is told from a shorter one, in nanoseconds.
const SHORTEST_NS: u64 = 1_000;
/// The longest, in nanoseconds. What took longer counts as this.
const LONGEST_NS: u64 = 600_000_000_000;
/// How many decimal digits of a time are kept.
const DIGITS: u8 = 3;

/// A distribution of times from 1 µs to ten minutes, to three digits. The mean is exact.
#[derive(Debug, Clone)]
pub struct Times {
    histogram: Histogram<u64>,
    sum_ns: u64,
}

/// One step of a distribution: up to here, so many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The time.
    pub time: Duration,
    /// The share of all that took no longer, from 0 to 1.
    pub quantile: f64,
    /// How many took no longer.
    pub count: u64,
}

/// What a text is that holds no distribution.
#[derive(Debug, thiserror::Error)]
#[error("it is no HdrHistogram in base64: {0}")]
pub struct NoTimes(String);

impl Default for Times {
    fn default() -> Self {
        Self { histogram: histogram(DIGITS), sum_ns: 0 }
    }
}

/// An empty histogram of nanoseconds between the bounds above.
pub(super) fn histogram<C: hdrhistogram::Counter>(digits: u8) -> Histogram<C> {
    Histogram::new_with_bounds(SHORTEST_NS, LONGEST_NS, digits)
        .expect("the bounds are in order and the precision is allowed")
}

/// A histogram as texts carry it: the `HdrHistogram` V2 format, deflated, in base64, which is what
/// other tools of that family read (`HISTFAAA…`). Empty when it holds nothing.
pub(super) fn encode<C: hdrhistogram::Counter>(histogram: &Histogram<C>) -> String {
    if histogram.is_empty() {
        return String::new();
    }
    let mut bytes = Vec::new();
    let written = V2DeflateSerializer::new().serialize(histogram, &mut bytes);
    written.expect("a buffer takes all that is written to it");
    STANDARD.encode(bytes)
}

/// Reads a distribution as [`Times::encode`] wrote it: each time that occurred, in nanoseconds, ascending, and how often.
///
/// # Errors
///
/// It is no such text.
pub fn decode(text: &str) -> Result<Vec<(u64, u64)>, NoTimes> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let refused = |error: &dyn std::fmt::Display| NoTimes(error.to_string());
    let bytes = STANDARD.decode(text).map_err(|error| refused(&error))?;
    let read = Deserializer::new().deserialize::<u64, _>(&mut bytes.as_slice());
    let histogram: Histogram<u64> = read.map_err(|error| refused(&error))?;
    let recorded = histogram.iter_recorded();
    Ok(recorded.map(|step| (step.value_iterated_to(), step.count_at_value())).collect())
}

impl Times {
    /// Adds one time.
    pub fn record(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(nanos);
        self.sum_ns = self.sum_ns.saturating_add(nanos);
    }

    /// Adds the times of another distribution.
    pub fn add(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("all have the same bounds");
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
    }

    /// The time at a point of the distribution, zero when it is empty.
    #[must_use]
    pub fn at(&self, point: Point) -> Duration {
        Duration::from_nanos(match point {
            Point::Max => self.histogram.max(),
            Point::PerTenThousand(part) => self.histogram.value_at_quantile(quantile(part)),
        })
    }

    /// The shortest, zero when there is none.
    #[must_use]
    pub fn shortest(&self) -> Duration {
        Duration::from_nanos(self.histogram.min_nz().min(self.histogram.max()))
    }

    /// How many times there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// All of them together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_ns)
    }

    /// Their mean, zero when there are none.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.sum_ns / self.count().max(1))
    }

    /// How far they are from their mean, as the square root of the mean square.
    #[must_use]
    pub fn deviation(&self) -> Duration {
        Duration::try_from_secs_f64(in_seconds(self.histogram.stdev())).unwrap_or_default()
    }

    /// The distribution in steps, `per_half` of them in each half of what is left to 100 %, the
    /// last at the longest time.
    pub fn steps(&self, per_half: u32) -> impl Iterator<Item = Step> + '_ {
        self.histogram.iter_quantiles(per_half).scan(0, |count, step| {
            *count += step.count_since_last_iteration();
            let time = Duration::from_nanos(step.value_iterated_to());
            Some(Step { time, quantile: step.quantile_iterated_to(), count: *count })
        })
    }

    /// How the histogram is built: buckets, and the parts of each.
    #[must_use]
    pub fn buckets(&self) -> (u8, u32) {
        (self.histogram.buckets(), 2_048)
    }

    /// The distribution as a text that [`decode`] and other tools read.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(&self.histogram)
    }
}

#[expect(clippy::float_arithmetic, reason = "the histogram asks for its quantile as a float")]
pub(super) fn quantile(per_ten_thousand: u32) -> f64 {
    f64::from(per_ten_thousand) / 10_000.0
}

#[expect(clippy::float_arithmetic, reason = "the histogram tells its deviation as a float")]
fn in_seconds(nanos: f64) -> f64 {
    nanos / 1e9
}

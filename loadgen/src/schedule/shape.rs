//! How the rate goes over the time of a run: stretches, each a straight line from one rate to
//! another, one after the other.
//!
//! | written | is |
//! | --- | --- |
//! | `--rate 4000` | 4000 a second throughout |
//! | `--ramp 1000..9000` | from 1000 to 9000 a second in a straight line over the whole run |
//! | `--spike 5000@10+2` | from the 10th second on, for 2 seconds, 5000 a second more than otherwise |
//!
//! A shape answers one question: by when so many requests are due. With equal gaps the n-th is due
//! when n are; with Poisson arrivals, when a sum of n exponential draws is, which is the textbook's
//! way to an inhomogeneous Poisson process.

#![expect(clippy::float_arithmetic, reason = "rates and times, no money")]

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use rust_decimal::{Decimal, prelude::FromPrimitive};

/// A rate over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape(Vec<Stretch>);

/// A straight line from one rate to another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: f64,
    to: f64,
    seconds: f64,
}

/// `FROM..TO`, in requests per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "see above")]
pub struct Ramp {
    pub from: u32,
    pub to: u32,
}

/// `RATE@START+LENGTH`: so many requests per second more, from one second of the run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "see above")]
pub struct Spike {
    pub rate: NonZeroU32,
    pub start: Duration,
    pub length: Duration,
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Stretch { from, to, seconds }) in self.0.iter().enumerate() {
            let and = if index == 0 { "" } else { ", " };
            if from == to {
                write!(out, "{and}{from:.0}/s for {seconds:.3} s")?;
            } else {
                write!(out, "{and}{from:.0}/s to {to:.0}/s in {seconds:.3} s")?;
            }
        }
        Ok(())
    }
}

impl Shape {
    /// One rate for so long.
    #[must_use]
    pub fn constant(rate: NonZeroU32, length: Duration) -> Self {
        Self::line(rate.get(), rate.get(), length)
    }

    /// A straight line for so long.
    #[must_use]
    pub fn ramp(ramp: Ramp, length: Duration) -> Self {
        Self::line(ramp.from, ramp.to, length)
    }

    fn line(from: u32, to: u32, length: Duration) -> Self {
        Self(vec![Stretch { from: from.into(), to: to.into(), seconds: length.as_secs_f64() }])
    }

    /// The same with a spike on top.
    #[must_use]
    pub fn with_spike(self, spike: Spike) -> Self {
        let (start, rate) = (spike.start.as_secs_f64(), f64::from(spike.rate.get()));
        let end = start + spike.length.as_secs_f64();
        let mut begins = 0.0;
        let mut stretches = Vec::new();
        for stretch in self.0 {
            let (left, rest) = stretch.cut(start - begins);
            let (under, right) = rest.cut(end - begins - left.seconds);
            let raised = Stretch { from: under.from + rate, to: under.to + rate, ..under };
            begins += stretch.seconds;
            stretches.extend([left, raised, right].into_iter().filter(|it| it.seconds > 0.0));
        }
        Self(stretches)
    }

    /// The same after so long at the rate with which it begins.
    #[must_use]
    pub fn warmed_up(mut self, length: Duration) -> Self {
        if let Some(first) = self.0.first().filter(|_| !length.is_zero()).copied() {
            let seconds = length.as_secs_f64();
            self.0.insert(0, Stretch { to: first.from, seconds, ..first });
        }
        self
    }

    /// How many requests per second it asks for, on average, to the nearest whole one.
    #[must_use]
    pub fn mean_per_s(&self) -> u64 {
        let seconds: f64 = self.0.iter().map(|it| it.seconds).sum();
        let requests: f64 = self.0.iter().map(Stretch::requests).sum();
        let mean = Decimal::from_f64(requests / seconds).unwrap_or_default().round();
        u64::try_from(mean).unwrap_or_default()
    }

    /// By when `requests` are due, as an offset from the start; `None` when that is after the end.
    #[must_use]
    pub fn due(&self, requests: f64) -> Option<Duration> {
        let (mut before, mut begins) = (0.0, 0.0);
        for stretch in &self.0 {
            let within = requests - before;
            if within < stretch.requests() {
                return Some(Duration::from_secs_f64(begins + stretch.seconds_until(within)));
            }
            before += stretch.requests();
            begins += stretch.seconds;
        }
        None
    }
}

impl Stretch {
    fn requests(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.seconds
    }

    /// When `requests` of it are due, from its begin: the root of a quadratic, in the form that
    /// also holds when the line is level.
    fn seconds_until(&self, requests: f64) -> f64 {
        if requests <= 0.0 {
            return 0.0;
        }
        let slope = (self.to - self.from) / self.seconds;
        let root = (2.0 * slope).mul_add(requests, self.from * self.from).max(0.0).sqrt();
        2.0 * requests / (self.from + root)
    }

    /// The two parts before and after `seconds` from its begin, either of which may be empty.
    fn cut(self, seconds: f64) -> (Self, Self) {
        let seconds = seconds.clamp(0.0, self.seconds);
        let share = if self.seconds > 0.0 { seconds / self.seconds } else { 0.0 };
        let middle = (self.to - self.from).mul_add(share, self.from);
        let before = Self { to: middle, seconds, ..self };
        (before, Self { from: middle, seconds: self.seconds - seconds, ..self })
    }
}

impl FromStr for Ramp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("'{text}' is no ramp: write for example 1000..9000");
        let (from, to) = text.split_once("..").ok_or_else(refused)?;
        let ramp = Self {
            from: from.parse().map_err(|_| refused())?,
            to: to.parse().map_err(|_| refused())?,
        };
        if (ramp.from, ramp.to) == (0, 0) { Err(refused()) } else { Ok(ramp) }
    }
}

impl FromStr for Spike {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("'{text}' is no spike: write for example 5000@10+2");
        let (rate, when) = text.split_once('@').ok_or_else(refused)?;
        let (start, length) = when.split_once('+').ok_or_else(refused)?;
        let seconds = |text: &str| {
            let seconds = text.parse::<u32>().map_err(|_| refused())?;
            Ok::<_, String>(Duration::from_secs(seconds.into()))
        };
        let (start, length) = (seconds(start)?, seconds(length)?);
        let rate = rate.parse().map_err(|_| refused())?;
        if length.is_zero() { Err(refused()) } else { Ok(Self { rate, start, length }) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ramp, Shape, Spike};
    use std::{num::NonZeroU32, time::Duration};

    const SECOND: Duration = Duration::from_secs(1);

    fn due_within(shape: &Shape, from: u32, to: u32) -> usize {
        let at = (0..).map_while(|request: u32| shape.due(f64::from(request)));
        at.filter(|at| (SECOND * from..SECOND * to).contains(at)).count()
    }

    #[test]
    fn a_constant_rate_is_due_in_equal_gaps() {
        let shape = Shape::constant(NonZeroU32::new(2_000).unwrap(), 10 * SECOND);
        assert_eq!(due_within(&shape, 0, 11), 20_000);
        assert_eq!(shape.due(1.0), Some(Duration::from_micros(500)));
        assert_eq!(shape.due(20_000.0), None);
    }

    #[test]
    fn a_ramp_is_due_as_the_area_under_its_line() {
        for (ramp, length) in [((0, 1_000), 10), ((1_000, 0), 10), ((100, 900), 8)] {
            let shape = Shape::ramp(Ramp { from: ramp.0, to: ramp.1 }, SECOND * length);
            for second in 0..=length {
                let at =
                    |second: u32| ramp.0 + (ramp.1 * second) / length - (ramp.0 * second) / length;
                let area = usize::try_from(second * (ramp.0 + at(second)) / 2).unwrap();
                let due = due_within(&shape, 0, second);
                assert!(due.abs_diff(area) <= 1, "{ramp:?} by {second} s: {due}, and not {area}");
            }
        }
    }

    #[test]
    fn a_spike_is_on_top_of_what_is_otherwise_due() {
        let spike: Spike = "500@3+2".parse().unwrap();
        let level = Shape::constant(NonZeroU32::new(100).unwrap(), 10 * SECOND);
        let spiked = level.with_spike(spike);
        let due: Vec<_> = (0..10).map(|second| due_within(&spiked, second, second + 1)).collect();
        assert_eq!(due, [100, 100, 100, 600, 600, 100, 100, 100, 100, 100]);
        let ramp = Shape::ramp(Ramp { from: 0, to: 100 }, 10 * SECOND).with_spike(spike);
        assert!(due_within(&ramp, 0, 10).abs_diff(500 + 1_000) <= 1);
        assert!(due_within(&ramp, 3, 5).abs_diff(80 + 1_000) <= 1);
    }

    #[test]
    fn a_spike_that_outlasts_the_run_ends_with_it() {
        let level = Shape::constant(NonZeroU32::new(100).unwrap(), 4 * SECOND);
        let spiked = level.clone().with_spike("100@3+5".parse().unwrap());
        assert_eq!(due_within(&spiked, 0, 20), 500);
        assert_eq!(level.clone().with_spike("100@9+5".parse().unwrap()), level);
    }

    #[test]
    fn a_warm_up_goes_before_and_changes_nothing() {
        let shape = Shape::ramp(Ramp { from: 100, to: 300 }, 10 * SECOND);
        let warmed_up = shape.clone().warmed_up(2 * SECOND);
        assert_eq!(due_within(&warmed_up, 0, 2), 200);
        assert_eq!(due_within(&warmed_up, 2, 12), due_within(&shape, 0, 10));
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        for text in ["", "1000", "1..", "..2", "0..0", "-1..5", "1...5"] {
            assert!(text.parse::<Ramp>().is_err(), "{text}");
        }
        for text in ["", "5000", "5000@10", "0@1+1", "5000@1+0", "5000+1@2", "5@-1+2"] {
            assert!(text.parse::<Spike>().is_err(), "{text}");
        }
    }
}

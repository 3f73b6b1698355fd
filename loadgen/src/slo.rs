//! What a run promises: `p99<5ms,max<=1s,error<0.01%,invariant=0`, parsed and judged without floats.
//!
//! | term | meaning |
//! | --- | --- |
//! | `p50` `p90` `p95` `p99` `p99.9` `p99.99` `max` | response time, counted from the intended send |
//! | `error` | errors in percent of all requests of the schedule |
//! | `invariant` | what the server said that is not so: wrong answers, wrong balances, books that do not add up; only `=0` can be asked |
//! | `<` `<=` `=` | below; at most; exactly |
//! | `us` `ms` `s` `%` | units; a number may have a fraction |
//!
//! A server that was wrong is INCORRECT, whether the SLO has `invariant=0` or not: the term says
//! it where people look for what was promised.

use std::{fmt, str::FromStr, time::Duration};

use rust_decimal::Decimal;

/// A list of promises, all of which must hold.
#[derive(Debug, Clone)]
pub struct Slo(Vec<Promise>);

/// One promise, and how it was written.
#[derive(Debug, Clone)]
pub struct Promise {
    text: String,
    bound: Bound,
    comparison: Comparison,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    Response(Point, Duration),
    ErrorPercent(Decimal),
    Invariant,
}

/// A point of the response time's distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The response time that this share of the requests, in parts per ten thousand, did not exceed.
    PerTenThousand(u32),
    /// The longest.
    Max,
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Below,
    AtMost,
}

/// What a run showed, as the promises ask for it.
pub trait Shown {
    /// The response time at a point.
    fn response(&self, point: Point) -> Duration;
    /// Errors, and the requests they are among.
    fn errors(&self) -> (u64, u64);
}

/// Why a text is no SLO.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no promise: write for example p99<5ms, max<=1s, error<0.01% or invariant=0")]
pub struct SloError(String);

impl Slo {
    /// The promises that do not hold, where so many `differences` were found.
    #[must_use]
    pub fn missed(&self, shown: &impl Shown, differences: usize) -> Vec<&Promise> {
        self.0.iter().filter(|promise| !promise.holds(shown, differences)).collect()
    }
}

impl Promise {
    fn holds(&self, shown: &impl Shown, differences: usize) -> bool {
        match self.bound {
            Bound::Response(point, limit) => self.comparison.holds(shown.response(point), limit),
            Bound::ErrorPercent(limit) => {
                let (errors, all) = shown.errors();
                let allowed = limit * Decimal::from(all);
                self.comparison.holds(Decimal::from(errors) * Decimal::ONE_HUNDRED, allowed)
            }
            Bound::Invariant => self.comparison.holds(differences, 0),
        }
    }
}

impl Comparison {
    /// Zero is below zero: `error<0.01%` of no request holds.
    fn holds<T: PartialOrd + Default>(self, found: T, limit: T) -> bool {
        match self {
            Self::Below => found < limit || (found == T::default() && limit == T::default()),
            Self::AtMost => found <= limit,
        }
    }
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        text.split(',').map(|term| term.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Promise {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let refused = || SloError(text.to_owned());
        if text == "invariant=0" {
            let (bound, comparison) = (Bound::Invariant, Comparison::AtMost);
            return Ok(Self { text: text.to_owned(), bound, comparison });
        }
        let (subject, rest) = text.split_once('<').ok_or_else(refused)?;
        let (comparison, limit) = match rest.strip_prefix('=') {
            Some(limit) => (Comparison::AtMost, limit),
            None => (Comparison::Below, rest),
        };
        let bound = bound(subject.trim(), limit.trim()).ok_or_else(refused)?;
        Ok(Self { text: text.to_owned(), bound, comparison })
    }
}

fn bound(subject: &str, limit: &str) -> Option<Bound> {
    match subject {
        "error" => decimal(limit.strip_suffix('%')?).map(Bound::ErrorPercent),
        _ => Some(Bound::Response(Point::from_name(subject)?, duration(limit)?)),
    }
}

impl Point {
    fn from_name(name: &str) -> Option<Self> {
        let per_ten_thousand = match name {
            "p50" => 5_000,
            "p90" => 9_000,
            "p95" => 9_500,
            "p99" => 9_900,
            "p99.9" => 9_990,
            "p99.99" => 9_999,
            "max" => return Some(Self::Max),
            _ => return None,
        };
        Some(Self::PerTenThousand(per_ten_thousand))
    }
}

fn duration(text: &str) -> Option<Duration> {
    let unit = |suffix, nanos: i64| Some((text.strip_suffix(suffix)?, Decimal::from(nanos)));
    let (number, unit) =
        unit("us", 1_000).or_else(|| unit("ms", 1_000_000)).or_else(|| unit("s", 1_000_000_000))?;
    let nanos = decimal(number)?.checked_mul(unit)?;
    Some(Duration::from_nanos(u64::try_from(nanos).ok()?))
}

/// A plain decimal number. The library alone would take `1_000`, `+1` and `.5` as well.
fn decimal(text: &str) -> Option<Decimal> {
    let plain = text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| Decimal::from_str_exact(text).ok())?
}

impl fmt::Display for Slo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, promise) in self.0.iter().enumerate() {
            write!(out, "{}{promise}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Point, Shown, Slo};
    use std::time::Duration;

    struct Flat {
        response: Duration,
        errors: u64,
    }

    impl Shown for Flat {
        fn response(&self, _: Point) -> Duration {
            self.response
        }
        fn errors(&self) -> (u64, u64) {
            (self.errors, 10_000)
        }
    }

    fn missed(slo: &str, micros: u64, errors: u64) -> usize {
        let shown = Flat { response: Duration::from_micros(micros), errors };
        slo.parse::<Slo>().unwrap().missed(&shown, usize::try_from(errors).unwrap()).len()
    }

    #[test]
    fn a_promise_holds_up_to_its_bound_and_no_further() {
        let rows = [
            ("p99<5ms", 4_999, 0, 0),
            ("p99<5ms", 5_000, 0, 1),
            ("p99<=5ms", 5_000, 0, 0),
            ("max<1s", 999_999, 0, 0),
            ("p99.9<=1.5ms", 1_500, 0, 0),
            ("p99.99<500us", 501, 0, 1),
            ("error<0.01%", 0, 0, 0),
            ("error<0.01%", 0, 1, 1),
            ("error<=0.01%", 0, 1, 0),
            ("error<=0%", 0, 1, 1),
            ("p50<1s, error<1%", 1_000_000, 100, 2),
            ("invariant=0", 0, 0, 0),
            ("max<1s, invariant=0", 0, 1, 1),
        ];
        for (slo, micros, errors, expected) in rows {
            assert_eq!(
                missed(slo, micros, errors),
                expected,
                "{slo} at {micros} us, {errors} errors"
            );
        }
    }

    #[test]
    fn what_is_no_promise_is_refused() {
        let texts = "p99 p98<1s p99<1 p99>1s max<-1s error<1s p50<1_0s max<+1s invariant invariant=1 \
            invariant<1 error=0% p99=1ms";
        for text in texts.split_whitespace().chain([""]) {
            assert!(text.parse::<Slo>().is_err(), "{text}");
        }
    }
}

//! The search for the knee: the highest rate at which a short run is valid, meets the SLO, and
//! answers at least 95 % of the rate within its time: nothing can wait for longer than a run takes,
//! so a run of three seconds would hide an overload from `max<1s` for a while.
//!
//! The rate is doubled while it is met, or halved while it is not, and then the gap is halved until
//! it is less than a twentieth. A step that is INVALID never counts as met; it is tried once more,
//! because it says nothing of the server.

use std::fmt::{self, Write};

use serde::Serialize;

use crate::report::Verdict;

/// The lowest rate that is tried.
const LOWEST: u32 = 10;
/// The gap that is not halved any more is less than this part of the rate.
const GAP_ONE_IN: u32 = 20;

/// One step of the search.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Requests per second that it asked for.
    pub rate_per_s: u32,
    /// Answers per second.
    pub achieved_per_s: u64,
    /// The 99th percentile of the response times.
    pub p99_ns: u64,
    /// The verdict in a word.
    pub verdict: &'static str,
    /// Why it is not `pass`.
    pub reasons: Vec<String>,
}

/// What the search found.
#[derive(Debug, Clone, Serialize)]
pub struct Knee {
    /// The highest rate that was met; absent when none was.
    pub knee_per_s: Option<u32>,
    /// Whether the next higher step was missed. Else it was invalid, and the server may do more.
    pub is_the_servers: bool,
    /// Every step, in order.
    pub steps: Vec<Step>,
}

/// What a step says to the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the verdicts' names")]
pub enum Met {
    Met,
    Missed,
    Invalid,
    /// The server is wrong: there is nothing to search for.
    Incorrect,
}

/// What a search ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The highest rate that was met.
    pub met: Option<u32>,
    /// The lowest that was not, and whether it was missed rather than invalid.
    pub unmet: Option<(u32, bool)>,
}

impl Met {
    /// What a verdict says.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Met,
            Verdict::Missed(_) => Self::Missed,
            Verdict::Invalid(_) => Self::Invalid,
            Verdict::Incorrect => Self::Incorrect,
        }
    }
}

/// Searches from the rate `first` on.
///
/// # Errors
///
/// What `step` fails with.
pub fn search<E>(first: u32, mut step: impl FnMut(u32) -> Result<Met, E>) -> Result<Ended, E> {
    let mut ended = Ended { met: None, unmet: None };
    let mut rate = Some(first);
    while let Some(tried) = rate {
        let mut met = step(tried)?;
        if met == Met::Invalid {
            met = step(tried)?;
        }
        match met {
            Met::Met => ended.met = Some(tried),
            Met::Missed | Met::Invalid => ended.unmet = Some((tried, met == Met::Missed)),
            Met::Incorrect => return Ok(ended),
        }
        rate = ended.next();
    }
    Ok(ended)
}

impl Ended {
    fn next(self) -> Option<u32> {
        match (self.met, self.unmet) {
            (Some(met), None) => met.checked_mul(2),
            (None, Some((unmet, _))) => Some(unmet / 2).filter(|rate| *rate >= LOWEST),
            (Some(met), Some((unmet, _))) => {
                let gap = unmet.saturating_sub(met);
                (gap > met / GAP_ONE_IN && gap > 1).then(|| met + gap / 2)
            }
            (None, None) => None,
        }
    }
}

impl Knee {
    pub(super) fn write(&self, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "\n{:>10} {:>10} {:>10}", "rate/s", "answers/s", "p99 ms")?;
        for step in &self.steps {
            let p99 =
                rust_decimal::Decimal::from_i128_with_scale(step.p99_ns.into(), 6).round_dp(3);
            let Step { rate_per_s, achieved_per_s, verdict, .. } = step;
            writeln!(
                out,
                "{rate_per_s:>10} {achieved_per_s:>10} {p99:>10.3}  {verdict} {}",
                step.reasons.join(", ")
            )?;
        }
        match (self.knee_per_s, self.is_the_servers) {
            (None, _) => writeln!(out, "knee        none: not even the lowest rate was met"),
            (Some(knee), true) => writeln!(out, "knee        {knee}/s"),
            (Some(knee), false) => {
                writeln!(
                    out,
                    "knee        {knee}/s or more: the generator could not tell above that"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Met, search};

    fn find(first: u32, limit: u32, above: Met) -> (Ended, Vec<u32>) {
        let mut tried = Vec::new();
        let found = search(first, |rate| {
            tried.push(rate);
            Ok::<_, ()>(if rate <= limit { Met::Met } else { above })
        });
        (found.unwrap(), tried)
    }

    #[test]
    fn the_knee_is_found_to_a_twentieth_from_wherever_the_search_begins() {
        for first in [10, 1_000, 7_777, 500_000] {
            for limit in [25, 1_000, 9_999, 123_456] {
                let (Ended { met, unmet }, tried) = find(first, limit, Met::Missed);
                let (met, (unmet, missed)) = (met.unwrap(), unmet.unwrap());
                assert!(met <= limit && limit < unmet && missed, "{first} {limit}: {tried:?}");
                assert!(unmet - met <= 1 + met / 20, "{first} {limit}: {tried:?}");
                assert!(tried.len() < 40, "{first} {limit}: {tried:?}");
            }
        }
    }

    #[test]
    fn an_invalid_step_is_tried_once_more_and_never_met() {
        let (ended, tried) = find(100, 150, Met::Invalid);
        assert_eq!(tried[..3], [100, 200, 200]);
        assert!(ended.met.unwrap() <= 150 && !ended.unmet.unwrap().1, "{ended:?}");
    }

    #[test]
    fn where_nothing_is_met_there_is_no_knee() {
        let (ended, tried) = find(100, 0, Met::Missed);
        assert_eq!((ended.met, tried), (None, vec![100, 50, 25, 12]));
        let (ended, tried) = find(100, 0, Met::Incorrect);
        assert_eq!((ended.met, tried), (None, vec![100]));
    }
}

//! The report and the verdict: correct before valid, valid before fast.

mod text;
mod verdict;

use std::time::Duration;

use serde::Serialize;

use crate::{
    account::Difference,
    audit::Checked,
    cli::{Mode, Output, Plan},
    load::fleet::Out,
    measurement::{Measurement, Times},
    slo::{Point, Shown},
};

pub use verdict::Verdict;

/// Everything there is to say about a run. Times are in nanoseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Answers per second, from the start to the last answer.
    pub achieved_per_s: u64,
    /// The 99th percentile of the response time.
    pub p99_ns: u64,
    /// The verdict in a word: `pass`, `missed`, `invalid` or `incorrect`.
    pub verdict: &'static str,
    /// Why it is not `pass`.
    pub reasons: Vec<String>,
    /// Requests per second that the schedule asked for; absent in a closed run.
    pub offered_per_s: Option<u64>,
    /// Requests sent, answered, without an answer, and due but never sent.
    pub counts: Counts,
    /// From the moment the request was meant to be sent.
    pub response: Percentiles,
    /// From the moment it was sent.
    pub service: Percentiles,
    /// What the generator was late by itself.
    pub lateness: Percentiles,
    /// How much of its time the busiest generator thread had work to do.
    pub generator_busy_percent: u64,
    /// The seed of the run.
    pub seed: u64,
    /// The run's name.
    pub run: String,
    /// Whether the generator was built without optimisation.
    pub debug_build: bool,
    /// Accounts whose every balance was compared after the run.
    pub accounts_checked: usize,
    /// Card transactions of these accounts that were over.
    pub transactions: u64,
    /// Accounts with a request whose outcome stayed unknown; they were not checked.
    pub accounts_unknown: Vec<String>,
    /// What the server said that is not so.
    pub differences: Vec<Difference>,
    #[serde(skip)]
    outcome: Verdict,
}

/// Numbers of requests.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(missing_docs, reason = "see `Report::counts`")]
pub struct Counts {
    pub sent: u64,
    pub answered: u64,
    pub failed: u64,
    pub unsent: u64,
    pub late: u64,
}

/// Points of a distribution, in nanoseconds.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Percentiles {
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p95_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub p9999_ns: u64,
    pub max_ns: u64,
}

impl Report {
    /// Judges a run.
    #[must_use]
    pub fn new(plan: &Plan, measured: Measurement, out: Out, checked: Checked) -> Self {
        let outcome = Verdict::judge(plan, &measured, &out);
        let reasons = match &outcome {
            Verdict::Missed(reasons) | Verdict::Invalid(reasons) => reasons.clone(),
            Verdict::Incorrect => vec![format!("{} differences", out.differences.len())],
            Verdict::Pass => Vec::new(),
        };
        Self {
            achieved_per_s: per_second(measured.answers, measured.span()),
            p99_ns: nanos(measured.response(Point::PerTenThousand(9_900))),
            verdict: outcome.word(),
            reasons,
            offered_per_s: plan.mode.offered_per_s(),
            counts: Counts::of(&measured),
            response: Percentiles::of(&measured.response),
            service: Percentiles::of(&measured.service),
            lateness: Percentiles::of(&measured.lateness),
            generator_busy_percent: measured.busy_percent,
            seed: plan.seed,
            run: plan.run.clone(),
            debug_build: cfg!(debug_assertions),
            accounts_checked: checked.accounts,
            transactions: checked.transactions,
            accounts_unknown: out.given_up,
            differences: out.differences,
            outcome,
        }
    }

    /// What the run is worth.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.outcome
    }

    /// The report as it is printed.
    #[must_use]
    pub fn render(&self, output: Output) -> String {
        match output {
            Output::Json => serde_json::to_string(self).expect("strings and numbers are JSON"),
            Output::Text => {
                let mut text = String::new();
                self.write(&mut text).expect("a string takes all that is written to it");
                text
            }
        }
    }
}

impl Counts {
    fn of(measured: &Measurement) -> Self {
        Self {
            sent: measured.sends,
            answered: measured.answers,
            failed: measured.failures,
            unsent: measured.unsent,
            late: measured.late,
        }
    }
}

impl Percentiles {
    fn of(times: &Times) -> Self {
        let at = |part| nanos(times.at(Point::PerTenThousand(part)));
        Self {
            p50_ns: at(5_000),
            p90_ns: at(9_000),
            p95_ns: at(9_500),
            p99_ns: at(9_900),
            p999_ns: at(9_990),
            p9999_ns: at(9_999),
            max_ns: nanos(times.at(Point::Max)),
        }
    }

    fn all(&self) -> [u64; 7] {
        let Self { p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, p9999_ns, max_ns } = *self;
        [p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, p9999_ns, max_ns]
    }
}

impl Mode {
    fn offered_per_s(&self) -> Option<u64> {
        match self {
            Self::Open(schedule) => Some(schedule.offered_per_s()),
            Self::Closed(_) => None,
        }
    }
}

fn per_second(count: u64, span: Duration) -> u64 {
    let per_second = u128::from(count) * 1_000_000_000 / span.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

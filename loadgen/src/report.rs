//! The report and the verdict: correct before valid, valid before fast.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    account::Difference,
    audit::Checked,
    cli::{Mode, Output, Plan},
    load::fleet::Out,
    measurement::{LATE, Measurement, Times},
    slo::{Point, Shown},
};

/// A run is invalid when more than one send in this many was late.
const LATE_ONE_IN: u64 = 100;
/// A run is invalid when a thread had work to do for more of its time than this, in percent:
/// then answers lay unread, and what they waited is the generator's doing.
const BUSY_MAX_PERCENT: u64 = 95;
/// How many differences are printed.
const DIFFERENCES_SHOWN: usize = 10;

/// What a run is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Correct, valid, and every promise kept.
    Pass,
    /// Correct and valid, but these promises were not kept.
    Missed(Vec<String>),
    /// Correct as far as it went, but the times say nothing of the server, for these reasons.
    Invalid(Vec<String>),
    /// The server said something that is not so.
    Incorrect,
}

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

impl Verdict {
    /// The status that the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Missed(_) => 2,
            Self::Invalid(_) => 3,
            Self::Incorrect => 4,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Missed(_) => "missed",
            Self::Invalid(_) => "invalid",
            Self::Incorrect => "incorrect",
        }
    }

    fn judge(plan: &Plan, measured: &Measurement, out: &Out) -> Self {
        if !out.differences.is_empty() {
            return Self::Incorrect;
        }
        let invalid = invalid(plan, measured);
        if !invalid.is_empty() {
            return Self::Invalid(invalid);
        }
        let missed = plan.slo.missed(measured);
        match missed.is_empty() {
            true => Self::Pass,
            false => Self::Missed(missed.into_iter().map(|promise| promise.to_string()).collect()),
        }
    }
}

fn invalid(plan: &Plan, measured: &Measurement) -> Vec<String> {
    let mut reasons = Vec::new();
    if measured.answers == 0 {
        reasons.push("nothing was answered".to_owned());
    }
    if let Mode::Closed(_) = plan.mode {
        return reasons;
    }
    let (late, sends) = (measured.late, measured.sends);
    if late * LATE_ONE_IN > sends {
        reasons
            .push(format!("{late} of {sends} sends were more than {} ms late", LATE.as_millis()));
    }
    if measured.busy_percent > BUSY_MAX_PERCENT {
        let busy = measured.busy_percent;
        reasons.push(format!("the generator had work to do for {busy} % of the time"));
    }
    reasons
}

impl Report {
    /// Judges a run that began at `start`.
    #[must_use]
    pub fn new(
        plan: &Plan,
        measured: Measurement,
        out: Out,
        checked: Checked,
        start: Instant,
    ) -> Self {
        let outcome = Verdict::judge(plan, &measured, &out);
        let reasons = match &outcome {
            Verdict::Missed(reasons) | Verdict::Invalid(reasons) => reasons.clone(),
            Verdict::Incorrect => vec![format!("{} differences", out.differences.len())],
            Verdict::Pass => Vec::new(),
        };
        Self {
            achieved_per_s: per_second(measured.answers, measured.span(start)),
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

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{} answers/s, p99 {}", self.achieved_per_s, millis(self.p99_ns))?;
        writeln!(out, "{}: {}", self.verdict.to_uppercase(), self.summary())?;
        if self.debug_build {
            writeln!(out, "warning: a debug build of the generator measures mostly itself")?;
        }
        if self.generator_busy_percent > BUSY_MAX_PERCENT {
            writeln!(out, "warning: the generator was the limit, not the server")?;
        }
        writeln!(out)?;
        self.write_times(out)?;
        self.write_counts(out)?;
        self.write_accounts(out)?;
        write!(out, "seed        {} (run {})", self.seed, self.run)
    }

    fn summary(&self) -> String {
        match self.outcome {
            Verdict::Pass => "every answer and balance was right, and the SLO was kept".to_owned(),
            Verdict::Missed(_) => format!("the SLO was missed: {}", self.reasons.join(", ")),
            Verdict::Invalid(_) => {
                format!("THESE TIMES SAY NOTHING OF THE SERVER: {}", self.reasons.join(", "))
            }
            Verdict::Incorrect => "THE SERVER ANSWERED INCORRECTLY, see below".to_owned(),
        }
    }

    fn write_times(&self, out: &mut String) -> std::fmt::Result {
        let heads = ["p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"];
        write!(out, "{:10}", "ms")?;
        heads.iter().try_for_each(|head| write!(out, " {head:>9}"))?;
        let rows = [
            ("response", &self.response),
            ("service", &self.service),
            ("lateness", &self.lateness),
        ];
        for (name, times) in rows {
            write!(out, "\n{name:10}")?;
            times.all().iter().try_for_each(|&ns| write!(out, " {:>9}", in_millis(ns)))?;
        }
        writeln!(out, "\n")
    }

    fn write_counts(&self, out: &mut String) -> std::fmt::Result {
        let Counts { sent, answered, failed, unsent, late } = self.counts;
        if let Some(offered) = self.offered_per_s {
            writeln!(out, "offered     {offered}/s")?;
        }
        writeln!(out, "requests    {sent} sent, {answered} answered, {late} sent late")?;
        writeln!(out, "errors      {failed} without an answer, {unsent} due and never sent")?;
        writeln!(out, "generator   busy {} % of the time", self.generator_busy_percent)
    }

    fn write_accounts(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "cards       {} transactions over", self.transactions)?;
        let unknown = &self.accounts_unknown;
        write!(out, "accounts    {} checked, {} unknown", self.accounts_checked, unknown.len())?;
        unknown.iter().try_for_each(|name| write!(out, " {name}"))?;
        writeln!(out, ", {} differ", self.differences.len())?;
        let shown = self.differences.iter().take(DIFFERENCES_SHOWN);
        shown.clone().try_for_each(|difference| writeln!(out, "  {difference}"))
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
            Self::Open(schedule) => Some(schedule.rate.get().into()),
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

fn millis(nanos: u64) -> String {
    format!("{} ms", in_millis(nanos))
}

fn in_millis(nanos: u64) -> String {
    format!("{:.3}", Decimal::from_i128_with_scale(nanos.into(), 6).round_dp(3))
}

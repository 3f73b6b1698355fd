//! The report: what a run was worth, its figures, and all forms in which they are read.

mod csv;
mod figures;
mod hgrm;
mod html;
mod save;
mod text;
mod verdict;
mod workload;

use serde::Serialize;

use crate::{
    account::Difference, audit::Checked, cli::Plan, environment::Environment, load::fleet::Out,
    measurement::Measurement, run::beside::Beside,
};

pub use figures::{
    Counts, Histograms, MetricFigures, OperationFigures, Percentiles, RepeatFigures, SlotFigures,
};
pub use save::{SaveError, prepare};
pub(crate) use text::millis;
pub use verdict::Verdict;
pub use workload::Workload;

/// The name and the version of the report's JSON. A later version keeps what an earlier one had.
pub const FORMAT: &str = "holdfast-loadgen-report/1";
/// The JSON schema of a report, draft 2020-12.
pub const SCHEMA: &str = include_str!("../../report.schema.json");

/// Everything there is to say about a run. Times are in nanoseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
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
    /// Each operation that was sent.
    pub operations: Vec<OperationFigures>,
    /// Where the server says the time went; empty when it does not say.
    pub server_timing: Vec<MetricFigures>,
    /// How much of its time the busiest generator thread had work to do.
    pub generator_busy_percent: u64,
    /// The seed of the run.
    pub seed: u64,
    /// The run's name.
    pub run: String,
    /// The SLO, as it was written.
    pub slo: String,
    /// What was asked of the server.
    pub workload: Workload,
    /// Whether the generator was built without optimisation.
    pub debug_build: bool,
    /// Where it was made.
    pub environment: Environment,
    /// Accounts whose every balance was compared after the run.
    pub accounts_checked: usize,
    /// Card transactions of these accounts that were over.
    pub transactions: u64,
    /// Accounts with a request whose outcome stayed unknown; they were not checked.
    pub accounts_unknown: Vec<String>,
    /// What the server said that is not so.
    pub differences: Vec<Difference>,
    /// The distributions of all repeats together.
    pub histograms: Histograms,
    /// Each repeat by itself.
    pub repeats: Vec<RepeatFigures>,
    /// What was found beside.
    #[serde(flatten)]
    pub beside: Beside,
    #[serde(skip)]
    outcome: Verdict,
    #[serde(skip)]
    whole: Measurement,
    #[serde(skip)]
    measured: Vec<Measurement>,
}

impl Report {
    /// Judges a run by what its repeats measured, of which there is at least one.
    #[must_use]
    pub fn new(
        plan: &Plan,
        measured: Vec<Measurement>,
        out: Out,
        checked: Checked,
        beside: Beside,
        environment: Environment,
    ) -> Self {
        let whole = Measurement::whole(&measured).expect("a run has at least one repeat");
        let outcome = Verdict::judge(plan, &whole, &out, &beside);
        Self {
            format: FORMAT,
            achieved_per_s: figures::per_second(whole.answers, whole.span()),
            p99_ns: Percentiles::of(&whole.response).p99_ns,
            verdict: outcome.word(),
            reasons: outcome.reasons(&out),
            offered_per_s: plan.offered_per_s(),
            counts: Counts::of(&whole),
            response: Percentiles::of(&whole.response),
            service: Percentiles::of(&whole.service),
            lateness: Percentiles::of(&whole.lateness),
            operations: OperationFigures::all(&whole),
            server_timing: MetricFigures::all(&whole),
            generator_busy_percent: whole.busy_percent,
            seed: plan.seed,
            run: plan.run.clone(),
            slo: plan.slo.to_string(),
            workload: Workload::of(plan),
            debug_build: cfg!(debug_assertions),
            environment,
            accounts_checked: checked.accounts,
            transactions: checked.transactions,
            accounts_unknown: out.given_up,
            differences: out.differences,
            histograms: Histograms::of(&whole),
            repeats: measured.iter().map(RepeatFigures::of).collect(),
            beside,
            outcome,
            whole,
            measured,
        }
    }

    /// What the run is worth.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.outcome
    }

    /// The report as one JSON object, as [`SCHEMA`] describes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are JSON")
    }

    /// The report for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a string takes all that is written to it");
        text
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
}

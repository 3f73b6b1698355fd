//! What was asked of the server: reports of different workloads say nothing of each other.

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::{Mode, Plan, Play};

/// Everything that makes a run harder or easier. The seed and the SLO are not in it: they change
/// what is drawn and what is hoped for, not what is asked.
#[derive(Debug, Clone, Serialize)]
pub struct Workload {
    /// `open`: on a schedule; `closed`: as soon as there is an answer; `knee`, `replay`.
    pub mode: &'static str,
    /// How the gaps are drawn: `poisson` or `uniform`; absent in a closed run.
    pub arrivals: Option<String>,
    /// Requests per second that the schedule asks for, over time; absent in a closed run.
    pub rate: Option<String>,
    /// Load before what counts.
    pub warm_up_seconds: u64,
    /// The longest that it lasts.
    pub seconds_max: u64,
    /// The most requests; absent when only time ends it.
    pub requests_max: Option<u64>,
    /// Which life cycles are played.
    pub mix: String,
    /// Accounts that are played.
    pub accounts: u64,
    /// How much more some are asked than others.
    pub hot: String,
    /// The share of requests that repeat an earlier one.
    pub repeat: String,
    /// The share of cycles that ask for more than there is, beside those of the mix.
    pub refuse: String,
    /// The share of requests that are first sent in a form that is wrong.
    pub malformed: String,
    /// Connections.
    pub connections: usize,
    /// Generator threads.
    pub threads: usize,
}

impl Workload {
    pub(super) fn of(plan: &Plan) -> Self {
        let (mode, limit) = match &plan.mode {
            Mode::Open(schedule) => ("open", schedule.limit),
            Mode::Closed(limit) => ("closed", *limit),
        };
        let mode = match &plan.play {
            Play::Load => mode,
            Play::Knee(_) => "knee",
            Play::Replay(_) => "replay",
        };
        let schedule = match &plan.mode {
            Mode::Open(schedule) if mode != "replay" => Some(schedule),
            Mode::Open(_) | Mode::Closed(_) => None,
        };
        Self {
            mode,
            arrivals: schedule.map(|schedule| name(&schedule.arrivals)),
            rate: schedule.map(|schedule| schedule.shape.to_string()),
            warm_up_seconds: plan.warm_up.as_secs(),
            seconds_max: limit.after.as_secs(),
            requests_max: (limit.requests < u64::MAX).then_some(limit.requests),
            mix: name(&plan.mix),
            accounts: plan.accounts,
            hot: plan.hot.to_string(),
            repeat: plan.shares.repeat.to_string(),
            refuse: plan.shares.refuse.to_string(),
            malformed: plan.shares.malformed.to_string(),
            connections: plan.connections,
            threads: plan.threads,
        }
    }
}

/// What the command line calls it.
fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

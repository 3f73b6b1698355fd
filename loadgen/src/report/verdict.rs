//! The verdict: correct before valid, valid before fast.

use crate::{
    cli::{Mode, Plan},
    load::fleet::Out,
    measurement::{LATE, Measurement},
    run::beside::Beside,
};

/// A run is invalid when more than one send in this many was late.
const LATE_ONE_IN: u64 = 100;
/// A run is invalid when a thread had work to do for more of its time than this, in percent:
/// then answers lay unread, and what they waited is the generator's doing.
pub(super) const BUSY_MAX_PERCENT: u64 = 95;

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

    /// The verdict in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Missed(_) => "missed",
            Self::Invalid(_) => "invalid",
            Self::Incorrect => "incorrect",
        }
    }

    /// Why it is not a pass.
    pub(super) fn reasons(&self, out: &Out) -> Vec<String> {
        match self {
            Self::Missed(reasons) | Self::Invalid(reasons) => reasons.clone(),
            Self::Incorrect => vec![format!("{} differences", out.differences.len())],
            Self::Pass => Vec::new(),
        }
    }

    /// Judges what was measured, and what was found beside.
    #[must_use]
    pub fn judge(plan: &Plan, measured: &Measurement, out: &Out, beside: &Beside) -> Self {
        if !out.differences.is_empty() {
            return Self::Incorrect;
        }
        let invalid = [invalid(plan, measured), beside.invalid(plan.stolen_max)].concat();
        if !invalid.is_empty() {
            return Self::Invalid(invalid);
        }
        let slo = plan.slo.missed(measured, out.differences.len());
        let slo = slo.into_iter().map(|promise| promise.to_string());
        let missed: Vec<_> = slo.chain(beside.missed()).collect();
        if missed.is_empty() { Self::Pass } else { Self::Missed(missed) }
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

//! A saved report, as far as two of them are compared, read and doubted.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::CompareError;
use crate::{
    measurement::decode,
    report::{Counts, FORMAT},
};

/// How often each time occurred: nanoseconds, ascending, and how many.
pub type Recorded = Vec<(u64, u64)>;

/// A report that can be compared with another.
#[derive(Debug)]
pub struct Saved {
    /// Everything that makes a run harder or easier.
    pub workload: Map<String, Value>,
    /// Where it was made.
    pub environment: Map<String, Value>,
    /// Whether the generator was built without optimisation.
    pub debug_build: bool,
    /// Its repeats, of which there is at least one.
    pub repeats: Vec<Repeat>,
}

/// One repeat, or one stretch of one.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The requests that were due.
    pub due: u64,
    /// Those that were answered.
    pub answered: u64,
    /// Those that were not.
    pub errors: u64,
    /// How long it took.
    pub span_ns: u64,
    /// Response times.
    pub response: Recorded,
    /// The same second by second.
    pub seconds: Vec<Self>,
}

#[derive(Deserialize)]
struct WireReport {
    verdict: String,
    reasons: Vec<String>,
    workload: Map<String, Value>,
    environment: Map<String, Value>,
    debug_build: bool,
    repeats: Vec<WireRepeat>,
}

#[derive(Deserialize)]
struct WireRepeat {
    span_ns: u64,
    counts: Counts,
    histograms: WireHistograms,
    interval_s: u64,
    slots: Vec<WireSlot>,
}

#[derive(Deserialize)]
struct WireHistograms {
    response: String,
}

#[derive(Deserialize)]
struct WireSlot {
    offered: u64,
    answered: u64,
    failed: u64,
    response: String,
}

impl Saved {
    /// Reads a report of a run that was correct and valid.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is no report, or is one whose figures say nothing of the server.
    pub fn read(path: &Path) -> Result<Self, CompareError> {
        let text = fs::read_to_string(path)
            .map_err(|error| CompareError::Unreadable { path: path.to_owned(), error })?;
        let refused = |why: String| CompareError::NoReport { path: path.to_owned(), why };
        let value: Value =
            serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(refused(format!("its format is not {FORMAT}")));
        }
        let report = WireReport::deserialize(value).map_err(|error| refused(error.to_string()))?;
        if !["pass", "missed"].contains(&report.verdict.as_str()) {
            let why = format!("{}: {}", report.verdict, report.reasons.join(", "));
            return Err(CompareError::Worthless { path: path.to_owned(), why });
        }
        Self::from_wire(report).map_err(refused)
    }

    fn from_wire(report: WireReport) -> Result<Self, String> {
        let WireReport { workload, environment, debug_build, repeats, .. } = report;
        let repeats = repeats.into_iter().map(Repeat::from_wire).collect::<Result<Vec<_>, _>>()?;
        let empty = |repeat: &Repeat| repeat.answered == 0 || repeat.span_ns == 0;
        if repeats.is_empty() || repeats.iter().any(empty) {
            return Err("a repeat of it has no answer".to_owned());
        }
        Ok(Self { workload, environment, debug_build, repeats })
    }
}

impl Repeat {
    fn from_wire(wire: WireRepeat) -> Result<Self, String> {
        let Counts { sent, answered, failed, unsent, .. } = wire.counts;
        let seconds = seconds(&wire)?;
        Ok(Self {
            due: sent.saturating_add(unsent),
            answered,
            errors: failed.saturating_add(unsent),
            span_ns: wire.span_ns,
            response: recorded(&wire.histograms.response)?,
            seconds,
        })
    }

    /// Adds what was answered after the last request was due to the second in which it was.
    fn add(&mut self, late: Self) {
        self.due = self.due.saturating_add(late.due);
        self.answered = self.answered.saturating_add(late.answered);
        self.errors = self.errors.saturating_add(late.errors);
        self.span_ns = self.span_ns.saturating_add(late.span_ns);
    }
}

fn recorded(text: &str) -> Result<Recorded, String> {
    decode(text).map_err(|error| format!("of a distribution: {error}"))
}

/// The seconds of a repeat. The last may be shorter, and has what was answered after it.
fn seconds(wire: &WireRepeat) -> Result<Vec<Repeat>, String> {
    let length = wire.interval_s.saturating_mul(1_000_000_000);
    let mut seconds: Vec<Repeat> = Vec::new();
    for (index, slot) in (0_u64..).zip(&wire.slots) {
        let begin = index.saturating_mul(length);
        let second = Repeat {
            due: slot.offered,
            answered: slot.answered,
            errors: slot.failed,
            span_ns: wire.span_ns.saturating_sub(begin).min(length),
            response: recorded(&slot.response)?,
            seconds: Vec::new(),
        };
        match seconds.last_mut() {
            Some(last) if slot.offered == 0 => last.add(second),
            _ => seconds.push(second),
        }
    }
    Ok(seconds)
}

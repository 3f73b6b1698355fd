//! The auditor: adds the books up all the time, a shard at a time, and says when they are wrong.

use std::thread::sleep;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::shared::Shared;

/// What each shard adds to the pauses, so that a whole audit takes about a second.
const PAUSE: Duration = Duration::from_millis(1);
/// A pause is so long at least: each wakes a core that may have nothing else to do, or has.
const PAUSE_MIN: Duration = Duration::from_millis(16);
/// After so much work there is a pause, however short.
const WORK_MAX: Duration = Duration::from_micros(200);

/// Audits until the process ends.
pub fn run(shared: &Shared) {
    let mut pace = Pace { due: Duration::ZERO, since: Instant::now() };
    loop {
        let findings = shared.ledger.audit(|| pace.pause());
        shared.metrics.audited(findings.unbalanced.len().saturating_add(findings.miscounted.len()));
        if !findings.are_clean() {
            tracing::error!(?findings, "THE BOOKS DO NOT ADD UP");
        }
    }
}

/// How the work is spread.
struct Pace {
    /// What is to be slept.
    due: Duration,
    /// When the work since the last pause began.
    since: Instant,
}

impl Pace {
    /// Between two shards.
    fn pause(&mut self) {
        self.due = self.due.saturating_add(PAUSE);
        if self.due >= PAUSE_MIN || self.since.elapsed() >= WORK_MAX {
            sleep(std::mem::take(&mut self.due));
            self.since = Instant::now();
        }
    }
}

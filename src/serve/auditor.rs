//! The auditor: adds the books up all the time, a shard at a time, and says when they are wrong.

use std::thread::sleep;
use std::time::Duration;

use crate::http::shared::Shared;

/// Between two shards, so that a whole audit takes about a second and costs next to nothing.
const PAUSE: Duration = Duration::from_millis(1);

/// Audits until the process ends.
pub fn run(shared: &Shared) {
    loop {
        let findings = shared.ledger.audit(|| sleep(PAUSE));
        shared.metrics.audited(findings.unbalanced.len().saturating_add(findings.miscounted.len()));
        if !findings.are_clean() {
            tracing::error!(?findings, "THE BOOKS DO NOT ADD UP");
        }
    }
}

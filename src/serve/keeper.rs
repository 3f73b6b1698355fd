//! The keeper: it keeps the log short, with a snapshot now and then, and with an archive for what
//! is old.

use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::Duration;

use crate::engine::{Lsn, TakeError};
use crate::http::shared::Shared;

/// How often it looks whether there is something to do.
const ROUND: Duration = Duration::from_secs(1);
/// How many rounds there are between two looks at the archive.
const ARCHIVE_ROUNDS: u64 = 5;

/// Keeps until the process ends.
pub fn run(shared: &Shared) {
    let keeping = &shared.config.keeping;
    let mut last = shared.ledger.durable();
    let mut waited = Duration::ZERO;
    for round in 0_u64.. {
        sleep(ROUND);
        waited = waited.saturating_add(ROUND);
        if !shared.ready.load(Ordering::Acquire) || shared.ledger.is_poisoned() {
            continue;
        }
        if keeping.snapshot_interval.is_some_and(|interval| waited >= interval) {
            waited = Duration::ZERO;
            last = snapshot(shared, last);
        }
        if keeping.archive_dir.is_some() && round % ARCHIVE_ROUNDS == 0 {
            archive(shared);
        }
    }
}

/// Takes a snapshot if anything happened since the last; returns how far that saw.
fn snapshot(shared: &Shared, last: Lsn) -> Lsn {
    if shared.ledger.appended() == last {
        return last;
    }
    match shared.snapshot() {
        Ok(taken) => taken.copied.upto,
        Err(TakeError::UnderWay) => last,
        Err(TakeError::Failed(error)) => {
            tracing::error!(%error, "a snapshot could not be taken: the next start takes longer");
            last
        }
    }
}

fn archive(shared: &Shared) {
    let age = i64::try_from(shared.config.keeping.archive_after.as_micros()).unwrap_or(i64::MAX);
    let now = shared.ledger.now();
    let before = crate::ledger::Moment::from_micros(now.micros().saturating_sub(age));
    if let Err(error) = shared.ledger.archive(before) {
        tracing::error!(%error, "sealed segments could not be archived: they stay where they are");
    }
}

//! The sweeper: it gives back what nobody used in time, and undoes approvals that nobody waits for
//! any more.

use std::thread::sleep;
use std::time::Duration;

use crate::http::shared::Shared;

/// How often it looks: what lapses does so at most this much later.
const ROUND: Duration = Duration::from_millis(20);

/// Sweeps until the process ends.
pub fn run(shared: &Shared) {
    loop {
        sleep(ROUND);
        shared.ledger.sweep();
        shared.ledger.lapse_due();
    }
}

//! The sweeper: it gives back what nobody used in time, undoes approvals that nobody waits for any
//! more, and posts those that could not be posted at once.

use std::thread::sleep;
use std::time::Duration;

use crate::engine::IntegrationMode;
use crate::http::shared::Shared;

/// How often it looks: what lapses does so at most this much later.
const ROUND: Duration = Duration::from_millis(20);

/// Sweeps until the process ends.
pub fn run(shared: &Shared) {
    loop {
        sleep(ROUND);
        shared.ledger.sweep();
        shared.ledger.lapse_due();
        if shared.ledger.integration_mode() == IntegrationMode::Clearing {
            shared.clerk.post_due(&shared.ledger);
        }
    }
}

//! What all workers share: the ledger, the configuration, the limits that hold over all of them.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam::utils::CachePadded;

use super::answer::Problem;
use super::durable::Wakers;
use super::metrics::Metrics;
use crate::clearing::Clerk;
use crate::config::Config;
use crate::engine::{Ledger, Snapshot, TakeError};

/// Between two parts of a snapshot.
const SNAPSHOT_PAUSE: Duration = Duration::from_micros(500);

/// What all workers share.
pub struct Shared {
    /// The ledger.
    pub ledger: Ledger,
    /// Who moves money by what is told, where the network does not.
    pub clerk: Clerk,
    /// How the server was told to run.
    pub config: Config,
    /// What is counted.
    pub metrics: Metrics,
    /// The workers' bells.
    pub wakers: Arc<Wakers>,
    /// Whether new work is taken.
    pub ready: AtomicBool,
    /// Connections being served.
    pub connections: Arc<AtomicUsize>,
    /// Requests being served.
    pub in_flight: CachePadded<AtomicUsize>,
    /// Whether a file is being reconciled.
    pub reconciling: AtomicBool,
}

impl Shared {
    /// Takes a snapshot, at a pace that leaves the machine to the actions beside it. Blocks.
    ///
    /// # Errors
    /// When it cannot be taken; the log is as it was.
    pub fn snapshot(&self) -> Result<Snapshot, TakeError> {
        let taken = self.ledger.snapshot(|| std::thread::sleep(SNAPSHOT_PAUSE))?;
        self.metrics.snapshot_taken(taken.copied.locked_max);
        let (accounts, keys) = (taken.copied.accounts, taken.copied.keys);
        let (bytes, locked_max) = (taken.bytes, taken.copied.locked_max);
        tracing::info!(accounts, keys, bytes, ?locked_max, "a snapshot was taken");
        Ok(taken)
    }

    /// Counts one more request as in flight, until what it returns is dropped.
    ///
    /// # Errors
    /// 503 when as many are as may be.
    pub fn admit(&self) -> Result<InFlight<&Self>, Problem> {
        InFlight::among(self)
    }

    /// The same for a request that is answered behind the call.
    ///
    /// # Errors
    /// 503 when as many are as may be.
    pub fn admit_stream(self: &Arc<Self>) -> Result<InFlight<Arc<Self>>, Problem> {
        InFlight::among(Arc::clone(self))
    }
}

/// A request in flight.
pub struct InFlight<S: Deref<Target = Shared>>(S);

impl<S: Deref<Target = Shared>> InFlight<S> {
    fn among(shared: S) -> Result<Self, Problem> {
        let before = shared.in_flight.fetch_add(1, Ordering::Relaxed);
        let admitted = Self(shared);
        if before >= admitted.0.config.max_in_flight {
            let message = "too much is in flight: nothing was done, ask again later";
            return Err(Problem::unavailable("OVERLOADED", message));
        }
        Ok(admitted)
    }
}

impl<S: Deref<Target = Shared>> Drop for InFlight<S> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

//! Recovery: the records of the log, folded into the state from which they were answered.
//!
//! The state that it begins with is nothing, or what a [snapshot](super::snapshot) copied; then a
//! record is taken at each place that it touches and that has not seen it.
//!
//! Every record is checked as it is replayed: the balances that it stored against those that its
//! postings make of the state before it, its links against the chains that it extends, and its
//! currencies against those that the server is configured with. A record that does not fit is
//! never skipped; the server refuses to start.
//!
//! # Who does what
//!
//! ```text
//! log ─► Router ─┬─ Batch ─► Folder: its shards of accounts, its shards of keys, the strays
//!                ├─ Batch ─► Folder: its shards of accounts, its shards of keys
//!                └─ …
//! ```
//!
//! The state is divided between folders, each of which has its part alone and needs no lock. The
//! [router](router) looks at the front of a record and hands it to whoever has the account: both
//! ends of a transfer may be with different folders, and each folds its own. The keys go to whoever
//! has their shard, and what happened at no account to the one who has the strays.
//!
//! Folders are threads where the machine has more than one core and the log more than a
//! [batch](batch); else they fold in place. That makes no difference to what comes out: a part
//! gets its records in the order of the log, and no check looks beyond it. Where records do not
//! fit, the first is told, as one who reads record by record would; and a record that does not fit
//! is told before damage of the log behind it.
//!
//! Folding waits for memory: a record's account, transaction and key are lines that no cache has. So
//! a [folder](folder) takes the records of a batch in chunks, and reads all that a chunk needs before
//! it folds the first record of it.

mod accounts;
mod authorizations;
mod batch;
mod breaks;
mod crew;
mod end;
mod error;
mod folder;
mod limits;
mod notifications;
mod router;

use std::sync::OnceLock;
use std::thread::{available_parallelism, scope};

use wal::OpenError;

use self::crew::Crew;
use self::error::Fault;
pub use self::error::{Disagreement, RecoverError};
use self::folder::Folder;
pub(super) use self::router::Router;
use super::authorize::Undecided;
use super::currencies::Currencies;
use super::snapshot::Base;
use super::state::Listed;
use crate::ledger::Moment;

/// Who folds the records of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folders {
    /// How many do, each on a thread of its own; with none, the one who reads does so too.
    pub threads: usize,
    /// How many bytes of records are handed to one of them together.
    pub batch_bytes: usize,
}

impl Default for Folders {
    /// As many as this machine has cores, for they are who has most to do; more than eight would
    /// wait for the one who routes.
    fn default() -> Self {
        static CORES: OnceLock<usize> = OnceLock::new();
        let cores = *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from));
        Self { threads: if cores > 1 { cores.min(8) } else { 0 }, batch_bytes: 256 << 10 }
    }
}

/// What came of a replay, beside the state.
pub(super) struct Folded {
    /// The moment of the last record.
    pub(super) last: Option<Moment>,
    /// Approvals that may not have been answered.
    pub(super) undecided: Undecided,
}

/// Replays on `base` the records that `show` shows to the router. What `show` returned, and what
/// came of it.
pub(super) fn replay<T>(
    base: &mut Base,
    currencies: &Currencies,
    folders: Folders,
    show: impl FnOnce(&mut Router<'_, '_>) -> Result<T, OpenError<Fault>>,
) -> Result<(T, Folded), OpenError<RecoverError>> {
    let Base { state, seen, before, .. } = base;
    let (secret, keys) = (state.secret, state.keys.hashing());
    let (parts, owners, names) = state.divide(folders.threads.max(1));
    let each = parts.into_iter();
    let each = each.map(|part| Folder { part, secret, currencies, seen, opened: Vec::new() });
    let each = each.collect();
    let done = scope(|scope| {
        let crew = Crew::new(scope, folders, each);
        let folded = Folded { last: *before, undecided: Undecided::default() };
        let mut router = Router { crew, owners, names, keys, secret, folded };
        let shown = show(&mut router);
        first(shown, router.end())
    });
    let (shown, folded, opened) = done.map_err(|error| error.map(RecoverError::from))?;
    state.enlist(opened);
    Ok((shown, folded))
}

/// What came of it, or the first thing that was wrong.
fn first<T>(
    shown: Result<T, OpenError<Fault>>,
    folded: Result<(Folded, Vec<Listed>), Fault>,
) -> Result<(T, Folded, Vec<Listed>), OpenError<Fault>> {
    let visit = |fault: Fault| OpenError::Visit { lsn: fault.lsn, error: fault };
    match (shown, folded) {
        (Ok(shown), Ok((folded, opened))) => Ok((shown, folded, opened)),
        (Err(OpenError::Visit { error, .. }), folded) => Err(visit(error.first(folded.err()))),
        (_, Err(fault)) => Err(visit(fault)),
        (Err(error), Ok(_)) => Err(error),
    }
}

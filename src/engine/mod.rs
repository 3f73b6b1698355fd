//! The engine: the only place that knows both the law and the log.
//!
//! ```text
//! request ─► key shard ─► account shard ─► decide ─► log.append ─► apply ─► Decided, Stamp
//!            └──────────────── locked, and nothing in between waits ────┘
//! ```
//!
//! * An action is executed while its key's shard and its account's shard are locked, so LSN order
//!   is apply order for every account, and a key is executed once.
//! * What an answer reveals may not be durable yet: every answer comes with the position that the
//!   log must have reached first ([`Engine::durable`]).
//! * Locks have one order: unposted approvals, roster, key, account shards ascending, other names,
//!   strays, default spend limits, undecided approvals, log, lapses.

mod account;
mod aliases;
mod audit;
mod authorize;
mod books;
mod breaks;
mod chain;
mod clock;
mod currencies;
mod explain;
mod history;
mod keys;
mod limits;
mod log;
mod names;
mod notifications;
mod open;
mod past;
mod recheck;
pub mod record;
mod recover;
mod replayed;
mod roots;
mod roster;
mod rows;
mod scan;
mod secret;
mod shard;
mod snapshot;
mod standing;
mod state;
mod state_hash;
mod strays;
mod submit;
mod trail;
mod transactions;
mod transfer;

use std::sync::atomic::{AtomicU64, Ordering};

use wal::Storage;
pub use wal::{Commit, Lsn, SnapshotError};

pub use account::{AccountView, AmendError, HoldView, HoldsAsked, HoldsPage, Opened};
pub use audit::{Findings, TrialBalance};
pub use authorize::{
    AccountNames, AuthorizationRequest, Earlier, IntegrationMode, Named, Posting, Settled, Told,
    Undecided,
};
pub use books::Totals;
pub use breaks::{BreakView, BreaksAsked, Resolved};
pub use clock::{Clock, ClockJump, Hand};
pub use currencies::{BadCurrency, Currencies};
pub use explain::{Explained, Saw, Verdict};
pub use history::{HistoryError, Repeat, Stored};
pub use limits::{LimitsError, LimitsView, Used};
pub use log::{Stamp, Unavailable};
pub use notifications::{NotificationsAsked, NotificationsPage};
pub use open::{OpenError, Options, Running, open, open_on};
pub use past::{StatementAsked, StatementPage};
pub use recheck::{Recheck, Rechecked};
pub use recover::{Disagreement, Folders, RecoverError};
pub use replayed::{ReplayError, Replayed, Replaying, replay, replay_on};
pub use scan::ScanError;
pub use snapshot::{BadSnapshot, Begun, Copied, Copying, PassedOver, Snapshot, TakeError};
pub use state_hash::StateHash;
pub use submit::Submitted;

use crate::ledger::{Moment, Rules};
use log::Log;
use state::State;

/// The engine as it is served: on the log in mapped files, and maybe a copy of it.
pub type Ledger = Engine<wal::Mirrored<wal::Directory>>;

/// Accounts in memory, and the log that they are answered from.
pub struct Engine<S: Storage> {
    state: State,
    log: Log<S>,
    rules: Rules,
    calendar: limits::Calendar,
    posted_to_closed: AtomicU64,
    /// Held by the one who takes a snapshot.
    snapshotting: parking_lot::Mutex<()>,
    records_read: AtomicU64,
    undone: AtomicU64,
    lapsed: AtomicU64,
    /// Approvals that are not answered yet.
    undecided: parking_lot::Mutex<Undecided>,
    /// Who moves money for an authorization.
    mode: IntegrationMode,
    /// Approvals that stand, where the ledger is to post them.
    unposted: parking_lot::Mutex<authorize::Unposted>,
    /// What is to lapse when.
    lapses: parking_lot::Mutex<authorize::Lapses>,
}

impl<S: Storage> Engine<S> {
    /// The newest record that is durable.
    #[must_use]
    pub fn durable(&self) -> Lsn {
        self.log.wal.durable()
    }

    /// Says that the caller, who may have submitted something, does nothing more for now: the log
    /// need not wait for more.
    pub fn hurry(&self) {
        self.log.wal.hurry();
    }

    /// The newest record that was taken, durable or not.
    #[must_use]
    pub fn appended(&self) -> Lsn {
        self.log.wal.appended()
    }

    /// Whether the log has failed: nothing that is not durable now ever will be.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.log.wal.is_poisoned()
    }

    /// Whether even the smallest action would be refused for want of storage.
    #[must_use]
    pub fn storage_low(&self) -> bool {
        self.log.wal.storage_low()
    }

    /// Blocks until `lsn` is durable.
    ///
    /// # Errors
    /// When the log failed before.
    pub fn wait_durable(&self, lsn: Lsn) -> Result<(), wal::Poisoned> {
        self.log.wal.wait_durable(lsn)
    }

    /// Moves to the archive what was sealed and is older than `before`, as far as the snapshots
    /// that are kept do not need it. Blocks.
    ///
    /// # Errors
    /// When something cannot be moved: it stays where it was.
    pub fn archive(&self, before: Moment) -> std::io::Result<usize> {
        let mark = u64::try_from(before.micros()).unwrap_or(0);
        self.log.wal.archive(mark)
    }

    /// Takes no more actions. The committer makes durable what was taken, and ends.
    pub fn close(&self) {
        self.log.wal.close();
    }

    /// The moment by the log's clock, later than all that happened.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.log.clock.tick()
    }

    /// How many idempotency keys are remembered.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.state.keys.count()
    }

    /// How many accounts there are.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.state.roster.lock().len()
    }

    /// How many records were read back from the log in this life.
    #[must_use]
    pub fn records_read(&self) -> u64 {
        self.records_read.load(Ordering::Relaxed)
    }

    /// How many approvals were undone in this life because they were not answered in time.
    #[must_use]
    pub fn undone(&self) -> u64 {
        self.undone.load(Ordering::Relaxed)
    }

    /// How many reservations lapsed in this life.
    #[must_use]
    pub fn lapsed(&self) -> u64 {
        self.lapsed.load(Ordering::Relaxed)
    }

    /// What the contract leaves to the tenant.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// How many operations had to post to a closed account in this life.
    #[must_use]
    pub fn posted_to_closed(&self) -> u64 {
        self.posted_to_closed.load(Ordering::Relaxed)
    }
}

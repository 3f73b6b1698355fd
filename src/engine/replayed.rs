//! A log that was replayed to be looked at: what it makes in memory, and nothing to go on with.

use wal::inspect::{Look, Tail, scan};
use wal::{Lsn, OnProgress, RecordRef, Recovered, Storage};

use super::audit::Findings;
use super::books::Totals;
use super::currencies::Currencies;
use super::recover::{self, Folders, RecoverError};
use super::snapshot::{BadSnapshot, Base, Limits, read};
use super::state::State;
use super::state_hash::StateHash;
use crate::ledger::{Currency, Moment};

/// What a log comes to.
pub struct Replayed {
    pub(super) state: State,
    /// The moment of its last record.
    pub last: Option<Moment>,
    /// What was found of it.
    pub found: Recovered,
}

/// What is replayed, and how.
pub struct Replaying<'a> {
    /// Whether a log may be running on these files.
    pub tail: Tail,
    /// The last record that is taken.
    pub upto: Lsn,
    /// Told how far it is.
    pub on_progress: Option<OnProgress>,
    /// The currencies that the records may be in.
    pub currencies: &'a Currencies,
}

/// Why a log was not replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is damaged, or a record does not fit those before it.
    #[error(transparent)]
    Log(#[from] wal::OpenError<RecoverError>),
    /// The snapshot is not right.
    #[error(transparent)]
    Snapshot(#[from] wal::ReadSnapshotError<BadSnapshot>),
    /// The log ends before a record that the snapshot has seen.
    #[error("the snapshot has seen record {upto}, and the log ends at record {last}")]
    Short {
        /// The newest record that it has seen.
        upto: Lsn,
        /// The last record of the log.
        last: Lsn,
    },
}

/// Replays a log from its first record, as recovery does where there is no snapshot. Nothing is
/// changed.
///
/// # Errors
/// When the log is damaged, or a record does not fit those before it.
pub fn replay<S: Storage>(
    storage: &S,
    what: Replaying<'_>,
) -> Result<Replayed, wal::OpenError<RecoverError>> {
    on(storage, Base::nothing(&limits(what.currencies)), what)
}

/// Replays on a snapshot what the log has behind it. Nothing is changed.
///
/// # Errors
/// When the snapshot or the log is damaged, or they do not fit each other.
pub fn replay_on<S: Storage>(
    storage: &S,
    snapshot: Lsn,
    what: Replaying<'_>,
) -> Result<Replayed, ReplayError> {
    let (base, _) = read(storage, limits(what.currencies), snapshot)?;
    let upto = base.upto;
    let replayed = on(storage, base, what)?;
    let last = replayed.found.last;
    if last < upto { Err(ReplayError::Short { upto, last }) } else { Ok(replayed) }
}

fn on<S: Storage>(
    storage: &S,
    mut base: Base,
    what: Replaying<'_>,
) -> Result<Replayed, wal::OpenError<RecoverError>> {
    let Replaying { tail, upto, on_progress, currencies } = what;
    let look = Look { tail, from: base.from, on_progress };
    let (mut found, folded) =
        recover::replay(&mut base, currencies, Folders::default(), |router| {
            let visit = |record: RecordRef<'_>| {
                if record.lsn > upto { Ok(()) } else { router.record(&record) }
            };
            scan(storage, look, visit)
        })?;
    found.last = found.last.min(upto);
    let last = folded.last.max(base.last);
    Ok(Replayed { state: base.state, last, found })
}

const fn limits(currencies: &Currencies) -> Limits<'_> {
    Limits { currencies, key_bits: u64::BITS, max_keys: u64::MAX }
}

impl Replayed {
    /// How many accounts there are.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.state.roster.lock().len()
    }

    /// How many idempotency keys are remembered.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.state.keys.count()
    }

    /// What tells whether two ledgers hold the same.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        self.state.hash()
    }

    /// The books, by currency code.
    #[must_use]
    pub fn totals(&self) -> Vec<(Currency, Totals)> {
        self.state.totals(|| ()).0
    }

    /// What is wrong with the books: nothing, always.
    #[must_use]
    pub fn audit(&self) -> Findings {
        Findings::of(self.totals(), self.state.miscounted(|| {}))
    }
}

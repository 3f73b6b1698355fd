//! A log that was replayed to be looked at: what it makes in memory, and nothing to go on with.

use wal::inspect::{Look, scan};
use wal::{Recovered, Storage};

use super::audit::Findings;
use super::books::Totals;
use super::currencies::Currencies;
use super::recover::{RecoverError, Replay};
use super::snapshot::{Base, Limits};
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

/// Replays the records that `look` shows, which begins with the first, as recovery does. Nothing is
/// changed, and a log may be running on these files.
///
/// # Errors
/// When the log is damaged, or a record does not fit those before it.
pub fn replay<S: Storage>(
    storage: &S,
    look: Look,
    currencies: &Currencies,
) -> Result<Replayed, wal::OpenError<RecoverError>> {
    let base = Base::nothing(&Limits { currencies, key_bits: u64::BITS, max_keys: u64::MAX });
    let mut replay = Replay::new(&base, currencies);
    let found = scan(storage, look, |record| replay.record(&record))?;
    let last = replay.last;
    Ok(Replayed { state: base.state, last, found })
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
        self.state.totals()
    }

    /// What is wrong with the books: nothing, always.
    #[must_use]
    pub fn audit(&self) -> Findings {
        Findings::of(self.totals(), self.state.miscounted(|| {}))
    }
}

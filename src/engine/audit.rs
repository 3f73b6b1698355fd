//! The check that adds the books up, all the time, on a consistent cut.

use wal::{Lsn, Storage};

use super::Engine;
use super::books::{Books, Totals};
use super::state::State;
use crate::ledger::{Currency, Moment};

/// The books of all accounts at one moment.
#[derive(Clone, Debug)]
pub struct TrialBalance {
    /// The moment.
    pub as_of: Moment,
    /// The newest record that it reveals.
    pub seen: Lsn,
    /// By currency code.
    pub currencies: Vec<(Currency, Totals)>,
}

/// What an audit found wrong: nothing, always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Currencies whose postings do not add up to zero, and what they add up to.
    pub unbalanced: Vec<(Currency, i128)>,
    /// Currencies in which a shard's accounts do not add up to its totals.
    pub miscounted: Vec<Currency>,
}

impl Findings {
    /// Whether the books are right.
    #[must_use]
    pub fn are_clean(&self) -> bool {
        self.unbalanced.is_empty() && self.miscounted.is_empty()
    }
}

impl State {
    /// What everything adds up to, and what `seen` says while all of it is locked.
    pub(super) fn totals<T>(&self, seen: impl FnOnce() -> T) -> (Vec<(Currency, Totals)>, T) {
        let mut books = Books::default();
        let shards = self.lock_all();
        let strays = self.lock_strays();
        let seen = seen();
        shards.iter().for_each(|shard| books.merge(&shard.books));
        books.merge(&strays.books);
        drop((strays, shards));
        (books.into_sorted(), seen)
    }

    /// Currencies in which a shard's accounts do not add up to its totals, a shard at a time, with
    /// a `pause` between two.
    pub(super) fn miscounted(&self, mut pause: impl FnMut()) -> Vec<Currency> {
        let mut miscounted = Vec::new();
        for shard in self.numbers() {
            let shard = self.lock(shard);
            miscounted.extend(shard.count_up().customers_differ(&shard.books));
            drop(shard);
            pause();
        }
        miscounted
    }
}

impl Findings {
    /// What is wrong with these totals, and with those shards.
    pub(super) fn of(totals: Vec<(Currency, Totals)>, miscounted: Vec<Currency>) -> Self {
        let sums = totals.into_iter().map(|(currency, totals)| (currency, totals.sum()));
        Self { unbalanced: sums.filter(|(_, sum)| *sum != 0).collect(), miscounted }
    }
}

impl<S: Storage> Engine<S> {
    /// The books at this moment. All shards are locked while their totals are added up, some
    /// microseconds; no account is visited.
    #[must_use]
    pub fn trial_balance(&self) -> TrialBalance {
        let now = || (self.log.clock.tick(), self.log.wal.appended());
        let (currencies, (as_of, seen)) = self.state.totals(now);
        TrialBalance { as_of, seen, currencies }
    }

    /// One whole audit: every shard's accounts against its totals, a shard at a time, calling
    /// `pause` between two shards; then the trial balance.
    pub fn audit(&self, pause: impl FnMut()) -> Findings {
        let miscounted = self.state.miscounted(pause);
        Findings::of(self.trial_balance().currencies, miscounted)
    }
}

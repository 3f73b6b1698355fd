//! The books: for every currency what all customers own and what the system accounts stand at.
//!
//! Each shard keeps the totals of its own accounts and its own part of the system accounts, moved
//! along with every action; what went from one system account to the other is with the strays.
//! Adding all of these up, locked, gives a consistent cut: never half of a transfer. The audit works
//! the totals out anew from the accounts and compares.

use smallvec::SmallVec;

use crate::ledger::{Account, Bucket, Currency, Movement, Pocket};

/// Sums in minor units of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What customers own.
    pub posted: i128,
    /// What is set aside in holds.
    pub held: i128,
    /// What is set aside for approved authorizations.
    pub reserved: i128,
    /// `@settlement`.
    pub settlement: i128,
    /// `@funding`.
    pub funding: i128,
}

impl Totals {
    /// All postings added up: zero, always.
    #[must_use]
    pub const fn sum(&self) -> i128 {
        self.posted.wrapping_add(self.settlement).wrapping_add(self.funding)
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        self.posted = self.posted.wrapping_add(other.posted);
        self.held = self.held.wrapping_add(other.held);
        self.reserved = self.reserved.wrapping_add(other.reserved);
        self.settlement = self.settlement.wrapping_add(other.settlement);
        self.funding = self.funding.wrapping_add(other.funding);
    }

    fn of_pocket(pocket: &Pocket) -> Self {
        Self {
            posted: i128::from(pocket.posted.minor()),
            held: i128::from(pocket.held.minor()),
            reserved: i128::from(pocket.reserved.minor()),
            ..Self::default()
        }
    }
}

/// Totals by currency, in the order in which the currencies were first seen.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Most deployments have one, which then lies in the shard itself.
    totals: SmallVec<[(Currency, Totals); 1]>,
}

impl Books {
    /// The totals of each currency, by code.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<(Currency, Totals)> {
        self.totals.sort_unstable_by_key(|(currency, _)| *currency);
        self.totals.into_vec()
    }

    /// What the system accounts stand at, by code, where that is not zero.
    #[must_use]
    pub fn system(&self) -> Vec<(Currency, Totals)> {
        let system = |totals: &Totals| Totals {
            settlement: totals.settlement,
            funding: totals.funding,
            ..Totals::default()
        };
        let parts = self.totals.iter().map(|(currency, totals)| (*currency, system(totals)));
        let parts = parts.filter(|(_, totals)| *totals != Totals::default()).collect();
        Self { totals: parts }.into_sorted()
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (currency, totals) in &other.totals {
            self.of(*currency).add(totals);
        }
    }

    /// Adds the balances of an account.
    pub fn add_account(&mut self, account: &Account) {
        for (_, pocket) in account.balances() {
            self.of(pocket.currency).add(&Totals::of_pocket(pocket));
        }
    }

    /// Notes that `before` became `after`, with what went to or from the system accounts.
    pub fn note(&mut self, before: &Pocket, after: &Pocket, movement: Option<&Movement>) {
        let (was, is) = (Totals::of_pocket(before), Totals::of_pocket(after));
        let net = |bucket| movement.map_or(0, |movement| movement.net(bucket));
        self.of(after.currency).add(&Totals {
            posted: is.posted.wrapping_sub(was.posted),
            held: is.held.wrapping_sub(was.held),
            reserved: is.reserved.wrapping_sub(was.reserved),
            settlement: net(Bucket::Settlement),
            funding: net(Bucket::Funding),
        });
    }

    /// The totals of `currency`, to be changed.
    pub fn of(&mut self, currency: Currency) -> &mut Totals {
        let n = self.totals.iter().position(|(known, _)| *known == currency);
        let n = n.unwrap_or_else(|| {
            self.totals.push((currency, Totals::default()));
            self.totals.len().saturating_sub(1)
        });
        &mut self.totals[n].1
    }

    /// Currencies in which what customers own, hold and reserve differs from `other`'s.
    #[must_use]
    pub fn customers_differ(&self, other: &Self) -> Vec<Currency> {
        let customers = |books: &Self, currency: Currency| {
            let found = books.totals.iter().find(|(known, _)| *known == currency);
            found.map(|(_, t)| (t.posted, t.held, t.reserved)).unwrap_or_default()
        };
        let all = self.totals.iter().chain(&other.totals).map(|(currency, _)| *currency);
        all.filter(|c| customers(self, *c) != customers(other, *c)).collect()
    }
}

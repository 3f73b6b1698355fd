//! What there is of each currency.

use crate::money::Currency;
use crate::record::{Bucket, Pocket, Posting};

/// Sums of one currency, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Of what.
    pub currency: Currency,
    /// How many balances there are.
    pub accounts: u64,
    /// How many operations and transfers were done.
    pub actions: u64,
    /// How many were refused.
    pub refusals: u64,
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
    /// What left one account and has not arrived at the other: nothing, behind every record.
    pub between: i128,
}

/// Counts that belong to no currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unattributed {
    /// Refusals of operations without an amount.
    pub refusals: u64,
    /// Refusals for a spend limit, which these books know nothing of.
    pub limits: u64,
}

impl Totals {
    const fn new(currency: Currency) -> Self {
        Self {
            currency,
            accounts: 0,
            actions: 0,
            refusals: 0,
            posted: 0,
            held: 0,
            reserved: 0,
            settlement: 0,
            funding: 0,
            between: 0,
        }
    }

    /// All postings added up: zero.
    #[must_use]
    pub fn sum(&self) -> i128 {
        let parts = [self.posted, self.settlement, self.funding, self.between];
        parts.into_iter().fold(0, i128::saturating_add)
    }

    /// Whether nothing was made, lost or left half-way.
    pub(super) fn is_even(&self) -> bool {
        self.sum() == 0 && self.between == 0
    }

    /// Notes that one balance became another.
    pub(super) fn changed(&mut self, before: &Pocket, after: &Pocket) {
        let add = |sum: &mut i128, was: i64, is: i64| {
            *sum = sum.saturating_add(i128::from(is)).saturating_sub(i128::from(was));
        };
        add(&mut self.posted, before.posted, after.posted);
        add(&mut self.held, before.held, after.held);
        add(&mut self.reserved, before.reserved, after.reserved);
    }

    /// Notes what the system accounts and the other end of a transfer gave and got.
    pub(super) fn carried(&mut self, posting: &Posting) {
        let amount = i128::from(posting.amount);
        self.add(posting.from, amount.saturating_neg());
        self.add(posting.to, amount);
    }

    pub(super) fn add(&mut self, bucket: Bucket, amount: i128) {
        let sum = match bucket {
            Bucket::Settlement => &mut self.settlement,
            Bucket::Funding => &mut self.funding,
            Bucket::Counterparty => &mut self.between,
            Bucket::Available | Bucket::Hold => return,
        };
        *sum = sum.saturating_add(amount);
    }
}

/// The totals of all currencies.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    all: Vec<Totals>,
    pub(super) unattributed: Unattributed,
}

impl Ledger {
    pub(super) fn of(&mut self, currency: Currency) -> &mut Totals {
        let place = self.all.iter().position(|totals| totals.currency == currency);
        let place = place.unwrap_or(self.all.len());
        if place == self.all.len() {
            self.all.push(Totals::new(currency));
        }
        &mut self.all[place]
    }

    /// A currency of the same code and another exponent.
    pub(super) fn contradicts(&self, currency: Currency) -> Option<Currency> {
        let mut known = self.all.iter().map(|totals| totals.currency);
        known.find(|known| known.code() == currency.code() && *known != currency)
    }

    pub(super) fn sorted(&self) -> Vec<Totals> {
        let mut all = self.all.clone();
        all.sort_unstable_by_key(|totals| totals.currency);
        all
    }
}

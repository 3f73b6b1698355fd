//! What the records of a file add up to: by the way that money goes, and by what it is.

use std::collections::BTreeMap;

use super::clearing_type::Class;
use super::row::Settled;
use crate::ledger::Currency;

/// Some records together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Minor units.
    pub minor: i128,
    /// How many.
    pub count: u64,
}

/// All that goes one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Purchases, refunds, fees.
    pub transactions: Sum,
    /// Steps of disputes.
    pub chargebacks: Sum,
    /// What was undone.
    pub reversals: Sum,
    /// The fees in all of them.
    pub interchange: i128,
}

/// Both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// `…_credit`.
    pub credit: Side,
    /// `…_debit`.
    pub debit: Side,
}

/// By currency.
pub type Tallies = BTreeMap<Currency, Tally>;

impl Sum {
    fn add(&mut self, minor: i128) {
        self.minor += minor;
        self.count += 1;
    }

    fn merge(&mut self, other: Self) {
        self.minor += other.minor;
        self.count += other.count;
    }
}

impl Side {
    /// All but the fees.
    #[must_use]
    pub const fn total(&self) -> i128 {
        self.transactions.minor + self.chargebacks.minor + self.reversals.minor
    }

    fn merge(&mut self, other: &Self) {
        self.transactions.merge(other.transactions);
        self.chargebacks.merge(other.chargebacks);
        self.reversals.merge(other.reversals);
        self.interchange += other.interchange;
    }
}

impl Tally {
    const fn side(&mut self, gives: bool) -> &mut Side {
        if gives { &mut self.credit } else { &mut self.debit }
    }

    /// Credits less debits, without fees.
    #[must_use]
    pub const fn net(&self) -> i128 {
        self.credit.total() - self.debit.total()
    }

    /// All fees.
    #[must_use]
    pub const fn interchange(&self) -> i128 {
        self.credit.interchange + self.debit.interchange
    }

    /// With another one.
    pub fn merge(&mut self, other: &Self) {
        self.credit.merge(&other.credit);
        self.debit.merge(&other.debit);
    }
}

/// One record more. What expired settles nothing.
pub fn add(tallies: &mut Tallies, class: Class, gives: bool, settled: &Settled) {
    let side = tallies.entry(settled.currency).or_default().side(gives);
    let sum = match class {
        Class::Transaction => &mut side.transactions,
        Class::Chargeback => &mut side.chargebacks,
        Class::Reversal => &mut side.reversals,
        Class::Expiry => return,
    };
    sum.add(settled.minor.into());
    let side = tallies.entry(settled.fee_currency).or_default().side(gives);
    side.interchange += i128::from(settled.fee);
}

/// All of it as if it were in `currency`: a record that settles in another one is a break by
/// itself, and not also a wrong total.
#[must_use]
pub fn as_if_in(tallies: &Tallies, currency: Currency) -> Tally {
    let mut whole = Tally::default();
    for (other, tally) in tallies {
        let (from, to) = (u32::from(other.exponent()), u32::from(currency.exponent()));
        let scale = |minor: i128| {
            let up = minor * 10_i128.pow(to.saturating_sub(from));
            up / 10_i128.pow(from.saturating_sub(to))
        };
        let mut scaled = *tally;
        for side in [&mut scaled.credit, &mut scaled.debit] {
            for sum in [&mut side.transactions, &mut side.chargebacks, &mut side.reversals] {
                sum.minor = scale(sum.minor);
            }
            side.interchange = scale(side.interchange);
        }
        whole.merge(&scaled);
    }
    whole
}

//! Breaks as they are found: counted by kind, and so many of them kept.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::row::{FileRow, LedgerRow};
use crate::ledger::Currency;

/// An amount on one side of a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum {
    /// What it took from the customer, below zero where it gave.
    pub minor: i128,
    /// Of what.
    pub currency: Currency,
}

/// Something that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// What kind of thing.
    pub kind: Kind,
    /// The record's number and line, where it is about one.
    pub record: Option<(u64, u64)>,
    /// The card transaction; empty where it is about none.
    pub transaction: String,
    /// The account; empty where it is about none.
    pub account: String,
    /// The record's network reference; empty where it has none.
    pub reference: String,
    /// The member of the record or the summary; empty where it is about none.
    pub member: String,
    /// What the file has.
    pub in_file: Option<Figure>,
    /// What the ledger has, or what the records add up to.
    pub in_ledger: Option<Figure>,
    /// The ledger's action, by its place in the log.
    pub action: Option<u64>,
    /// What is wrong, for people.
    pub what: String,
}

/// What stands on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// An amount.
    Sum(Sum),
    /// A number of records.
    Count(u64),
}

impl Break {
    /// A break that is about nothing yet.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            record: None,
            transaction: String::new(),
            account: String::new(),
            reference: String::new(),
            member: String::new(),
            in_file: None,
            in_ledger: None,
            action: None,
            what: kind.says().to_owned(),
        }
    }

    /// The same, about that record.
    #[must_use]
    pub fn of_record(self, row: &FileRow<'_>) -> Self {
        let sum = row.currency.map(|currency| Sum { minor: row.minor.into(), currency });
        Self {
            record: Some((row.number, row.line)),
            transaction: row.transaction.to_owned(),
            account: row.account.to_owned(),
            reference: row.reference.to_owned(),
            in_file: sum.map(Figure::Sum),
            ..self
        }
    }

    /// The same, about that operation.
    #[must_use]
    pub fn of_operation(self, row: &LedgerRow<'_>) -> Self {
        let sum = row.currency.map(|currency| Sum { minor: row.minor.into(), currency });
        let account = if self.account.is_empty() { row.account.to_owned() } else { self.account };
        Self {
            transaction: row.transaction.to_owned(),
            account,
            in_ledger: sum.map(Figure::Sum),
            action: Some(row.lsn),
            ..self
        }
    }

    /// The same, with these sums.
    #[must_use]
    pub fn with_sums(self, currency: Currency, in_file: i128, in_ledger: i128) -> Self {
        let figure = |minor| Some(Figure::Sum(Sum { minor, currency }));
        Self { in_file: figure(in_file), in_ledger: figure(in_ledger), ..self }
    }

    /// The same, told otherwise.
    #[must_use]
    pub fn saying(self, what: impl Into<String>) -> Self {
        Self { what: what.into(), ..self }
    }
}

/// All that were found.
pub struct Found {
    counts: BTreeMap<Kind, u64>,
    kept: Vec<Break>,
    limit: usize,
}

impl Found {
    /// None yet; at most so many are kept, and all are counted.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { counts: BTreeMap::new(), kept: Vec::new(), limit }
    }

    /// One more.
    pub fn add(&mut self, found: Break) {
        let count = self.counts.entry(found.kind).or_default();
        *count += 1;
        if self.kept.len() < self.limit {
            self.kept.push(found);
        }
    }

    /// How many there are of each kind, and those that were kept: of the file as a whole, then by
    /// their records, then those of the ledger.
    #[must_use]
    pub fn finish(mut self) -> (BTreeMap<Kind, u64>, Vec<Break>) {
        self.kept.sort_by(|a, b| key(a).cmp(&key(b)));
        (self.counts, self.kept)
    }
}

fn key(it: &Break) -> (bool, u64, Kind, &str, &str, &str) {
    let of_file = it.record.is_none() && it.transaction.is_empty();
    let number = it.record.map_or(u64::MAX, |(number, _)| number);
    (!of_file, number, it.kind, &it.transaction, &it.account, &it.member)
}

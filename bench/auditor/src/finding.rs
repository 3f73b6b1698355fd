//! What is wrong, and where.

use serde::Serialize;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The record, 0 where it is about none.
    pub lsn: u64,
    /// The file, or what else it was found in.
    pub place: String,
    /// What differs.
    pub what: String,
}

/// All that was found. Only the first are kept: one wrong number makes many.
#[derive(Debug)]
pub struct Findings {
    first: Vec<Finding>,
    total: u64,
    keep: usize,
}

impl Findings {
    /// None yet; `keep` are to be kept at the most.
    #[must_use]
    pub const fn new(keep: usize) -> Self {
        Self { first: Vec::new(), total: 0, keep }
    }

    /// Adds one.
    pub fn add(&mut self, lsn: u64, place: &str, what: impl Into<String>) {
        self.total = self.total.saturating_add(1);
        if self.first.len() < self.keep {
            self.first.push(Finding { lsn, place: place.to_owned(), what: what.into() });
        }
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> &[Finding] {
        &self.first
    }

    /// How many there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.total == 0
    }
}

/// The findings, opened at one record.
#[derive(Debug)]
pub struct Margin<'a> {
    findings: &'a mut Findings,
    lsn: u64,
    place: &'a str,
}

impl<'a> Margin<'a> {
    /// Where to note what is wrong with the record `lsn` in the file `place`.
    pub const fn new(findings: &'a mut Findings, lsn: u64, place: &'a str) -> Self {
        Self { findings, lsn, place }
    }

    /// Notes something that is wrong.
    pub fn note(&mut self, what: impl Into<String>) {
        self.findings.add(self.lsn, self.place, what);
    }

    /// Notes that `what` is one thing in the record and another in the books, if it is.
    pub fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, stored: &T, own: &T) {
        if stored != own {
            self.note(format!("{what}: the record says {stored:?}, the books say {own:?}"));
        }
    }
}

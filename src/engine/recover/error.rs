//! Why a log does not replay, and which of several reasons is the first.

use wal::Lsn;

use crate::engine::record::Malformed;
use crate::ledger::{Currency, Place};

/// The log holds a record that does not fit what came before it.
#[derive(Debug, thiserror::Error)]
#[error(
    "record {lsn} of the log: {why}; the log is damaged or of another version: nothing was changed, keep it"
)]
pub struct RecoverError {
    /// The record.
    pub lsn: Lsn,
    /// What does not fit.
    #[source]
    pub why: Disagreement,
}

/// What about a record does not fit.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// Its bytes are not a record.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is about an account that no record opened, or opens one a second time.
    #[error("account {0:?} is not as the record says")]
    Account(Box<str>),
    /// The balance that it stored is not what its postings make.
    #[error("the balance of account {account:?} comes to {found:?}, the record says {stored:?}")]
    Balance {
        /// The account.
        account: Box<str>,
        /// What the record says.
        stored: Box<Place>,
        /// What its postings make of the state before it.
        found: Box<Option<Place>>,
    },
    /// What it tells of an account beyond its balance is not how that account stands.
    #[error("account {0:?} does not stand as the record says")]
    Standing(Box<str>),
    /// Its links do not lead to the records before it.
    #[error("its links are {stored:?}, and should be {found:?}")]
    Links {
        /// What the record says.
        stored: Vec<Lsn>,
        /// Where the records before it are.
        found: Vec<Lsn>,
    },
    /// What leaves the one end of a transfer is not what arrives at the other.
    #[error("what leaves the source of the transfer is not what arrives at its destination")]
    Ends,
    /// It opens a break that was opened before, or resolves one that is not open.
    #[error("a break is not as the record says")]
    Break,
    /// Its moment is not after the moment of the record before it.
    #[error("its moment is not after that of the record before it")]
    Moment,
    /// It is in a currency that is not configured, or with another exponent.
    #[error(
        "it is in {0:?} (code/fraction digits), which is not configured so; configure the \
         currency as it was"
    )]
    Currency(Currency),
}

/// The first record that one of those who replay found not to fit.
#[derive(Debug)]
pub struct Fault {
    /// The record.
    pub lsn: Lsn,
    /// Which check of it failed.
    pub step: Step,
    /// What does not fit.
    pub why: Disagreement,
}

/// What is checked of a record, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What can be told of it without the state.
    Whole,
    /// The account at its source, or its only one.
    Source,
    /// What is kept among the strays for want of that account.
    SourceAstray,
    /// The account at its destination.
    Destination,
    /// What is kept among the strays for want of that account.
    DestinationAstray,
}

impl Fault {
    /// The one that a single reader, record by record, would have come upon.
    #[must_use]
    pub fn first(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if (other.lsn, other.step) < (self.lsn, self.step) => other,
            _ => self,
        }
    }
}

impl From<Fault> for RecoverError {
    fn from(Fault { lsn, why, .. }: Fault) -> Self {
        Self { lsn, why }
    }
}

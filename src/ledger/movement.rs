//! What happened to one account: where money left, where it arrived, and what rests there after.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::{ActionRef, Amount, Day, HoldRef, Place};

/// Where money can be, seen from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// The balance, free to spend.
    Available,
    /// The hold that the movement is about.
    Hold,
    /// `@settlement`.
    Settlement,
    /// `@funding`.
    Funding,
    /// The customer account on the other side of a transfer.
    Counterparty,
}

/// So much left one place and arrived at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Where it left.
    pub from: Bucket,
    /// Where it arrived.
    pub to: Bucket,
    /// How much, never zero.
    pub amount: Amount,
}

/// So much of what an approved authorization granted was used. What it still reserved beyond that
/// returned to available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The approval that granted it.
    pub reservation: ActionRef,
    /// How much of the grant this movement used.
    pub used: Amount,
}

/// The part of a balance that a movement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The balance alone.
    Balance,
    /// A hold that this movement opens.
    NewHold,
    /// A hold that was there before.
    Hold(HoldRef),
}

/// Something that certainly happened to one balance of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Which balance of the account, from zero.
    pub ordinal: u8,
    /// The balance alone, or one of its holds.
    pub target: Target,
    /// What left where; empty when nothing moved.
    pub postings: ArrayVec<Posting, 2>,
    /// What was used of reservations, oldest first.
    pub draws: Vec<Draw>,
    /// The balance and the hold as they are afterwards.
    pub after: Place,
    /// The day that what it takes beyond grants counts on for spend limits, where it does.
    pub counted: Option<Day>,
}

impl Movement {
    /// The hold that it is about, when `at` is the action that made the movement.
    #[must_use]
    pub fn hold(&self, at: ActionRef) -> Option<HoldRef> {
        match self.target {
            Target::Balance => None,
            Target::NewHold => Some(HoldRef::opened_by(at)),
            Target::Hold(hold) => Some(hold),
        }
    }

    /// Whether any money moved.
    #[must_use]
    pub fn moved(&self) -> bool {
        !self.postings.is_empty()
    }

    /// What arrived in `bucket` less what left it.
    #[must_use]
    pub fn net(&self, bucket: Bucket) -> i128 {
        let part = |posting: &Posting| {
            let amount = i128::from(posting.amount.minor());
            let arrived = if posting.to == bucket { amount } else { 0 };
            let left = if posting.from == bucket { amount } else { 0 };
            arrived.wrapping_sub(left)
        };
        self.postings.iter().map(part).fold(0, i128::wrapping_add)
    }
}

//! What was told of one card transaction, added up, and what its account must therefore come to.
//!
//! ```text
//! left  = nothing once it is over, else authorized − reversed − parts that were cleared
//! held  = left, of what was put on hold
//! taken = left, of what was debited at once  +  what was cleared  +  what the network moved itself
//! ```
//!
//! Sums do not know an order, so the same messages come to the same in whatever order they arrive.

use super::effect::{Effect, expires};
use crate::ledger::{Bucket, Movement, Operation};
use crate::reconcile::row::{FileRow, Part};

/// All that was told of one transaction; in minor units, what is taken from the customer above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// What final authorizations debited.
    debited: i128,
    /// What pre-authorizations put on hold.
    on_hold: i128,
    /// What operations of the network moved beyond authorizations.
    moved: i128,
    /// What clearing records took.
    cleared: i128,
    /// How much of what was authorized is cleared in parts.
    parts: i128,
    /// How much of it was reversed.
    reversed: i128,
    /// Whether nothing of it can come any more.
    over: bool,
    /// What refunds gave.
    refunded: i128,
    /// How much of that expired.
    refunds_expired: i128,
}

/// What an account comes to under a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it took from the customer.
    pub taken: i128,
    /// What it has on hold.
    pub held: i128,
}

impl Sums {
    /// One more clearing record.
    pub fn clear(&mut self, row: &FileRow<'_>) {
        let (effect, minor) = (Effect::of(row.of_type), i128::from(row.minor));
        if row.part != Part::Customer && !expires(row.of_type) {
            return;
        }
        if !expires(row.of_type) {
            self.cleared += minor;
        }
        match effect {
            Effect::Moves => {}
            Effect::Closes => self.over = true,
            Effect::Part => self.parts += minor,
            Effect::Refund => self.refunded -= minor,
            Effect::RefundExpires => self.refunds_expired += minor.abs(),
        }
    }

    /// So much of the authorization was reversed; all of it where that is not said.
    pub fn reverse(&mut self, minor: Option<i128>) {
        match minor {
            Some(minor) => self.reversed += minor,
            None => self.over = true,
        }
    }

    /// What an approval granted was posted, or the network did something by an operation of its
    /// own: its debits and holds are of authorizations.
    pub fn operate(&mut self, operation: Operation, movement: &Movement) {
        let (taken, held) = (movement.net(Bucket::Settlement), movement.net(Bucket::Hold));
        self.on_hold += held;
        match operation {
            Operation::DebitBalance => self.debited += taken,
            _ => self.moved += taken,
        }
    }

    /// What the account must come to, where it has a hold or has none.
    #[must_use]
    pub fn target(&self, has_hold: bool) -> Target {
        let authorized = self.debited + self.on_hold;
        let rest = authorized - self.reversed - self.parts;
        let left = if self.over || authorized == 0 { 0 } else { rest.max(0) };
        let debited = if has_hold { left.min(self.debited) } else { left };
        let expired = self.refunds_expired.min(self.refunded.max(0));
        Target { taken: debited + self.cleared + self.moved + expired, held: left - debited }
    }
}

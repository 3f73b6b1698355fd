//! What is asked of an account: the six operations under the wire's own names.

use super::{ActionRef, BalanceRef, HoldRef, Limits, Money};

/// One of the six operations of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Available → `@settlement`.
    DebitBalance,
    /// `@settlement` → available.
    CreditBalance,
    /// Available → hold.
    HoldBalance,
    /// Hold → available.
    RestoreBalance,
    /// Hold, then available for what exceeds it → `@settlement`.
    DebitHoldBalance,
    /// `@settlement` → hold.
    CreditHoldBalance,
}

impl Operation {
    /// All six, in the order of the contract.
    pub const ALL: [Self; 6] = [
        Self::DebitBalance,
        Self::CreditBalance,
        Self::HoldBalance,
        Self::RestoreBalance,
        Self::DebitHoldBalance,
        Self::CreditHoldBalance,
    ];

    /// Its name on the wire, in logs, metrics and records alike.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// The number in a record, never zero.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.facts().0
    }

    /// The operation of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The inverse of [`number`](Self::number).
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.number() == number)
    }

    /// Whether its reference names a hold, not a balance.
    #[must_use]
    pub const fn names_a_hold(self) -> bool {
        !matches!(self, Self::DebitBalance | Self::CreditBalance)
    }

    /// Whether it cannot do without its reference.
    #[must_use]
    pub const fn needs_its_reference(self) -> bool {
        matches!(self, Self::RestoreBalance | Self::DebitHoldBalance | Self::CreditHoldBalance)
    }

    /// Whether it may take something from available, which spend limits ask about or count.
    #[must_use]
    pub const fn spends(self) -> bool {
        matches!(self, Self::DebitBalance | Self::HoldBalance | Self::DebitHoldBalance)
    }

    const fn facts(self) -> (u8, &'static str) {
        match self {
            Self::DebitBalance => (1, "debit_balance"),
            Self::CreditBalance => (2, "credit_balance"),
            Self::HoldBalance => (3, "hold_balance"),
            Self::RestoreBalance => (4, "restore_balance"),
            Self::DebitHoldBalance => (5, "debit_hold_balance"),
            Self::CreditHoldBalance => (6, "credit_hold_balance"),
        }
    }
}

/// What the request pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Nothing: the default balance of the currency, or a new hold.
    Absent,
    /// A balance.
    Balance(BalanceRef),
    /// A hold.
    Hold(HoldRef),
    /// A text that no reference of this ledger has.
    Unknown,
}

/// Which grants of its transaction an operation uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grants {
    /// All, the oldest first.
    #[default]
    Oldest,
    /// The one of that approval.
    Of(ActionRef),
    /// None: each is used by another operation.
    Unused,
}

/// An operation asked of an account.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// What to do.
    pub operation: Operation,
    /// The card transaction that it belongs to.
    pub transaction_id: &'a str,
    /// How much; only a full restore may do without.
    pub money: Option<Money>,
    /// On what.
    pub reference: Reference,
    /// Whether this account already has, under this transaction, an approved authorization of
    /// more than zero or a successful operation that moved money; or what is asked was settled
    /// in any case.
    pub linked: bool,
    /// What it may use of what was granted to its transaction.
    pub grants: Grants,
    /// The spend limits that apply, where there are any.
    pub limits: Option<Limits<'a>>,
}

/// What the contract leaves to the tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// What to do with a debit that nothing announced.
    pub unlinked_debits: UnlinkedDebits,
    /// What to do with a capture that is more than its hold.
    pub over_capture: OverCapture,
}

/// A debit whose transaction this account has never seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnlinkedDebits {
    /// Checked against the funds, like a hold.
    #[default]
    Refuse,
    /// Posted whatever is available.
    Post,
}

/// A `debit_hold_balance` of more than the hold has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverCapture {
    /// The excess comes from available, below zero if need be.
    #[default]
    Post,
    /// Refused as [`HoldAmountExceeded`](super::Refusal::HoldAmountExceeded).
    Refuse,
}

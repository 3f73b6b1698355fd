//! Why the domain says no, in the order in which it is decided.

use core::fmt;

/// A reason of the domain. Codes are ordered by precedence: the first that applies is the answer.
///
/// A record of the log keeps the number, so a number keeps its meaning for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// No account has this name.
    AccountNotFound,
    /// The account has no such balance.
    BalanceNotFound,
    /// The account has no such hold.
    HoldNotFound,
    /// The balance or hold is in another currency, or the account has none in this one.
    CurrencyMismatch,
    /// Only a full restore may go without an amount.
    AmountRequired,
    /// The account is closed.
    AccountClosed,
    /// The account is frozen.
    AccountFrozen,
    /// The hold has less left.
    HoldAmountExceeded,
    /// Available and the overdraft limit do not cover it.
    InsufficientFunds,
    /// A spend limit says no.
    LimitExceeded,
    /// The balance cannot hold so large a sum.
    BalanceOverflow,
}

impl Refusal {
    /// All of them, first the one that is decided first.
    pub const ALL: [Self; 11] = [
        Self::AccountNotFound,
        Self::BalanceNotFound,
        Self::HoldNotFound,
        Self::CurrencyMismatch,
        Self::AmountRequired,
        Self::AccountClosed,
        Self::AccountFrozen,
        Self::HoldAmountExceeded,
        Self::InsufficientFunds,
        Self::LimitExceeded,
        Self::BalanceOverflow,
    ];

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.facts().1
    }

    /// The number in a record, never zero.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.facts().0
    }

    /// The inverse of [`number`](Self::number).
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.number() == number)
    }

    const fn facts(self) -> (u8, &'static str) {
        match self {
            Self::AccountNotFound => (1, "ACCOUNT_NOT_FOUND"),
            Self::BalanceNotFound => (2, "BALANCE_NOT_FOUND"),
            Self::HoldNotFound => (3, "HOLD_NOT_FOUND"),
            Self::CurrencyMismatch => (4, "CURRENCY_MISMATCH"),
            Self::AmountRequired => (5, "AMOUNT_REQUIRED"),
            Self::AccountClosed => (6, "ACCOUNT_CLOSED"),
            Self::AccountFrozen => (7, "ACCOUNT_FROZEN"),
            Self::HoldAmountExceeded => (8, "HOLD_AMOUNT_EXCEEDED"),
            Self::InsufficientFunds => (9, "INSUFFICIENT_FUNDS"),
            Self::LimitExceeded => (10, "LIMIT_EXCEEDED"),
            Self::BalanceOverflow => (11, "BALANCE_OVERFLOW"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

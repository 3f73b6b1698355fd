//! Why an authorization is declined: a refusal of the account, or a reason of its own.
//!
//! | code | when | ISO 8583 |
//! | --- | --- | --- |
//! | `ACCOUNT_NOT_FOUND` | no account has the name that is given | 14 invalid card number |
//! | `ACCOUNT_AMBIGUOUS` | several accounts have it, and the currency does not tell them apart | 14 |
//! | `NAMES_CONTRADICT` | the names that are given are those of different accounts | 14 |
//! | `CURRENCY_MISMATCH` | the account has no balance in this currency | 57 not permitted to cardholder |
//! | `ACCOUNT_CLOSED` | the account is closed | 46 closed account |
//! | `ACCOUNT_FROZEN` | the account is frozen | 62 restricted card |
//! | `INSUFFICIENT_FUNDS` | available and the overdraft limit do not cover it | 51 not sufficient funds |
//! | `LIMIT_EXCEEDED` | a spend limit says no | 61 exceeds amount limit |
//! | `BALANCE_OVERFLOW` | the balance cannot hold so large a sum | 13 invalid amount |
//! | `TRANSACTION_KNOWN` | a new final message of a transaction that has messages already | 94 duplicate |
//! | `TOO_LATE` | it could not be made durable within the budget | 91 issuer inoperative |
//! | `OVERLOADED`, `STORAGE_LOW` | nothing can be taken now | 91 |
//!
//! The last three say that nothing was decided on the account; they are answered, and never the
//! outcome that a record keeps.

use core::fmt;

use super::Refusal;

/// A reason that a record keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decline {
    /// The account says no, as it would to an operation.
    Refused(Refusal),
    /// Several accounts have the name that was given.
    AccountAmbiguous,
    /// The names that were given are those of different accounts.
    NamesContradict,
    /// A new final message of a transaction that has messages already.
    TransactionKnown,
}

impl Decline {
    /// Those that are no refusals of an account.
    pub const OWN: [Self; 3] =
        [Self::AccountAmbiguous, Self::NamesContradict, Self::TransactionKnown];

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::AccountAmbiguous => "ACCOUNT_AMBIGUOUS",
            Self::NamesContradict => "NAMES_CONTRADICT",
            Self::TransactionKnown => "TRANSACTION_KNOWN",
        }
    }

    /// The number in a record, never zero: that of the refusal, or one from 129 on.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Refused(refusal) => refusal.number(),
            Self::AccountAmbiguous => 129,
            Self::NamesContradict => 130,
            Self::TransactionKnown => 131,
        }
    }

    /// The inverse of [`number`](Self::number).
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        let own = Self::OWN.into_iter().find(|decline| decline.number() == number);
        own.or_else(|| Refusal::from_number(number).map(Self::Refused))
    }
}

impl From<Refusal> for Decline {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for Decline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

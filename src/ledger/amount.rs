//! Money as integers of minor units: an [`Amount`] moves and a [`Balance`] rests.
//!
//! Neither has operators. Whatever could overflow or go below zero says so in its type, and what
//! cannot is a named function.

use super::Currency;

/// A sum that moves, in minor units of some currency: never negative, at most `i64::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that one request may move: 10^15 minor units.
    pub const REQUEST_MAX: Self = Self(1_000_000_000_000_000);

    /// `minor` minor units, if a balance can hold that many.
    #[must_use]
    pub const fn new(minor: u64) -> Option<Self> {
        if minor <= i64::MAX.unsigned_abs() { Some(Self(minor)) } else { None }
    }

    /// In minor units.
    #[must_use]
    pub const fn minor(self) -> u64 {
        self.0
    }

    /// Whether it moves nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The part of `self` above `other`, zero when there is none.
    #[must_use]
    pub const fn beyond(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum, as large as an amount can be at the most.
    #[must_use]
    pub const fn saturating_plus(self, other: Self) -> Self {
        let sum = self.0.saturating_add(other.0);
        if sum > i64::MAX.unsigned_abs() { Self(i64::MAX.unsigned_abs()) } else { Self(sum) }
    }

    /// Below or equal to `i64::MAX` by construction, so this never changes the value.
    const fn signed(self) -> i64 {
        self.0.cast_signed()
    }
}

/// A sum that rests, in minor units: may be negative, always checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Balance(i64);

impl Balance {
    /// Empty.
    pub const ZERO: Self = Self(0);

    /// A balance of `minor` minor units.
    #[must_use]
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// In minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// With `amount` put in; `None` beyond `i64::MAX`.
    #[must_use]
    pub const fn credit(self, amount: Amount) -> Option<Self> {
        match self.0.checked_add(amount.signed()) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// With `amount` taken out; `None` below `i64::MIN`.
    #[must_use]
    pub const fn debit(self, amount: Amount) -> Option<Self> {
        match self.0.checked_sub(amount.signed()) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// `amount`, or all that is here where that is less; nothing from a balance below zero.
    #[must_use]
    pub fn up_to(self, amount: Amount) -> Amount {
        amount.min(self.as_amount())
    }

    /// All that is here; nothing from a balance below zero.
    #[must_use]
    pub fn as_amount(self) -> Amount {
        Amount(u64::try_from(self.0).unwrap_or(0))
    }

    /// Whether nothing rests here.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// An amount and what it is an amount of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much, in minor units of `currency`.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
}

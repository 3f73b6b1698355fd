//! [`Lsn`], the number of a record: dense, logical, and never a position in a file.

use std::fmt;

/// The number of a record in the log. The first record is 1, and the next is always one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(u64);

impl Lsn {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    /// The record with this number, counted from 1.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number itself, as it is stored in a payload.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The record after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The record before this one; [`Lsn::ZERO`] has none and stays.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

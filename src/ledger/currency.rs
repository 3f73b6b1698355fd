//! A currency: its code and its exponent in four bytes, so that no table is needed to write money.

use core::fmt;
use core::num::NonZeroU8;

/// Three upper-case ASCII letters and the number of fraction digits.
///
/// Two currencies with one code and different exponents are different: amounts logged under one
/// must never be read under the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    /// One more than the exponent: what is never zero leaves room to tell what is no currency.
    digits: NonZeroU8,
}

impl Currency {
    /// The largest exponent that any currency has here; ISO 4217 knows 0 to 4.
    pub const EXPONENT_MAX: u8 = 8;

    /// `None` unless `code` is three letters `A`–`Z` and `exponent` at most
    /// [`EXPONENT_MAX`](Self::EXPONENT_MAX).
    #[must_use]
    pub fn new(code: [u8; 3], exponent: u8) -> Option<Self> {
        let letters = code.iter().all(u8::is_ascii_uppercase);
        let digits = NonZeroU8::MIN.checked_add(exponent)?;
        (letters && exponent <= Self::EXPONENT_MAX).then_some(Self { code, digits })
    }

    /// The code, such as `SGD`.
    #[must_use]
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// How many fraction digits a major unit has.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.digits.get().saturating_sub(1)
    }

    /// The four bytes that stand for it in a record: the code, then the exponent.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        let [a, b, c] = self.code;
        [a, b, c, self.exponent()]
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes([a, b, c, exponent]: [u8; 4]) -> Option<Self> {
        Self::new([a, b, c], exponent)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.code(), self.exponent())
    }
}

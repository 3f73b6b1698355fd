//! Currencies, and amounts of minor units written out in major ones.

use std::fmt;

/// A code of three letters and a number of fraction digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

const EXPONENT_MAX: u8 = 8;

impl Currency {
    /// The currency that four bytes stand for: the code, then the exponent.
    #[must_use]
    pub fn of_bytes([a, b, c, exponent]: [u8; 4]) -> Option<Self> {
        let code = [a, b, c];
        let valid = code.iter().all(u8::is_ascii_uppercase) && exponent <= EXPONENT_MAX;
        valid.then_some(Self { code, exponent })
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        str::from_utf8(&self.code).unwrap_or("???")
    }

    /// `minor` minor units in major ones, with exactly the currency's fraction digits.
    #[must_use]
    pub fn write(&self, minor: i128) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        let width = usize::from(self.exponent).saturating_add(1);
        let digits = format!("{:0width$}", minor.unsigned_abs());
        let (whole, fraction) =
            digits.split_at(digits.len().saturating_sub(usize::from(self.exponent)));
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.code(), self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::Currency;

    #[test]
    fn an_amount_has_exactly_its_fraction_digits() {
        let write = |exponent, minor| {
            Currency::of_bytes([b'A', b'B', b'C', exponent]).unwrap().write(minor)
        };
        assert_eq!(write(2, 5750), "57.50");
        assert_eq!(write(2, -5), "-0.05");
        assert_eq!(write(0, 1000), "1000");
        assert_eq!(write(3, 0), "0.000");
    }

    #[test]
    fn a_code_is_three_upper_case_letters() {
        assert!(Currency::of_bytes(*b"usd\x02").is_none());
        assert!(Currency::of_bytes(*b"USD\x09").is_none());
    }
}

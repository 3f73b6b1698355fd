//! Amounts as they are sent and told: minor units, written with their currency's digits.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

/// A currency that is used: one each with two, no and three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Currency {
    /// Two digits.
    Sgd,
    /// None.
    Jpy,
    /// Three.
    Kwd,
}

impl Currency {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Sgd, Self::Jpy, Self::Kwd];

    /// Its code.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Jpy => "JPY",
            Self::Kwd => "KWD",
        }
    }

    const fn digits(self) -> usize {
        match self {
            Self::Sgd => 2,
            Self::Jpy => 0,
            Self::Kwd => 3,
        }
    }

    /// These minor units as a number of JSON.
    pub(super) fn written(self, minor: i64) -> String {
        let digits = self.digits();
        let text = format!("{minor:0width$}", width = digits + 1);
        let (major, fraction) = text.split_at(text.len().saturating_sub(digits));
        if digits == 0 { text } else { format!("{major}.{fraction}") }
    }

    /// The minor units that a number of JSON stands for, which must have all its digits.
    fn minor(self, text: &str) -> Option<i64> {
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        let whole = fraction.len() == self.digits();
        text.replacen('.', "", 1).parse().ok().filter(|_| whole)
    }
}

/// An amount that the server told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Money {
    /// Minor units.
    pub(super) minor: i64,
    /// Of that.
    pub(super) currency: Currency,
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            value: &'a RawValue,
            currency: &'a str,
        }
        let wire = Wire::deserialize(deserializer)?;
        let known = Currency::ALL.into_iter().find(|currency| currency.code() == wire.currency);
        let currency = known.ok_or_else(|| D::Error::custom("an unknown currency"))?;
        let minor = currency.minor(wire.value.get());
        let minor = minor.ok_or_else(|| D::Error::custom("not an amount of its currency"))?;
        Ok(Self { minor, currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_it_is_written() {
        for (currency, minor, text) in [
            (Currency::Sgd, 5, "0.05"),
            (Currency::Sgd, 12_345, "123.45"),
            (Currency::Jpy, 7, "7"),
            (Currency::Kwd, 1_050, "1.050"),
        ] {
            assert_eq!(currency.written(minor), text);
            assert_eq!(currency.minor(text), Some(minor));
        }
        assert_eq!(Currency::Sgd.minor("-1.50"), Some(-150));
        for wrong in ["1", "1.5", "1.500", "1.-5", "a.bc"] {
            assert_eq!(Currency::Sgd.minor(wrong), None, "{wrong}");
        }
    }
}

//! The currencies that this ledger keeps: ISO 4217's, and what a deployment adds.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use iso_currency::IntoEnumIterator;

use crate::ledger::Currency;

/// Currencies by code.
#[derive(Clone, Debug)]
pub struct Currencies {
    by_code: HashMap<[u8; 3], Currency, RandomState>,
}

/// A currency that cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "currency {0:?} is not CODE:DIGITS, three letters A-Z and at most {max} fraction digits, \
     such as XTS:2",
    max = Currency::EXPONENT_MAX
)]
pub struct BadCurrency(pub String);

impl Currencies {
    /// The active currencies and funds codes of ISO 4217; no metals, no drawing rights, no test
    /// code, and not the code for nothing.
    #[must_use]
    pub fn iso() -> Self {
        let active = iso_currency::Currency::iter().filter(is_money);
        let by_code = active.filter_map(|iso| {
            let currency = currency(iso.code().as_bytes(), u8::try_from(iso.exponent()?).ok()?)?;
            Some((code(currency), currency))
        });
        Self { by_code: by_code.collect() }
    }

    /// With the currency that `text` names as `CODE:DIGITS` added, or its digits changed.
    ///
    /// # Errors
    /// When `text` is not of that form.
    pub fn with(mut self, text: &str) -> Result<Self, BadCurrency> {
        let bad = || BadCurrency(text.to_owned());
        let (name, digits) = text.split_once(':').ok_or_else(bad)?;
        let digits = digits.parse().map_err(|_| bad())?;
        let added = currency(name.as_bytes(), digits).ok_or_else(bad)?;
        self.by_code.insert(code(added), added);
        Ok(self)
    }

    /// Whether it is kept, with just this number of fraction digits.
    #[must_use]
    pub fn knows(&self, currency: Currency) -> bool {
        self.by_code.get(&code(currency)) == Some(&currency)
    }

    /// The currency of that code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<Currency> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        self.by_code.get(&code).copied()
    }
}

fn is_money(iso: &iso_currency::Currency) -> bool {
    !iso.is_special() && iso.is_superseded().is_none()
}

fn currency(code: &[u8], digits: u8) -> Option<Currency> {
    Currency::new(code.try_into().ok()?, digits)
}

fn code(currency: Currency) -> [u8; 3] {
    let [a, b, c, _] = currency.to_bytes();
    [a, b, c]
}

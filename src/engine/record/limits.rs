//! An operator set spend limits, of one account or of all that have none of their own.
//!
//! | part | bytes |
//! | --- | --- |
//! | account | option of text, absent for the default |
//! | rules | option of ruleset, absent where the account is to have none of its own any more |
//! | standing | standing |
//!
//! | part | bytes |
//! | --- | --- |
//! | ruleset | list of rule |
//! | rule | name, a text; template `u8`; what that has |
//! | 1 `transaction_amount_limit`, 2 `transaction_billing_limit` | money |
//! | 3 `account_billing_amount_limit` | money, frequency |
//! | 4 `account_transaction_count_limit` | `u64`, frequency |
//! | 5 `merchant_category_control`, 6 `merchant_country_control`, 7 `merchant_control` | mode, long list of text |
//! | frequency | `u8`: 1 daily, 2 weekly, 3 monthly |
//! | mode | `u8`: 1 allow, 2 block |
//! | day | `i32`, days since 1970-01-01 |

use std::sync::Arc;

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Standing;
use crate::ledger::{Day, Frequency, MerchantFact, Mode, Rule, Ruleset, Values, What};

/// Spend limits were set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsSet<'a> {
    /// The account; `None` for the default.
    pub tenant_account_ref: Option<&'a str>,
    /// The rules; `None` where the account goes back to the default.
    pub rules: Option<Arc<Ruleset>>,
    /// How the account stands after it.
    pub standing: Standing,
}

/// What of a merchant a template looks at, by its number from 5 on.
const FACTS: [MerchantFact; 3] = [MerchantFact::Category, MerchantFact::Country, MerchantFact::Id];
const MODES: [Mode; 2] = [Mode::Allow, Mode::Block];

impl Body for LimitsSet<'_> {
    const KIND: u8 = 8;

    fn fits(&self) -> bool {
        let rules = self.rules.iter().flat_map(|rules| rules.rules());
        let values = rules.clone().flat_map(|rule| match &rule.what {
            What::Merchant(_, _, values) => values.all(),
            _ => &[],
        });
        let texts = rules.map(|rule| &rule.name).chain(values).map(|text| &**text);
        texts_fit(texts.chain(self.tenant_account_ref))
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.option(self.tenant_account_ref, Writer::text);
        w.option(self.rules.as_deref(), Writer::ruleset);
        w.standing(&self.standing);
    }
}

impl<'a> LimitsSet<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let set = Self {
            tenant_account_ref: r.option(Reader::text)?,
            rules: r.option(Reader::ruleset)?.map(Arc::new),
            standing: r.standing()?,
        };
        let sets = set.tenant_account_ref.is_some() || set.rules.is_some();
        if sets { Ok(set) } else { Err(Malformed("rules")) }
    }
}

impl Writer<'_> {
    pub(in crate::engine) fn day(&mut self, day: Day) {
        self.u32(day.number().cast_unsigned());
    }

    pub(in crate::engine) fn ruleset(&mut self, rules: &Ruleset) {
        self.list(rules.rules(), Self::rule);
    }

    fn rule(&mut self, rule: &Rule) {
        self.text(&rule.name);
        match &rule.what {
            What::TransactionAmount(money) => {
                self.u8(1);
                self.money(*money);
            }
            What::TransactionBilling(money) => {
                self.u8(2);
                self.money(*money);
            }
            What::AccountBilling(money, frequency) => {
                self.u8(3);
                self.money(*money);
                self.place_in(&Frequency::ALL, *frequency, 1);
            }
            What::AccountCount(count, frequency) => {
                self.u8(4);
                self.u64(*count);
                self.place_in(&Frequency::ALL, *frequency, 1);
            }
            What::Merchant(fact, mode, values) => {
                self.place_in(&FACTS, *fact, 5);
                self.place_in(&MODES, *mode, 1);
                self.long_list(values.all(), |w, text| w.text(text));
            }
        }
    }

    /// The place of one of several, counted from `first`.
    fn place_in<T: PartialEq>(&mut self, all: &[T], one: T, first: u8) {
        let place = all.iter().position(|it| *it == one).and_then(|n| u8::try_from(n).ok());
        self.u8(place.unwrap_or(u8::MAX).saturating_add(first));
    }
}

impl Reader<'_> {
    pub(in crate::engine) fn day(&mut self) -> Result<Day, Malformed> {
        Ok(Day::new(self.u32()?.cast_signed()))
    }

    pub(in crate::engine) fn ruleset(&mut self) -> Result<Ruleset, Malformed> {
        let max = u8::try_from(Ruleset::MAX).unwrap_or(u8::MAX);
        let rules: Vec<Rule> = self.list(max, Self::rule)?;
        Ruleset::new(rules).ok_or(Malformed("ruleset"))
    }

    fn rule(&mut self) -> Result<Rule, Malformed> {
        let name = self.text()?.into();
        let what = match self.u8()? {
            1 => What::TransactionAmount(self.money()?),
            2 => What::TransactionBilling(self.money()?),
            3 => What::AccountBilling(self.money()?, self.one_of(&Frequency::ALL)?),
            4 => What::AccountCount(self.u64()?, self.one_of(&Frequency::ALL)?),
            number => {
                let place = number.checked_sub(5).map(usize::from);
                let fact = place.and_then(|n| FACTS.get(n)).ok_or(Malformed("template"))?;
                What::Merchant(*fact, self.one_of(&MODES)?, self.values()?)
            }
        };
        Ok(Rule { name, what })
    }

    fn values(&mut self) -> Result<Values, Malformed> {
        let texts = self.long_list(|r| r.text().map(Box::from))?;
        Ok(Values::new(texts))
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T, Malformed> {
        let place = self.u8()?.checked_sub(1).map(usize::from);
        place.and_then(|n| all.get(n)).copied().ok_or(Malformed("frequency or mode"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Amount, Currency, Money};

    #[test]
    fn rules_are_read_as_they_were_written() {
        let currency = Currency::new(*b"SGD", 2).unwrap();
        let money = Money { amount: Amount::new(7).unwrap(), currency };
        let values = || Values::new(vec!["b".into(), "a".into()]);
        let mut whats = vec![What::TransactionAmount(money), What::TransactionBilling(money)];
        for frequency in Frequency::ALL {
            whats.push(What::AccountBilling(money, frequency));
            whats.push(What::AccountCount(9, frequency));
        }
        for fact in FACTS {
            whats.extend(MODES.map(|mode| What::Merchant(fact, mode, values())));
        }
        let rule = |(n, what)| Rule { name: format!("rule {n}").into(), what };
        let rules = Ruleset::new(whats.into_iter().enumerate().map(rule).collect()).unwrap();
        let mut bytes = Vec::new();
        Writer(&mut bytes).ruleset(&rules);
        let mut r = Reader(&bytes);
        assert_eq!(r.ruleset(), Ok(rules));
        assert_eq!(r.end(), Ok(()));
        for cut in 0..bytes.len() {
            assert!(Reader(&bytes[..cut]).ruleset().is_err(), "{cut} bytes");
        }
    }
}

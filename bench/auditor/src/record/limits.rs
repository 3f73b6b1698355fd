//! Spend limits that an operator set.
//!
//! | part | bytes |
//! | --- | --- |
//! | account | option of text, absent for the default |
//! | rules | option of a list, absent where the account has none of its own any more |
//! | standing | standing |
//!
//! | part of a rule | bytes |
//! | --- | --- |
//! | name | text |
//! | template | `u8`, from 1: an amount as sold, an amount as billed, an account's amount in a period, an account's transactions in a period, a merchant's category, country, name |
//! | 1, 2 | money |
//! | 3 | money, period |
//! | 4 | `u64`, period |
//! | 5, 6, 7 | `u8`: 1 allow, 2 block; long list of text |
//! | period | `u8`: 1 day, 2 week, 3 month |

use crate::bytes::{Bytes, Malformed};

use super::parts::Money;
use super::standing::Standing;

const RULES_MAX: u8 = 64;

/// Spend limits were set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsSet<'a> {
    /// The account; `None` for all that have none of their own.
    pub account: Option<&'a str>,
    /// The rules; `None` where the default is to apply again.
    pub rules: Option<Vec<Rule>>,
    /// What the server tells of the account beyond that.
    pub standing: Standing,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: Box<str>,
    /// What it limits.
    pub limit: Limit,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// One transaction, as the merchant has it.
    Sold(Money),
    /// One transaction, as the customer is billed.
    Billed(Money),
    /// What is spent in a period.
    Spent(Money, Period),
    /// Transactions in a period.
    Count(u64, Period),
    /// Merchants, of which these books know nothing.
    Merchant,
}

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// A day.
    Day,
    /// A week from Monday on.
    Week,
    /// A month.
    Month,
}

impl<'a> LimitsSet<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        let account = b.option(Bytes::text)?;
        let rules = b.option(|b| b.list(RULES_MAX, Bytes::rule))?;
        Ok(Self { account, rules, standing: b.standing()? })
    }
}

impl Bytes<'_> {
    /// A day, counted from 1970-01-01 on.
    pub(super) fn day(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_le_bytes)
    }

    fn rule(&mut self) -> Result<Rule, Malformed> {
        let name = self.text()?.into();
        let limit = match self.u8()? {
            1 => Limit::Sold(self.money()?),
            2 => Limit::Billed(self.money()?),
            3 => Limit::Spent(self.money()?, self.period()?),
            4 => Limit::Count(self.u64()?, self.period()?),
            5..=7 => {
                let mode = self.u8()?;
                let values = self.u32()?;
                self.times(values, |b| b.text().map(|_| ()))?;
                if mode != 1 && mode != 2 {
                    return Err(Malformed("mode"));
                }
                Limit::Merchant
            }
            _ => return Err(Malformed("template")),
        };
        Ok(Rule { name, limit })
    }

    fn period(&mut self) -> Result<Period, Malformed> {
        match self.u8()? {
            1 => Ok(Period::Day),
            2 => Ok(Period::Week),
            3 => Ok(Period::Month),
            _ => Err(Malformed("period")),
        }
    }
}

//! The body of an authorization message, read leniently: what a decision needs must be there and
//! right, everything else may be absent, and is kept.
//!
//! | member | is | needed |
//! | --- | --- | --- |
//! | `transaction_id` | the card transaction | yes |
//! | `network_message_ref` | names the message within its transaction | no: its content does |
//! | `tenant_account_ref`, else `account_id`, else `tenant_customer_ref` | names the account | one |
//! | `amount`, `currency` | as the merchant has it | `amount`; the currency of an account that has one |
//! | `billing_amount`, `billing_currency_code` | what is decided on, where both are there | no |
//! | `network_merchant_category_code`, `network_merchant_country_code`, `network_merchant_id` | where, for spend limits; strings, or numbers as they are written | no |
//! | `auth_indicator.is_partial_approval` | `true` where less is welcome | no |

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Problem;
use super::request::{self, ACCOUNT_MAX, TEXT_MAX, text};
use crate::engine::record::{Asked, Message};
use crate::engine::{AccountNames, Currencies};
use crate::ledger::{Currency, Merchant, Money};

/// An authorization message as it was sent.
#[derive(Debug)]
pub struct AuthorizationBody<'a> {
    wire: Wire<'a>,
    merchant: [Option<Cow<'a, str>>; 3],
    /// All of it.
    pub content: &'a str,
}

#[derive(Debug, Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    transaction_id: Cow<'a, str>,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow, default)]
    currency: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    billing_amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    billing_currency_code: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tenant_account_ref: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    account_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tenant_customer_ref: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    network_message_ref: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    auth_indicator: Option<&'a RawValue>,
    #[serde(borrow, default)]
    network_merchant_category_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    network_merchant_country_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    network_merchant_id: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Indicator {
    #[serde(default)]
    is_partial_approval: Option<bool>,
}

/// In what the amounts are that a decision needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denominated {
    /// In this: what is decided on, and the amount.
    In(Currency, Currency),
    /// In what the account is in, if it is in one currency.
    AsTheAccount,
    /// In a currency that this ledger does not keep.
    Unknown,
}

impl<'a> AuthorizationBody<'a> {
    /// Reads the body.
    ///
    /// # Errors
    /// 400 that names the member.
    pub fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        let wire: Wire<'a> = request::object(body)?;
        text("transaction_id", &wire.transaction_id, TEXT_MAX)?;
        let optional = [
            ("network_message_ref", &wire.network_message_ref, TEXT_MAX),
            ("tenant_account_ref", &wire.tenant_account_ref, ACCOUNT_MAX),
            ("account_id", &wire.account_id, TEXT_MAX),
            ("tenant_customer_ref", &wire.tenant_customer_ref, TEXT_MAX),
        ];
        for (member, given, max) in optional {
            given.as_deref().map_or(Ok(()), |given| text(member, given, max))?;
        }
        if optional[1..].iter().all(|(_, given, _)| given.is_none()) {
            let message = "tenant_account_ref, account_id and tenant_customer_ref are all missing";
            return Err(Problem::invalid(message));
        }
        let content = std::str::from_utf8(body).unwrap_or_default().trim();
        let merchant = [
            wire.network_merchant_category_code,
            wire.network_merchant_country_code,
            wire.network_merchant_id,
        ];
        Ok(Self { wire, merchant: merchant.map(fact), content })
    }

    /// What names the message.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message {
            transaction_id: &self.wire.transaction_id,
            network_message_ref: self.wire.network_message_ref.as_deref(),
        }
    }

    /// What names the account.
    #[must_use]
    pub fn names(&self) -> AccountNames<'_> {
        AccountNames {
            tenant_account_ref: self.wire.tenant_account_ref.as_deref(),
            account_id: self.wire.account_id.as_deref(),
            tenant_customer_ref: self.wire.tenant_customer_ref.as_deref(),
        }
    }

    /// Where.
    #[must_use]
    pub fn merchant(&self) -> Merchant<'_> {
        let [category, country, id] = &self.merchant;
        Merchant { category: category.as_deref(), country: country.as_deref(), id: id.as_deref() }
    }

    /// In what the amounts are.
    #[must_use]
    pub fn denominated(&self, currencies: &Currencies) -> Denominated {
        let billing = self.wire.billing_amount.and(self.wire.billing_currency_code.as_deref());
        let merchant = self.wire.currency.as_deref();
        let Some(decided) = billing.or(merchant) else { return Denominated::AsTheAccount };
        let known = |code| currencies.find(code);
        match (known(decided), known(merchant.unwrap_or(decided))) {
            (Some(decided), Some(merchant)) => Denominated::In(decided, merchant),
            _ => Denominated::Unknown,
        }
    }

    /// How much it asks for, in these currencies.
    ///
    /// # Errors
    /// 400 where an amount is none.
    pub fn asked(&self, decided: Currency, merchant: Currency) -> Result<Asked, Problem> {
        let amount = money("amount", self.wire.amount, merchant)?;
        let billed = self.wire.billing_amount.filter(|_| self.wire.billing_currency_code.is_some());
        let billing = billed.map(|raw| money("billing_amount", raw, decided)).transpose()?;
        let indicator = self.wire.auth_indicator.map(|raw| serde_json::from_str(raw.get()));
        let indicator: Indicator = indicator.and_then(Result::ok).unwrap_or_default();
        let partial = indicator.is_partial_approval == Some(true);
        Ok(Asked { billing: billing.unwrap_or(amount), amount, partial })
    }
}

/// A string, or a number as it is written; what is neither tells nothing.
fn fact(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let text = raw?.get();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return Some(Cow::Borrowed(text));
    }
    serde_json::from_str(text).ok().map(|Text(text)| text)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn money(member: &str, raw: &RawValue, currency: Currency) -> Result<Money, Problem> {
    let number = request::number(member, raw)?;
    Ok(Money { amount: request::units(member, number, currency)?, currency })
}

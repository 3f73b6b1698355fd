//! The answers of the server as the demonstration reads them: amounts by their own text, exactly.

use std::fmt;

use anyhow::Context;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

use super::story::CURRENCY;
use crate::client::Reply;

/// An amount in the currency of the story, in major units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Money(Decimal);

impl Money {
    /// As a number that can be added up.
    pub(super) const fn value(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
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
        if wire.currency != CURRENCY {
            return Err(D::Error::custom(format!("{} is not {CURRENCY}", wire.currency)));
        }
        Decimal::from_str_exact(wire.value.get()).map(Self).map_err(D::Error::custom)
    }
}

/// What answers an operation or a transfer.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Answer {
    pub(super) success: bool,
    pub(super) tenant_balance_ref: Option<String>,
    pub(super) tenant_hold_balance_ref: Option<String>,
    pub(super) available_balance: Option<Money>,
    pub(super) hold_balance: Option<Money>,
    /// Of a transfer.
    pub(super) destination: Option<Destination>,
    pub(super) error: Option<Fault>,
}

/// Why something was not done.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Fault {
    pub(super) code: String,
}

/// Where a transfer went.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Destination {
    pub(super) available: Money,
}

/// `GET /v1/accounts/{ref}`
#[derive(Debug, serde::Deserialize)]
pub(super) struct Account {
    pub(super) balances: Vec<Balance>,
}

/// A balance of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Balance {
    pub(super) posted: Money,
    pub(super) held: Money,
    pub(super) reserved: Money,
    pub(super) available: Money,
}

/// `GET /v1/accounts/{ref}/holds`
#[derive(Debug, serde::Deserialize)]
pub(super) struct Holds {
    pub(super) data: Vec<Hold>,
}

/// A hold, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Hold {
    pub(super) transaction_id: String,
    pub(super) placed: Money,
    pub(super) captured: Money,
    pub(super) restored: Money,
    pub(super) held: Money,
}

/// `GET /v1/trial-balance`
#[derive(Debug, serde::Deserialize)]
pub(super) struct TrialBalance {
    pub(super) currencies: Vec<Totals>,
}

/// What all accounts of a currency come to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Totals {
    pub(super) currency: String,
    pub(super) posted: Money,
    pub(super) held: Money,
    pub(super) settlement: Money,
    pub(super) funding: Money,
    pub(super) sum: Money,
}

/// Reads an answer.
///
/// # Errors
/// When it has not that shape, with the answer.
pub(super) fn read<T: serde::de::DeserializeOwned>(reply: &Reply) -> anyhow::Result<T> {
    serde_json::from_slice(&reply.body)
        .with_context(|| format!("the answer is not what was expected: {}", shown(reply)))
}

/// An answer, for a message about it.
pub(super) fn shown(reply: &Reply) -> String {
    format!("{} {}", reply.status.as_u16(), String::from_utf8_lossy(&reply.body))
}

//! A step of the story as the request that is sent for it.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::story::{Ask, CURRENCY, Step};

/// A request, to be sent as often as one likes.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Who takes it.
    pub(super) listener: Listener,
    /// Its path.
    pub(super) path: String,
    /// Its body.
    pub(super) body: String,
}

/// The listener that a request is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listener {
    /// What the card network calls.
    Network,
    /// What the issuer's own systems call.
    Operator,
}

/// The balance or hold that an answer named, as later requests name it.
#[derive(Clone, Debug)]
pub(super) enum Reference {
    /// `tenant_balance_ref`
    Balance(String),
    /// `tenant_hold_balance_ref`
    Hold(String),
}

#[derive(Serialize)]
struct Operation<'a> {
    idempotency_key: &'a str,
    of_action_ref: String,
    transaction_id: &'a str,
    tenant_account_ref: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_balance_ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_hold_balance_ref: Option<&'a str>,
}

#[derive(Serialize)]
struct Transfer<'a> {
    idempotency_key: &'a str,
    source: &'a str,
    destination: &'a str,
    amount: Option<Amount>,
}

#[derive(Serialize)]
struct Amount {
    value: Box<RawValue>,
    currency: &'static str,
}

impl Request {
    /// What is sent for a step, under that key and with that amount.
    ///
    /// # Errors
    /// Never for an amount, which is JSON as it is.
    pub(super) fn new(
        step: &Step,
        key: &str,
        amount: Option<Decimal>,
        reference: Option<&Reference>,
    ) -> serde_json::Result<Self> {
        let value = amount.map(|amount| RawValue::from_string(amount.to_string())).transpose()?;
        let amount = value.map(|value| Amount { value, currency: CURRENCY });
        match step.ask {
            Ask::TopUp => Self::transfer(step, key, amount),
            Ask::Operation(name) => Self::operation(step, name, key, amount, reference),
        }
    }

    fn transfer(step: &Step, key: &str, amount: Option<Amount>) -> serde_json::Result<Self> {
        let body = Transfer {
            idempotency_key: key,
            source: "@funding",
            destination: step.account,
            amount,
        };
        let body = serde_json::to_string(&body)?;
        Ok(Self { listener: Listener::Operator, path: "/v1/transfers".into(), body })
    }

    fn operation(
        step: &Step,
        name: &str,
        key: &str,
        amount: Option<Amount>,
        reference: Option<&Reference>,
    ) -> serde_json::Result<Self> {
        let (balance, hold) = match reference {
            Some(Reference::Balance(name)) => (Some(name.as_str()), None),
            Some(Reference::Hold(name)) => (None, Some(name.as_str())),
            None => (None, None),
        };
        let body = serde_json::to_string(&Operation {
            idempotency_key: key,
            of_action_ref: format!("action-of-{key}"),
            transaction_id: step.transaction,
            tenant_account_ref: step.account,
            amount,
            tenant_balance_ref: balance,
            tenant_hold_balance_ref: hold,
        })?;
        let path = format!("/api/pba/ledger/{name}");
        Ok(Self { listener: Listener::Network, path, body })
    }
}

//! The bytes of requests and answers of the network API, and nothing of what they mean.
//!
//! Amounts are read from the number's own text. The server promises exactly the currency's
//! fraction digits and no exponent, so any other spelling is a difference too.

use std::{borrow::Cow, fmt};

use hyper::{StatusCode, Uri, body::Bytes};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::simulator::step::Operation;

/// The one currency of this workload, and its fraction digits.
pub const CURRENCY: &str = "SGD";
const FRACTION_DIGITS: u32 = 2;

/// The path of each operation, ready for use.
#[derive(Debug, Clone)]
pub struct Paths([(Operation, Uri); 8]);

impl Paths {
    /// The paths of an API whose paths all begin with `base`.
    ///
    /// # Errors
    ///
    /// `base` does not make a path.
    pub fn under(base: &str) -> Result<Self, String> {
        let mut paths = Operation::ALL.map(|operation| (operation, Uri::default()));
        for (operation, uri) in &mut paths {
            let path = format!("{}{}", base.trim_end_matches('/'), operation.path());
            *uri = path.parse().map_err(|error| format!("{path} is no path: {error}"))?;
        }
        Ok(Self(paths))
    }

    /// The path of one operation.
    #[must_use]
    pub fn of(&self, operation: Operation) -> Uri {
        let found = self.0.iter().find(|(name, _)| *name == operation);
        found.map(|(_, uri)| uri.clone()).expect("every operation has its path")
    }
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// Whether it says that it repeats an earlier answer.
    pub replayed: bool,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// A sum of [`CURRENCY`], in major units.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub Decimal);

/// One account's balance in [`CURRENCY`], as the operator API tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub struct Balance {
    pub balance_ref: String,
    pub posted: Amount,
    pub held: Amount,
    pub reserved: Amount,
    pub available: Amount,
}

/// The body of one of the six operations.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The card transaction.
    pub transaction_id: &'a str,
    /// The account.
    pub account: &'a str,
    /// The key, which also serves as the action's reference.
    pub key: &'a str,
    /// How much; absent to restore all that is left.
    pub amount: Option<Decimal>,
    /// The balance named, if any.
    pub balance_ref: Option<&'a str>,
    /// The hold named, if any.
    pub hold_ref: Option<&'a str>,
}

/// The members of an answer that the contract knows.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub struct Answer {
    pub success: bool,
    pub error_code: Option<String>,
    pub action_ref: String,
    pub balance_ref: Option<String>,
    pub hold_ref: Option<String>,
    pub available_balance: Option<Amount>,
    pub hold_balance: Option<Amount>,
}

/// The members of the answer to an authorization.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub struct Decision {
    pub reference: String,
    pub status: String,
    pub approved: Amount,
    pub reason: Option<String>,
}

/// Reasons that say that the server could not decide, or not in time.
pub const UNDECIDED: [&str; 3] = ["TOO_LATE", "OVERLOADED", "STORAGE_LOW"];

/// Why some bytes are no answer.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AnswerError {
    #[error("the body is not the JSON it must be: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0} {1} is not written as an amount of SGD")]
    Amount(String, String),
}

impl Reply {
    /// Whether the same request may be asked again, and says nothing of what was done.
    #[must_use]
    pub fn leaves_unknown(&self) -> bool {
        self.status.is_server_error()
            || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&self.status)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replayed = if self.replayed { " replayed" } else { "" };
        write!(out, "{}{replayed} {}", self.status.as_u16(), String::from_utf8_lossy(&self.body))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.2} {CURRENCY}", self.0)
    }
}

impl Request<'_> {
    /// The body's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let value = self.amount.map(number);
        let body = WireRequest {
            transaction_id: self.transaction_id,
            tenant_account_ref: self.account,
            idempotency_key: self.key,
            of_action_ref: self.key,
            amount: value.as_deref().map(WireAmount::of),
            tenant_balance_ref: self.balance_ref,
            tenant_hold_balance_ref: self.hold_ref,
        };
        encode(&body)
    }
}

impl Request<'_> {
    /// The body's bytes, of an authorization.
    #[must_use]
    pub fn encode_authorization(&self) -> Bytes {
        let value = number(self.amount.unwrap_or_default());
        encode(&WireAuthorization {
            transaction_id: self.transaction_id,
            network_message_ref: self.key,
            tenant_account_ref: self.account,
            amount: &value,
            currency: CURRENCY,
        })
    }
}

impl Decision {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// Bytes that are not JSON of an answer's shape, or an amount not written as one.
    pub fn parse(bytes: &[u8]) -> Result<Self, AnswerError> {
        let wire: WireDecision<'_> = serde_json::from_slice(bytes)?;
        let undecided = wire.reason.as_deref().is_some_and(|it| UNDECIDED.contains(&it));
        let approved = match (undecided, wire.approved_amount.get()) {
            (true, "0") => Amount(Decimal::ZERO),
            _ => WireAmount::of(wire.approved_amount).read()?,
        };
        Ok(Self {
            reference: wire.tenant_reference_id.into_owned(),
            status: wire.status.into_owned(),
            approved,
            reason: wire.reason.map(Cow::into_owned),
        })
    }

    /// Whether the server could not decide, or not in time.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.reason.as_deref().is_some_and(|it| UNDECIDED.contains(&it))
    }

    /// The same as an answer to an operation. Authorizations and actions are numbered in one order.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        Answer {
            success: self.status == "approved",
            action_ref: self.reference.replacen("auth_", "act_", 1),
            error_code: self.reason,
            balance_ref: None,
            hold_ref: None,
            available_balance: None,
            hold_balance: None,
        }
    }
}

/// Any request's body.
#[must_use]
pub fn encode(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).map(Bytes::from).expect("strings and numbers are JSON")
}

impl Answer {
    /// Whether the server could not decide, or not in time.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.error_code.as_deref().is_some_and(|code| UNDECIDED.contains(&code))
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// Bytes that are not JSON of an answer's shape, or an amount not written as one.
    pub fn parse(bytes: &[u8]) -> Result<Self, AnswerError> {
        let wire: WireAnswer<'_> = serde_json::from_slice(bytes)?;
        Ok(Self {
            success: wire.success,
            error_code: wire.error.map(|error| error.code.into_owned()),
            action_ref: wire.tenant_action_ref.map(Cow::into_owned).unwrap_or_default(),
            balance_ref: wire.tenant_balance_ref.map(Cow::into_owned),
            hold_ref: wire.tenant_hold_balance_ref.map(Cow::into_owned),
            available_balance: wire.available_balance.map(WireAmount::read).transpose()?,
            hold_balance: wire.hold_balance.map(WireAmount::read).transpose()?,
        })
    }
}

/// `{"value": 57.50, "currency": "SGD"}`, on both APIs.
#[derive(Debug, Serialize, Deserialize)]
pub struct WireAmount<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

impl<'a> WireAmount<'a> {
    /// An amount of [`CURRENCY`], from its [`number`].
    #[must_use]
    pub fn of(value: &'a RawValue) -> Self {
        Self { value, currency: Cow::Borrowed(CURRENCY) }
    }

    /// The number, digit for digit.
    #[must_use]
    pub fn text(&self) -> &str {
        self.value.get()
    }

    /// Whether it is zero, in whatever currency.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        Decimal::from_str_exact(self.text()).is_ok_and(|amount| amount.is_zero())
    }

    /// The amount that is written.
    ///
    /// # Errors
    ///
    /// Another currency, an exponent, or a wrong number of fraction digits.
    pub fn read(self) -> Result<Amount, AnswerError> {
        let text = self.text();
        let amount = Decimal::from_str_exact(text).ok();
        let well_written = amount.filter(|amount| amount.scale() == FRACTION_DIGITS);
        match well_written {
            Some(amount) if self.currency == CURRENCY => Ok(Amount(amount)),
            _ => Err(AnswerError::Amount(text.to_owned(), self.currency.into_owned())),
        }
    }
}

/// An amount as a JSON number, digit for digit.
#[must_use]
pub fn number(amount: Decimal) -> Box<RawValue> {
    RawValue::from_string(amount.to_string()).expect("a decimal is written as JSON writes it")
}

#[derive(Serialize)]
struct WireRequest<'a> {
    transaction_id: &'a str,
    tenant_account_ref: &'a str,
    idempotency_key: &'a str,
    of_action_ref: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<WireAmount<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_balance_ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_hold_balance_ref: Option<&'a str>,
}

#[derive(Serialize)]
struct WireAuthorization<'a> {
    transaction_id: &'a str,
    network_message_ref: &'a str,
    tenant_account_ref: &'a str,
    amount: &'a RawValue,
    currency: &'a str,
}

#[derive(Deserialize)]
struct WireDecision<'a> {
    #[serde(borrow)]
    tenant_reference_id: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    approved_amount: &'a RawValue,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireAnswer<'a> {
    success: bool,
    #[serde(borrow)]
    error: Option<WireError<'a>>,
    #[serde(borrow)]
    tenant_action_ref: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tenant_balance_ref: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tenant_hold_balance_ref: Option<Cow<'a, str>>,
    #[serde(borrow)]
    available_balance: Option<WireAmount<'a>>,
    #[serde(borrow)]
    hold_balance: Option<WireAmount<'a>>,
}

#[derive(Deserialize)]
struct WireError<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::Answer;

    fn available(value: &str, currency: &str) -> Option<String> {
        let body = format!(
            r#"{{"success":true,"available_balance":{{"value":{value},"currency":"{currency}"}}}}"#
        );
        Some(format!("{:?}", Answer::parse(body.as_bytes()).ok()?.available_balance?))
    }

    #[test]
    fn an_amount_is_read_digit_for_digit() {
        for value in ["57.50", "0.00", "-0.01", "90071992547409.93"] {
            assert_eq!(available(value, "SGD"), Some(format!("{value} SGD")));
        }
    }

    #[test]
    fn an_amount_not_written_as_promised_is_refused() {
        for value in ["57.5", "57", "57.500", "5.75e1", "\"57.50\"", "null", "57.50.0", "1_0.00"] {
            assert_eq!(available(value, "SGD"), None, "{value}");
        }
        assert_eq!(available("57.50", "USD"), None);
    }
}

//! Bodies read into requests. Pure: bytes in, a request or a [`Problem`] that names the member out.

use std::borrow::Cow;
use std::fmt::Display;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use hyper::StatusCode;

use super::answer::Problem;
use super::quick::{self, Members};
use crate::engine::Currencies;
use crate::engine::record::OperationRequest;
use crate::ledger::{Amount, Currency, Money, Operation};
use crate::wire::money;

/// The longest text that a request may give as a name or reference, in bytes.
pub const TEXT_MAX: usize = 128;
/// The longest account name, in bytes.
pub const ACCOUNT_MAX: usize = 64;

/// An operation as it was sent, held to its limits.
#[derive(Debug, PartialEq, Eq)]
pub struct OperationBody<'a> {
    operation: Operation,
    idempotency_key: Cow<'a, str>,
    transaction_id: Cow<'a, str>,
    tenant_account_ref: Cow<'a, str>,
    of_action_ref: Cow<'a, str>,
    reference: Option<Cow<'a, str>>,
    money: Option<Money>,
}

#[derive(Debug, Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    idempotency_key: Cow<'a, str>,
    #[serde(borrow)]
    transaction_id: Cow<'a, str>,
    #[serde(borrow)]
    tenant_account_ref: Cow<'a, str>,
    #[serde(borrow)]
    of_action_ref: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    amount: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    tenant_balance_ref: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    tenant_hold_balance_ref: Option<&'a RawValue>,
}

/// What an operation of a batch has beside that: the member that says which of the six it is.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    operation: Cow<'a, str>,
}

#[derive(Deserialize)]
struct WireAmount<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

impl<'a> OperationBody<'a> {
    /// Reads the body of `operation`.
    ///
    /// # Errors
    /// 400 with the code that applies.
    pub fn parse(
        operation: Operation,
        body: &'a [u8],
        currencies: &Currencies,
    ) -> Result<Self, Problem> {
        let members = quick::members(body).filter(|members| members.operation.is_none());
        let quickly = members.and_then(|members| Self::of_members(operation, members, currencies));
        quickly.map_or_else(|| Self::parse_fully(operation, body, currencies), Ok)
    }

    /// Reads one operation of a batch: the same with the member `operation`, its name.
    ///
    /// # Errors
    /// 400 with the code that applies.
    pub fn parse_item(item: &'a [u8], currencies: &Currencies) -> Result<Self, Problem> {
        let quickly = quick::members(item).and_then(|members| {
            let operation = Operation::parse(members.operation?)?;
            Self::of_members(operation, members, currencies)
        });
        quickly.map_or_else(|| Self::parse_item_fully(item, currencies), Ok)
    }

    fn parse_fully(
        operation: Operation,
        body: &'a [u8],
        currencies: &Currencies,
    ) -> Result<Self, Problem> {
        Self::of_wire(operation, object(body)?, currencies)
    }

    fn parse_item_fully(item: &'a [u8], currencies: &Currencies) -> Result<Self, Problem> {
        let named: Named<'_> = object(item)?;
        let operation = Operation::parse(&named.operation).ok_or_else(|| {
            let names = Operation::ALL.map(Operation::name).join(", ");
            Problem::invalid(format!("operation is not one of {names}"))
        })?;
        Self::parse_fully(operation, item, currencies)
    }

    fn of_wire(
        operation: Operation,
        wire: Wire<'a>,
        currencies: &Currencies,
    ) -> Result<Self, Problem> {
        text("idempotency_key", &wire.idempotency_key, TEXT_MAX)?;
        text("transaction_id", &wire.transaction_id, TEXT_MAX)?;
        text("tenant_account_ref", &wire.tenant_account_ref, ACCOUNT_MAX)?;
        text("of_action_ref", &wire.of_action_ref, TEXT_MAX)?;
        let reference = reference(operation, &wire)?;
        let money = wire.amount.map(|raw| amount("amount", raw, currencies)).transpose()?;
        let Wire { idempotency_key, transaction_id, tenant_account_ref, of_action_ref, .. } = wire;
        Ok(Self {
            operation,
            idempotency_key,
            transaction_id,
            tenant_account_ref,
            of_action_ref,
            reference,
            money,
        })
    }

    /// The same, where nothing is wrong or unusual; `None` of any other.
    fn of_members(
        operation: Operation,
        members: Members<'a>,
        currencies: &Currencies,
    ) -> Option<Self> {
        let within = |text: &'a str, max| (1..=max).contains(&text.len()).then_some(text);
        let given = if operation.names_a_hold() {
            members.tenant_hold_balance_ref
        } else {
            members.tenant_balance_ref
        };
        if given.is_none() && operation.needs_its_reference() {
            return None;
        }
        let reference = given.map(|text| within(text, TEXT_MAX).ok_or(())).transpose().ok()?;
        let money = |(value, currency): (&str, &str)| {
            let currency = currencies.find(currency)?;
            Some(Money { amount: money::parse(value, currency).ok()?, currency })
        };
        Some(Self {
            operation,
            idempotency_key: within(members.idempotency_key?, TEXT_MAX)?.into(),
            transaction_id: within(members.transaction_id?, TEXT_MAX)?.into(),
            tenant_account_ref: within(members.tenant_account_ref?, ACCOUNT_MAX)?.into(),
            of_action_ref: within(members.of_action_ref?, TEXT_MAX)?.into(),
            reference: reference.map(Cow::Borrowed),
            money: members.amount.map(|amount| money(amount).ok_or(())).transpose().ok()?,
        })
    }

    /// The request, as the engine takes it.
    #[must_use]
    pub fn request(&self) -> OperationRequest<'_> {
        OperationRequest {
            operation: self.operation,
            idempotency_key: &self.idempotency_key,
            transaction_id: &self.transaction_id,
            tenant_account_ref: &self.tenant_account_ref,
            of_action_ref: &self.of_action_ref,
            reference: self.reference.as_deref(),
            money: self.money,
        }
    }
}

/// The operation's own reference; the other one is a member like any unknown one.
fn reference<'a>(operation: Operation, wire: &Wire<'a>) -> Result<Option<Cow<'a, str>>, Problem> {
    let (name, raw) = if operation.names_a_hold() {
        ("tenant_hold_balance_ref", wire.tenant_hold_balance_ref)
    } else {
        ("tenant_balance_ref", wire.tenant_balance_ref)
    };
    let wrong = |_| Problem::invalid(format!("{name} is not a string"));
    let given = raw.map(|raw| serde_json::from_str::<Option<Borrowed<'_>>>(raw.get()));
    let given = given.transpose().map_err(wrong)?.flatten();
    match given {
        Some(Borrowed(reference)) => {
            text(name, &reference, TEXT_MAX)?;
            Ok(Some(reference))
        }
        None if operation.needs_its_reference() => {
            Err(Problem::invalid(format!("{name} is missing")))
        }
        None => Ok(None),
    }
}

#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads `{"value": number, "currency": "AAA"}`; `member` is its name in errors.
///
/// # Errors
/// 400 with the code that applies.
pub fn amount(member: &str, raw: &RawValue, currencies: &Currencies) -> Result<Money, Problem> {
    let shape = |what: &str| Problem::invalid(format!("{member} {what}"));
    if !raw.get().starts_with('{') {
        return Err(shape("is not an object"));
    }
    let wire: WireAmount<'_> =
        serde_json::from_str(raw.get()).map_err(|error| shape(&format!("is wrong: {error}")))?;
    let value = format_args!("{member}.value");
    let number = number(value, wire.value)?;
    let currency = currencies.find(&wire.currency).ok_or_else(|| {
        let message = format!("{member}.currency is not a currency that this ledger keeps");
        Problem::new(StatusCode::BAD_REQUEST, "UNKNOWN_CURRENCY", message)
    })?;
    Ok(Money { amount: units(value, number, currency)?, currency })
}

/// The text of a JSON number; `member` is its name in errors.
///
/// # Errors
/// 400 `INVALID_REQUEST` when it is anything else.
pub fn number(member: impl Display, raw: &RawValue) -> Result<&str, Problem> {
    let text = raw.get();
    if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(text);
    }
    Err(Problem::invalid(format!("{member} is not a number")))
}

/// The amount that a number's text is; `member` is its name in errors.
///
/// # Errors
/// 400 `INVALID_AMOUNT`.
pub fn units(member: impl Display, number: &str, currency: Currency) -> Result<Amount, Problem> {
    money::parse(number, currency).map_err(|bad| {
        let message = format!("{member} {bad}");
        Problem::new(StatusCode::BAD_REQUEST, "INVALID_AMOUNT", message)
    })
}

/// Reads a JSON object: not an array, not followed by anything, no member of `T` twice.
///
/// # Errors
/// 400 `INVALID_REQUEST`.
pub fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    let body = std::str::from_utf8(body)
        .map_err(|error| Problem::invalid(format!("the body is not UTF-8: {error}")))?;
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    if !body.trim_start_matches(space).starts_with('{') {
        return Err(Problem::invalid("the body is not a JSON object"));
    }
    serde_json::from_str(body)
        .map_err(|error| Problem::invalid(format!("the body is wrong: {error}")))
}

/// Holds a text to its limits: not empty, not too long, no control characters.
///
/// # Errors
/// 400 `INVALID_REQUEST` that names the member.
pub fn text(member: &str, text: &str, max: usize) -> Result<(), Problem> {
    let wrong = |what: String| Err(Problem::invalid(format!("{member} {what}")));
    match text.len() {
        0 => return wrong("is empty".into()),
        len if len > max => return wrong(format!("has {len} bytes, at most {max} are allowed")),
        _ => {}
    }
    // Nearly all are of plain letters, which are seen many at once; only in others are characters
    // looked at.
    let odd = text.bytes().fold(false, |odd, byte| odd | !(0x20..0x7f).contains(&byte));
    if odd && text.chars().any(char::is_control) {
        return wrong("has a control character".into());
    }
    Ok(())
}

/// A member that is there, `null` included: unlike an absent one it reaches its reader.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests;

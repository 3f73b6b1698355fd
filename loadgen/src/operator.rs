//! The calls of the operator API that a run needs: create and top up an account, read its
//! balance, read the trial balance.

use std::borrow::Cow;

use hyper::{Method, StatusCode, Uri, body::Bytes};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    client::{Client, ExchangeError},
    wire::{Answer, AnswerError, Balance, CURRENCY, Reply, WireAmount, encode, number},
};

/// Why an operator call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// There is no answer.
    #[error("{0}: {1}")]
    Exchange(String, ExchangeError),
    /// The answer is not what was asked for.
    #[error("{0} was answered with {1}")]
    Refused(String, Reply),
    /// The answer is not of the documented shape.
    #[error("{0}: {1}; it was answered with {2}")]
    Shape(String, AnswerError, Reply),
    /// The account's name does not make a path.
    #[error("{0} is no path: {1}")]
    Path(String, hyper::http::uri::InvalidUri),
}

/// Creates the account `name` and returns its balance.
///
/// # Errors
///
/// No answer, or one that is not the account.
pub async fn create(client: &mut Client, name: &str) -> Result<Balance, OperatorError> {
    let body = encode(&NewAccount { tenant_account_ref: name, currencies: [CURRENCY] });
    let call = Call::post("/v1/accounts", body);
    let reply = call.ask(client, &[StatusCode::CREATED]).await?;
    call.read(reply, Balance::parse)
}

/// Moves `amount` from `@funding` to the account `name`.
///
/// # Errors
///
/// No answer, or one that is not a success.
pub async fn top_up(client: &mut Client, name: &str, amount: Decimal) -> Result<(), OperatorError> {
    let value = number(amount);
    let body = encode(&Transfer {
        idempotency_key: &format!("{name}-open"),
        source: "@funding",
        destination: name,
        amount: WireAmount::of(&value),
    });
    let call = Call::post("/v1/transfers", body);
    let reply = call.ask(client, &[StatusCode::CREATED]).await?;
    match call.read(reply.clone(), Answer::parse)?.success {
        true => Ok(()),
        false => Err(OperatorError::Refused(call.name, reply)),
    }
}

/// Reads the balance of the account `name`.
///
/// # Errors
///
/// No answer, or one that is not the account.
pub async fn balance(client: &mut Client, name: &str) -> Result<Balance, OperatorError> {
    let call = Call::read_of(format!("/v1/accounts/{name}"));
    let reply = call.ask(client, &[StatusCode::OK]).await?;
    call.read(reply, Balance::parse)
}

/// Reads the trial balance and returns what is not zero in it: currency and sum, as written.
///
/// # Errors
///
/// No answer, or one that is no trial balance.
pub async fn imbalances(client: &mut Client) -> Result<Vec<(String, String)>, OperatorError> {
    let call = Call::read_of("/v1/trial-balance".to_owned());
    let reply = call.ask(client, &[StatusCode::OK]).await?;
    call.read(reply, |body| {
        let trial: WireTrialBalance<'_> = serde_json::from_slice(body)?;
        let off = trial.currencies.into_iter().filter(|currency| !currency.sum.is_zero());
        Ok(off.map(|off| (off.currency.into_owned(), off.sum.text().to_owned())).collect())
    })
}

/// Reads the server's memory from its metrics, where they tell it.
///
/// # Errors
///
/// No answer, or one that is no success.
pub async fn resident_bytes(client: &mut Client) -> Result<Option<u64>, OperatorError> {
    let reply = Call::read_of("/metrics".to_owned()).ask(client, &[StatusCode::OK]).await?;
    let metrics = String::from_utf8_lossy(&reply.body);
    let told = metrics.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    Ok(told.and_then(|told| told.trim().parse().ok()))
}

struct Call {
    name: String,
    method: Method,
    path: String,
    body: Bytes,
}

impl Call {
    fn post(path: &str, body: Bytes) -> Self {
        let name = format!("POST {path} {}", String::from_utf8_lossy(&body));
        Self { name, method: Method::POST, path: path.to_owned(), body }
    }

    fn read_of(path: String) -> Self {
        Self { name: format!("GET {path}"), method: Method::GET, path, body: Bytes::new() }
    }

    async fn ask(
        &self,
        client: &mut Client,
        wanted: &[StatusCode],
    ) -> Result<Reply, OperatorError> {
        let uri = Uri::try_from(&self.path);
        let uri = uri.map_err(|error| OperatorError::Path(self.name.clone(), error))?;
        let asked = client.exchange(self.method.clone(), uri, self.body.clone()).await;
        let reply = asked.map_err(|error| OperatorError::Exchange(self.name.clone(), error))?;
        match wanted.contains(&reply.status) {
            true => Ok(reply),
            false => Err(OperatorError::Refused(self.name.clone(), reply)),
        }
    }

    fn read<T>(
        &self,
        reply: Reply,
        read: impl FnOnce(&[u8]) -> Result<T, AnswerError>,
    ) -> Result<T, OperatorError> {
        let body = reply.body.clone();
        read(&body).map_err(|error| OperatorError::Shape(self.name.clone(), error, reply))
    }
}

impl Balance {
    fn parse(body: &[u8]) -> Result<Self, AnswerError> {
        let account: WireAccount<'_> = serde_json::from_slice(body)?;
        let [balance] = account.balances;
        Ok(Self {
            balance_ref: balance.tenant_balance_ref.into_owned(),
            posted: balance.posted.read()?,
            held: balance.held.read()?,
            reserved: balance.reserved.read()?,
            available: balance.available.read()?,
        })
    }
}

#[derive(Serialize)]
struct NewAccount<'a> {
    tenant_account_ref: &'a str,
    currencies: [&'a str; 1],
}

#[derive(Serialize)]
struct Transfer<'a> {
    idempotency_key: &'a str,
    source: &'a str,
    destination: &'a str,
    amount: WireAmount<'a>,
}

#[derive(Deserialize)]
struct WireAccount<'a> {
    #[serde(borrow)]
    balances: [WireBalance<'a>; 1],
}

#[derive(Deserialize)]
struct WireBalance<'a> {
    #[serde(borrow)]
    tenant_balance_ref: Cow<'a, str>,
    #[serde(borrow)]
    posted: WireAmount<'a>,
    #[serde(borrow)]
    held: WireAmount<'a>,
    #[serde(borrow)]
    reserved: WireAmount<'a>,
    #[serde(borrow)]
    available: WireAmount<'a>,
}

#[derive(Deserialize)]
struct WireTrialBalance<'a> {
    #[serde(borrow)]
    currencies: Vec<WireCurrency<'a>>,
}

#[derive(Deserialize)]
struct WireCurrency<'a> {
    #[serde(borrow)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    sum: WireAmount<'a>,
}

//! Transfers: `POST /v1/transfers`, once however often it is asked.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::answer::{Answer, Problem, refusal};
use super::super::json::{self, Object};
use super::super::operation_answer::amount;
use super::super::request::{self, ACCOUNT_MAX, TEXT_MAX, text};
use super::super::worker::Worker;
use super::{open, parts};
use crate::engine::record::{Ends, TransferAction, TransferRequest};
use crate::engine::{Lsn, Repeat, Submitted};
use crate::ledger::{ActionRef, Refusal, Side, TransferRefused};

/// The longest description, in bytes.
const DESCRIPTION_MAX: usize = 1_024;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    idempotency_key: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    destination: Cow<'a, str>,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow, default)]
    transaction_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

pub(super) async fn transfer(worker: &Worker, body: &[u8]) -> Result<Answer, Problem> {
    let shared = &worker.shared;
    let wire: Wire<'_> = request::object(body)?;
    let request = request(&wire, worker)?;
    let mut others: Vec<Lsn> = Vec::new();
    loop {
        match shared.ledger.transfer(request, &others)? {
            Submitted::Decided(action, stamp) => {
                let answer = answer(&action, stamp.action(), StatusCode::CREATED);
                worker.durable(stamp.lsn).await?;
                let refused = action.outcome.as_ref().err();
                shared.metrics.transferred(refused.map(|refused| refused.refused.refusal));
                return Ok(answer);
            }
            Submitted::Seen(lsn) => {
                let stored = worker.stored(lsn).await?;
                match stored.repeats_transfer(&request)? {
                    Repeat::Same(action, stamp) => {
                        shared.metrics.repeated();
                        return Ok(answer(&action, stamp.action(), StatusCode::OK).replayed());
                    }
                    Repeat::KeyReused => return Err(Problem::key_reused()),
                    Repeat::OtherKey => others.push(lsn),
                }
            }
        }
    }
}

fn request<'a>(wire: &'a Wire<'_>, worker: &Worker) -> Result<TransferRequest<'a>, Problem> {
    text("idempotency_key", &wire.idempotency_key, TEXT_MAX)?;
    text("source", &wire.source, ACCOUNT_MAX)?;
    text("destination", &wire.destination, ACCOUNT_MAX)?;
    let same = || Problem::invalid("source and destination are the same account");
    let transaction_id = wire.transaction_id.as_deref();
    transaction_id.map_or(Ok(()), |id| text("transaction_id", id, TEXT_MAX))?;
    let description = wire.description.as_deref();
    description.map_or(Ok(()), |it| text("description", it, DESCRIPTION_MAX))?;
    Ok(TransferRequest {
        idempotency_key: &wire.idempotency_key,
        ends: Ends::new(&wire.source, &wire.destination).ok_or_else(same)?,
        money: request::amount("amount", wire.amount, &worker.shared.config.currencies)?,
        transaction_id,
        description,
        metadata: wire.metadata.map(open::metadata).transpose()?,
    })
}

/// The answer, version 1: a pure function of the record. `done` is the status of a transfer that
/// was done; one that was refused is always answered 200.
fn answer(action: &TransferAction<'_>, at: ActionRef, done: StatusCode) -> Answer {
    let ends = action.request.ends;
    match &action.outcome {
        Ok(_) => {
            let body = json::object(|object| {
                object.flag("success", true);
                object.display("tenant_action_ref", at);
                for (member, side, name) in [
                    ("source", Side::Source, ends.source()),
                    ("destination", Side::Destination, ends.destination()),
                ] {
                    object.object(member, |object| end(object, action, side, name));
                }
            });
            Answer::json(done, body)
        }
        Err(refused) => {
            let code = refused.refused.refusal.code();
            let body = refusal(code, &message(action, refused), Some(at));
            Answer::json(StatusCode::OK, body)
        }
    }
}

/// One end of a transfer: its balance as it is after; of a system account its name alone.
pub(super) fn end(object: &mut Object<'_>, action: &TransferAction<'_>, side: Side, name: &str) {
    object.text("tenant_account_ref", name);
    if let Some((balance, place)) = action.located(side) {
        parts::balance(object, balance, &place.pocket);
    }
}

/// The reason for people, from the record alone: a repeat must say the same.
pub(super) fn message(action: &TransferAction<'_>, refused: &TransferRefused) -> String {
    let request = &action.request;
    let account = match refused.side {
        Side::Source => request.ends.source(),
        Side::Destination => request.ends.destination(),
    };
    let asked = amount(request.money.amount.minor().into(), request.money.currency);
    match refused.refused.refusal {
        Refusal::AccountNotFound => format!("there is no account {account}"),
        Refusal::CurrencyMismatch => {
            format!("account {account} has no balance in {}", request.money.currency)
        }
        Refusal::AccountClosed => format!("account {account} is closed"),
        Refusal::AccountFrozen => format!("account {account} is frozen"),
        Refusal::InsufficientFunds => {
            let pocket = refused.refused.seen.map(|(_, _, place)| place.pocket);
            let available = pocket.map(|p| amount(p.available(), p.currency)).unwrap_or_default();
            format!("{available} available and the overdraft limit do not cover {asked}")
        }
        other => format!("account {account} cannot take part in {asked}: {other}"),
    }
}

//! Transfers: `POST /v1/transfers`, once however often it is asked.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::answer::{Answer, Problem};
use super::super::request::{self, ACCOUNT_MAX, TEXT_MAX, text};
use super::super::worker::Worker;
use super::open;
use crate::engine::record::{Ends, TransferAction, TransferRequest};
use crate::engine::{Lsn, Repeat, Submitted};
use crate::ledger::ActionRef;
use crate::wire::transfer_answer;

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

/// `done` is the status of a transfer that was done; one that was refused is always answered 200.
fn answer(action: &TransferAction<'_>, at: ActionRef, done: StatusCode) -> Answer {
    let status = if action.outcome.is_ok() { done } else { StatusCode::OK };
    Answer::json(status, transfer_answer::body(action, at))
}

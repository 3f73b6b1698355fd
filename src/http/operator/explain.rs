//! One card transaction explained: `GET /v1/transactions/{transaction_id}/explain`.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::worker::Worker;
use super::query::name;
use crate::engine::Lsn;
use crate::wire::{explained, json};

/// Every record of the transaction, oldest first, with what was seen and whether it comes out again.
pub(super) async fn explain(worker: &Worker, segment: &str) -> Result<Answer, Problem> {
    let transaction_id = name(segment)?.into_owned();
    let heads = worker.shared.ledger.transaction_heads(&transaction_id);
    worker.durable(heads.iter().copied().max().unwrap_or(Lsn::ZERO)).await?;
    let body = worker.history(move |ledger| {
        let records = ledger.explain(&transaction_id, &heads)?;
        let mut told = Ok(());
        let body = json::object(|object| {
            object.text("transaction_id", &transaction_id);
            object.list("data", &records, |object, it| {
                told = std::mem::replace(&mut told, Ok(())).and(explained::members(object, it));
            });
        });
        told.map(|()| body)
    });
    Ok(Answer::json(StatusCode::OK, body.await?))
}

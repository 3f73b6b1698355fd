//! Actions out of the log: one by its name, or all of a transaction.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::worker::Worker;
use super::parts;
use super::query::{Query, name};
use crate::engine::{HistoryError, Lsn, Stored};
use crate::ledger::ActionRef;
use crate::wire::action::{self, members};
use crate::wire::json;

/// `GET /v1/actions/{tenant_action_ref}`
pub(super) async fn show(worker: &Worker, segment: &str) -> Result<Answer, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such action");
    let action = ActionRef::parse(&name(segment)?).ok_or_else(missing)?;
    let lsn = Lsn::new(action.position());
    if lsn > worker.shared.ledger.appended() {
        return Err(missing());
    }
    worker.durable(lsn).await?;
    let body = worker.history(move |ledger| match ledger.stored(lsn) {
        Ok(stored) => {
            let (record, stamp) = stored.record()?;
            Ok(action::is_one(&record)
                .then(|| json::object(|object| members(object, &record, stamp))))
        }
        Err(HistoryError::Unknown(_)) => Ok(None),
        Err(error) => Err(error),
    });
    let body = body.await?.ok_or_else(missing)?;
    Ok(Answer::json(StatusCode::OK, body))
}

/// `GET /v1/transactions/{transaction_id}`
pub(super) async fn of_transaction(
    worker: &Worker,
    segment: &str,
    query: Option<&str>,
) -> Result<Answer, Problem> {
    let transaction_id = name(segment)?.into_owned();
    let page = Query::parse(query, &["limit", "cursor"])?.page()?;
    let heads = worker.shared.ledger.transaction_heads(&transaction_id);
    worker.durable(heads.iter().copied().max().unwrap_or(Lsn::ZERO)).await?;
    let body = worker.history(move |ledger| {
        let actions = ledger.transaction(&transaction_id, &heads, action::is_one)?;
        let after = page.after.map_or(Lsn::ZERO, |action| Lsn::new(action.position()));
        let rest = &actions[actions.partition_point(|lsn| *lsn <= after)..];
        let shown = &rest[..rest.len().min(page.limit)];
        let stored = shown.iter().map(|lsn| ledger.stored(*lsn)).collect::<Result<Vec<_>, _>>()?;
        let records = stored.iter().map(Stored::record).collect::<Result<Vec<_>, _>>()?;
        let next = shown.last().filter(|_| shown.len() < rest.len());
        Ok(json::object(|object| {
            object.text("transaction_id", &transaction_id);
            object.list("data", &records, |object, (it, stamp)| members(object, it, *stamp));
            parts::next_cursor(object, next.map(|lsn| ActionRef::new(lsn.value())));
        }))
    });
    Ok(Answer::json(StatusCode::OK, body.await?))
}

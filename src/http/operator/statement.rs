//! What moved an account: `GET /v1/accounts/{ref}/statement`, newest first.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::worker::Worker;
use super::query::{Page, Query, name};
use super::{accounts, parts};
use crate::engine::{Lsn, StatementAsked, StatementPage, Stored};
use crate::ledger::{ActionRef, Moment};
use crate::wire::{action, json, time};

pub(super) async fn list(
    worker: &Worker,
    segment: &str,
    query: Option<&str>,
) -> Result<Answer, Problem> {
    let name = name(segment)?;
    let asked = asked(&Query::parse(query, &["from", "to", "limit", "cursor"])?)?;
    accounts::has_history(&name)?;
    let view = worker.shared.ledger.account(&name).ok_or_else(Problem::no_such_account)?;
    worker.durable(view.seen).await?;
    let body = worker.history(move |ledger| {
        let StatementPage { actions, next } = ledger.statement(&view, asked)?;
        let records = actions.iter().map(Stored::record).collect::<Result<Vec<_>, _>>()?;
        Ok(json::object(|object| {
            object.list("data", &records, |object, (it, stamp)| {
                action::members(object, it, *stamp);
            });
            parts::next_cursor(object, next.map(|lsn| ActionRef::new(lsn.value())));
        }))
    });
    Ok(Answer::json(StatusCode::OK, body.await?))
}

/// `from` inclusive and `to` exclusive: of a time between two microseconds only what comes after it
/// is from then on.
fn asked(query: &Query<'_>) -> Result<StatementAsked, Problem> {
    let Page { after, limit } = query.page()?;
    let (from, to) = query.span()?;
    Ok(StatementAsked {
        from: from.map_or(Moment::from_micros(i64::MIN), time::not_before),
        to: to.map_or(Moment::from_micros(i64::MAX), time::not_before),
        before: after.map(|action| Lsn::new(action.position())),
        limit,
    })
}

//! What Open Fabric told: `GET /v1/notifications`, newest first.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::worker::Worker;
use super::parts;
use super::query::{Page, Query};
use crate::engine::record::Record;
use crate::engine::{Lsn, NotificationsAsked, NotificationsPage, Stored};
use crate::ledger::{ActionRef, Moment};
use crate::wire::{json, notification, time};

const MEMBERS: &[&str] = &["type", "transaction_id", "from", "to", "limit", "cursor"];

pub(super) async fn list(worker: &Worker, query: Option<&str>) -> Result<Answer, Problem> {
    let asked = asked(&Query::parse(query, MEMBERS)?)?;
    let head = worker.shared.ledger.notifications_head(asked.transaction_id.as_deref());
    worker.durable(head).await?;
    let body = worker.history(move |ledger| {
        let NotificationsPage { notifications, next } = ledger.notifications(head, &asked)?;
        let records = notifications.iter().map(Stored::record).collect::<Result<Vec<_>, _>>()?;
        Ok(json::object(|object| {
            object.list("data", &records, |object, (record, stamp)| {
                let Record::Notification(it) = record else { return };
                notification::members(object, it);
                object.text("received_at", &time::write(stamp.at));
                object.number("lsn", stamp.lsn.value());
            });
            parts::next_cursor(object, next.map(|lsn| ActionRef::new(lsn.value())));
        }))
    });
    Ok(Answer::json(StatusCode::OK, body.await?))
}

/// `from` inclusive and `to` exclusive, as of a statement.
fn asked(query: &Query<'_>) -> Result<NotificationsAsked, Problem> {
    let Page { after, limit } = query.page()?;
    let (from, to) = query.span()?;
    Ok(NotificationsAsked {
        kind: query.find("type").map(str::to_owned),
        transaction_id: query.find("transaction_id").map(str::to_owned),
        from: from.map_or(Moment::from_micros(i64::MIN), time::not_before),
        to: to.map_or(Moment::from_micros(i64::MAX), time::not_before),
        before: after.map(|action| Lsn::new(action.position())),
        limit,
    })
}

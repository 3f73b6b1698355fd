//! Notifications: each recorded once, and acknowledged when all of a request are on the disk.
//!
//! A request that is not acknowledged is sent again, whole and by the network's schedule. So what
//! was recorded of one stays, and is not recorded again; and 4xx is only for what is no
//! notification at all, and not before the others beside it are recorded. In clearing mode what a
//! reversal wants is done before it is acknowledged.

mod body;

use hyper::StatusCode;

use super::answer::{Answer, Problem};
use super::settling::settle;
use super::worker::Worker;
use crate::clearing;
use crate::engine::record::Notification;
use crate::engine::{IntegrationMode, Lsn, Stamp, Submitted, Unavailable};
use crate::wire::{json, notification};

/// Records the notifications of `body`, and answers when they are durable.
///
/// # Errors
/// 400 where one of them is none; 503 where not all can be taken now.
pub async fn receive(worker: &Worker, body: &[u8]) -> Result<Answer, Problem> {
    let (mut newest, mut wrong) = (Lsn::ZERO, None);
    for item in body::items(body)? {
        match item {
            Ok(notification) => match record(worker, &notification).await {
                Ok(lsn) => newest = newest.max(reverse(worker, &notification, lsn).await?),
                Err(problem) if problem.may_pass() => return Err(problem),
                Err(problem) => wrong = wrong.or(Some(problem)),
            },
            Err(problem) => wrong = wrong.or(Some(problem)),
        }
    }
    worker.durable(newest).await?;
    let received = || json::object(|answer| answer.text("status", "Success"));
    wrong.map_or_else(|| Ok(Answer::json(StatusCode::OK, received())), Err)
}

/// Records a notification, unless it is recorded already; the record, which may not be durable yet.
pub(super) async fn record(
    worker: &Worker,
    notification: &Notification<'_>,
) -> Result<Lsn, Problem> {
    let mut others = Vec::new();
    loop {
        match worker.shared.ledger.notify(notification, &others).map_err(unavailable)? {
            Submitted::Decided((), stamp) => {
                follow(worker, notification, stamp);
                return Ok(stamp.lsn);
            }
            Submitted::Seen(lsn)
                if worker.stored(lsn).await?.is_notification(&notification.name)? =>
            {
                worker.shared.metrics.repeated();
                return Ok(lsn);
            }
            Submitted::Seen(lsn) => others.push(lsn),
        }
    }
}

/// Does what a reversal wants, where no operation of the network follows: also when it was recorded
/// before, because a crash may have left it undone. The last record of it, else that of the
/// notification.
async fn reverse(
    worker: &Worker,
    notification: &Notification<'_>,
    recorded: Lsn,
) -> Result<Lsn, Problem> {
    let moves = worker.shared.ledger.integration_mode() == IntegrationMode::Clearing;
    let reverses = moves && clearing::reversal(notification).is_some();
    let Some(transaction) = notification.transaction_id.as_deref().filter(|_| reverses) else {
        return Ok(recorded);
    };
    let settled = settle(worker, transaction, recorded, &notification.name.id).await?;
    Ok(settled.unwrap_or(recorded))
}

/// What follows from a notification that was recorded now, and not before: each is handed in once in
/// a life.
fn follow(worker: &Worker, notification: &Notification<'_>, stamp: Stamp) {
    let problems = notification::problems(notification);
    worker.shared.metrics.notified(&notification.kind, problems.is_empty());
    if !problems.is_empty() {
        let (lsn, kind) = (stamp.lsn.value(), &*notification.kind);
        let problems = problems.join("; ");
        tracing::warn!(lsn, kind, problems, "a notification is not as the documents say");
    }
}

/// Of a request with several notifications some may be recorded.
pub(super) fn unavailable(why: Unavailable) -> Problem {
    match why {
        Unavailable::StorageLow => {
            Problem::unavailable("STORAGE_LOW", "storage is low: send it again later")
        }
        Unavailable::Overloaded | Unavailable::Stopping => {
            Problem::unavailable("OVERLOADED", "this cannot be recorded now: send it again later")
        }
        Unavailable::TooLarge => why.into(),
    }
}

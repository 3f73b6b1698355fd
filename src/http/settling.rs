//! A transaction that is taken to where all that was told of it wants it, off the worker's thread.

use super::answer::Problem;
use super::webhook;
use super::worker::Worker;
use crate::clearing::Stop;
use crate::engine::Lsn;

/// Does what is wanted by the record at `told`, which the network calls `name`; the last record of
/// it, which may not be durable yet. One that was begun is done whether it is waited for or not.
///
/// # Errors
/// 503 where not all can be done now.
pub(super) async fn settle(
    worker: &Worker,
    transaction_id: &str,
    told: Lsn,
    name: &str,
) -> Result<Option<Lsn>, Problem> {
    loop {
        let (transaction, name) = (transaction_id.to_owned(), name.to_owned());
        let settled = worker
            .aside(move |shared| shared.clerk.settle(&shared.ledger, &transaction, told, &name));
        match settled.await? {
            Ok(settled) => return Ok(settled.last),
            Err(Stop::NotDurable(lsn)) => worker.durable(lsn).await?,
            Err(Stop::Unavailable(why)) => return Err(webhook::unavailable(why)),
            Err(Stop::History(why)) => return Err(why.into()),
        }
    }
}

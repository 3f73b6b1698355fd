//! `POST /v1/snapshot`: a snapshot now, answered when it is in the log's directory.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::request;
use super::super::worker::Worker;
use crate::engine::{Snapshot, TakeError};
use crate::wire::json;

#[derive(serde::Deserialize)]
struct Nothing {}

/// `POST /v1/snapshot`
pub(super) async fn take(worker: &Worker, body: &[u8]) -> Result<Answer, Problem> {
    let Nothing {} = request::object(body)?;
    let taken = worker.aside(|shared| shared.snapshot()).await?;
    Ok(Answer::json(StatusCode::CREATED, members(&taken?)))
}

fn members(snapshot: &Snapshot) -> Vec<u8> {
    let copied = &snapshot.copied;
    json::object(|object| {
        object.number("from", copied.from.value());
        object.number("upto", copied.upto.value());
        object.number("accounts", copied.accounts);
        object.number("keys", copied.keys);
        object.number("bytes", snapshot.bytes);
    })
}

impl From<TakeError> for Problem {
    fn from(why: TakeError) -> Self {
        let message = why.to_string();
        match why {
            TakeError::UnderWay => Self::unavailable("OVERLOADED", message),
            TakeError::Failed(error) => {
                tracing::error!(%error, "a snapshot could not be taken");
                Self::unavailable("STORAGE_LOW", message)
            }
        }
    }
}

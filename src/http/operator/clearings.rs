//! `POST /v1/clearings`: clearing records, or a file of them, streamed; each is applied once.
//!
//! | query member | is |
//! | --- | --- |
//! | `name` | the name of the file: what is refused is a break of it |
//! | `limit` | how many records are listed that were not refused, at most 100,000; all are counted |
//!
//! The body goes into a file without a name in the data directory, as long as the log has room beside
//! it; then one thread of its own reads it. What was refused is opened as a break, durably, before
//! the report is told.

use std::fs::File;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Incoming;

use super::super::answer::{Answer, Problem};
use super::super::shared::Shared;
use super::super::worker::Worker;
use super::query::Query;
use super::{breaks, files};
use crate::clearing::{Asked, ClearError, Report, apply};
use crate::engine::{IntegrationMode, Lsn, Unavailable};

/// `POST /v1/clearings`
///
/// # Errors
/// 409 where the network moves the money; 400 when the body cannot be used; 503 when there is no
/// room.
pub async fn clear(
    worker: &Worker,
    query: Option<&str>,
    incoming: Incoming,
) -> Result<Answer, Problem> {
    let asked = asked(query).map_err(Problem::and_close)?;
    if worker.shared.ledger.integration_mode() == IntegrationMode::Ledger {
        return Err(wrong_mode().and_close());
    }
    let file = files::keep(worker, incoming).await?;
    let _in_flight = worker.shared.admit()?;
    let shared = Arc::clone(&worker.shared);
    let (report, opened) =
        files::beside("clearing", move || applied(&shared, file, &asked)).await?;
    worker.durable(report.reveals.max(opened)).await?;
    Ok(Answer::json(StatusCode::OK, report.json()))
}

/// The report, and the record of its breaks.
fn applied(shared: &Shared, file: File, asked: &Asked) -> Result<(Report, Lsn), Problem> {
    let mut report = apply(&shared.clerk, &shared.ledger, file, asked)?;
    let (opened, last) = breaks::open(&shared.ledger, &report.found)?;
    report.opened = opened;
    Ok((report, last))
}

fn asked(query: Option<&str>) -> Result<Asked, Problem> {
    let query = Query::parse(query, &["name", "limit"])?;
    let limit = files::listed(&query)?;
    Ok(Asked { name: query.find("name").unwrap_or("-").to_owned(), limit })
}

fn wrong_mode() -> Problem {
    let message = "integration_mode is \"ledger\": the card network moves money by ledger \
                   operations, and clearing records move nothing; reconcile the file with POST \
                   /v1/reconciliations, or start with --integration-mode clearing where the \
                   network sends no ledger operations";
    Problem::new(StatusCode::CONFLICT, "WRONG_MODE", message)
}

impl From<ClearError> for Problem {
    fn from(why: ClearError) -> Self {
        match why {
            ClearError::Unusable(why) => Self::new(StatusCode::BAD_REQUEST, "UNUSABLE_FILE", why),
            ClearError::Unavailable(Unavailable::StorageLow) => {
                let message = "storage is low: what was applied stays applied, send the same again \
                               when there is room";
                Self::unavailable("STORAGE_LOW", message)
            }
            ClearError::Unavailable(_) => {
                let message = "no more can be applied now: what was applied stays applied, send the \
                               same again";
                Self::unavailable("OVERLOADED", message)
            }
            ClearError::History(why) => why.into(),
            ClearError::Poisoned => Self::outcome_unknown(),
        }
    }
}

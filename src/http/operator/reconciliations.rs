//! `POST /v1/reconciliations`: a settlement or clearing file, streamed, against the ledger.
//!
//! | query member | is |
//! | --- | --- |
//! | `name` | the name of the file; it tells one from another where the file does not name itself |
//! | `from`, `to` | which movements must be in it; else those that it spans |
//! | `limit` | how many breaks are listed, at most 100,000; all are counted |
//! | `sha256` | what the file was announced with |
//!
//! The body goes into a file without a name in the data directory, as long as the log has room beside
//! it; then one thread of its own reads it and the log. One at a time. The breaks that are listed and
//! were never opened before are opened, durably, before the report is told.

use std::fs::File;
use std::io::Seek;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::StatusCode;
use hyper::body::Incoming;

use super::super::answer::{Answer, Problem};
use super::super::shared::Shared;
use super::super::worker::Worker;
use super::query::Query;
use super::{breaks, files};
use crate::engine::Lsn;
use crate::reconcile::{Asked, ReconcileError, Report, reconcile as run, report};
use crate::wire::time;

/// `POST /v1/reconciliations`
///
/// # Errors
/// 400 when the file cannot be used, 503 when another one is reconciled or there is no room.
pub async fn reconcile(
    worker: &Worker,
    query: Option<&str>,
    incoming: Incoming,
) -> Result<Answer, Problem> {
    let asked = asked(query, &worker.shared).map_err(Problem::and_close)?;
    let file = files::keep(worker, incoming).await?;
    // Not before: what is still on its way could not be told apart from a request to come.
    let turn = Turn::take(&worker.shared)?;
    // The turn ends there: whoever is answered may ask again at once.
    let compared = files::beside("reconciliation", move || compare(&turn.0, file, &asked));
    let (report, opened) = compared.await?;
    worker.durable(opened).await?;
    Ok(Answer::json(StatusCode::OK, report::json(&report)))
}

/// The report, and the record that must be durable before it is told.
fn compare(shared: &Shared, mut file: File, asked: &Asked) -> Result<(Report, Lsn), Problem> {
    file.rewind().map_err(|error| no_room(&error))?;
    let mut report = run(&shared.ledger, &shared.config.currencies, file, asked)?;
    let (opened, last) = breaks::open(&shared.ledger, &report)?;
    report.opened = opened;
    Ok((report, last))
}

/// The only one who reconciles, until it is dropped.
struct Turn(Arc<Shared>);

impl Turn {
    fn take(shared: &Arc<Shared>) -> Result<Self, Problem> {
        let flag: &AtomicBool = &shared.reconciling;
        if flag.swap(true, Ordering::AcqRel) {
            let message = "another file is being reconciled: ask again when it is done";
            return Err(Problem::unavailable("OVERLOADED", message));
        }
        Ok(Self(Arc::clone(shared)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.reconciling.store(false, Ordering::Release);
    }
}

fn asked(query: Option<&str>, shared: &Shared) -> Result<Asked, Problem> {
    let query = Query::parse(query, &["name", "from", "to", "limit", "sha256"])?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Problem::invalid("query member from is later than to"));
    }
    let limit = files::listed(&query)?;
    let sha256 = query.find("sha256").map(str::to_owned);
    if sha256.as_ref().is_some_and(|it| it.len() != 64 || !it.bytes().all(is_hex)) {
        return Err(Problem::invalid("query member sha256 is not 64 hex digits"));
    }
    Ok(Asked {
        name: query.find("name").unwrap_or("-").to_owned(),
        from: from.map(time::not_before),
        to: to.map(time::not_before),
        limit,
        sha256,
        spill_dir: shared.config.data_dir.clone(),
    })
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn no_room(error: &std::io::Error) -> Problem {
    Problem::unavailable("STORAGE_LOW", format!("there is no room to reconcile: {error}"))
}

impl From<ReconcileError> for Problem {
    fn from(why: ReconcileError) -> Self {
        match why {
            ReconcileError::Unusable(why) => {
                Self::new(StatusCode::BAD_REQUEST, "UNUSABLE_FILE", why)
            }
            ReconcileError::Ledger(why) => {
                tracing::error!(error = %why, "the ledger cannot be read to reconcile");
                Self::unavailable("HISTORY_UNREADABLE", why.to_string())
            }
            ReconcileError::Spill(why) => no_room(&why),
        }
    }
}

//! The operator listener's calls.

mod accounts;
mod actions;
mod batch;
mod books;
mod breaks;
mod clearings;
mod explain;
mod files;
mod holds;
mod limits;
mod notifications;
mod open;
mod parts;
mod query;
mod reconciliations;
mod snapshot;
mod statement;
mod transfers;

pub use batch::batch;
pub use clearings::clear;
use hyper::StatusCode;
pub use reconciliations::reconcile;
use std::sync::atomic::Ordering;

use super::answer::{Answer, Problem};
use super::route::Route;
use super::worker::Worker;
use crate::wire::json;

/// Answers a call that changes nothing.
///
/// # Errors
/// The refusal of the protocol that applies.
pub async fn read(
    worker: &Worker,
    route: Route<'_>,
    query: Option<&str>,
) -> Result<Answer, Problem> {
    match route {
        Route::ListAccounts => accounts::list(worker, query).await,
        Route::Account(name) => accounts::show(worker, name, query).await,
        Route::Holds(name) => holds::list(worker, name, query).await,
        Route::DefaultLimits => limits::show_default(worker, query).await,
        Route::Limits(name) => limits::show(worker, name, query).await,
        Route::Statement(name) => statement::list(worker, name, query).await,
        Route::Transaction(id) => actions::of_transaction(worker, id, query).await,
        Route::Explain(id) => explain::explain(worker, id).await,
        Route::Action(name) => actions::show(worker, name).await,
        Route::Notifications => notifications::list(worker, query).await,
        Route::ListBreaks => breaks::list(worker, query).await,
        Route::TrialBalance => books::trial_balance(worker).await,
        Route::Live => Ok(health("live")),
        Route::Ready => ready(worker),
        Route::Metrics => Ok(worker.shared.metrics.exposition(&worker.shared)),
        _ => Err(Problem::no_such_path()),
    }
}

/// Answers a call that changes something.
///
/// # Errors
/// The refusal of the protocol that applies.
pub async fn write(worker: &Worker, route: Route<'_>, body: &[u8]) -> Result<Answer, Problem> {
    match route {
        Route::OpenAccount => open::open(worker, body).await,
        Route::AmendAccount(name) => accounts::amend(worker, name, body).await,
        Route::SetDefaultLimits => limits::set_default(worker, body).await,
        Route::SetLimits(name) => limits::set(worker, name, body).await,
        Route::ClearLimits(name) => limits::clear(worker, name).await,
        Route::Transfer => transfers::transfer(worker, body).await,
        Route::ResolveBreak => breaks::resolve(worker, body).await,
        Route::Snapshot => snapshot::take(worker, body).await,
        _ => Err(Problem::no_such_path()),
    }
}

/// Ready is who takes work: not before recovery, not while stopping, not after the log failed.
fn ready(worker: &Worker) -> Result<Answer, Problem> {
    let shared = &worker.shared;
    if shared.ledger.is_poisoned() {
        return Err(Problem::unavailable("OUTCOME_UNKNOWN", "the log has failed"));
    }
    if shared.ledger.storage_low() {
        return Err(Problem::unavailable("STORAGE_LOW", "the disk has no room for the log"));
    }
    if !shared.ready.load(Ordering::Acquire) {
        return Err(Problem::unavailable("OVERLOADED", "the server is stopping"));
    }
    Ok(health("ready"))
}

fn health(status: &str) -> Answer {
    Answer::json(StatusCode::OK, json::object(|answer| answer.text("status", status)))
}

//! The holds of an account: `GET /v1/accounts/{ref}/holds`, oldest first.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::worker::Worker;
use super::parts;
use super::query::{Page, Query, name};
use crate::engine::{HistoryError, HoldView, HoldsAsked, HoldsPage, Ledger, Lsn};
use crate::ledger::{ActionRef, HoldRef, Moment};
use crate::wire::json::{self, Object};
use crate::wire::time;

/// A hold with what only the record that opened it tells.
struct Opened {
    view: HoldView,
    transaction_id: String,
    created_at: Moment,
}

pub(super) async fn list(
    worker: &Worker,
    segment: &str,
    query: Option<&str>,
) -> Result<Answer, Problem> {
    let name = name(segment)?;
    let query = Query::parse(query, &["all", "limit", "cursor"])?;
    let Page { after, limit } = query.page()?;
    let after = after.map(HoldRef::opened_by);
    let asked = HoldsAsked { all: query.flag("all")?, after, limit };
    let found = worker.shared.ledger.holds(&name, asked);
    let HoldsPage { holds, more, seen } = found.ok_or_else(Problem::no_such_account)?;
    worker.durable(seen).await?;
    let next = holds.last().filter(|_| more).map(|view| ActionRef::new(view.hold.position()));
    let shown = worker.history(move |ledger| {
        let opened = holds.into_iter().map(|view| opened(ledger, view));
        opened.collect::<Result<Vec<_>, _>>()
    });
    let shown = shown.await?;
    let body = json::object(|object| {
        object.list("data", &shown, members);
        parts::next_cursor(object, next);
    });
    Ok(Answer::json(StatusCode::OK, body))
}

/// Which transaction opened a hold, and when, is told by the record that did.
fn opened(ledger: &Ledger, view: HoldView) -> Result<Opened, HistoryError> {
    let stored = ledger.stored(Lsn::new(view.hold.position()))?;
    let (record, stamp) = stored.record()?;
    let transaction_id = record.transaction_id().unwrap_or_default().to_owned();
    Ok(Opened { view, transaction_id, created_at: stamp.at })
}

fn members(object: &mut Object<'_>, hold: &Opened) {
    let (sums, currency) = (&hold.view.sums, hold.view.pocket.currency);
    object.display("tenant_hold_balance_ref", hold.view.hold);
    object.display("tenant_balance_ref", hold.view.balance);
    object.text("transaction_id", &hold.transaction_id);
    object.money("held", sums.held().minor().into(), currency);
    object.money("placed", sums.placed.minor().into(), currency);
    object.money("captured", sums.captured.minor().into(), currency);
    object.money("restored", sums.restored.minor().into(), currency);
    object.text("created_at", &time::write(hold.created_at));
}

//! Accounts: shown, listed, amended.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::answer::{Answer, Problem};
use super::super::request::{self, present};
use super::super::worker::Worker;
use super::open::{Members, currencies, limits, metadata};
use super::query::{Page, Query, name};
use super::{books, parts};
use crate::engine::{AccountView, Lsn};
use crate::ledger::{Amendment, Moment, Status, SystemAccount};
use crate::wire::{json, time};

/// `GET /v1/accounts/{ref}`
pub(super) async fn show(
    worker: &Worker,
    segment: &str,
    query: Option<&str>,
) -> Result<Answer, Problem> {
    let at = Query::parse(query, &["at"])?.time("at")?;
    let name = name(segment)?;
    if let Some(at) = at {
        return show_past(worker, &name, time::not_after(at)).await;
    }
    if let Some(system) = SystemAccount::parse(&name) {
        return books::system_account(worker, system).await;
    }
    let view = worker.shared.ledger.account(&name).ok_or_else(Problem::no_such_account)?;
    worker.durable(view.seen).await?;
    Ok(Answer::json(StatusCode::OK, parts::account_body(&view)))
}

async fn show_past(worker: &Worker, name: &str, at: Moment) -> Result<Answer, Problem> {
    has_history(name)?;
    let view = worker.shared.ledger.account(name).ok_or_else(Problem::no_such_account)?;
    // What happens from here on is later than the view: it changes nothing about the moment.
    if at > view.as_of {
        return Err(Problem::invalid("query member at is in the future"));
    }
    worker.durable(view.seen).await?;
    let past = worker.history(move |ledger| ledger.account_at(&view, at)).await?;
    let past = past.ok_or_else(Problem::no_such_account)?;
    Ok(Answer::json(StatusCode::OK, parts::account_body(&past)))
}

/// The system's accounts have no chain of records: each shard keeps its part of them.
pub(super) fn has_history(name: &str) -> Result<(), Problem> {
    let message = || format!("history is kept for customers' accounts, not for {name}");
    SystemAccount::parse(name).map_or(Ok(()), |_| Err(Problem::invalid(message())))
}

/// `GET /v1/accounts`
pub(super) async fn list(worker: &Worker, query: Option<&str>) -> Result<Answer, Problem> {
    let query = Query::parse(query, &["limit", "cursor", "status", "tenant_customer_ref"])?;
    let status = query.find("status").map(|text| Status::parse(text).ok_or_else(no_status));
    let status = status.transpose()?;
    let customer = query.find("tenant_customer_ref").map(str::to_owned);
    let Page { after, limit } = query.page()?;
    let after = after.map_or(Lsn::ZERO, |action| Lsn::new(action.position()));
    let wanted = move |view: &AccountView| {
        let profile = view.profile.as_ref();
        let theirs = profile.and_then(|profile| profile.tenant_customer_ref.as_deref());
        status.is_none_or(|status| status == view.status)
            && (customer.is_none() || theirs == customer.as_deref())
    };
    // All accounts may have to be looked at, which would keep others waiting.
    let found = worker.history(move |ledger| {
        let (page, more) = ledger.accounts(after, limit, wanted);
        // Who is left out is told as much as who is shown.
        Ok((page, more, ledger.appended()))
    });
    let (page, more, seen) = found.await?;
    worker.durable(seen).await?;
    let next = page.last().filter(|_| more).and_then(|view| view.balances.first());
    let body = json::object(|object| {
        object.list("data", &page, parts::account);
        parts::next_cursor(object, next.map(|(balance, _)| balance.opened()));
    });
    Ok(Answer::json(StatusCode::OK, body))
}

fn no_status() -> Problem {
    Problem::invalid("query member status is not active, frozen or closed")
}

#[derive(Deserialize)]
struct Patch<'a> {
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    overdraft_limit: Option<Members<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    add_currencies: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

/// `PATCH /v1/accounts/{ref}`
pub(super) async fn amend(worker: &Worker, segment: &str, body: &[u8]) -> Result<Answer, Problem> {
    let name = name(segment)?;
    let shared = &worker.shared;
    let patch: Patch<'_> = request::object(body)?;
    let status = patch.status.as_deref().map(|text| Status::parse(text).ok_or_else(bad_status));
    let added = patch.add_currencies.unwrap_or_default();
    let amendment = Amendment {
        status: status.transpose()?,
        overdraft_limits: limits(patch.overdraft_limit.as_ref(), &shared.config.currencies)?,
        add_currencies: currencies("add_currencies", &added, &shared.config.currencies)?,
    };
    let metadata = patch.metadata.map(metadata).transpose()?;
    match shared.ledger.amend_account(&name, amendment, metadata) {
        Ok(view) => {
            worker.durable(view.seen).await?;
            Ok(Answer::json(StatusCode::OK, parts::account_body(&view)))
        }
        Err(error) => {
            worker.durable(error.reveals().unwrap_or(Lsn::ZERO)).await?;
            Err(error.into())
        }
    }
}

fn bad_status() -> Problem {
    Problem::invalid("status is not active, frozen or closed")
}

//! The trial balance, and the system accounts as parts of it.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::worker::Worker;
use crate::ledger::SystemAccount;
use crate::wire::{json, time};

/// `GET /v1/trial-balance`
pub(super) async fn trial_balance(worker: &Worker) -> Result<Answer, Problem> {
    let trial = worker.shared.ledger.trial_balance();
    worker.durable(trial.seen).await?;
    let body = json::object(|object| {
        object.text("as_of", &time::write(trial.as_of));
        object.list("currencies", &trial.currencies, |object, (currency, totals)| {
            object.text("currency", currency.code());
            object.money("settlement", totals.settlement, *currency);
            object.money("funding", totals.funding, *currency);
            object.money("posted", totals.posted, *currency);
            object.money("held", totals.held, *currency);
            object.money("reserved", totals.reserved, *currency);
            object.money("sum", totals.sum(), *currency);
        });
    });
    Ok(Answer::json(StatusCode::OK, body))
}

/// `GET /v1/accounts/@settlement` and `GET /v1/accounts/@funding`
pub(super) async fn system_account(
    worker: &Worker,
    account: SystemAccount,
) -> Result<Answer, Problem> {
    let trial = worker.shared.ledger.trial_balance();
    worker.durable(trial.seen).await?;
    let body = json::object(|object| {
        object.text("tenant_account_ref", account.name());
        object.text("as_of", &time::write(trial.as_of));
        object.list("balances", &trial.currencies, |object, (currency, totals)| {
            let posted = match account {
                SystemAccount::Settlement => totals.settlement,
                SystemAccount::Funding => totals.funding,
            };
            object.text("currency", currency.code());
            object.money("posted", posted, *currency);
        });
    });
    Ok(Answer::json(StatusCode::OK, body))
}

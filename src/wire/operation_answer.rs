//! The answers of the six operations, version 1: a pure function of the recorded action, so that
//! the first answer and every repeat of it are the same bytes.

use crate::engine::record::{Action, Located};
use crate::ledger::{ActionRef, Operation, Refusal, Refused};

use super::json;
use super::parts::{amount, write_refusal};

/// The body that answers `action`, which was recorded as `at`.
#[must_use]
pub fn body(action: &Action<'_>, at: ActionRef) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, action, at);
    out
}

/// Writes the body that answers `action`, which was recorded as `at`, behind what is there.
pub fn write(out: &mut Vec<u8>, action: &Action<'_>, at: ActionRef) {
    match (&action.outcome, action.located(at)) {
        (Ok(_), Some(located)) => success(out, action.request.operation, &located, at),
        (Err(refused), located) => {
            let message = message(action, refused, located.as_ref());
            write_refusal(out, refused.refusal.code(), &message, Some(at));
        }
        (Ok(_), None) => unreachable!("what was done was done to a balance"),
    }
}

fn success(out: &mut Vec<u8>, operation: Operation, located: &Located, at: ActionRef) {
    let pocket = &located.after.pocket;
    json::write_object(out, |answer| {
        answer.flag("success", true);
        match (operation, located.hold) {
            (Operation::RestoreBalance, _) | (_, None) => {
                answer.display("tenant_balance_ref", located.balance);
            }
            (_, Some(hold)) => answer.display("tenant_hold_balance_ref", hold),
        }
        match (operation, located.after.hold) {
            (Operation::DebitHoldBalance | Operation::CreditHoldBalance, Some(hold)) => {
                answer.money("hold_balance", hold.held().minor().into(), pocket.currency);
            }
            _ => answer.money("available_balance", pocket.available(), pocket.currency),
        }
        answer.display("tenant_action_ref", at);
    });
}

/// The reason for people. It is built from the record alone: a repeat must say the same.
#[must_use]
pub fn message(action: &Action<'_>, refused: &Refused, located: Option<&Located>) -> String {
    let request = &action.request;
    let account = request.tenant_account_ref;
    let reference = request.reference.unwrap_or_default();
    let asked = request.money.map(|m| amount(m.amount.minor().into(), m.currency));
    let asked = asked.unwrap_or_else(|| "it".into());
    match refused.refusal {
        Refusal::AccountNotFound => format!("there is no account {account}"),
        Refusal::BalanceNotFound => format!("account {account} has no balance {reference}"),
        Refusal::HoldNotFound => format!("account {account} has no hold {reference}"),
        Refusal::CurrencyMismatch => mismatch(action, located),
        Refusal::AmountRequired => {
            format!("amount is missing: {} needs one", request.operation.name())
        }
        Refusal::AccountClosed => format!("account {account} is closed"),
        Refusal::AccountFrozen => format!("account {account} is frozen"),
        Refusal::HoldAmountExceeded => {
            let left = located.and_then(|l| Some((l.after.hold?, l.after.pocket.currency)));
            let left = left.map(|(hold, c)| amount(hold.held().minor().into(), c));
            format!("{reference} has {} left, not {asked}", left.unwrap_or_default())
        }
        Refusal::InsufficientFunds => {
            let available = located.map(|l| &l.after.pocket);
            let available = available.map(|p| amount(p.available(), p.currency));
            let available = available.unwrap_or_default();
            format!("{available} available and the overdraft limit do not cover {asked}")
        }
        Refusal::LimitExceeded => {
            let rule = refused.rule.as_deref().unwrap_or_default();
            format!("{asked} is beyond the spend limit {rule:?} of {account}")
        }
        Refusal::BalanceOverflow => format!("{asked} is more than the balance can hold"),
    }
}

fn mismatch(action: &Action<'_>, located: Option<&Located>) -> String {
    let code = action.request.money.map(|m| m.currency.to_string()).unwrap_or_default();
    let account = action.request.tenant_account_ref;
    match (located, action.request.reference) {
        (Some(located), Some(reference)) => {
            format!("{reference} is in {}, not {code}", located.after.pocket.currency)
        }
        _ => format!("account {account} has no balance in {code}"),
    }
}

//! The answer of a transfer, version 1: a pure function of the recorded action, so that the first
//! answer and every repeat of it are the same bytes.

use super::json::{self, Object};
use super::parts::{self, amount, refusal};
use crate::engine::record::TransferAction;
use crate::ledger::{ActionRef, Refusal, Side, TransferRefused};

/// The body that answers `action`, which was recorded as `at`.
#[must_use]
pub fn body(action: &TransferAction<'_>, at: ActionRef) -> Vec<u8> {
    if let Err(refused) = &action.outcome {
        let code = refused.refused.refusal.code();
        return refusal(code, &message(action, refused), Some(at));
    }
    let ends = action.request.ends;
    json::object(|object| {
        object.flag("success", true);
        object.display("tenant_action_ref", at);
        for (member, side, name) in [
            ("source", Side::Source, ends.source()),
            ("destination", Side::Destination, ends.destination()),
        ] {
            object.object(member, |object| end(object, action, side, name));
        }
    })
}

/// One end of a transfer: its balance as it is after; of a system account its name alone.
pub fn end(object: &mut Object<'_>, action: &TransferAction<'_>, side: Side, name: &str) {
    object.text("tenant_account_ref", name);
    if let Some((balance, place)) = action.located(side) {
        parts::balance(object, balance, &place.pocket);
    }
}

/// The reason for people, from the record alone: a repeat must say the same.
#[must_use]
pub fn message(action: &TransferAction<'_>, refused: &TransferRefused) -> String {
    let request = &action.request;
    let account = match refused.side {
        Side::Source => request.ends.source(),
        Side::Destination => request.ends.destination(),
    };
    let asked = amount(request.money.amount.minor().into(), request.money.currency);
    match refused.refused.refusal {
        Refusal::AccountNotFound => format!("there is no account {account}"),
        Refusal::CurrencyMismatch => {
            format!("account {account} has no balance in {}", request.money.currency)
        }
        Refusal::AccountClosed => format!("account {account} is closed"),
        Refusal::AccountFrozen => format!("account {account} is frozen"),
        Refusal::InsufficientFunds => {
            let pocket = refused.refused.seen.as_deref().map(|(_, _, place)| place.pocket);
            let available = pocket.map(|p| amount(p.available(), p.currency)).unwrap_or_default();
            format!("{available} available and the overdraft limit do not cover {asked}")
        }
        other => format!("account {account} cannot take part in {asked}: {other}"),
    }
}

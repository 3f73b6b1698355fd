//! An action as it is shown: what was asked, what became of it, and what was there after.

use super::json::Object;
use super::{operation_answer, parts, time, transfer_answer};
use crate::engine::Stamp;
use crate::engine::record::{Action, Located, Record, TransferAction};
use crate::ledger::{ActionRef, Bucket, Currency, Operation, Posting, Side};

/// Whether a record is of an action.
#[must_use]
pub const fn is_one(record: &Record<'_>) -> bool {
    matches!(record, Record::Action(_) | Record::Transfer(_))
}

/// The members of an action.
pub fn members(object: &mut Object<'_>, record: &Record<'_>, stamp: Stamp) {
    object.display("tenant_action_ref", stamp.action());
    match record {
        Record::Action(action) => operation(object, action, stamp.action()),
        Record::Transfer(action) => transfer(object, action),
        _ => {}
    }
    object.text("at", &time::write(stamp.at));
    object.number("lsn", stamp.lsn.value());
}

fn operation(object: &mut Object<'_>, action: &Action<'_>, at: ActionRef) {
    let request = &action.request;
    let located = action.located(at);
    object.text("operation", request.operation.name());
    object.text("tenant_account_ref", request.tenant_account_ref);
    object.text("transaction_id", request.transaction_id);
    object.text("idempotency_key", request.idempotency_key);
    object.text("of_action_ref", request.of_action_ref);
    if let Some((minor, currency)) = amount(action, located.as_ref()) {
        object.money("amount", minor, currency);
    }
    object.flag("success", action.outcome.is_ok());
    if let Err(refused) = &action.outcome {
        let message = operation_answer::message(action, refused, located.as_ref());
        parts::error(object, refused.refusal.code(), &message);
    }
    let done = action.outcome.as_ref().ok();
    let postings: &[Posting] = done.map_or(&[], |movement| &movement.postings);
    object.list("postings", postings, |object, it| posting(object, it, located.as_ref()));
    if let Some(located) = &located {
        object.object("balances_after", |object| after(object, located));
    }
}

/// What was asked; for a restore of all that was left, what that was.
fn amount(action: &Action<'_>, located: Option<&Located>) -> Option<(i128, Currency)> {
    if let Some(money) = action.request.money {
        return Some((money.amount.minor().into(), money.currency));
    }
    let movement = action.outcome.as_ref().ok()?;
    let all = action.request.operation == Operation::RestoreBalance;
    let restored = movement.postings.iter().map(|it| i128::from(it.amount.minor())).sum();
    located.filter(|_| all).map(|located| (restored, located.after.pocket.currency))
}

fn posting(object: &mut Object<'_>, posting: &Posting, located: Option<&Located>) {
    let Some(located) = located else { return };
    for (member, bucket) in [("from", posting.from), ("to", posting.to)] {
        match (bucket, located.hold) {
            (Bucket::Settlement, _) => object.text(member, "@settlement"),
            (Bucket::Funding, _) => object.text(member, "@funding"),
            (Bucket::Hold, Some(hold)) => object.display(member, hold),
            _ => object.display(member, located.balance),
        }
    }
    object.money("amount", posting.amount.minor().into(), located.after.pocket.currency);
}

fn after(object: &mut Object<'_>, located: &Located) {
    let pocket = &located.after.pocket;
    object.display("tenant_balance_ref", located.balance);
    parts::sums(object, pocket);
    if let Some((name, hold)) = located.hold.zip(located.after.hold) {
        object.display("tenant_hold_balance_ref", name);
        object.money("hold_balance", hold.held().minor().into(), pocket.currency);
    }
}

fn transfer(object: &mut Object<'_>, action: &TransferAction<'_>) {
    let request = &action.request;
    let ends = [
        ("source", Side::Source, request.ends.source()),
        ("destination", Side::Destination, request.ends.destination()),
    ];
    object.text("operation", "transfer");
    for (member, _, name) in ends {
        object.text(member, name);
    }
    if let Some(transaction_id) = request.transaction_id {
        object.text("transaction_id", transaction_id);
    }
    object.text("idempotency_key", request.idempotency_key);
    let (minor, currency) = (i128::from(request.money.amount.minor()), request.money.currency);
    object.money("amount", minor, currency);
    object.flag("success", action.outcome.is_ok());
    if let Err(refused) = &action.outcome {
        parts::error(
            object,
            refused.refused.refusal.code(),
            &transfer_answer::message(action, refused),
        );
    }
    let moved = action.outcome.is_ok() && minor > 0;
    object.list("postings", moved.then_some(()), |object, ()| {
        for (member, (_, side, name)) in ["from", "to"].into_iter().zip(ends) {
            match action.located(side) {
                Some((balance, _)) => object.display(member, balance),
                None => object.text(member, name),
            }
        }
        object.money("amount", minor, currency);
    });
    if action.outcome.is_ok() {
        object.object("balances_after", |object| {
            for (member, side, name) in ends {
                object.object(member, |object| transfer_answer::end(object, action, side, name));
            }
        });
    }
    if let Some(description) = request.description {
        object.text("description", description);
    }
    if let Some(metadata) = request.metadata {
        object.raw("metadata", metadata);
    }
}

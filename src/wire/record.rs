//! Any record of the log as it is shown: an action as the server shows it, and whatever else
//! happened by the wire's names.
//!
//! | `operation` | is | members of its own |
//! | --- | --- | --- |
//! | one of the six, `transfer` | an action, done or refused | those of `GET /v1/actions/{ref}` |
//! | `open_account` | an account came to be | those of an account; `balances` |
//! | `amend_account` | an operator changed one | what was changed; `account_after` |
//! | `final_auth`, `pre_auth` | an authorization message | those of [`authorization`] |
//! | `undo_authorization` | an approval was not answered in time | `tenant_reference_id`, `balances_after` |
//! | `lapse_reservation` | what nobody used returned | `tenant_reference_id`, `balances_after` |
//! | `notification` | Open Fabric told something | those of [`notification`] |
//! | `set_limits` | an operator set spend limits | those of [`limits`] |
//! | `open_breaks` | a reconciliation opened breaks | `file`, `breaks` |
//! | `resolve_break` | somebody resolved one | `break_ref`, `note` |
//!
//! All have `at` and `lsn`, and at the end `record`: what else the log keeps of it, by the names of
//! [`engine::record`](crate::engine::record).

use super::json::Object;
use super::{action, authorization, limits, money, notification, parts, time};
use crate::engine::record::{
    AccountAmended, AccountOpened, Action, AuthorizationUndone, BreakResolved, BreaksOpened,
    Profile, Record, ReservationLapsed, Standing, TransferAction, Whole,
};
use crate::engine::{Lsn, Stamp};
use crate::ledger::{AuthorizationRef, BalanceRef, Currency, Day, Draw, Movement, Pocket};

/// The members of a record.
pub fn members(object: &mut Object<'_>, record: &Record<'_>, stamp: Stamp, links: &[Lsn]) {
    match record {
        Record::Action(_) | Record::Transfer(_) => action::members(object, record, stamp),
        Record::AccountOpened(it) => opened(object, it, stamp),
        Record::AccountAmended(it) => amended(object, it),
        Record::Authorization(it) => authorization::members(object, it, stamp.action()),
        Record::AuthorizationUndone(it) => undone(object, it),
        Record::ReservationLapsed(it) => lapsed(object, it),
        Record::Notification(it) => {
            object.text("operation", "notification");
            notification::members(object, it);
        }
        Record::LimitsSet(it) => limits::set(object, it),
        Record::BreaksOpened(it) => breaks(object, it),
        Record::BreakResolved(it) => resolved(object, it),
    }
    if !action::is_one(record) {
        object.text("at", &time::write(stamp.at));
        object.number("lsn", stamp.lsn.value());
    }
    object.object("record", |object| {
        object.raw("links", &numbers(links.iter().map(|link| link.value())));
        match record {
            Record::Action(it) => kept_of_action(object, it),
            Record::Transfer(it) => kept_of_transfer(object, it),
            Record::Authorization(it) => {
                object.number("durable_lsn", it.durable.value());
                counted(object, it.outcome.as_ref().ok().and_then(|reserved| reserved.counted));
                standing(object, &it.standing);
            }
            Record::AuthorizationUndone(it) => {
                object.number("durable_lsn", it.durable.value());
                standing(object, &it.standing);
            }
            Record::ReservationLapsed(it) => {
                object.number("durable_lsn", it.durable.value());
                standing(object, &it.standing);
            }
            Record::Notification(it) => object.flag("hashed", it.name.hashed),
            Record::LimitsSet(it) => standing(object, &it.standing),
            Record::AccountOpened(_)
            | Record::AccountAmended(_)
            | Record::BreaksOpened(_)
            | Record::BreakResolved(_) => {}
        }
    });
}

/// What a record is, in one word.
#[must_use]
pub const fn operation(record: &Record<'_>) -> &'static str {
    match record {
        Record::Action(it) => it.request.operation.name(),
        Record::Transfer(_) => "transfer",
        Record::AccountOpened(_) => "open_account",
        Record::AccountAmended(_) => "amend_account",
        Record::Authorization(it) => it.kind.name(),
        Record::AuthorizationUndone(_) => "undo_authorization",
        Record::ReservationLapsed(_) => "lapse_reservation",
        Record::Notification(_) => "notification",
        Record::LimitsSet(_) => "set_limits",
        Record::BreaksOpened(_) => "open_breaks",
        Record::BreakResolved(_) => "resolve_break",
    }
}

fn opened(object: &mut Object<'_>, opened: &AccountOpened<'_>, stamp: Stamp) {
    object.text("operation", "open_account");
    object.text("tenant_account_ref", opened.tenant_account_ref);
    profile(object, &opened.profile);
    let names = (0_u8..=u8::MAX).map(|ordinal| BalanceRef::new(stamp.action(), ordinal));
    let balances = names.zip(&opened.opening.balances);
    object.list("balances", balances, |object, (name, &(currency, limit))| {
        parts::balance(object, name, &Pocket::new(currency, limit));
    });
}

fn breaks(object: &mut Object<'_>, opened: &BreaksOpened<'_>) {
    object.text("operation", "open_breaks");
    object.text("file", opened.file);
    object.list("breaks", &opened.breaks, |object, it| {
        object.display("break_ref", it.name);
        object.text("kind", it.kind);
        object.raw("found", it.told);
    });
}

fn resolved(object: &mut Object<'_>, resolved: &BreakResolved<'_>) {
    object.text("operation", "resolve_break");
    object.display("break_ref", resolved.name);
    object.text("note", resolved.note);
}

/// What an account says of itself.
pub fn profile(object: &mut Object<'_>, profile: &Profile<'_>) {
    if let Some(account_id) = &profile.account_id {
        object.text("account_id", account_id);
    }
    if let Some(customer) = &profile.tenant_customer_ref {
        object.text("tenant_customer_ref", customer);
    }
    if let Some(metadata) = &profile.metadata {
        object.raw("metadata", metadata);
    }
}

fn amended(object: &mut Object<'_>, amended: &AccountAmended<'_>) {
    let amendment = &amended.amendment;
    object.text("operation", "amend_account");
    object.text("tenant_account_ref", amended.tenant_account_ref);
    if let Some(status) = amendment.status {
        object.text("status", status.name());
    }
    if !amendment.overdraft_limits.is_empty() {
        object.object("overdraft_limit", |object| {
            for (currency, limit) in &amendment.overdraft_limits {
                object.raw(currency.code(), &major(limit.minor().into(), *currency));
            }
        });
    }
    if !amendment.add_currencies.is_empty() {
        let codes = amendment.add_currencies.iter().map(|it| format!("\"{}\"", it.code()));
        object.raw("add_currencies", &format!("[{}]", codes.collect::<Vec<_>>().join(",")));
    }
    if let Some(metadata) = &amended.metadata {
        object.raw("metadata", metadata);
    }
    object.object("account_after", |object| whole(object, &amended.after));
}

fn undone(object: &mut Object<'_>, undone: &AuthorizationUndone<'_>) {
    object.text("operation", "undo_authorization");
    object.text("tenant_account_ref", undone.tenant_account_ref);
    object.text("transaction_id", undone.transaction_id);
    object.display("tenant_reference_id", AuthorizationRef::decided_as(undone.approval));
    if let Some((_, after)) = &undone.after {
        object.object("balances_after", |object| parts::sums(object, after));
    }
}

fn lapsed(object: &mut Object<'_>, lapsed: &ReservationLapsed<'_>) {
    object.text("operation", "lapse_reservation");
    object.text("tenant_account_ref", lapsed.tenant_account_ref);
    object.display("tenant_reference_id", AuthorizationRef::decided_as(lapsed.approval));
    object.object("balances_after", |object| parts::sums(object, &lapsed.after));
}

fn kept_of_action(object: &mut Object<'_>, action: &Action<'_>) {
    if let Some(reference) = action.request.reference {
        object.text("reference", reference);
    }
    if let Some(opened) = action.opened {
        object.display("opened", opened);
    }
    if let Ok(movement) = &action.outcome {
        draws(object, "draws", movement);
        counted(object, movement.counted);
    }
    standing(object, &action.standing);
}

/// The day that it counts on for spend limits.
fn counted(object: &mut Object<'_>, day: Option<Day>) {
    day.into_iter().for_each(|day| object.text("counted_on", &limits::date(day)));
}

fn kept_of_transfer(object: &mut Object<'_>, action: &TransferAction<'_>) {
    let done = action.outcome.as_ref().ok();
    let ends = [
        ("source", action.source_opened, done.and_then(|it| it.source.as_ref())),
        ("destination", action.destination_opened, done.and_then(|it| it.destination.as_ref())),
    ];
    for ((member, opened, movement), it) in ends.into_iter().zip(&action.standings) {
        object.object(member, |object| {
            if let Some(opened) = opened {
                object.display("opened", opened);
            }
            if let Some(movement) = movement {
                draws(object, "draws", movement);
            }
            standing(object, it);
        });
    }
}

/// What was used of reservations.
fn draws(object: &mut Object<'_>, member: &str, movement: &Movement) {
    let currency = movement.after.pocket.currency;
    object.list(member, &movement.draws, |object, draw: &Draw| {
        object.display("tenant_reference_id", AuthorizationRef::decided_as(draw.reservation));
        object.money("used", draw.used.minor().into(), currency);
    });
}

fn standing(object: &mut Object<'_>, standing: &Standing) {
    match standing {
        Standing::Unsaid => {}
        Standing::Alone => object.text("standing", "alone"),
        Standing::Whole(it) => object.object("standing", |object| whole(object, it)),
    }
}

/// All of an account that is not a hold or a reservation.
fn whole(object: &mut Object<'_>, whole: &Whole) {
    object.text("status", whole.status.name());
    if let Some(described) = whole.described {
        object.display("described", described);
    }
    object.list("balances", &whole.pockets, |object, pocket| {
        object.text("currency", pocket.currency.code());
        parts::sums(object, pocket);
        let limit = pocket.overdraft_limit.minor().into();
        object.money("overdraft_limit", limit, pocket.currency);
    });
}

fn major(minor: i128, currency: Currency) -> String {
    let mut out = Vec::new();
    money::write(&mut out, minor, currency);
    String::from_utf8(out).unwrap_or_default()
}

fn numbers(numbers: impl Iterator<Item = u64>) -> String {
    format!("[{}]", numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(","))
}

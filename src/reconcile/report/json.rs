//! A report as JSON, amounts by their own text.

use super::super::breaks::{Break, Figure};
use super::super::summary::Value;
use super::super::tally::{Side, Tally};
use super::Report;
use super::refs::named;
use crate::engine::record::BreakRef;
use crate::ledger::{ActionRef, Currency};
use crate::wire::json::{self, Object};
use crate::wire::time;

/// The report as one object.
#[must_use]
pub fn json(report: &Report) -> Vec<u8> {
    json::object(|object| {
        object.object("file", |object| file(object, report));
        object.text("as_of", &time::write(report.as_of));
        object.number("lsn", report.upto.value());
        object.object("window", |object| {
            object.text("from", &time::write(report.window.from));
            object.text("to", &time::write(report.window.to));
        });
        object.number("records", report.records);
        object.number("matched", report.matched);
        object.number("breaks_found", report.found());
        object.number("breaks_listed", report.breaks.len());
        object.number("breaks_opened", report.opened);
        object.list("kinds", &report.counts, |object, (kind, count)| {
            object.text("kind", kind.name());
            object.number("count", *count);
        });
        object.list("sums", &report.tallies, |object, (currency, tally)| {
            sums(object, *currency, tally);
        });
        object.list("summary", &report.checked, |object, it| {
            object.text("member", it.member);
            value(object, "in_file", it.told, report.currency);
            value(object, "counted", Some(it.counted), report.currency);
            object.flag("agrees", it.wrong.is_none());
        });
        object.list("breaks", named(report), |object, (name, it)| broken(object, name, it));
    })
}

fn file(object: &mut Object<'_>, report: &Report) {
    object.text("name", &report.name);
    object.text("kind", if report.is_settlement { "settlement" } else { "clearing" });
    if !report.file_name.is_empty() {
        object.text("network_settlement_file_name", &report.file_name);
    }
    if !report.file_ref.is_empty() {
        object.text("network_settlement_file_ref", &report.file_ref);
    }
    object.number("bytes", report.bytes);
    object.text("sha256", &report.sha256);
}

fn sums(object: &mut Object<'_>, currency: Currency, tally: &Tally) {
    object.text("currency", currency.code());
    for (member, side) in [("credit", &tally.credit), ("debit", &tally.debit)] {
        object.object(member, |object| of_side(object, currency, side));
    }
    object.money("net", tally.net(), currency);
    object.money("interchange", tally.interchange(), currency);
}

fn of_side(object: &mut Object<'_>, currency: Currency, side: &Side) {
    for (amount, number, sum) in [
        ("txn_amount", "number_of_txn", side.transactions),
        ("chargeback_amount", "number_of_chargeback", side.chargebacks),
        ("reversal_amount", "number_of_reversal", side.reversals),
    ] {
        object.money(amount, sum.minor, currency);
        object.number(number, sum.count);
    }
    object.money("interchange_fee_amount", side.interchange, currency);
}

fn value(object: &mut Object<'_>, member: &str, value: Option<Value>, currency: Option<Currency>) {
    match (value, currency) {
        (Some(Value::Count(count)), _) => object.number(member, count),
        (Some(Value::Amount(minor)), Some(currency)) => object.money(member, minor, currency),
        _ => {}
    }
}

/// The members of one break.
pub fn broken(object: &mut Object<'_>, name: BreakRef, it: &Break) {
    object.display("break_ref", name);
    object.text("kind", it.kind.name());
    if let Some((number, line)) = it.record {
        object.number("record", number);
        object.number("line", line);
    }
    for (member, text) in [
        ("transaction_id", &it.transaction),
        ("tenant_account_ref", &it.account),
        ("network_ref", &it.reference),
        ("member", &it.member),
    ] {
        if !text.is_empty() {
            object.text(member, text);
        }
    }
    for (member, figure) in [("in_file", it.in_file), ("in_ledger", it.in_ledger)] {
        match figure {
            Some(Figure::Sum(sum)) => object.money(member, sum.minor, sum.currency),
            Some(Figure::Count(count)) => object.number(member, count),
            None => {}
        }
    }
    if let Some(action) = it.action {
        object.display("tenant_action_ref", ActionRef::new(action));
    }
    object.text("what", &it.what);
}

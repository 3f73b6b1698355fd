//! Parts of what is told: balances, what they come to, and why something was refused.

use super::json::{self, Object};
use super::money;
use crate::ledger::{ActionRef, BalanceRef, Currency, Pocket};

/// `{"success": false, "error": {"code", "message"}}`, with the action's name when it was recorded.
#[must_use]
pub fn refusal(code: &str, message: &str, action: Option<ActionRef>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_refusal(&mut out, code, message, action);
    out
}

/// Writes the same behind what is there.
pub fn write_refusal(out: &mut Vec<u8>, code: &str, message: &str, action: Option<ActionRef>) {
    json::write_object(out, |answer| {
        answer.flag("success", false);
        error(answer, code, message);
        if let Some(action) = action {
            answer.display("tenant_action_ref", action);
        }
    });
}

/// The member that says why something was refused.
pub fn error(object: &mut Object<'_>, code: &str, message: &str) {
    object.object("error", |error| {
        error.text("code", code);
        error.text("message", message);
    });
}

/// The members of one balance.
pub fn balance(object: &mut Object<'_>, name: BalanceRef, pocket: &Pocket) {
    let currency = pocket.currency;
    object.display("tenant_balance_ref", name);
    object.text("currency", currency.code());
    sums(object, pocket);
    object.money("overdraft_limit", pocket.overdraft_limit.minor().into(), currency);
    object.money("shortfall", pocket.shortfall(), currency);
}

/// What a balance comes to.
pub fn sums(object: &mut Object<'_>, pocket: &Pocket) {
    let currency = pocket.currency;
    object.money("posted", pocket.posted.minor().into(), currency);
    object.money("held", pocket.held.minor().into(), currency);
    object.money("reserved", pocket.reserved.minor().into(), currency);
    object.money("available", pocket.available(), currency);
}

/// An amount and its currency, for a sentence.
#[must_use]
pub fn amount(minor: i128, currency: Currency) -> String {
    let mut out = Vec::new();
    money::write(&mut out, minor, currency);
    out.push(b' ');
    out.extend_from_slice(currency.code().as_bytes());
    String::from_utf8(out).unwrap_or_default()
}

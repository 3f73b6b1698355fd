//! Spend limits as they are told and shown, in the shape of Open Fabric's own spend controls.
//!
//! | member of a rule | is |
//! | --- | --- |
//! | `template_code` | what it limits |
//! | `description` | its name, where it is not that of the template |
//! | `parameters` | what the template has: `limit_amount` and `currency`, `limit_count`, `frequency`, `mode` and `values` |
//! | `violation_policy` | `decline` |

use super::json::Object;
use super::{money, time};
use crate::engine::record::LimitsSet;
use crate::engine::{LimitsView, Used};
use crate::ledger::{Currency, Day, Frequency, Money, Rule, What};

/// The members of limits at one moment.
pub fn members(object: &mut Object<'_>, view: &LimitsView) {
    if let Some(account) = &view.tenant_account_ref {
        object.text("tenant_account_ref", account);
        object.text("applies", if view.own { "account" } else { "default" });
        object.text("as_of", &time::write(view.as_of));
    }
    object.list("rules", view.rules.rules().iter().zip(&view.used), |object, (rule, used)| {
        self::rule(object, rule);
        if let (Some(used), Some(frequency)) = (used, frequency(rule)) {
            object.object("used", |object| self::used(object, rule, *used));
            object.text("since", &date(frequency.first(view.day)));
        }
    });
}

/// The members of the record by which they were set.
pub fn set(object: &mut Object<'_>, set: &LimitsSet<'_>) {
    object.text("operation", "set_limits");
    if let Some(account) = set.tenant_account_ref {
        object.text("tenant_account_ref", account);
    }
    match &set.rules {
        Some(rules) => object.list("rules", rules.rules(), rule),
        None => object.raw("rules", "null"),
    }
}

/// A day as people write it.
#[must_use]
pub fn date(day: Day) -> String {
    let (year, month, day) = day.date();
    format!("{year:04}-{month:02}-{day:02}")
}

fn rule(object: &mut Object<'_>, rule: &Rule) {
    object.text("template_code", rule.what.template());
    if *rule.name != *rule.what.template() {
        object.text("description", &rule.name);
    }
    object.object("parameters", |object| parameters(object, &rule.what));
    object.text("violation_policy", "decline");
}

fn parameters(object: &mut Object<'_>, what: &What) {
    match what {
        What::TransactionAmount(limit) | What::TransactionBilling(limit) => amount(object, *limit),
        What::AccountBilling(limit, frequency) => {
            amount(object, *limit);
            object.text("frequency", frequency.name());
        }
        What::AccountCount(limit, frequency) => {
            object.number("limit_count", *limit);
            object.text("frequency", frequency.name());
        }
        What::Merchant(_, mode, values) => {
            object.text("mode", mode.name());
            object.texts("values", values.all().iter().map(|value| &**value));
        }
    }
}

fn amount(object: &mut Object<'_>, limit: Money) {
    object.raw("limit_amount", &major(limit.amount.minor().into(), limit.currency));
    object.text("currency", limit.currency.code());
}

fn used(object: &mut Object<'_>, rule: &Rule, used: Used) {
    match (used, rule.what.currency()) {
        (Used::Amount(minor), Some(currency)) => {
            object.raw("amount", &major(minor.into(), currency));
            object.text("currency", currency.code());
        }
        (Used::Count(count), _) => object.number("count", count),
        (Used::Amount(_), None) => {}
    }
}

const fn frequency(rule: &Rule) -> Option<Frequency> {
    match &rule.what {
        What::AccountBilling(_, frequency) | What::AccountCount(_, frequency) => Some(*frequency),
        _ => None,
    }
}

fn major(minor: i128, currency: Currency) -> String {
    let mut out = Vec::new();
    money::write(&mut out, minor, currency);
    String::from_utf8(out).unwrap_or_default()
}

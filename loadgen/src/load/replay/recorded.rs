//! One recorded request made ready to be asked again, and its answer held against the recorded one.
//!
//! What the server named anew is named anew: the account, the transactions and keys that begin with
//! its name, its balance, and holds by what the answers that placed them were then and are now.

use std::collections::{BTreeMap, HashMap};

use hyper::body::Bytes;
use serde_json::value::RawValue;

use crate::{
    journal::Recorded,
    simulator::expected::same,
    wire::{Answer, AnswerError, Decision, Reply},
};

/// What an account was called when it was recorded, and what it and its own are called now.
#[derive(Debug, Clone)]
pub struct Names {
    /// Its name in the journal.
    pub before: String,
    /// Its name now.
    pub now: String,
    /// Its balance now.
    pub balance_ref: String,
    /// Its holds.
    pub holds: HashMap<String, String>,
}

/// The members that begin with the account's name.
const NAMED: [&str; 5] = [
    "tenant_account_ref",
    "transaction_id",
    "idempotency_key",
    "of_action_ref",
    "network_message_ref",
];

/// The account that a recorded body names; `None` when it names none.
#[must_use]
pub fn account_of(body: &[u8]) -> Option<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
    serde_json::from_str(members.get("tenant_account_ref")?.get()).ok()
}

impl Names {
    /// The body with all names as they are now.
    #[must_use]
    pub fn rename(&self, body: &[u8]) -> Bytes {
        let members = serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(body);
        let Ok(mut members) = members else { return Bytes::copy_from_slice(body) };
        for (name, value) in &mut members {
            if let Ok(text) = serde_json::from_str::<String>(value.get()) {
                *value = raw(&self.renamed(name, &text));
            }
        }
        Bytes::from(serde_json::to_vec(&members).expect("members and values are JSON"))
    }

    fn renamed(&self, member: &str, text: &str) -> String {
        match member {
            "tenant_balance_ref" => self.balance_ref.clone(),
            "tenant_hold_balance_ref" => {
                self.holds.get(text).map_or(text, String::as_str).to_owned()
            }
            _ => match text.strip_prefix(&self.before).filter(|_| NAMED.contains(&member)) {
                Some(rest) => format!("{}{rest}", self.now),
                None => text.to_owned(),
            },
        }
    }

    /// Remembers how a hold is called that both answers name.
    pub fn learn(&mut self, recorded: &Reply, told: &Reply) {
        let hold = |reply: &Reply| Answer::parse(&reply.body).ok()?.hold_ref;
        if let (Some(before), Some(now)) = (hold(recorded), hold(told)) {
            self.holds.insert(before, now);
        }
    }
}

fn raw(text: &str) -> Box<RawValue> {
    let text = serde_json::to_string(text).expect("a string is JSON");
    RawValue::from_string(text).expect("a string is JSON")
}

/// Compares what is told now with what was recorded. `None` when one of the two says that the
/// server could not decide: then nothing that follows is determined.
///
/// # Errors
///
/// The first thing that differs, in words.
pub fn compare(recorded: &Recorded, told: &Reply) -> Result<Option<()>, String> {
    same("status", told.status, recorded.reply.status)?;
    if recorded.operation.is_authorization() && told.status.is_success() {
        let [before, now] = read(recorded, told, Decision::parse)?;
        if before.is_undecided() || now.is_undecided() {
            return Ok(None);
        }
        same("status", now.status, before.status)?;
        same("reason", now.reason, before.reason)?;
        return same("approved_amount", now.approved, before.approved).map(Some);
    }
    let [before, now] = read(recorded, told, Answer::parse)?;
    if before.is_undecided() || now.is_undecided() {
        return Ok(None);
    }
    same("success", now.success, before.success)?;
    same("error.code", now.error_code, before.error_code)?;
    same("available_balance", now.available_balance, before.available_balance)?;
    same("hold_balance", now.hold_balance, before.hold_balance).map(Some)
}

fn read<T>(
    recorded: &Recorded,
    told: &Reply,
    parse: impl Fn(&[u8]) -> Result<T, AnswerError>,
) -> Result<[T; 2], String> {
    let before = parse(&recorded.reply.body)
        .map_err(|error| format!("the answer in line {} is none: {error}", recorded.number))?;
    let now = parse(&told.body).map_err(|error| format!("no answer: {error}"))?;
    Ok([before, now])
}

#[cfg(test)]
mod tests {
    use super::Names;
    use std::collections::HashMap;

    #[test]
    fn what_the_server_named_is_named_anew_and_nothing_else() {
        let names = Names {
            before: "lg1-7".to_owned(),
            now: "r-0".to_owned(),
            balance_ref: "bal_9".to_owned(),
            holds: HashMap::from([("hold_1".to_owned(), "hold_8".to_owned())]),
        };
        let body = br#"{"transaction_id":"lg1-7-t3","tenant_account_ref":"lg1-7","idempotency_key":"other","amount":{"value":7.50,"currency":"SGD"},"note":"lg1-7","tenant_balance_ref":"bal_1","tenant_hold_balance_ref":"hold_1"}"#;
        let renamed = names.rename(body);
        let expected = r#"{"amount":{"value":7.50,"currency":"SGD"},"idempotency_key":"other","note":"lg1-7","tenant_account_ref":"r-0","tenant_balance_ref":"bal_9","tenant_hold_balance_ref":"hold_8","transaction_id":"r-0-t3"}"#;
        assert_eq!(std::str::from_utf8(&renamed).unwrap(), expected);
    }
}

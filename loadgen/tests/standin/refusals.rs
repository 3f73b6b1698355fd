//! What an honest server refuses before it looks at its books.

use serde_json::Value;

use super::books::{Fault, Told};

const BODY_MAX: usize = 16 << 10;

/// The refusal of a request that is malformed; `None` for one that is well-formed, or that a
/// `fault` lets pass.
pub(crate) fn refusal(fault: Fault, content_type: &str, body: &[u8]) -> Option<Told> {
    let found = wrong(content_type, body);
    match (fault, found) {
        (Fault::AcceptsWhatIsTooFine, Some((_, "INVALID_AMOUNT"))) | (_, None) => None,
        (Fault::RefusesWithAnotherCode, Some((status, _))) => Some(told(status, "NO")),
        (_, Some((status, code))) => Some(told(status, code)),
    }
}

fn told(status: u16, code: &str) -> Told {
    let body =
        format!(r#"{{"success":false,"error":{{"code":"{code}","message":"it is wrong"}}}}"#);
    Told { status, replayed: false, body }
}

fn wrong(content_type: &str, body: &[u8]) -> Option<(u16, &'static str)> {
    const REQUEST: Option<(u16, &str)> = Some((400, "INVALID_REQUEST"));
    if content_type != "application/json" {
        return Some((415, "UNSUPPORTED_MEDIA_TYPE"));
    }
    if body.len() > BODY_MAX {
        return Some((413, "BODY_TOO_LARGE"));
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return REQUEST };
    let twice = String::from_utf8_lossy(body).matches(r#""transaction_id":"#).count() > 1;
    let named = value.get("transaction_id").and_then(Value::as_str);
    if twice || named.is_none_or(|named| named.is_empty() || named.len() > 128) {
        return REQUEST;
    }
    let amount = value.get("amount").map(|amount| amount.get("value").unwrap_or(amount));
    if amount.is_some_and(|amount| !amount.is_number()) {
        return REQUEST;
    }
    let amount = amount.map(Value::to_string).unwrap_or_default();
    let fraction = amount.split_once('.').map_or("", |(_, fraction)| fraction);
    if amount.starts_with('-') || fraction.len() > 2 {
        return Some((400, "INVALID_AMOUNT"));
    }
    let currency = value.get("amount").and_then(|amount| amount.get("currency"));
    let unknown = currency.is_some_and(|currency| currency != "SGD");
    unknown.then_some((400, "UNKNOWN_CURRENCY"))
}

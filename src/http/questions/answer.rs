//! What is answered to a question, made of what the tenant's hook said to it. Pure: the same again is
//! answered with the same bytes.
//!
//! | question | of what the hook says | else |
//! | --- | --- | --- |
//! | a challenge out of band | nothing: 202 says that it was taken | |
//! | a challenge by password | `masked_email`, `masked_phone_number` | empty texts: nobody was sent one |
//! | a transaction | `redirect_url`; or `status` `approved` or `failed`, with `reason`; `tenant_reference_id` | `failed` |

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::answer::Answer;
use super::Question;
use super::body::Asked;
use crate::engine::Lsn;
use crate::wire::json;

/// Why a transaction failed of which the tenant said nothing.
const REASON: &str = "not approved by the tenant";

/// What of a hook's answer has a meaning; a member of another type says nothing.
#[derive(Default, Deserialize)]
struct Told<'a> {
    #[serde(borrow, default)]
    masked_email: Option<&'a RawValue>,
    #[serde(borrow, default)]
    masked_phone_number: Option<&'a RawValue>,
    #[serde(borrow, default)]
    redirect_url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tenant_reference_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reason: Option<&'a RawValue>,
}

/// The answer to a question that is recorded at `lsn`, by the JSON that the hook said.
#[must_use]
pub fn of(asked: &Asked<'_>, lsn: Lsn, told: &str) -> Answer {
    let told: Told<'_> = serde_json::from_str(told).unwrap_or_default();
    match asked.question {
        Question::ChallengeOutOfBand => challenge(StatusCode::ACCEPTED, asked, &[]),
        Question::ChallengeByPassword => {
            let email = text(told.masked_email).unwrap_or_default();
            let phone = text(told.masked_phone_number).unwrap_or_default();
            let masked = [("masked_email", email), ("masked_phone_number", phone)];
            challenge(StatusCode::OK, asked, &masked)
        }
        Question::CreateTransaction => Answer::json(StatusCode::OK, transaction(lsn, &told)),
    }
}

fn challenge(status: StatusCode, asked: &Asked<'_>, more: &[(&str, String)]) -> Answer {
    let body = json::object(|answer| {
        answer.text("three_ds_challenge_id", &asked.id);
        more.iter().for_each(|(name, value)| answer.text(name, value));
    });
    Answer::json(status, body)
}

/// The form with a place to send the shopper to has its members by their older names too: which the
/// network reads today is not published.
fn transaction(lsn: Lsn, told: &Told<'_>) -> Vec<u8> {
    let own = || format!("txn_{:016x}", lsn.value());
    let reference = text(told.tenant_reference_id).filter(|it| is_reference(it));
    let reference = reference.unwrap_or_else(own);
    let (status, url) = (text(told.status), text(told.redirect_url));
    json::object(|answer| {
        answer.text("tenant_reference_id", &reference);
        match (status.as_deref(), url) {
            (None, Some(url)) => {
                answer.text("redirect_url", &url);
                answer.text("account_reference_id", &reference);
                answer.text("payment_redirect_web_url", &url);
            }
            (Some("approved"), _) => answer.text("status", "approved"),
            _ => {
                answer.text("status", "failed");
                answer.text("reason", text(told.reason).as_deref().unwrap_or(REASON));
            }
        }
    })
}

fn text(raw: Option<&RawValue>) -> Option<String> {
    let text: String = serde_json::from_str(raw?.get()).ok()?;
    (!text.is_empty()).then_some(text)
}

/// What Open Fabric takes for the tenant's reference of a transaction.
fn is_reference(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_@.".contains(&byte);
    (4..=128).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_approved_that_the_hook_did_not_approve() {
        let told = |json: &str| {
            let told: Told<'_> = serde_json::from_str(json).unwrap();
            String::from_utf8(transaction(Lsn::new(10), &told)).unwrap()
        };
        let failed = format!(
            r#"{{"tenant_reference_id":"txn_000000000000000a","status":"failed","reason":"{REASON}"}}"#
        );
        for json in [
            "{}",
            r#"{"status":"Approved"}"#,
            r#"{"status":true}"#,
            r#"{"status":"failed","redirect_url":"http://a"}"#,
            r#"{"redirect_url":1}"#,
            r#"{"tenant_reference_id":"a b c d"}"#,
        ] {
            assert_eq!(told(json), failed, "{json}");
        }
        let approved = r#"{"status":"approved","tenant_reference_id":"ours"}"#;
        assert_eq!(told(approved), r#"{"tenant_reference_id":"ours","status":"approved"}"#);
        let reason = r#"{"status":"failed","reason":"no"}"#;
        assert!(told(reason).ends_with(r#""status":"failed","reason":"no"}"#));
        let redirect = r#"{"redirect_url":"http://a"}"#;
        assert!(told(redirect).contains(r#""redirect_url":"http://a""#));
    }
}

//! The body of a webhook's request, read leniently: one notification, or a list of them.
//!
//! | member | is | without it |
//! | --- | --- | --- |
//! | `type` | what kind of thing it tells | it is no notification |
//! | `notification_id`, else that of `data` | its name | a hash of type and data is |
//! | `data` | an object, or a string that is one | it tells nothing |
//! | `created_at` | a time | nothing is known of it |
//! | `transaction_id`, `tenant_reference_id` of `data` | what it is about | nothing is known of it |

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::super::answer::Problem;
use super::super::request::{self, TEXT_MAX, text};
use crate::engine::record::{Notification, NotificationName};
use crate::wire::notification::{is_name, kinds};

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    notification_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// What of the data names something.
#[derive(Default, Deserialize)]
struct Names<'a> {
    #[serde(borrow, default)]
    notification_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    transaction_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tenant_reference_id: Option<&'a RawValue>,
}

/// The notifications of a body, each that is none with what is wrong with it.
///
/// # Errors
/// 400 where the body is neither an object nor a list.
pub fn items(body: &[u8]) -> Result<Vec<Result<Notification<'_>, Problem>>, Problem> {
    let wrong = |what: String| Problem::invalid(format!("the body {what}"));
    let json =
        std::str::from_utf8(body).map_err(|error| wrong(format!("is not UTF-8: {error}")))?;
    let is_wrong = |error: serde_json::Error| wrong(format!("is wrong: {error}"));
    let whole: &RawValue = serde_json::from_str(json).map_err(is_wrong)?;
    match whole.get().as_bytes().first() {
        Some(b'{') => Ok(vec![read(whole)]),
        Some(b'[') => {
            let all: Vec<&RawValue> = serde_json::from_str(whole.get()).map_err(is_wrong)?;
            let at = |n: usize| move |problem: Problem| problem.of(format_args!("item {n}"));
            Ok((0..).zip(all).map(|(n, item)| read(item).map_err(at(n))).collect())
        }
        _ => Err(wrong("is neither an object nor a list".into())),
    }
}

fn read(item: &RawValue) -> Result<Notification<'_>, Problem> {
    let wire: Wire<'_> = request::object(item.get().as_bytes())?;
    text("type", &wire.kind, TEXT_MAX)?;
    if kinds::find(&wire.kind).is_some_and(|kind| kind.own) {
        // What the ledger keeps under such a type it was told by others, and believes.
        let message = "is the ledger's own; clearing records are sent to POST /v1/clearings";
        return Err(Problem::invalid(format!("member type, {}, {message}", wire.kind)));
    }
    let data = wire.data.map_or(Cow::Borrowed("null"), data);
    let names: Names<'_> = serde_json::from_str(&data).unwrap_or_default();
    let own = |raw: Option<&RawValue>| raw.and_then(name).map(|text| Cow::Owned(text.into_owned()));
    let (transaction_id, reference) = (own(names.transaction_id), own(names.tenant_reference_id));
    let inner = own(names.notification_id);
    let name = match wire.notification_id.and_then(name).or(inner) {
        Some(id) => NotificationName { id, hashed: false },
        None => NotificationName { id: hash(&wire.kind, &data).into(), hashed: true },
    };
    Ok(Notification {
        name,
        kind: wire.kind,
        created_at: wire.created_at.and_then(self::name),
        transaction_id,
        tenant_reference_id: reference,
        data,
    })
}

/// An object that came as a string is the object.
fn data(raw: &RawValue) -> Cow<'_, str> {
    let inner = serde_json::from_str::<String>(raw.get()).ok();
    let inner = inner.and_then(|text| {
        let object = serde_json::from_str::<&RawValue>(&text).ok()?.get();
        object.starts_with('{').then(|| object.to_owned())
    });
    inner.map_or(Cow::Borrowed(raw.get()), Cow::Owned)
}

/// The text that this is, where it may be a name.
fn name(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    let Text(text) = serde_json::from_str(raw.get()).ok()?;
    is_name(&text).then_some(text)
}

/// Stands for a notification that has no name. Spaces make no other one.
fn hash(kind: &str, data: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(kind);
    hash.update([0]);
    let mut quoted = false;
    let mut escaped = false;
    let told = data.bytes().filter(|byte| {
        let shown = quoted || !byte.is_ascii_whitespace();
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        shown
    });
    hash.update(told.collect::<Vec<_>>());
    let mut text = "sha256:".to_owned();
    for byte in hash.finalize() {
        // Writing to a text in memory does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Notification<'_> {
        items(body.as_bytes()).unwrap().remove(0).unwrap()
    }

    #[test]
    fn without_a_name_it_is_what_it_says_whatever_the_spaces() {
        fn name(body: &str) -> NotificationName<'_> {
            one(body).name
        }
        let plain = name(r#"{"type":"t","data":{"a":" \" b","c":[1,2]}}"#);
        assert!(plain.hashed && plain.id.len() == "sha256:".len() + 64);
        for same in [
            "{ \"data\" : {\"a\":\" \\\" b\",\n\t\"c\": [1, 2]} , \"type\":\"t\" }",
            r#"[{"type":"t","created_at":"x","data":"{\"a\":\" \\\" b\",\"c\":[1,2]}"}]"#,
        ] {
            assert_eq!(name(same), plain, "{same}");
        }
        for other in [
            r#"{"type":"u","data":{"a":" \" b","c":[1,2]}}"#,
            r#"{"type":"t","data":{"a":" \"b","c":[1,2]}}"#,
            r#"{"type":"t","data":{"a":" \" b","c":[12]}}"#,
            r#"{"type":"t"}"#,
        ] {
            assert_ne!(name(other), plain, "{other}");
        }
    }

    #[test]
    fn what_does_not_name_is_as_if_it_were_absent() {
        let it = one(
            r#"{"notification_id":7,"type":"t","data":{"notification_id":"n","transaction_id":"\n"}}"#,
        );
        assert_eq!((&*it.name.id, it.name.hashed), ("n", false));
        assert_eq!(it.transaction_id, None);
        assert!(one(r#"{"notification_id":"","type":"t","data":"no object"}"#).name.hashed);
    }
}

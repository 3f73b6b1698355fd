//! A notification as it is shown, and what of it is not as the documents say.
//!
//! Nothing is refused for what it lacks, because it would be sent again for ever: it is kept, and
//! what is wrong with it is said whenever it is shown.

pub mod kinds;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::json::Object;
use super::time;
use crate::engine::record::Notification;

use kinds::{Member, find};

/// The longest name or reference, in bytes.
const NAME_MAX: usize = 128;

/// The members of a notification, but for when it was received.
pub fn members(object: &mut Object<'_>, it: &Notification<'_>) {
    object.text("notification_id", &it.name.id);
    object.text("type", &it.kind);
    let options = [
        ("created_at", &it.created_at),
        ("transaction_id", &it.transaction_id),
        ("tenant_reference_id", &it.tenant_reference_id),
    ];
    for (name, value) in options {
        value.iter().for_each(|value| object.text(name, value));
    }
    object.raw("data", &it.data);
    let problems = problems(it);
    if !problems.is_empty() {
        object.raw("problems", &serde_json::to_string(&problems).unwrap_or_default());
    }
}

/// What is missing, or not what the documents say that it is; each begins with the member.
#[must_use]
pub fn problems(it: &Notification<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let kind = find(&it.kind);
    if it.name.hashed && kind.is_some_and(|kind| kind.enveloped) {
        found.push("notification_id is missing, or not a name".to_owned());
    }
    match it.created_at.as_deref() {
        Some(text) if time::parse(text).is_none() => {
            found.push("created_at is not a time".to_owned());
        }
        None if kind.is_some_and(|kind| kind.enveloped) => {
            found.push("created_at is missing, or not a text".to_owned());
        }
        _ => {}
    }
    match serde_json::from_str::<BTreeMap<String, &RawValue>>(&it.data) {
        Err(_) => found.push("data is missing, or not an object".to_owned()),
        Ok(data) => {
            let members = kind.map_or(&[][..], |kind| kind.members);
            found.extend(members.iter().filter_map(|member| wrong(member, &data)));
            found.extend(other_name(it, &data));
        }
    }
    found
}

fn wrong(member: &Member, data: &BTreeMap<String, &RawValue>) -> Option<String> {
    let Member { name, form } = member;
    match data.get(*name).map(|raw| raw.get()).filter(|raw| *raw != "null") {
        None => Some(format!("data.{name} is missing")),
        Some(raw) if form.fits(raw) => None,
        Some(_) => Some(format!("data.{name} is not {form}")),
    }
}

/// The data says the notification's name once more.
fn other_name(it: &Notification<'_>, data: &BTreeMap<String, &RawValue>) -> Option<String> {
    let inner: String = serde_json::from_str(data.get("notification_id")?.get()).ok()?;
    let differs = !it.name.hashed && inner != *it.name.id;
    differs.then(|| "data.notification_id is not notification_id".to_owned())
}

/// Whether a text may be a name or a reference: not empty, not too long, no control characters.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::NotificationName;

    fn told(kind: &str, data: &str) -> Vec<String> {
        problems(&Notification {
            name: NotificationName { id: "n-1".into(), hashed: false },
            kind: kind.into(),
            created_at: Some("2026-01-31T12:00:00Z".into()),
            transaction_id: None,
            tenant_reference_id: None,
            data: data.into(),
        })
    }

    #[test]
    fn what_is_missing_or_of_another_form_is_named() {
        let token = r#""token_unique_reference":"t","wallet_id":"w","token_source":"f""#;
        let activated =
            |more: &str| told("v1:wallet:token:activated", &format!("{{{token}{more}}}"));
        assert!(activated(r#","activated_at":"2026-01-31T12:00:00Z""#).is_empty());
        assert_eq!(activated(""), ["data.activated_at is missing"]);
        assert_eq!(activated(r#","activated_at":null"#), ["data.activated_at is missing"]);
        assert_eq!(activated(r#","activated_at":12"#), ["data.activated_at is not a time"]);
        assert!(told("something:new", "{}").is_empty(), "of an unknown type nothing is known");
        assert_eq!(told("something:new", "null"), ["data is missing, or not an object"]);
        let other = told("something:new", r#"{"notification_id":"n-2"}"#);
        assert_eq!(other, ["data.notification_id is not notification_id"]);
    }

    #[test]
    fn every_type_is_known_by_its_own_name_and_names_each_member_once() {
        for kind in kinds::ALL {
            assert_eq!(find(kind.name).map(|found| found.name), Some(kind.name));
            let mut names: Vec<_> = kind.members.iter().map(|member| member.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}", kind.name);
        }
    }
}

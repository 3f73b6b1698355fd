//! The body of a question: it must say which one it is; what else is missing is said where it is
//! shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::super::answer::Problem;
use super::super::request::{self, TEXT_MAX, text};
use super::Question;
use crate::engine::record::{Notification, NotificationName};

/// What is for the shopper's eyes and not for the log.
const SECRETS: [&str; 2] = ["authentication_credential", "encrypted_authentication_credential"];

/// A question as it was asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What is asked.
    pub question: Question,
    /// Its sender's name of it.
    pub id: String,
    /// All of it.
    pub content: &'a str,
    members: BTreeMap<String, &'a RawValue>,
}

impl<'a> Asked<'a> {
    /// Reads the body.
    ///
    /// # Errors
    /// 400 where it is no object, or does not name the question.
    pub fn read(question: Question, body: &'a [u8]) -> Result<Self, Problem> {
        let members: BTreeMap<String, &'a RawValue> = request::object(body)?;
        let name = question.name();
        let missing = || Problem::invalid(format!("{name} is missing, or is not a string"));
        let id = members.get(name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        let id = id.ok_or_else(missing)?;
        text(name, &id, TEXT_MAX)?;
        let content = std::str::from_utf8(body).unwrap_or_default().trim();
        Ok(Self { question, id, content, members })
    }

    /// What a notification of that type about it is known by.
    #[must_use]
    pub fn name(&self, kind: &str) -> NotificationName<'static> {
        NotificationName { id: format!("{kind}:{}", self.id).into(), hashed: false }
    }

    /// The card transaction that it is about, where it says which.
    #[must_use]
    pub fn transaction_id(&self) -> Option<Cow<'_, str>> {
        let creates = self.question == Question::CreateTransaction;
        creates.then_some(Cow::Borrowed(&*self.id))
    }

    /// What is kept of it: all but secrets.
    #[must_use]
    pub fn notification(&self) -> Notification<'_> {
        let kind = self.question.kind();
        Notification {
            name: self.name(kind),
            kind: kind.into(),
            created_at: None,
            transaction_id: self.transaction_id(),
            tenant_reference_id: None,
            data: self.kept(),
        }
    }

    fn kept(&self) -> Cow<'_, str> {
        if !SECRETS.iter().any(|secret| self.members.contains_key(*secret)) {
            return Cow::Borrowed(self.content);
        }
        let mut members = self.members.clone();
        members.retain(|name, _| !SECRETS.contains(&&**name));
        // Texts and JSON are written to a text without fail.
        serde_json::to_string(&members).unwrap_or_default().into()
    }
}

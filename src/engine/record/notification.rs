//! A notification: what Open Fabric tells, and waits for no decision about.
//!
//! | part | bytes |
//! | --- | --- |
//! | its name | text |
//! | where the name is from | `u8`: 0 its sender, 1 a hash of what it says |
//! | type | text |
//! | when it was created, as it was sent | option of text |
//! | transaction | option of text |
//! | the tenant's reference of the transaction | option of text |
//! | what it says | long text, JSON |

use std::borrow::Cow;

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};

/// A notification, recorded once by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification<'a> {
    /// What it is known by.
    pub name: NotificationName<'a>,
    /// What kind of thing it tells.
    pub kind: Cow<'a, str>,
    /// When its sender says that it was created.
    pub created_at: Option<Cow<'a, str>>,
    /// The card transaction that it is about.
    pub transaction_id: Option<Cow<'a, str>>,
    /// What the tenant answered an authorization of that transaction with.
    pub tenant_reference_id: Option<Cow<'a, str>>,
    /// What it says, as JSON.
    pub data: Cow<'a, str>,
}

/// What a notification is known by: two that have the same are one, sent twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationName<'a> {
    /// `notification_id`, or what stands for it.
    pub id: Cow<'a, str>,
    /// Whether its sender gave it none, and a hash of what it says stands for it.
    pub hashed: bool,
}

impl NotificationName<'_> {
    /// What it is remembered under, among idempotency keys: no key and no name has a control
    /// character.
    #[must_use]
    pub fn key(&self) -> String {
        let mark = if self.hashed { "\u{2}\u{2}" } else { "\u{2}" };
        format!("{mark}{}", self.id)
    }
}

impl Body for Notification<'_> {
    const KIND: u8 = 9;

    fn fits(&self) -> bool {
        let options = [&self.created_at, &self.transaction_id, &self.tenant_reference_id];
        let texts = options.into_iter().flatten().chain([&self.name.id, &self.kind]);
        texts_fit(texts.map(|text| &**text))
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(&self.name.id);
        w.u8(u8::from(self.name.hashed));
        w.text(&self.kind);
        for text in [&self.created_at, &self.transaction_id, &self.tenant_reference_id] {
            w.option(text.as_deref(), Writer::text);
        }
        w.long_text(&self.data);
    }
}

impl<'a> Notification<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let name = NotificationName { id: r.text()?.into(), hashed: r.flag()? };
        let kind = r.text()?.into();
        let mut option = || Ok(r.option(Reader::text)?.map(Cow::Borrowed));
        Ok(Self {
            name,
            kind,
            created_at: option()?,
            transaction_id: option()?,
            tenant_reference_id: option()?,
            data: r.long_text()?.into(),
        })
    }
}

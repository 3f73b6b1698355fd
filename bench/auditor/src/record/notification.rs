//! What the network told.
//!
//! | part | bytes |
//! | --- | --- |
//! | name | text |
//! | whether the name is a hash of what it says | `u8`, 0 or 1 |
//! | type | text |
//! | when it was created, transaction, the tenant's reference | three options of text |
//! | what it says | long text |

use crate::bytes::{Bytes, Malformed};

use super::authorization::one_of;

/// Something that the network told, and that moves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification<'a> {
    /// What it is known by.
    pub name: &'a str,
    /// Whether a hash stands for a name that it was not given.
    pub hashed: bool,
    /// What kind of thing it tells.
    pub kind: &'a str,
    /// When it was created, as it was sent.
    pub created_at: Option<&'a str>,
    /// The card transaction.
    pub transaction: Option<&'a str>,
    /// What the tenant answered an authorization with.
    pub reference: Option<&'a str>,
    /// What it says.
    pub data: &'a str,
}

impl<'a> Notification<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            name: b.text()?,
            hashed: one_of(b, [0, 1], "flag")?,
            kind: b.text()?,
            created_at: b.option(Bytes::text)?,
            transaction: b.option(Bytes::text)?,
            reference: b.option(Bytes::text)?,
            data: b.long_text()?,
        })
    }
}

//! Breaks that a reconciliation opened, and one that somebody resolved. They move nothing.
//!
//! | part of breaks that were opened | bytes |
//! | --- | --- |
//! | what tells their file from every other | long text |
//! | breaks | long list |
//!
//! | part of a break | bytes |
//! | --- | --- |
//! | its name | 16 |
//! | its kind | text |
//! | what was told of it, a JSON object | long text |
//!
//! | part of a break that was resolved | bytes |
//! | --- | --- |
//! | its name | 16 |
//! | the note of whoever did | long text |
//!
//! The first has no links; the second is linked to the record that opened the break.

use std::fmt;

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};

/// The name of a break: `brk_` and 32 hex digits, a hash of its file and of what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BreakRef([u8; 16]);

impl BreakRef {
    /// The name that has these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The break that `text` names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("brk_").filter(|it| it.len() == 32)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let number = u128::from_str_radix(digits, 16).ok().filter(|_| plain)?;
        Some(Self(number_bytes(number)))
    }
}

impl fmt::Display for BreakRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("brk_")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes of a number, the highest first, as its digits stand.
fn number_bytes(number: u128) -> [u8; 16] {
    let mut bytes = number.to_le_bytes();
    bytes.reverse();
    bytes
}

/// Breaks were opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreaksOpened<'a> {
    /// What tells their file from every other.
    pub file: &'a str,
    /// The breaks.
    pub breaks: Vec<OpenedBreak<'a>>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedBreak<'a> {
    /// Its name.
    pub name: BreakRef,
    /// Its kind.
    pub kind: &'a str,
    /// What was told of it, a JSON object.
    pub told: &'a str,
}

/// A break was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakResolved<'a> {
    /// Its name.
    pub name: BreakRef,
    /// Why it needs no more attention.
    pub note: &'a str,
}

impl Body for BreaksOpened<'_> {
    const KIND: u8 = 16;

    fn fits(&self) -> bool {
        texts_fit(self.breaks.iter().map(|it| it.kind))
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.long_text(self.file);
        w.long_list(&self.breaks, |w, it| {
            w.raw(&it.name.0);
            w.text(it.kind);
            w.long_text(it.told);
        });
    }
}

impl<'a> BreaksOpened<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let file = r.long_text()?;
        let breaks = r.long_list(|r| {
            let name = BreakRef(r.array()?);
            Ok(OpenedBreak { name, kind: r.text()?, told: r.long_text()? })
        });
        Ok(Self { file, breaks: breaks? })
    }
}

impl Body for BreakResolved<'_> {
    const KIND: u8 = 17;

    fn fits(&self) -> bool {
        true
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.raw(&self.name.0);
        w.long_text(self.note);
    }
}

impl<'a> BreakResolved<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self { name: BreakRef(r.array()?), note: r.long_text()? })
    }
}

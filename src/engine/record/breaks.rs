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

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};

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
    pub name: [u8; 16],
    /// Its kind.
    pub kind: &'a str,
    /// What was told of it, a JSON object.
    pub told: &'a str,
}

/// A break was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakResolved<'a> {
    /// Its name.
    pub name: [u8; 16],
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
            w.raw(&it.name);
            w.text(it.kind);
            w.long_text(it.told);
        });
    }
}

impl<'a> BreaksOpened<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let file = r.long_text()?;
        let breaks = r.long_list(|r| {
            Ok(OpenedBreak { name: r.array()?, kind: r.text()?, told: r.long_text()? })
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
        w.raw(&self.name);
        w.long_text(self.note);
    }
}

impl<'a> BreakResolved<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self { name: r.array()?, note: r.long_text()? })
    }
}

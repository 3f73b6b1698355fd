//! JSON written straight into one buffer: members in the order in which they are named, amounts
//! from minor units, nothing through a float or a tree.
//!
//! Answers are promised byte for byte for as long as keys are remembered, so what writes them is
//! small, and ours.

use std::fmt::{Display, Write as _};

use super::money;
use crate::ledger::Currency;

/// An object being written.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

/// A whole object as bytes.
pub fn object(members: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_object(&mut out, members);
    out
}

/// Writes a whole object behind what is there.
pub fn write_object(out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    members(&mut Object { out, empty: true });
    out.push(b'}');
}

impl Object<'_> {
    /// A member whose value is a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        string(self.out, value);
    }

    /// A member whose value is the text that `value` displays as: only letters, digits and marks
    /// that JSON does not escape.
    pub fn display(&mut self, name: &str, value: impl Display) {
        self.name(name);
        self.out.push(b'"');
        self.plain(value);
        self.out.push(b'"');
    }

    /// A member whose value is a number.
    pub fn number(&mut self, name: &str, value: impl itoa::Integer) {
        self.name(name);
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// A member whose value is `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// A member whose value is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A member whose value is `{"value": major units, "currency": code}`.
    pub fn money(&mut self, name: &str, minor: i128, currency: Currency) {
        self.name(name);
        self.out.extend_from_slice(b"{\"value\":");
        money::write(self.out, minor, currency);
        self.out.extend_from_slice(b",\"currency\":\"");
        self.out.extend_from_slice(currency.code().as_bytes());
        self.out.extend_from_slice(b"\"}");
    }

    /// A member whose value is an object.
    pub fn object(&mut self, name: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        write_object(self.out, members);
    }

    /// A member whose value `write` puts behind what is there, as JSON.
    pub fn written(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        write(self.out);
    }

    /// A member whose value is a list of objects.
    pub fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut members: impl FnMut(&mut Object<'_>, T),
    ) {
        self.name(name);
        self.out.push(b'[');
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            write_object(self.out, |object| members(object, item));
        }
        self.out.push(b']');
    }

    /// A member whose value is a list of texts.
    pub fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.name(name);
        self.out.push(b'[');
        for (n, text) in texts.into_iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            string(self.out, text);
        }
        self.out.push(b']');
    }

    /// Names are ours and need no escaping.
    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn plain(&mut self, value: impl Display) {
        struct Plain<'a>(&'a mut Vec<u8>);
        impl std::fmt::Write for Plain<'_> {
            fn write_str(&mut self, text: &str) -> std::fmt::Result {
                self.0.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
        // Writing to a buffer in memory does not fail.
        let _ = write!(Plain(self.out), "{value}");
    }
}

/// A text in quotes, escaped as JSON wants.
fn string(out: &mut Vec<u8>, text: &str) {
    let plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    if plain {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing a text to a buffer in memory does not fail.
        let _ = serde_json::to_writer(out, text);
    }
}

//! The two kinds of lines, as they are written and read.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{measurement::Moments, simulator::step::Operation, wire::Reply};

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "see the table of the format")]
pub struct Header {
    pub holdfast_journal: u32,
    pub run: String,
    pub seed: u64,
    pub opened_with: Box<RawValue>,
    pub shared: bool,
}

/// One request and its answer.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "see the table of the format")]
pub struct Line {
    pub at: Moments,
    pub operation: Operation,
    pub body: Bytes,
    pub reply: Reply,
}

/// Any other line, as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireLine<'a> {
    pub(super) intended_us: u64,
    pub(super) sent_us: u64,
    pub(super) done_us: u64,
    #[serde(borrow)]
    pub(super) operation: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) body: &'a RawValue,
    pub(super) status: u16,
    pub(super) replayed: bool,
    #[serde(borrow)]
    pub(super) answer: &'a RawValue,
}

impl Line {
    /// The line's bytes, with times from `zero` on.
    pub(super) fn encode(&self, zero: Instant) -> Vec<u8> {
        let micros = |at: Instant| micros(at.saturating_duration_since(zero));
        let (body, answer) = (raw(&self.body), raw(&self.reply.body));
        let line = WireLine {
            intended_us: micros(self.at.due),
            sent_us: micros(self.at.sent),
            done_us: micros(self.at.done),
            operation: Cow::Borrowed(self.operation.name()),
            body: &body,
            status: self.reply.status.as_u16(),
            replayed: self.reply.replayed,
            answer: &answer,
        };
        let mut line = serde_json::to_vec(&line).expect("strings and numbers are JSON");
        line.push(b'\n');
        line
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// JSON on one line as it is, anything else in a string.
fn raw(bytes: &[u8]) -> Box<RawValue> {
    let one_line = !bytes.contains(&b'\n');
    match serde_json::from_slice::<Box<RawValue>>(bytes) {
        Ok(raw) if one_line => raw,
        _ => {
            let text = serde_json::to_string(&String::from_utf8_lossy(bytes));
            RawValue::from_string(text.expect("a string is JSON")).expect("a string is JSON")
        }
    }
}

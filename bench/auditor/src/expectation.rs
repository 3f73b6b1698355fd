//! Answers that were received, against the records that they were given for.
//!
//! A line is `{"key": …, "body": …}`: an idempotency key and the answer's body, as an object or as
//! the text of one. An answer that names no action was not recorded, and is not looked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::books::Account;
use crate::finding::{Findings, Margin};
use crate::money::Currency;
use crate::record::{Code, Event, Kind, Operation, Record};

/// What was answered, by key.
#[derive(Debug, Default)]
pub struct Expectations {
    open: HashMap<Box<str>, Answer>,
    /// How many were found in the log.
    pub met: u64,
}

/// What an answer said.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    action: Box<str>,
    code: Option<Box<str>>,
    /// The balance that it told.
    balance: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Deserialize)]
struct Body<'a> {
    tenant_action_ref: Option<Box<str>>,
    error: Option<Problem>,
    #[serde(borrow)]
    available_balance: Option<Told<'a>>,
    #[serde(borrow)]
    hold_balance: Option<Told<'a>>,
}

#[derive(Deserialize)]
struct Problem {
    code: Box<str>,
}

#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    currency: Box<str>,
}

impl Expectations {
    /// Reads answers, one a line.
    ///
    /// # Errors
    /// When a line cannot be read or is none.
    pub fn read(lines: impl BufRead) -> io::Result<Self> {
        let mut open = HashMap::new();
        for line in lines.lines() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let Line { key, body } = serde_json::from_str(&line)?;
            if let Some(answer) = answer(body.get())? {
                open.insert(key.into(), answer);
            }
        }
        Ok(Self { open, met: 0 })
    }

    /// Compares what was answered for this record, if anything was.
    pub fn meet(&mut self, lsn: u64, record: &Record<'_>, margin: &mut Margin<'_>) {
        if self.open.is_empty() {
            return;
        }
        let Some(told) = record.key().and_then(|key| self.open.remove(key)) else { return };
        self.met = self.met.saturating_add(1);
        let own = recorded(lsn, record);
        if told != own {
            margin.note(format!("it was answered with {told:?}, and the record says {own:?}"));
        }
    }

    /// What was answered and is in no record was lost.
    pub fn close(&self, findings: &mut Findings) {
        for (key, told) in &self.open {
            findings.add(0, "answers", format!("key {key:?} was answered, and is lost: {told:?}"));
        }
    }
}

fn answer(body: &str) -> io::Result<Option<Answer>> {
    let text: Cow<'_, str> =
        if body.starts_with('"') { serde_json::from_str(body)? } else { body.into() };
    let body: Body<'_> = serde_json::from_str(&text)?;
    let balance = body.available_balance.or(body.hold_balance);
    let balance = balance.map(|told| format!("{} {}", told.value, told.currency).into());
    let code = body.error.map(|problem| problem.code);
    Ok(body.tenant_action_ref.map(|action| Answer { action, code, balance }))
}

/// What the answer to this record is to say.
fn recorded(lsn: u64, record: &Record<'_>) -> Answer {
    let (code, balance) = match &record.event {
        Event::Operation(operation) => match &operation.outcome {
            Ok(_) => (None, balance(operation)),
            Err(refused) => (Some(refused.code), None),
        },
        Event::Transfer(transfer) => {
            (transfer.outcome.as_ref().err().map(|(_, refused)| refused.code), None)
        }
        _ => (None, None),
    };
    let code = code.map(Code::text).map(Into::into);
    Answer { action: format!("act_{lsn:016x}").into(), code, balance }
}

fn balance(operation: &Operation<'_>) -> Option<Box<str>> {
    let after = operation.outcome.as_ref().ok()?.after;
    let of_hold = matches!(operation.kind, Kind::DebitHold | Kind::CreditHold);
    let sum = match after.hold {
        Some(hold) if of_hold => crate::books::held(&hold),
        _ => Account::available(&after.pocket),
    };
    let currency: Currency = after.pocket.currency;
    Some(format!("{} {}", currency.write(sum), currency.code()).into())
}

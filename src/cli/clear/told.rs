//! What became of a file, as the server told it, and its lines for a terminal.

use serde::Deserialize;

use crate::print::{Table, count, plural};

/// What became of a file.
#[derive(Debug, Deserialize)]
pub struct Told {
    name: String,
    records: u64,
    applied: u64,
    already_applied: u64,
    /// How many of its records were refused.
    pub refused: u64,
    breaks_opened: u64,
    listed: u64,
    data: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    record: u64,
    #[serde(default)]
    network_clearing_ref: String,
    #[serde(default, rename = "type")]
    of_type: String,
    #[serde(default)]
    transaction_id: String,
    outcome: String,
    #[serde(default)]
    tenant_action_refs: Vec<String>,
    error: Option<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    code: String,
    message: String,
}

const HEAD: [&str; 6] = ["record", "reference", "type", "transaction", "outcome", "what"];

impl Told {
    /// The lines of it: each record, then the totals.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let rows: Vec<_> = self.data.iter().map(Record::row).collect();
        let mut lines = match &*rows {
            [] => Vec::new(),
            rows => Table::new(HEAD, HEAD.len()).whole(rows),
        };
        lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
        if self.listed < self.records {
            lines.push(format!("only {} are listed", count(self.listed)));
        }
        lines.push(self.totals());
        lines
    }

    fn totals(&self) -> String {
        let mut parts = vec![format!("{} applied", count(self.applied))];
        for (number, what) in [(self.already_applied, "applied before"), (self.refused, "refused")]
        {
            if number > 0 {
                parts.push(format!("{} {what}", count(number)));
            }
        }
        if self.breaks_opened > 0 {
            parts.push(format!("{} opened in /v1/breaks", plural(self.breaks_opened, "break")));
        }
        format!("{}: {}, {}", self.name, plural(self.records, "record"), parts.join(", "))
    }
}

impl Record {
    fn row(&self) -> [String; 6] {
        let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let what = match &self.error {
            Some(fault) => format!("{}: {}", fault.code, fault.message),
            None => self.tenant_action_refs.join(" "),
        };
        [
            self.record.to_string(),
            or_none(&self.network_clearing_ref),
            or_none(&self.of_type),
            or_none(&self.transaction_id),
            self.outcome.clone(),
            what,
        ]
    }
}

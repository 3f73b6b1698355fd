//! What was found: a table for people, JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::audit::Audit;
use crate::books::Totals;
use crate::compare::Compared;
use crate::finding::Finding;
use crate::log::Extent;

/// The outcome of an audit.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub clean: bool,
    records: u64,
    segments: u64,
    dense_files: u64,
    dense_segments: u64,
    snapshots: u64,
    accounts: usize,
    keys: usize,
    currencies: Vec<Line>,
    refusals_without_currency: u64,
    refusals_by_spend_limit: u64,
    answers_compared: Option<u64>,
    server_compared: Option<[usize; 2]>,
    remarks: Vec<String>,
    findings_total: u64,
    findings: Vec<Finding>,
}

/// What there is of one currency, amounts in major units.
#[derive(Debug, Serialize)]
struct Line {
    currency: String,
    accounts: u64,
    actions: u64,
    refusals: u64,
    posted: String,
    held: String,
    reserved: String,
    settlement: String,
    funding: String,
    sum: String,
}

const COLUMNS: [&str; 10] = [
    "currency",
    "accounts",
    "actions",
    "refusals",
    "posted",
    "held",
    "reserved",
    "settlement",
    "funding",
    "sum",
];

impl Report {
    /// The outcome of an audit of a log of that extent.
    #[must_use]
    pub fn of(
        audit: &Audit,
        extent: Extent,
        answers_compared: Option<u64>,
        server: Option<Compared>,
    ) -> Self {
        let Audit { books, findings, .. } = audit;
        let unattributed = books.unattributed();
        Self {
            clean: findings.is_clean(),
            records: extent.records,
            segments: extent.segments,
            dense_files: extent.dense_files,
            dense_segments: extent.dense_segments,
            snapshots: extent.snapshots,
            accounts: books.accounts().len(),
            keys: books.keys(),
            currencies: books.totals().iter().map(Line::of).collect(),
            refusals_without_currency: unattributed.refusals,
            refusals_by_spend_limit: unattributed.limits,
            answers_compared,
            server_compared: server.map(|it| [it.currencies, it.accounts]),
            remarks: extent.remarks,
            findings_total: findings.total(),
            findings: findings.first().to_vec(),
        }
    }

    /// As JSON.
    ///
    /// # Errors
    /// Never: all of it can be written.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// As text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = self.head();
        out.push_str(&table(&self.currencies));
        for remark in &self.remarks {
            let _ = writeln!(out, "note: {remark}");
        }
        for finding in &self.findings {
            let Finding { lsn, place, what } = finding;
            let _ = writeln!(out, "FINDING lsn {lsn}, {place}: {what}");
        }
        out.push_str(&self.verdict());
        out
    }

    fn head(&self) -> String {
        let Self { records, segments, dense_files, dense_segments, snapshots, .. } = self;
        let mut out = format!(
            "{records} records in {segments} padded segments and {dense_segments} dense ones \
             ({dense_files} files); {snapshots} snapshots; {} accounts, {} idempotency keys\n",
            self.accounts, self.keys
        );
        let none = self.refusals_without_currency;
        if none > 0 {
            let _ = writeln!(out, "{none} refusals of operations without an amount");
        }
        if self.refusals_by_spend_limit > 0 {
            let limits = self.refusals_by_spend_limit;
            let _ = writeln!(out, "{limits} refusals by a spend limit, which are not audited");
        }
        out
    }

    fn verdict(&self) -> String {
        let mut out = String::new();
        if let Some(answers) = self.answers_compared {
            let _ = writeln!(out, "{answers} answers compared with their records");
        }
        if let Some([currencies, accounts]) = self.server_compared {
            let _ = writeln!(
                out,
                "{currencies} currencies and {accounts} accounts of the server compared"
            );
        }
        match (self.findings_total, self.findings.len()) {
            (0, _) => out.push_str("clean: the log, the books and what was compared agree\n"),
            (total, shown) => {
                let _ = writeln!(out, "NOT CLEAN: {total} findings, the first {shown} above");
            }
        }
        out
    }
}

impl Line {
    fn of(totals: &Totals) -> Self {
        let write = |sum| totals.currency.write(sum);
        Self {
            currency: totals.currency.code().to_owned(),
            accounts: totals.accounts,
            actions: totals.actions,
            refusals: totals.refusals,
            posted: write(totals.posted),
            held: write(totals.held),
            reserved: write(totals.reserved),
            settlement: write(totals.settlement),
            funding: write(totals.funding),
            sum: write(totals.sum()),
        }
    }

    fn cells(&self) -> [String; 10] {
        let counts = [self.accounts, self.actions, self.refusals].map(|n| n.to_string());
        let [accounts, actions, refusals] = counts;
        let [currency, posted, held] = [&self.currency, &self.posted, &self.held].map(Clone::clone);
        let [reserved, settlement, funding, sum] =
            [&self.reserved, &self.settlement, &self.funding, &self.sum].map(Clone::clone);
        [currency, accounts, actions, refusals, posted, held, reserved, settlement, funding, sum]
    }
}

fn table(lines: &[Line]) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(lines.iter().map(Line::cells));
    let mut out = String::new();
    for row in &rows {
        for (n, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[n].len()).max().unwrap_or(0);
            let gap = if n > 0 { "  " } else { "" };
            let _ = write!(out, "{gap}{cell:>width$}");
        }
        out.push('\n');
    }
    out
}

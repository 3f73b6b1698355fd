//! A report as text for a terminal.

use super::told::{Broken, Figure, Side, Told};
use crate::print::{Table, count, plural};

/// The lines of a report.
#[must_use]
pub fn table(told: &Told) -> Vec<String> {
    let file = &told.file;
    let mut lines = vec![
        format!("{}: {} file, {}", file.name, file.kind, plural(told.records, "record")),
        format!("compared with the ledger as of {}, record {}", told.as_of, told.lsn),
        format!("movements from {} to {} must be in it", told.window.from, told.window.to),
        String::new(),
    ];
    lines.extend(sums(told));
    lines.extend(summary(told));
    if !told.breaks.is_empty() {
        lines.extend(breaks(&told.breaks));
        lines.push(String::new());
    }
    for of_kind in &told.kinds {
        lines.push(format!("{:>9}  {}", count(of_kind.count), of_kind.kind));
    }
    if told.breaks_listed < told.breaks_found {
        lines.push(format!("only the first {} are listed", count(told.breaks_listed)));
    }
    lines.push(verdict(told));
    lines
}

/// The last line.
fn verdict(told: &Told) -> String {
    let matched = format!("{} of {} matched", count(told.matched), plural(told.records, "record"));
    match told.breaks_found {
        0 => format!("{matched}, no breaks"),
        found => format!("{matched}, {}", plural(found, "break")),
    }
}

fn sums(told: &Told) -> Vec<String> {
    let head = ["", "", "transactions", "#", "chargebacks", "#", "reversals", "#", "interchange"];
    let mut rows = Vec::new();
    for sums in &told.sums {
        for (name, side) in [("credit", &sums.credit), ("debit", &sums.debit)] {
            rows.push(of_side(&sums.currency, name, side));
        }
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let mut lines = Table::new(head, 2).whole(&rows);
    let nets =
        told.sums.iter().map(|it| format!("  net {}, interchange {}", it.net, it.interchange));
    lines.extend(nets);
    lines.push(String::new());
    lines
}

fn of_side(currency: &str, name: &str, side: &Side) -> [String; 9] {
    let value = |figure: &Figure| figure.value.clone();
    [
        currency.to_owned(),
        name.to_owned(),
        value(&side.txn_amount),
        count(side.number_of_txn),
        value(&side.chargeback_amount),
        count(side.number_of_chargeback),
        value(&side.reversal_amount),
        count(side.number_of_reversal),
        value(&side.interchange_fee_amount),
    ]
}

/// The figures of the summary that do not agree.
fn summary(told: &Told) -> Vec<String> {
    let rows = told.summary.iter().filter(|it| !it.agrees).map(|it| {
        let text = |figure: &Option<Figure>| figure.as_ref().map_or("-".into(), Figure::to_string);
        [it.member.clone(), text(&it.in_file), text(&it.counted)]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut lines = Table::new(["summary", "says", "its records"], 1).whole(&rows);
    lines.push(String::new());
    lines
}

fn breaks(breaks: &[Broken]) -> Vec<String> {
    let head = ["kind", "record", "transaction", "account", "in file", "in ledger", "what"];
    let rows = breaks.iter().map(|it| {
        let or = |text: &str, other: &str| if text.is_empty() { other } else { text }.to_owned();
        let figure = |it: &Option<Figure>| it.as_ref().map_or("-".into(), Figure::to_string);
        [
            it.kind.clone(),
            it.record.map_or("-".into(), |number| number.to_string()),
            or(&it.transaction_id, or(&it.member, "-").as_str()),
            or(&it.tenant_account_ref, "-"),
            figure(&it.in_file),
            figure(&it.in_ledger),
            it.what.clone(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    Table::new(head, head.len())
        .whole(&rows)
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

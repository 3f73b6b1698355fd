//! A report as one page of HTML that needs nothing from elsewhere and has no scripts.

use std::fmt::Write;

use super::told::{Broken, Checked, Figure, Sums, Told};
use crate::print::count;
use crate::reconcile::kind::Kind;

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222}\
table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #ccc;padding:.2em .6em;\
text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}\
th{background:#f3f3f3}.wrong{color:#b00020;font-weight:600}.right{color:#00691c;font-weight:600}\
code{font-size:12px}";

/// The page.
#[must_use]
pub fn html(told: &Told) -> String {
    let name = escaped(&told.file.name);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>Reconciliation of {name}</title><style>{STYLE}</style></head>\n\
         <body><h1>Reconciliation of {name}</h1>\n"
    );
    page.push_str(&facts(told));
    page.push_str(&kinds(told));
    page.push_str(&sums(&told.sums));
    page.push_str(&summary(&told.summary));
    page.push_str(&breaks(told));
    page.push_str("</body></html>\n");
    page
}

fn facts(told: &Told) -> String {
    let verdict = if told.breaks_found == 0 {
        "<span class=\"right\">no breaks</span>".to_owned()
    } else {
        format!("<span class=\"wrong\">{} breaks</span>", count(told.breaks_found))
    };
    let rows = [
        ("verdict", verdict),
        ("kind of file", escaped(&told.file.kind)),
        ("its reference", escaped(&told.file.network_settlement_file_ref)),
        ("SHA-256", format!("<code>{}</code>", escaped(&told.file.sha256))),
        ("bytes", count(told.file.bytes)),
        ("records", count(told.records)),
        ("of them matched", count(told.matched)),
        ("the ledger as of", format!("{}, record {}", escaped(&told.as_of), told.lsn)),
        ("window", format!("{} to {}", escaped(&told.window.from), escaped(&told.window.to))),
    ];
    let rows = rows.map(|(name, value)| format!("<tr><th>{name}</th><td>{value}</td></tr>\n"));
    format!("<table>{}</table>\n", rows.concat())
}

fn kinds(told: &Told) -> String {
    let rows = told.kinds.iter().map(|it| {
        let says = Kind::parse(&it.kind).map_or("", Kind::says);
        format!(
            "<tr><td>{}</td><td class=\"n\">{}</td><td>{says}</td></tr>\n",
            escaped(&it.kind),
            count(it.count)
        )
    });
    section("Breaks by kind", &["kind", "#", "says"], rows.collect())
}

fn sums(sums: &[Sums]) -> String {
    let head =
        ["", "", "transactions", "#", "chargebacks", "#", "reversals", "#", "interchange", "net"];
    let mut rows = String::new();
    for it in sums {
        for (name, side, net) in [("credit", &it.credit, None), ("debit", &it.debit, Some(&it.net))]
        {
            let net = net.map(|net| net.value.clone()).unwrap_or_default();
            let numbers = [
                side.txn_amount.value.clone(),
                count(side.number_of_txn),
                side.chargeback_amount.value.clone(),
                count(side.number_of_chargeback),
                side.reversal_amount.value.clone(),
                count(side.number_of_reversal),
                side.interchange_fee_amount.value.clone(),
                net,
            ];
            let numbers = numbers.map(|it| format!("<td class=\"n\">{}</td>", escaped(&it)));
            let _ = writeln!(
                rows,
                "<tr><td>{}</td><td>{name}</td>{}</tr>",
                escaped(&it.currency),
                numbers.concat()
            );
        }
    }
    section("What the records add up to", &head, rows)
}

fn summary(summary: &[Checked]) -> String {
    let rows = summary.iter().map(|it| {
        let (class, verdict) = if it.agrees { ("right", "agrees") } else { ("wrong", "differs") };
        format!(
            "<tr><td>{}</td>{}{}<td class=\"{class}\">{verdict}</td></tr>\n",
            escaped(&it.member),
            cell(it.in_file.as_ref()),
            cell(it.counted.as_ref())
        )
    });
    section("The summary", &["member", "says", "its records", ""], rows.collect())
}

fn breaks(told: &Told) -> String {
    let head = [
        "kind",
        "record",
        "transaction",
        "account",
        "network reference",
        "member",
        "in file",
        "in ledger",
        "action",
        "what",
    ];
    let mut section = section("Breaks", &head, told.breaks.iter().map(row).collect());
    if told.breaks_listed < told.breaks_found {
        let _ = writeln!(section, "<p>Only the first {} are listed.</p>", told.breaks_listed);
    }
    section
}

fn row(it: &Broken) -> String {
    let number = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
    let names = [
        &it.kind,
        &number(it.record),
        &it.transaction_id,
        &it.tenant_account_ref,
        &it.network_ref,
        &it.member,
    ];
    let names = names.map(|it| format!("<td>{}</td>", escaped(it)));
    format!(
        "<tr id=\"{}\">{}{}{}<td>{}</td><td>{}</td></tr>\n",
        escaped(&it.break_ref),
        names.concat(),
        cell(it.in_file.as_ref()),
        cell(it.in_ledger.as_ref()),
        escaped(&it.tenant_action_ref),
        escaped(&it.what)
    )
}

fn cell(figure: Option<&Figure>) -> String {
    let text = figure.map(Figure::to_string).unwrap_or_default();
    format!("<td class=\"n\">{}</td>", escaped(&text))
}

/// A table under a title; nothing where it has no rows.
fn section(title: &str, head: &[&str], rows: String) -> String {
    if rows.is_empty() {
        return rows;
    }
    let head: String = head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
    format!("<h2>{title}</h2>\n<table><tr>{head}</tr>\n{rows}</table>\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

//! Clearing mode over real sockets and real files: approvals, reversals and clearing records move the
//! money, each once.

mod files;
mod modes;
mod orders;
mod postings;
mod races;
mod types;

use serde_json::Value;

use crate::support::desk::Desk;
use crate::support::raw::{Reply, post};
use crate::support::server::{Home, Server};

/// How a server is told to move the money by itself.
const CLEARING: [&str; 2] = ["--integration-mode", "clearing"];
const CLEARINGS: &str = "/v1/clearings";

fn serve() -> (Home, Server, Desk) {
    let home = Home::new();
    let server = home.serve(&CLEARING);
    let desk = Desk::at(&server);
    (home, server, desk)
}

/// An account with so much, which no operation of the network may bring.
fn open(desk: &mut Desk, account: &str, value: &str) {
    desk.open(account, &["SGD"]);
    let key = desk.fresh_key();
    let top_up = format!(
        r#"{{"idempotency_key":"{key}","source":"@funding","destination":"{account}","amount":{{"value":{value},"currency":"SGD"}}}}"#
    );
    assert_eq!(desk.post("/v1/transfers", &top_up).status, 201);
}

/// Asks for an authorization, `final` or `pre`; the name that its answer has.
fn approve(desk: &mut Desk, kind: &str, account: &str, transaction: &str, value: &str) -> String {
    let reply = authorize(desk, kind, account, transaction, "m", value);
    assert_eq!(reply.member("status"), "approved", "{}", reply.text());
    reply.member("tenant_reference_id")
}

fn authorize(
    desk: &mut Desk,
    kind: &str,
    account: &str,
    transaction: &str,
    message: &str,
    value: &str,
) -> Reply {
    let body = format!(
        r#"{{"transaction_id":"{transaction}","network_message_ref":"{message}","tenant_account_ref":"{account}","amount":{value},"currency":"SGD"}}"#
    );
    let path = format!("/api/pba/transactions/{kind}-auth/approval");
    desk.network(&post(&path, body.as_bytes()))
}

/// A clearing record of a transaction.
fn record(name: &str, of_type: &str, transfer: &str, transaction: &str, value: &str) -> String {
    format!(
        r#"{{"network_clearing_ref":"{name}","type":"{of_type}","transfer_type":"{transfer}","transaction_id":"{transaction}","billing_amount":{value},"billing_currency_code":"SGD","settlement_amount":{value},"settlement_currency_code":"SGD","network_clearing_file_ref":"file-1","is_potential_chargeback":false}}"#
    )
}

/// The same, which names its account.
fn of_account(record: &str, account: &str) -> String {
    record.replacen('{', &format!(r#"{{"tenant_account_ref":"{account}","#), 1)
}

/// A reversal notification, `final` or `pre`.
fn reversal(id: &str, kind: &str, transaction: &str, value: &str) -> String {
    format!(
        r#"{{"notification_id":"{id}","type":"v1:pba:transaction:{kind}_auth_reversed","created_at":"2025-03-01T08:15:30Z","data":{{"notification_id":"{id}","transaction_id":"{transaction}","amount":{value},"currency":"SGD","billing_amount":{value},"billing_currency_code":"SGD"}}}}"#
    )
}

fn tell(desk: &mut Desk, body: &str) {
    let reply = desk.network(&post("/api/pba/webhook", body.as_bytes()));
    assert_eq!((reply.status, reply.text()), (200, r#"{"status":"Success"}"#), "{body}");
}

/// Sends clearing records in any form; the report.
#[track_caller]
fn clear(desk: &mut Desk, body: &str) -> Value {
    let reply = desk.post(CLEARINGS, body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// How many were applied, applied before, and refused.
#[track_caller]
fn counts(report: &Value) -> [u64; 3] {
    ["applied", "already_applied", "refused"].map(|member| report[member].as_u64().unwrap())
}

/// What an account owns, holds, and has available, as it is written.
fn sums(desk: &mut Desk, account: &str) -> [String; 3] {
    ["posted", "held", "available"].map(|member| desk.figure(account, member))
}

/// Whether a second set of books agrees, every decision comes out again, and a file of these records
/// is what the ledger moved.
fn agrees(home: &Home, server: &Server, desk: &mut Desk, transactions: &[&str]) {
    let report = home.audit(server, &[]);
    assert!(report.clean, "{}", report.to_text());
    for transaction in transactions {
        let told = desk.get(&format!("/v1/transactions/{transaction}/explain")).json();
        for it in told["data"].as_array().unwrap() {
            let verdict = it["verdict"].as_str().unwrap_or_default();
            assert!(!verdict.starts_with("differs"), "{it}");
        }
    }
}

//! A card transaction explained: what each decision saw, and that it comes out again.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::desk::{Desk, body, of_hold, without_amount};
use crate::support::raw::post;
use crate::support::server::{Home, Server};

fn told(desk: &mut Desk, transaction: &str) -> Vec<Value> {
    let reply = desk.get(&format!("/v1/transactions/{transaction}/explain"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["data"].as_array().unwrap().clone()
}

/// A hotel: approved, raised, held, captured beyond its hold, refunded; and what was refused.
fn story() -> (Home, Server, Desk) {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD", "SGD"]);
    desk.fund("a", "100", "SGD");
    for (message, amount) in [("1", "50"), ("2", "20"), ("3", "31")] {
        let body = format!(
            r#"{{"transaction_id":"t","network_message_ref":"{message}","tenant_account_ref":"a","amount":{amount},"currency":"SGD"}}"#
        );
        let path = "/api/pba/transactions/pre-auth/approval";
        assert_eq!(desk.network(&post(path, body.as_bytes())).status, 200);
    }
    let mut operate = |operation: &str, key: &str, amount: &str, more: &str| {
        let body = body(key, "a", amount, "SGD", more).replace(&format!("\"t-{key}\""), "\"t\"");
        let body = if amount == "all" { without_amount(&body) } else { body };
        desk.operate(operation, &body)
    };
    let hold = operate("hold_balance", "1", "50", "").member("tenant_hold_balance_ref");
    operate("hold_balance", "2", "20", &of_hold(&hold));
    operate("hold_balance", "3", "31", &of_hold(&hold));
    operate("debit_hold_balance", "4", "75", &of_hold(&hold));
    operate("restore_balance", "5", "1", &of_hold(&hold));
    operate("credit_balance", "6", "10", "");
    operate("debit_balance", "7", "1000", "");
    (home, server, desk)
}

#[test]
fn every_decision_of_a_transaction_is_told_with_what_it_saw_and_comes_out_again() {
    let (_home, _server, mut desk) = story();
    let told = told(&mut desk, "t");
    let row = |it: &Value| {
        let saw = it["saw"]["balances"][1]["available"]["value"].to_string();
        let answer = it["reason"].as_str().or(it["error"]["code"].as_str()).unwrap_or("yes");
        format!("{} {saw} {answer} {}", it["operation"].as_str().unwrap(), it["verdict"])
    };
    let rows: Vec<_> = told.iter().map(row).collect();
    assert_eq!(
        rows,
        [
            r#"pre_auth 100.0 yes "agrees""#,
            r#"pre_auth 50.0 yes "agrees""#,
            r#"pre_auth 30.0 INSUFFICIENT_FUNDS "agrees""#,
            r#"hold_balance 30.0 yes "agrees""#,
            r#"hold_balance 30.0 yes "agrees""#,
            r#"hold_balance 30.0 INSUFFICIENT_FUNDS "agrees""#,
            r#"debit_hold_balance 30.0 yes "agrees""#,
            r#"restore_balance 25.0 HOLD_AMOUNT_EXCEEDED "agrees""#,
            r#"credit_balance 25.0 yes "agrees""#,
            r#"debit_balance 35.0 yes "agrees""#,
        ]
    );
    assert_eq!(told[3]["saw"]["promised"].to_string(), "70.0");
    assert_eq!(told[9]["saw"]["linked"], json!(true));
    assert!(told.iter().all(|it| it["saw"]["status"] == "active"));
}

#[test]
fn a_command_prints_it_and_says_when_there_is_none() {
    let (_home, server, _desk) = story();
    let url = format!("http://{}", server.operator);
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.arg("explain").args(words).args(["--server", &url]).output().unwrap()
    };
    let shown = run(&["t"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.status.success(), "{text}");
    assert_eq!(text.lines().count(), 11, "{text}");
    assert!(text.contains("HOLD_AMOUNT_EXCEEDED") && !text.contains("NO:"), "{text}");
    let json = String::from_utf8(run(&["t", "--json"]).stdout).unwrap();
    assert_eq!(json.lines().count(), 10);
    let none = run(&["nothing"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8(none.stderr).unwrap().contains("there is no transaction nothing"));
}

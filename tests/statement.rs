//! `holdfast statement` as people and programs read it: the whole program against a real server.

use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use crate::support::desk::{Desk, body, of_hold};
use crate::support::server::{Home, Server};

/// What the command printed, where it ended with that status.
#[track_caller]
fn told(output: Output, status: i32) -> String {
    let Output { status: ended, stdout, stderr } = output;
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(ended.code(), Some(status), "{out}\n{err}");
    if status == 0 { out } else { err }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().arg("statement").args(words);
    command
}

fn statement(server: &Server, words: &[&str]) -> Output {
    let url = format!("http://{}", server.operator);
    command(words).args(["--server", &url]).output().unwrap()
}

/// `text` without its first two columns, which are times and names of actions.
fn columns(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().skip(2).collect()).collect()
}

fn life(desk: &mut Desk) {
    desk.open("alice", &["USD", "JPY"]);
    desk.open("bob/2", &["USD"]);
    desk.fund("alice", "100", "USD");
    let placed = desk.operate("hold_balance", &body("1", "alice", "60", "USD", ""));
    let hold = of_hold(&placed.member("tenant_hold_balance_ref"));
    assert!(
        desk.operate("debit_hold_balance", &body("2", "alice", "42.5", "USD", &hold)).is_success()
    );
    let rest = crate::support::desk::without_amount(&body("3", "alice", "0", "USD", &hold));
    assert!(desk.operate("restore_balance", &rest).is_success());
    assert!(!desk.operate("hold_balance", &body("4", "alice", "60", "USD", "")).is_success());
    let transfer = r#"{"idempotency_key":"5","source":"alice","destination":"bob/2","amount":{"value":7,"currency":"USD"}}"#;
    assert_eq!(desk.post("/v1/transfers", transfer).status, 201);
    desk.fund("alice", "500", "JPY");
}

#[test]
fn a_statement_reads_like_one() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    life(&mut desk);
    let shown = told(statement(&server, &["alice"]), 0);
    let expected = [
        "operation transaction currency amount posted held available",
        "credit_balance T JPY +500 500 0 500",
        "transfer - USD -7.00 50.50 0.00 50.50",
        "restore_balance t-3 USD +17.50 57.50 0.00 57.50",
        "debit_hold_balance t-2 USD -42.50 57.50 17.50 40.00",
        "hold_balance t-1 USD -60.00 100.00 60.00 40.00",
        "credit_balance T USD +100.00 100.00 0.00 100.00",
    ];
    let masked: Vec<String> = columns(&shown)
        .iter()
        .map(|row| row.join(" "))
        .map(|row| match row.split_once("t-desk") {
            Some((before, rest)) => format!("{before}T{}", &rest[rest.find(' ').unwrap()..]),
            None => row,
        })
        .collect();
    assert_eq!(masked, expected, "{shown}");
    let widths: Vec<usize> = shown.lines().map(str::len).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{shown}");
    let bob = told(statement(&server, &["bob/2"]), 0);
    assert_eq!(columns(&bob)[1..], [["transfer", "-", "USD", "+7.00", "7.00", "0.00", "7.00"]]);
}

#[test]
fn programs_read_a_line_for_each_action_through_all_pages() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("alice", &["USD"]);
    for _ in 0..1_010 {
        desk.fund("alice", "1", "USD");
    }
    let lines = told(statement(&server, &["alice", "--json"]), 0);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 1_010);
    for line in lines.iter().step_by(100) {
        let action: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = format!("/v1/actions/{}", action["tenant_action_ref"].as_str().unwrap());
        assert_eq!(desk.get(&path).text(), *line);
    }
    assert_eq!(told(statement(&server, &["alice"]), 0).lines().count(), 1 + 1_010);
    let moment = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["at"].as_str().unwrap().to_owned()
    };
    let (from, to) = (moment(lines[700]), moment(lines[100]));
    let some = told(statement(&server, &["alice", "--json", "--from", &from, "--to", &to]), 0);
    assert_eq!(some.lines().collect::<Vec<_>>(), lines[101..=700]);
    assert_eq!(told(statement(&server, &["alice", "--json", "--to", "2020-01-01"]), 0), "");
}

#[test]
fn an_account_is_shown_as_it_was() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("alice", &["USD", "JPY"]);
    desk.fund("alice", "12.5", "USD");
    let then = desk.get("/v1/accounts/alice");
    let moment = then.member("as_of");
    desk.fund("alice", "1", "USD");
    let json = told(statement(&server, &["alice", "--at", &moment, "--json"]), 0);
    assert_eq!(json.trim_end(), then.text());
    let table = told(statement(&server, &["alice", "--at", &moment]), 0);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], format!("alice, active, as of {moment}"));
    let cells = |line: &str| line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(cells(lines[2]), ["USD", "12.50", "0.00", "0.00", "12.50", "0.00", "0.00"]);
    assert_eq!(cells(lines[3]), ["JPY", "0", "0", "0", "0", "0", "0"]);
}

#[test]
fn what_cannot_be_told_ends_with_a_reason() {
    let home = Home::new();
    let server = home.serve(&[]);
    let nobody = told(statement(&server, &["nobody"]), 1);
    assert!(nobody.contains("ACCOUNT_NOT_FOUND: there is no such account"), "{nobody}");
    for words in [
        &["alice", "--at", "yesterday"][..],
        &["alice", "--from", "2026-02-30"],
        &["alice", "--at", "2026-01-01", "--from", "2026-01-01"],
        &["alice", "--server", "127.0.0.1"],
        &["alice", "--api-key", "two\nlines"],
        &[],
    ] {
        told(command(words).output().unwrap(), 2);
    }
    let backwards = ["nobody", "--from", "2026-01-02", "--to", "2026-01-01"];
    assert!(told(statement(&server, &backwards), 1).contains("INVALID_REQUEST"));
    let address = format!("http://{}", server.operator);
    server.kill();
    let gone = told(command(&["alice", "--server", &address]).output().unwrap(), 1);
    assert!(gone.contains(&format!("{address} did not answer")), "{gone}");
}

#[test]
fn a_key_opens_the_listener_that_wants_one() {
    let home = Home::new();
    let hash: String = Sha256::digest("secret").iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("reader-1:reader:{hash}");
    let server = home.serve(&["--api-key", &key]);
    assert!(told(statement(&server, &["nobody"]), 1).contains("401"));
    let wrong = told(statement(&server, &["nobody", "--api-key", "guess"]), 1);
    assert!(wrong.contains("UNAUTHENTICATED") && !wrong.contains("guess"), "{wrong}");
    let typed = told(statement(&server, &["nobody", "--api-key", "secret"]), 1);
    assert!(typed.contains("ACCOUNT_NOT_FOUND"), "{typed}");
    let url = format!("http://{}", server.operator);
    let given = command(&["nobody", "--server", &url]).env("HOLDFAST_API_KEY", "secret").output();
    assert!(told(given.unwrap(), 1).contains("ACCOUNT_NOT_FOUND"));
}

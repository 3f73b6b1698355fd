//! Clearing files and the command that sends them: each record once, what is refused is listed, and
//! what was applied is what a reconciliation finds.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use super::{CLEARINGS, agrees, approve, clear, counts, of_account, open, record, serve, sums};
use crate::support::raw::post;
use crate::support::server::{Home, Server};

const TAKES: &str = "consumer_debit";
const GIVES: &str = "consumer_credit";

fn run(server: &Server, command: &str, words: &[&str]) -> Output {
    let url = format!("http://{}", server.operator);
    let mut holdfast = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    holdfast.env_clear().arg(command).args(words).args(["--server", &url]).output().unwrap()
}

/// What a command printed, where it ended with that status.
#[track_caller]
fn told(output: &Output, status: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let both = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{both}");
    both
}

/// A clearing file of these records.
fn file(home: &Home, name: &str, records: &[String]) -> PathBuf {
    let path = home.path().join(name);
    let (count, records) = (records.len(), records.join(",\n"));
    let text = format!(r#"{{"number_of_instructions":{count},"instructions":[{records}]}}"#);
    fs::write(&path, text).unwrap();
    path
}

fn word(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// A purchase that was cleared for less, a hotel, a refund, and a debit that nothing announced.
fn records() -> Vec<String> {
    vec![
        record("c-1", "final_auth", TAKES, "t-1", "90"),
        record("c-2", "pre_auth_partial", TAKES, "t-2", "30"),
        record("c-3", "pre_auth_final", TAKES, "t-2", "25"),
        of_account(&record("c-4", "refund", GIVES, "t-3", "10"), "a"),
        of_account(&record("c-5", "unlinked_auth_final", TAKES, "t-4", "2000"), "a"),
        record("c-6", "fee_collection_debit", "ahi_debit", "t-5", "2"),
    ]
}

#[test]
fn a_file_is_applied_once_and_then_is_what_a_reconciliation_finds() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "1000");
    let name = approve(&mut desk, "final", "a", "t-1", "100");
    approve(&mut desk, "pre", "a", "t-2", "60");
    approve(&mut desk, "final", "a", "t-6", "7");
    let first = file(&home, "first.json", &records()[..4]);
    let all = file(&home, "all.json", &[records(), of_purchase(&name).into()].concat());
    let shown = told(&run(&server, "clear", &[word(&first)]), 0);
    assert!(shown.contains("first.json: 4 records, 4 applied\n"), "{shown}");
    let shown = told(&run(&server, "clear", &[word(&all), word(&first)]), 0);
    assert!(shown.contains("all.json: 8 records, 4 applied, 4 applied before\n"), "{shown}");
    assert!(shown.contains("first.json: 4 records, 0 applied, 4 applied before\n"), "{shown}");
    assert_eq!(sums(&mut desk, "a"), ["-1136.00", "0.00", "-1136.00"]);
    let shown = told(&run(&server, "reconcile", &[word(&all)]), 0);
    assert!(shown.contains("records matched, no breaks"), "{shown}");
    let settled = fs::read_to_string(&all).unwrap().replace("clearing_ref", "settlement_ref");
    let settlement = home.path().join("eos.json");
    fs::write(&settlement, settled).unwrap();
    let shown = told(&run(&server, "reconcile", &[word(&settlement)]), 1);
    assert!(shown.contains("in_ledger_only  -       t-6 "), "{shown}");
    let json = told(&run(&server, "clear", &[word(&all), "--json", "--limit", "2"]), 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((counts(&json), &json["listed"]), ([0, 8, 0], &2.into()));
    let actions = desk.get("/v1/transactions/t-1").json();
    assert_eq!(actions["data"].as_array().unwrap().len(), 4, "it is found by each of its names");
    agrees(&home, &server, &mut desk, &["t-1", "t-2", "t-3", "t-4"]);
}

/// What comes back of the purchase t-1, which was approved by that name: one names the purchase by its
/// transaction, one by our name alone.
fn of_purchase(name: &str) -> [String; 2] {
    let refund = record("c-7", "refund", GIVES, "r-1", "5");
    let dispute = record("c-8", "chargeback", GIVES, "x", "1");
    [
        refund.replacen('{', r#"{"original_transaction_id":"t-1","#, 1),
        dispute.replace(
            r#""transaction_id":"x""#,
            &format!(r#""original_tenant_transaction_ref":"{name}""#),
        ),
    ]
}

#[test]
fn every_form_is_read_and_a_file_that_is_cut_short_applies_nothing() {
    let (_home, _server, mut desk) = serve();
    open(&mut desk, "a", "1000");
    let one = |name: &str| of_account(&record(name, "refund", GIVES, "t", "1"), "a");
    let (a, b, c) = (one("a"), one("b"), one("c"));
    for (body, wanted) in [
        (a.clone(), [1, 0, 0]),
        (format!("{a}\n{b}\n"), [1, 1, 0]),
        (format!("[{b},{c}]"), [1, 1, 0]),
        (format!(r#"{{"x":1,"records":[{a},{b},{c}]}}"#), [0, 3, 0]),
        ("[]".to_owned(), [0, 0, 0]),
    ] {
        assert_eq!(counts(&clear(&mut desk, &body)), wanted, "{body}");
    }
    let lines = post(CLEARINGS, format!("{a}\n{b}\n").as_bytes());
    let lines = String::from_utf8(lines).unwrap();
    let lines = lines.replace("application/json", "application/x-ndjson");
    assert_eq!(counts(&desk.operator(lines.as_bytes()).json()), [0, 2, 0]);
    let before = desk.state("a");
    let cut = format!("[{},{}", one("d"), one("e"));
    for body in [&*cut, "7", &format!("{}\n{{", one("d"))] {
        let reply = desk.post(CLEARINGS, body);
        let told = (reply.status, reply.code());
        assert_eq!(told, (400, Some("UNUSABLE_FILE".to_owned())), "{}", reply.text());
    }
    assert_eq!(desk.state("a"), before);
}

#[test]
fn what_is_refused_moves_nothing_is_a_break_and_may_be_sent_again() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "1000");
    open(&mut desk, "b", "1000");
    approve(&mut desk, "final", "a", "t-1", "100");
    let good = record("c-1", "final_auth", TAKES, "t-1", "90");
    assert_eq!(counts(&clear(&mut desk, &good)), [1, 0, 0]);
    let before = [desk.state("a"), desk.state("b")];
    let to_nobody = of_account(&record("c-7", "refund", GIVES, "t-7", "5"), "nobody");
    // As long as a record may be, and longer than a segment of this log.
    let filler = format!(r#"{{"filler":"{}","#, "x".repeat(1_048_000));
    let long = good.replace("c-1", "c-8").replacen('{', &filler, 1);
    for (record, code) in [
        (long, "UNUSABLE_RECORD"),
        (good.replace("90", "91"), "CLEARING_REF_REUSED"),
        (good.replace("c-1", "c-2").replace("SGD", "USD"), "CURRENCY_MISMATCH"),
        (of_account(&good.replace("c-1", "c-3"), "b"), "WRONG_ACCOUNT"),
        (good.replace("c-1", "c-4").replace("\"final_auth\"", "\"final\""), "UNUSABLE_RECORD"),
        (good.replace("\"network_clearing_ref\":\"c-1\",", ""), "UNUSABLE_RECORD"),
        (record("c-6", "unlinked_refund", GIVES, "t-6", "5"), "ACCOUNT_NOT_FOUND"),
        (to_nobody.clone(), "ACCOUNT_NOT_FOUND"),
    ] {
        let report = clear(&mut desk, &record);
        assert_eq!(counts(&report), [0, 0, 1], "{report}");
        assert_eq!(report["data"][0]["error"]["code"], code, "{report}");
        let name = report["data"][0]["break_ref"].as_str().unwrap();
        assert!(desk.get("/v1/breaks?status=open").text().contains(name), "{report}");
    }
    assert_eq!([desk.state("a"), desk.state("b")], before);
    open(&mut desk, "nobody", "1");
    let path = file(&home, "again.json", &[to_nobody, good.replace("90", "91")]);
    let shown = told(&run(&server, "clear", &[word(&path)]), 1);
    assert!(shown.contains("2 records, 1 applied, 1 refused, 1 break opened"), "{shown}");
    assert_eq!(sums(&mut desk, "nobody")[0], "6.00");
    agrees(&home, &server, &mut desk, &["t-1", "t-7"]);
}

#[test]
fn the_command_says_what_it_could_not_do() {
    let home = Home::new();
    let server = home.serve(&[]);
    let path = file(&home, "some.json", &records());
    assert!(told(&run(&server, "clear", &[word(&path)]), 3).contains("WRONG_MODE"));
    let missing = home.path().join("missing.json");
    assert!(told(&run(&server, "clear", &[word(&missing)]), 2).contains("is unusable"));
}

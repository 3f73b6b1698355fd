//! `wal ls`, `wal cat`, `wal tail`: what is there, while a server runs and after.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{LIVED, command, files, lived_in, tool};
use crate::support::desk::{Desk, body};
use crate::support::raw::post;
use crate::support::server::Home;

#[test]
fn every_file_is_listed_with_what_is_in_it() {
    let home = lived_in();
    let listed = tool("wal ls --json", home.path()).exits(0).objects();
    let first = &listed[0];
    assert_eq!(first["kind"], "segment");
    assert_eq!((&first["first_lsn"], &first["last_lsn"]), (&json!(1), &json!(LIVED)));
    assert_eq!((&first["records"], &first["damaged"]), (&json!(LIVED), &json!(false)));
    assert!(first["from"].as_str().unwrap() < first["to"].as_str().unwrap());
    let table = tool("wal ls", home.path()).exits(0);
    assert_eq!(table.out.lines().count(), 1 + listed.len());
    for file in &listed {
        assert!(table.out.contains(file["file"].as_str().unwrap()));
    }
}

/// A new life seals what the last one left.
#[test]
fn a_sealed_segment_says_how_dense_it_is() {
    let home = lived_in();
    let server = home.serve(&[]);
    Desk::at(&server).fund("alice", "1", "USD");
    let sealed = |listed: &Value| listed["kind"] == "dense" && listed["state"] == "sealed";
    let found = (0..2_000).find_map(|_| {
        let listed = tool("wal ls --json", home.path()).exits(0).objects();
        listed.into_iter().find(|listed| sealed(listed))
    });
    let dense = found.unwrap();
    assert_eq!(dense["records"], LIVED);
    assert!(dense["plain_bytes"].as_u64().unwrap() > 500);
    assert!(dense["ratio"].is_number());
    let records = tool("wal cat --json", home.path()).exits(0).objects();
    let lsns: Vec<u64> = records.iter().map(|record| record["lsn"].as_u64().unwrap()).collect();
    assert_eq!(lsns, (1..=LIVED + 1).collect::<Vec<_>>());
    let moment = dense["to"].as_str().unwrap();
    let from = tool(&format!("wal cat --json --from {moment}"), home.path()).exits(0).objects();
    assert_eq!(from.len(), 2, "the last that was sealed, and the one behind it");
}

/// What the server tells of an action, the log tells, and a little more.
#[test]
fn an_action_in_the_log_has_the_members_that_the_server_gives() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    super::live(&mut desk);
    let records = tool("wal cat --json", home.path()).exits(0).objects();
    assert_eq!(records.len(), usize::try_from(LIVED).unwrap());
    let mut actions = 0;
    for mut record in records {
        let kept = record.as_object_mut().unwrap().remove("record").unwrap();
        assert!(kept["links"].is_array());
        let Some(action) = record["tenant_action_ref"].as_str() else { continue };
        let told = desk.get(&format!("/v1/actions/{action}"));
        assert_eq!(told.json(), record);
        actions += 1;
    }
    assert_eq!(actions, 9);
}

#[test]
fn what_is_no_action_is_told_by_the_wires_names() {
    let home = lived_in();
    let records = tool("wal cat --json", home.path()).exits(0).objects();
    let opened = &records[0];
    assert_eq!((&opened["operation"], &opened["lsn"]), (&json!("open_account"), &json!(1)));
    assert_eq!(opened["tenant_account_ref"], "alice");
    assert_eq!(opened["balances"][1]["currency"], "JPY");
    let amended = records.iter().find(|it| it["operation"] == "amend_account").unwrap();
    assert_eq!(amended["status"], "frozen");
    assert_eq!(amended["add_currencies"], json!(["SGD"]));
    assert_eq!(amended["overdraft_limit"]["USD"].to_string(), "25.0");
    assert_eq!(amended["metadata"], json!({"k": "v"}));
    assert_eq!(amended["account_after"]["balances"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_told_is_among_the_records_of_its_transaction() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    super::live(&mut desk);
    let told = r#"[{"notification_id":"n","type":"x","data":{"transaction_id":"t-live-5"}},{"type":"x","data":{}}]"#;
    assert_eq!(desk.network(&post("/api/pba/webhook", told.as_bytes())).status, 200);
    let of = tool("wal cat --json --transaction t-live-5", home.path()).exits(0).objects();
    assert_eq!(of.len(), 2, "a refusal at no account, and what was told");
    assert_eq!((&of[1]["operation"], &of[1]["lsn"]), (&json!("notification"), &json!(LIVED + 1)));
    assert_eq!(of[1]["record"], json!({"links": [0, 0, of[0]["lsn"]], "hashed": false}));
    let line = tool("wal cat --transaction t-live-5", home.path()).exits(0).out;
    assert!(line.trim_end().ends_with("x") && line.contains("notification"), "{line}");
    tool("verify --full", home.path()).exits(0).says(&["keys       11,", "books"]);
}

#[test]
fn what_is_chosen_is_shown_and_nothing_else() {
    let home = lived_in();
    let lsns = |words: &str| -> Vec<u64> {
        let shown = tool(&format!("wal cat --json {words}"), home.path()).exits(0).objects();
        shown.iter().map(|record| record["lsn"].as_u64().unwrap()).collect()
    };
    assert_eq!(lsns("--from 3 --to 5"), [3, 4, 5]);
    assert_eq!(lsns("--account bob"), [2, 8, 10]);
    assert_eq!(lsns("--account nobody"), [7]);
    assert_eq!(lsns("--transaction t-live-2"), [4]);
    assert_eq!(lsns("--account alice --from 11"), [11, 12]);
    assert!(lsns("--from 99").is_empty() && lsns("--to 2020-01-01").is_empty());
    let all = tool("wal cat --json", home.path()).objects();
    let at = |n: usize| all[n]["at"].as_str().unwrap().to_owned();
    assert_eq!(lsns(&format!("--from {} --to {}", at(3), at(5))), [4, 5]);
    let lines = tool("wal cat --from 4 --to 7", home.path()).exits(0);
    lines.says(&[
        "hold_balance",
        "60.00 USD",
        "available 40.00 USD",
        "INSUFFICIENT_FUNDS",
        "nobody",
    ]);
}

#[test]
fn a_reader_that_has_had_enough_ends_it_quietly() {
    let home = lived_in();
    for words in ["wal cat --json", "wal cat", "wal ls"] {
        let mut child = command(words, home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{words}");
    }
}

/// Before a restart and after it, each as it comes.
#[test]
fn records_are_shown_as_they_come() {
    let home = Home::new();
    let server = home.serve(&[]);
    Desk::at(&server).open("a", &["USD"]);
    let mut child = command("wal tail --json --from 1", home.path());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["operation"], "open_account");
    Desk::at(&server).fund("a", "1", "USD");
    assert_eq!(next()["operation"], "credit_balance");
    server.kill();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for n in 3..20 {
        assert!(
            desk.operate("credit_balance", &body(&format!("k{n}"), "a", "1", "USD", ""))
                .is_success()
        );
        assert_eq!(next()["lsn"], n);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn looking_changes_nothing() {
    let home = lived_in();
    let before = files(home.path());
    for words in
        ["wal ls", "wal cat", "wal verify", "snapshot ls", "snapshot verify", "verify --full"]
    {
        tool(words, home.path()).exits(0);
    }
    assert!(files(home.path()) == before);
}

//! Files of every outer form, files that are none, windows, and the forms of the report.

use std::io::Write;

use serde_json::{Value, json};

use super::ledger::Ledger;
use super::run;
use crate::support::desk::Desk;
use crate::support::raw::with_body;
use crate::support::server::{Home, Server};

fn open() -> (Home, Server, Ledger) {
    let home = Home::new();
    let server = home.serve(&["--sync", "off"]);
    let mut ledger = Ledger::new(Desk::at(&server), 7);
    for n in 1..=3 {
        let card = ledger.card();
        ledger.purchase(&format!("t-{n}"), &card, 1_000 + n);
    }
    (home, server, ledger)
}

/// The kinds of a report, in order.
fn kinds(report: &Value) -> Vec<&str> {
    report["breaks"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect()
}

fn post(ledger: &mut Ledger, query: &str, body: &str) -> (u16, Value) {
    let path = format!("/v1/reconciliations{query}");
    let reply = ledger.desk.operator(&with_body("POST", &path, "", body.as_bytes()));
    (reply.status, reply.json())
}

#[test]
fn a_file_has_one_of_many_outer_forms() {
    let (_home, _server, mut ledger) = open();
    let records = Value::from(ledger.records.clone());
    for file in [
        ledger.file().to_string(),
        format!("\u{feff} {:#}\n", ledger.file()),
        records.to_string(),
        json!({"header": {"day": [1]}, "clearingRecords": records, "number_of_instructions": 3})
            .to_string(),
        format!(r#"{{"a":[],"b":{records},"c":null}}"#),
    ] {
        let (status, report) = post(&mut ledger, "?name=x", &file);
        assert_eq!((status, &report["records"], &report["matched"]), (200, &json!(3), &json!(3)));
        assert_eq!(kinds(&report), [""; 0], "{report}");
    }
    let few = json!({"records": records, "number_of_instructions": 4}).to_string();
    assert_eq!(kinds(&post(&mut ledger, "", &few).1), ["count_differs"]);
    // A clearing file has other names for its own things.
    let cleared = records.to_string().replace("network_settlement", "network_clearing");
    let (_, report) = post(&mut ledger, "", &cleared);
    assert_eq!((&report["file"]["kind"], kinds(&report)), (&json!("clearing"), vec![]));
}

#[test]
fn what_is_no_file_is_refused_with_its_place() {
    let (home, server, mut ledger) = open();
    let path = home.path().join("bad.json");
    for (file, told) in [
        ("", "neither a list of records nor an object with one"),
        ("[{},\n  {\"a\": 1", "line 2, byte 7: record 2: the text ends within"),
        ("[]x", "line 1, byte 2: something follows"),
        (r#"{"a":1}"#, "the object has no list of records"),
    ] {
        std::fs::write(&path, file).unwrap();
        let ran = run(&server, &[path.to_str().unwrap()]);
        assert!(ran.told(2).contains(told), "{file}: {}", ran.told(2));
        let (status, body) = post(&mut ledger, "", file);
        assert_eq!((status, &body["error"]["code"]), (400, &json!("UNUSABLE_FILE")));
    }
    assert!(run(&server, &["/nowhere/at-all.json"]).told(2).contains("at-all.json is unusable"));
    run(&server, &[]).told(2);
    for query in [
        "?limit=100001",
        "?from=now",
        "?sha256=ff",
        "?colour=red",
        "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    ] {
        assert_eq!(post(&mut ledger, query, "[]").0, 400, "{query}");
    }
    server.kill();
    std::fs::write(&path, "[]").unwrap();
    let nobody = ["reconcile", path.to_str().unwrap(), "--server", "http://127.0.0.1:1"];
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_holdfast")).args(nobody).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn a_record_that_is_wrong_is_named_and_the_others_are_compared() {
    let (_home, _server, mut ledger) = open();
    let good = ledger.records[0].to_string();
    let file =
        format!("[{good},\n7,\n{{\"type\": }},\n{{\"type\":\"final_auth\",\"type\":\"refund\"}}]");
    let (_, report) =
        post(&mut ledger, "?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", &file);
    let told: Vec<_> = report["breaks"].as_array().unwrap().iter().collect();
    assert_eq!((kinds(&report), &report["matched"]), (vec!["unusable_record"; 3], &json!(1)));
    for (it, (line, what)) in told.iter().zip([
        (2, "is not a JSON object"),
        (3, "is not right in line 3: expected value"),
        (4, "is not right in line 4: duplicate field `type`"),
    ]) {
        assert_eq!((&it["line"], &it["what"]), (&json!(line), &json!(what)));
    }
}

#[test]
fn only_movements_within_the_window_must_be_in_the_file() {
    let (_home, _server, mut ledger) = open();
    let moment = |ledger: &mut Ledger, n: u32| {
        let reply = ledger.desk.get(&format!("/v1/transactions/t-{n}"));
        reply.json()["data"][0]["at"].as_str().unwrap().to_owned()
    };
    let [first, second, third] = [1, 2, 3].map(|n| moment(&mut ledger, n));
    for (query, missing) in [
        (String::new(), vec![]),
        (format!("?from={first}&to={third}"), vec!["t-1", "t-2"]),
        (format!("?from={second}"), vec![]),
        (format!("?from={second}&to=2999-01-01T00:00:00Z"), vec!["t-2", "t-3"]),
        (format!("?to={second}&from=1970-01-01T00:00:00Z"), vec!["t-1"]),
    ] {
        let (_, report) = post(&mut ledger, &query, "[]");
        let told: Vec<_> = report["breaks"].as_array().unwrap().iter().collect();
        let told: Vec<_> = told.iter().map(|it| it["transaction_id"].as_str().unwrap()).collect();
        assert_eq!(told, missing, "{query}");
    }
    // Of itself a file spans what it was compared with.
    let ends = Value::from(vec![ledger.records[0].clone(), ledger.records[2].clone()]).to_string();
    let (_, report) = post(&mut ledger, "", &ends);
    assert_eq!(
        (kinds(&report), &report["breaks"][0]["transaction_id"]),
        (vec!["in_ledger_only"], &json!("t-2"))
    );
    let (_, listed) = post(&mut ledger, "?limit=0", &ends);
    assert_eq!((&listed["breaks_found"], kinds(&listed)), (&json!(1), vec![]));
}

#[test]
fn a_file_that_was_announced_otherwise_is_told() {
    let (_home, _server, mut ledger) = open();
    let (_, report) = post(&mut ledger, "", "[]");
    let right = report["file"]["sha256"].as_str().unwrap().to_owned();
    assert_eq!(right, "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
    let told = |ledger: &mut Ledger, sha256: &str| {
        post(ledger, &format!("?sha256={sha256}"), "[]").1["breaks_found"].clone()
    };
    assert_eq!(told(&mut ledger, &right.to_uppercase()), json!(0));
    assert_eq!(told(&mut ledger, &right.replace('4', "5")), json!(1));
}

#[test]
fn a_report_is_shown_in_four_forms() {
    let (home, server, mut ledger) = open();
    ledger.records[1]["tenant_account_ref"] = "<script>alert(1)</script>,\"x\"".into();
    let path = home.path().join("eos <1>.json");
    std::fs::write(&path, ledger.file().to_string()).unwrap();
    let file = path.to_str().unwrap();
    let table = run(&server, &[file]).told(1);
    assert!(
        table.ends_with("        1  wrong_account\n3 of 3 records matched, 1 break\n"),
        "{table}"
    );
    let csv = run(&server, &[file, file, "--format", "csv"]).told(1);
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert_eq!((lines.len(), lines[1], lines[3]), (4, lines[2], ""));
    assert!(lines[1].contains(r#","<script>alert(1)</script>,""x""","#), "{csv}");
    let page = home.path().join("page.html");
    let ran = run(&server, &[file, "--format", "html", "--output", page.to_str().unwrap()]);
    assert_eq!(ran.told(1), "");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    for from_elsewhere in ["http:", "https:", "src=", "<link", "url("] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
    let report = run(&server, &[file, "--format", "json"]).report(1);
    assert_eq!(report["file"]["name"], "eos <1>.json");
}

#[test]
fn one_file_is_reconciled_at_a_time_beside_the_network() {
    let (_home, server, mut ledger) = open();
    // A file that never ends holds nobody up: neither the network, nor another file.
    let mut slow = std::net::TcpStream::connect(server.operator).unwrap();
    let head = "POST /v1/reconciliations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[";
    slow.write_all(head.as_bytes()).unwrap();
    let card = ledger.card();
    ledger.purchase("t-4", &card, 10);
    let file = ledger.file().to_string();
    assert_eq!(post(&mut ledger, "", &file).1["matched"], json!(4));
}

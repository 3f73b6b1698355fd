//! The shadow auditor beside a real server: their books agree, and what one has that the other has
//! not is found.

use std::fs;

use crate::support::desk::{Desk, body, of_hold, without_amount};
use crate::support::raw::Reply;
use crate::support::server::{Home, Server};

/// A few of everything that a server takes, done and refused; each key and its answer.
fn deeds(desk: &mut Desk) -> Vec<(String, Reply)> {
    desk.open("a", &["SGD", "JPY"]);
    desk.open("b", &["SGD"]);
    desk.fund("a", "100", "SGD");
    let hold = of_hold(&desk.hold("a", "60", "SGD"));
    let mut told = Vec::new();
    let mut ask = |operation: &str, key: &str, body: &str| {
        told.push((key.to_owned(), desk.operate(operation, body)));
    };
    ask("debit_balance", "k1", &body("k1", "a", "40.01", "SGD", ""));
    ask("debit_balance", "k2", &body("k2", "a", "39.99", "SGD", ""));
    ask("debit_hold_balance", "k3", &body("k3", "a", "70", "SGD", &hold));
    ask("restore_balance", "k4", &without_amount(&body("k4", "a", "1", "SGD", &hold)));
    ask("credit_hold_balance", "k5", &body("k5", "a", "1.5", "SGD", &hold));
    ask("credit_balance", "k6", &body("k6", "nobody", "1", "SGD", ""));
    ask("credit_balance", "k7", &body("k7", "a", "1000", "JPY", ""));
    ask("hold_balance", "k8", &without_amount(&body("k8", "b", "1", "SGD", "")));
    desk.patch("a", r#"{"status":"frozen","metadata":{"why":"lost"}}"#);
    for n in 0..20 {
        let key = format!("t{n}");
        let (from, to) = if n % 3 == 0 { ("@funding", "b") } else { ("b", "a") };
        let body = format!(
            r#"{{"idempotency_key":"{key}","source":"{from}","destination":"{to}","transaction_id":"t","amount":{{"value":0.5,"currency":"SGD"}}}}"#
        );
        told.push((key, desk.post("/v1/transfers", &body)));
    }
    told
}

fn serve() -> (Home, Server, Vec<(String, Reply)>) {
    let home = Home::new();
    let server = home.serve(&[]);
    let told = deeds(&mut Desk::at(&server));
    (home, server, told)
}

#[test]
fn two_sets_of_books_agree_and_every_answer_has_its_record() {
    let (home, server, told) = serve();
    let line =
        |(key, reply): &(String, Reply)| format!(r#"{{"key":"{key}","body":{}}}"#, reply.text());
    let lines: Vec<String> = told.iter().map(line).collect();
    let answers = home.path().join("answers");
    fs::write(&answers, lines.join("\n")).unwrap();
    let report = home.audit(&server, &["--expect", answers.to_str().unwrap()]);
    assert!(report.clean, "{}", report.to_text());
    let compared = format!("{} answers compared", told.len());
    assert!(report.to_text().contains(&compared), "{}", report.to_text());

    fs::write(&answers, lines[0].replace("act_0", "act_1")).unwrap();
    let report = home.audit(&server, &["--expect", answers.to_str().unwrap()]);
    assert!(!report.clean, "{}", report.to_text());
}

/// A server that knows of an action that is in no log, or of none that is in it, is found out.
#[test]
fn a_server_with_other_books_is_found_out() {
    let (home, server, _) = serve();
    let (other, stranger, _) = serve();
    assert!(home.audit(&server, &[]).clean);
    assert!(other.audit(&stranger, &[]).clean);
    let late = body("late", "b", "0.01", "SGD", "");
    assert!(Desk::at(&stranger).operate("credit_balance", &late).is_success());
    let report = home.audit(&stranger, &[]);
    assert!(report.to_text().contains("the server says"), "{}", report.to_text());
    assert!(!report.clean);
}

//! One key, one action: repeats, reuse, and what burns no key.

use super::table::{Driver, twice};
use crate::support::desk::{Desk, OPERATIONS, body, path, without_amount};
use crate::support::raw::{Client, post};
use crate::support::server::Home;

/// A name, and what is changed of the body.
type Change = (&'static str, fn(&str) -> String);

/// The same key with another meaning.
const REUSES: &[Change] = &[
    ("F3 another amount", |body| body.replace("10.00", "10.01")),
    ("F3 no amount", without_amount),
    ("F3 another currency", |body| body.replace("USD", "JPY").replace("10.00", "10")),
    ("F4 another account", |body| {
        body.replace(r#""tenant_account_ref":""#, r#""tenant_account_ref":"x"#)
    }),
    ("F6 another transaction", |body| body.replace("\"t-", "\"u-")),
    ("F6 another action of theirs", |body| body.replace("\"a-", "\"b-")),
    ("another reference", |body| match body.contains("\"tenant_hold_balance_ref\":") {
        true => body.replace("\"hold_", "\"held_"),
        false => {
            body.replacen('{', r#"{"tenant_balance_ref":"b","tenant_hold_balance_ref":"h","#, 1)
        }
    }),
];

/// The same meaning in other words.
const REWORDINGS: &[Change] = &[
    ("F1 the same bytes", str::to_owned),
    ("F7 spaces", |body| body.replace(',', " ,\n\t").replace(':', " : ")),
    ("F7 members turned round", turned_round),
    ("F7 escapes", |body| body.replace("\"USD\"", "\"\\u0055SD\"").replace("\"t-", "\"\\u0074-")),
    ("B19 fewer zeros", |body| body.replace("10.00", "10.0")),
    ("A15 more zeros", |body| body.replace("10.00", "10.000")),
    ("A5 an exponent", |body| body.replace("10.00", "1e1")),
    ("D6 a member more", |body| body.replacen('{', r#"{"retry":1,"#, 1)),
];

/// Moves the first member to the end.
fn turned_round(body: &str) -> String {
    let inner = &body[1..body.len() - 1];
    let (first, rest) = inner.split_once(',').unwrap();
    format!("{{{rest},{first}}}")
}

#[test]
fn a_key_means_what_it_meant_first() {
    twice(|driver| {
        for operation in OPERATIONS {
            let key = driver.next_key();
            let first = driver.stage.body(operation, &key);
            let answer = driver.desk.operate(operation, &first);
            assert!(answer.is_success(), "{}", answer.text());
            let state = driver.desk.state(&driver.stage.account.clone());
            for (name, reuse) in REUSES {
                conflicts(driver, name, operation, &reuse(&first));
            }
            for other in OPERATIONS.into_iter().filter(|other| *other != operation) {
                conflicts(driver, "another operation", other, &driver.stage.body(other, &key));
            }
            for (name, reword) in REWORDINGS {
                let repeat = driver.desk.operate(operation, &reword(&first));
                assert!(repeat.is_replayed(), "{name} on {operation}: {}", repeat.text());
                assert_eq!((repeat.status, repeat.text()), (200, answer.text()), "{name}");
            }
            assert_eq!(driver.desk.state(&driver.stage.account.clone()), state, "{operation}");
        }
    });
}

fn conflicts(driver: &mut Driver, name: &str, operation: &str, body: &str) {
    let reply = driver.desk.operate(operation, body);
    let told = format!("{name} on {operation}: {} {}", reply.status, reply.text());
    assert_eq!(reply.status, 409, "{told}");
    assert_eq!(reply.code().as_deref(), Some("IDEMPOTENCY_KEY_REUSED"), "{told}");
}

#[test]
fn keys_that_differ_at_their_last_byte_are_two() {
    twice(|driver| {
        let account = driver.stage.account.clone();
        for length in [64, 65, 127, 128] {
            let stem = format!("{}{}", driver.next_key(), "k".repeat(128));
            for last in ["1", "2"] {
                let key = format!("\"idempotency_key\":\"{}{last}\"", &stem[..length - 1]);
                let body = body("KEY", &account, "1", "USD", "");
                let body = body.replace("\"idempotency_key\":\"KEY\"", &key);
                let reply = driver.desk.operate("credit_balance", &body);
                assert!(reply.is_success() && !reply.is_replayed(), "{length}: {}", reply.text());
            }
        }
    });
}

#[test]
fn what_is_no_action_burns_no_key() {
    twice(|driver| {
        let account = driver.stage.account.clone();
        let key = driver.next_key();
        let good = body(&key, &account, "1", "USD", "");
        let mistakes = [
            (post(&path("credit_balance"), good.replace("USD", "usd").as_bytes()), 400),
            (post(&path("credit_balance"), good.replace(":1,", ":-1,").as_bytes()), 400),
            (post(&path("credit_balances"), good.as_bytes()), 404),
            (post(&path("credit_balance"), &[good.as_bytes(), &[b' '; 16 << 10]].concat()), 413),
        ];
        for (request, status) in mistakes {
            let reply = driver.desk.network(&request);
            assert_eq!(reply.status, status, "{}", reply.text());
        }
        let reply = driver.desk.operate("credit_balance", &good);
        assert!(reply.is_success() && !reply.is_replayed(), "{}", reply.text());
    });
}

#[test]
fn a_request_that_was_cut_off_is_done_once_when_it_is_asked_again() {
    twice(|driver| {
        let account = driver.stage.account.clone();
        let before = driver.desk.state(&account);
        let key = driver.next_key();
        let request =
            post(&path("credit_balance"), body(&key, &account, "1", "USD", "").as_bytes());
        for cut in [1, request.len() / 2, request.len() - 1] {
            let mut client = Client::connect(driver.network);
            client.send(&request[..cut]).unwrap();
            client.finish();
            // Whatever it is told, and if it is told nothing: nothing was done.
            let _ = client.receive();
        }
        assert_eq!(driver.desk.state(&account), before);
        let first = driver.desk.network(&request);
        assert!(first.is_success() && !first.is_replayed(), "{}", first.text());
        assert_eq!(driver.desk.network(&request).text(), first.text());
    });
}

#[test]
fn one_key_is_one_action_over_accounts_operations_and_transfers() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for account in ["a", "b"] {
        desk.open(account, &["USD"]);
        desk.fund(account, "10", "USD");
    }
    let transfer = r#"{"idempotency_key":"k","source":"a","destination":"b","amount":{"value":1,"currency":"USD"}}"#;
    assert_eq!(desk.post("/v1/transfers", transfer).status, 201);
    let debit = body("k", "a", "1", "USD", "");
    assert_eq!(desk.operate("debit_balance", &debit).status, 409);
    assert!(desk.operate("debit_balance", &debit.replace("\"k\"", "\"l\"")).is_success());
    assert_eq!(desk.post("/v1/transfers", &transfer.replace("\"k\"", "\"l\"")).status, 409);
    let again = desk.post("/v1/transfers", transfer);
    assert_eq!((again.status, again.is_replayed()), (200, true));
    assert_eq!(desk.figure("a", "posted"), "8.00");
    assert_eq!(desk.figure("b", "posted"), "11.00");
}

/// Answers of every kind, told again after each end of a life as they were told first.
#[test]
fn an_answer_is_told_again_byte_for_byte_in_every_life() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let told = ask_everything(&mut Desk::at(&server));
    for end in ["stop", "kill", "kill", "stop"] {
        if end == "stop" {
            assert!(server.stop().success());
        } else {
            server.kill();
        }
        server = home.serve(&[]);
        let mut desk = Desk::at(&server);
        for (operation, body, answer) in &told {
            let repeat = desk.operate(operation, body);
            assert!(repeat.is_replayed(), "{end}: {}", repeat.text());
            assert_eq!((repeat.status, repeat.text()), (200, answer.as_str()), "{end}");
        }
    }
}

fn ask_everything(desk: &mut Desk) -> Vec<(&'static str, String, String)> {
    desk.open("a", &["USD", "JPY", "KWD"]);
    desk.fund("a", "100", "USD");
    let hold = crate::support::desk::of_hold(&desk.hold("a", "60", "USD"));
    let asked = [
        ("credit_balance", body("1", "a", "5.5", "USD", "")),
        ("credit_balance", body("2", "a", "1.234", "KWD", "")),
        ("credit_balance", body("3", "a", "500", "JPY", "")),
        ("debit_balance", body("4", "a", "1", "USD", "")),
        ("debit_balance", body("5", "a", "1000", "USD", "")),
        ("hold_balance", body("6", "a", "2", "USD", "")),
        ("debit_hold_balance", body("7", "a", "10", "USD", &hold)),
        ("credit_hold_balance", body("8", "a", "3", "USD", &hold)),
        ("restore_balance", body("9", "a", "1000", "USD", &hold)),
        ("restore_balance", without_amount(&body("10", "a", "1", "USD", &hold))),
        ("hold_balance", without_amount(&body("11", "a", "1", "USD", ""))),
        ("hold_balance", body("12", "a", "1", "EUR", "")),
        ("hold_balance", body("13", "nobody \u{e9}\\u0022", "1", "USD", "")),
        ("debit_balance", body("14", "a", "1", "USD", r#""tenant_balance_ref":"\"x\\""#)),
    ];
    let answers = asked.into_iter().map(|(operation, body)| {
        let answer = desk.operate(operation, &body);
        assert!(answer.status == 200 && !answer.is_replayed(), "{}", answer.text());
        (operation, body, answer.text().to_owned())
    });
    answers.collect()
}

//! Authorizations over real sockets: what is approved, what is declined and why, and repeats.

use std::sync::Barrier;
use std::thread;

use crate::support::desk::{Desk, body, of_hold, path};
use crate::support::raw::{Client, Reply, post};
use crate::support::server::{Home, Server};

/// Where a message is sent.
const FINAL: &str = "/api/pba/transactions/final-auth/approval";
const PRE: &str = "/api/pba/transactions/pre-auth/approval";

/// A message about an account, with more members.
fn message(transaction: &str, account: &str, amount: &str, more: &str) -> String {
    format!(
        r#"{{"transaction_id":"{transaction}","network_transaction_ref":"n","tenant_account_ref":"{account}","amount":{amount}{more}}}"#
    )
}

fn ask(desk: &mut Desk, path: &str, body: &str) -> Reply {
    desk.network(&post(path, body.as_bytes()))
}

/// The status and the reason.
fn told(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let json = reply.json();
    let text = |member: &str| json[member].as_str().unwrap_or_default().to_owned();
    let code = text("authorization_code");
    assert!(code.len() == 6 && text("tenant_reference_id").starts_with("auth_"), "{json}");
    (text("status"), text("reason"))
}

fn approved(reply: &Reply, amount: &str) {
    assert_eq!(told(reply).0, "approved", "{}", reply.text());
    let member = format!(r#","approved_amount":{amount},"#);
    assert!(reply.text().contains(&member), "{}", reply.text());
}

fn declined(reply: &Reply, reason: &str) {
    assert_eq!(told(reply), ("declined".into(), reason.into()), "{}", reply.text());
    assert!(reply.text().contains(r#","approved_amount":0"#), "{}", reply.text());
}

fn home_with_accounts() -> (Home, Server, Desk) {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for (name, codes) in [("a", &["SGD"][..]), ("b", &["SGD", "USD"][..]), ("c", &["JPY"][..])] {
        let list = codes.join("\",\"");
        let open = format!(
            r#"{{"tenant_account_ref":"{name}","currencies":["{list}"],"account_id":"of-{name}","tenant_customer_ref":"customer"}}"#
        );
        assert_eq!(desk.post("/v1/accounts", &open).status, 201);
        codes.iter().for_each(|code| desk.fund(name, "100", code));
    }
    (home, server, desk)
}

#[test]
fn an_approval_is_answered_member_for_member_and_the_operation_uses_it() {
    let (home, server, mut desk) = home_with_accounts();
    let reply = ask(&mut desk, PRE, &message("t", "a", "80.5", r#","currency":"SGD""#));
    let (reference, code) =
        (reply.member("tenant_reference_id"), reply.member("authorization_code"));
    let expected = format!(
        r#"{{"tenant_reference_id":"{reference}","status":"approved","approved_amount":80.50,"authorization_code":"{code}"}}"#
    );
    assert_eq!(reply.text(), expected);
    let balances = &desk.get("/v1/accounts/a").json()["balances"][0];
    assert_eq!(balances["reserved"]["value"].to_string(), "80.5");
    declined(&ask(&mut desk, PRE, &message("u", "a", "19.51", "")), "INSUFFICIENT_FUNDS");
    let hold = body("k", "a", "80.50", "SGD", "").replace("\"t-k\"", "\"t\"");
    let hold = desk.operate("hold_balance", &hold);
    assert!(hold.is_success(), "{}", hold.text());
    let capture = body("l", "a", "90", "SGD", &of_hold(&hold.member("tenant_hold_balance_ref")));
    assert!(desk.operate("debit_hold_balance", &capture).is_success());
    let balances = &desk.get("/v1/accounts/a").json()["balances"][0];
    assert_eq!(balances["reserved"]["value"].to_string(), "0.0");
    assert_eq!(balances["available"]["value"].to_string(), "10.0");
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{report:?}");
}

#[test]
fn every_reason_to_decline_has_its_code() {
    let (_home, _server, mut desk) = home_with_accounts();
    let sgd = r#","currency":"SGD""#;
    approved(&ask(&mut desk, PRE, &message("known", "a", "1", sgd)), "1.00");
    let named = |names: &str| {
        format!(r#"{{"transaction_id":"n-{}",{names},"amount":1,"currency":"SGD"}}"#, names.len())
    };
    let cases = [
        ("ACCOUNT_NOT_FOUND", message("1", "nobody", "1", sgd)),
        ("ACCOUNT_NOT_FOUND", message("2", "@settlement", "1", sgd)),
        ("ACCOUNT_NOT_FOUND", named(r#""account_id":"of-nobody""#)),
        ("ACCOUNT_AMBIGUOUS", named(r#""tenant_customer_ref":"customer""#)),
        ("NAMES_CONTRADICT", named(r#""tenant_account_ref":"a","account_id":"of-b""#)),
        ("NAMES_CONTRADICT", named(r#""account_id":"of-b","tenant_customer_ref":"other""#)),
        ("CURRENCY_MISMATCH", message("3", "a", "1", r#","currency":"JPY""#)),
        ("CURRENCY_MISMATCH", message("4", "b", "1", "")),
        ("UNKNOWN_CURRENCY", message("5", "a", "1", r#","currency":"XXX""#)),
        ("INSUFFICIENT_FUNDS", message("6", "a", "99.01", sgd)),
    ];
    for (reason, body) in &cases {
        declined(&ask(&mut desk, PRE, body), reason);
    }
    declined(&ask(&mut desk, FINAL, &message("known", "a", "1", sgd)), "TRANSACTION_KNOWN");
    for (status, reason) in [("frozen", "ACCOUNT_FROZEN"), ("closed", "ACCOUNT_CLOSED")] {
        let name = format!("to-be-{status}");
        desk.open(&name, &["SGD"]);
        desk.patch(&name, &format!(r#"{{"status":"{status}"}}"#));
        declined(&ask(&mut desk, FINAL, &message(status, &name, "0", sgd)), reason);
    }
}

#[test]
fn an_account_is_found_by_any_of_its_names_and_its_currency() {
    let (_home, _server, mut desk) = home_with_accounts();
    let cases = [
        (r#""account_id":"of-a""#, "SGD", "1.00"),
        (r#""account_id":"of-a","tenant_customer_ref":"customer""#, "SGD", "1.00"),
        (r#""tenant_customer_ref":"customer""#, "JPY", "1"),
        (r#""tenant_customer_ref":"customer""#, "USD", "1.00"),
        (r#""tenant_account_ref":"b","account_id":"of-b""#, "USD", "1.00"),
        (r#""tenant_account_ref":"a","account_id":null"#, "SGD", "1.00"),
    ];
    for (n, (names, currency, amount)) in cases.into_iter().enumerate() {
        let body =
            format!(r#"{{"transaction_id":"t-{n}",{names},"amount":1,"currency":"{currency}"}}"#);
        approved(&ask(&mut desk, FINAL, &body), amount);
    }
    approved(&ask(&mut desk, FINAL, &message("own", "c", "7", "")), "7");
}

#[test]
fn what_is_billed_is_decided_on_and_the_amount_is_answered() {
    let (_home, _server, mut desk) = home_with_accounts();
    let billed = r#","currency":"USD","billing_amount":90,"billing_currency_code":"SGD""#;
    approved(&ask(&mut desk, PRE, &message("1", "a", "66.6", billed)), "66.60");
    let partial = format!(r#"{billed},"auth_indicator":{{"is_partial_approval":true}}"#);
    declined(&ask(&mut desk, PRE, &message("2", "a", "66.6", billed)), "INSUFFICIENT_FUNDS");
    // 10 of 90 are left: 66.60 × 10 ÷ 90, rounded down.
    approved(&ask(&mut desk, PRE, &message("3", "a", "66.6", &partial)), "7.40");
    declined(&ask(&mut desk, PRE, &message("4", "a", "66.6", &partial)), "INSUFFICIENT_FUNDS");
    approved(&ask(&mut desk, PRE, &message("5", "a", "0", r#","currency":"SGD""#)), "0.00");
}

#[test]
fn a_known_message_gets_its_answer_in_every_life_and_moves_nothing() {
    let (home, server, mut desk) = home_with_accounts();
    let named = |name: &str, transaction| {
        message(transaction, "a", "10", &format!(r#","network_message_ref":"{name}""#))
    };
    let messages = [
        (PRE, named("1", "t")),
        (PRE, named("2", "t")),
        (FINAL, named("3", "t")),
        (FINAL, named("1", "u")),
        (PRE, message("v", "a", "10.00", "")),
        (PRE, message("v", "a", "10.01", "")),
        (PRE, message("w", "a", "1000", "")),
        (PRE, message("x", "nobody", "10", r#","currency":"SGD""#)),
    ];
    let mut answers = Vec::new();
    for (path, body) in &messages {
        let reply = ask(&mut desk, path, body);
        assert!(!reply.is_replayed());
        answers.push(reply.text().to_owned());
    }
    let state = desk.state("a");
    let repeat = |desk: &mut Desk| {
        for ((path, body), answer) in messages.iter().zip(&answers) {
            let spaced = body.replace(',', " , ");
            for body in [body, &spaced] {
                let reply = ask(desk, path, body);
                assert_eq!((reply.is_replayed(), reply.text()), (true, &**answer), "{body}");
            }
        }
    };
    repeat(&mut desk);
    assert_eq!(desk.state("a"), state);
    server.kill();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    repeat(&mut desk);
    assert_eq!(desk.state("a"), state);
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{report:?}");
}

#[test]
fn what_is_no_authorization_is_told_what_is_wrong() {
    let (_home, _server, mut desk) = home_with_accounts();
    let cases = [
        ("[]", "INVALID_REQUEST", "object"),
        ("{}", "INVALID_REQUEST", "transaction_id"),
        (r#"{"transaction_id":"t","amount":1}"#, "INVALID_REQUEST", "tenant_account_ref"),
        (r#"{"transaction_id":"t","tenant_account_ref":"a"}"#, "INVALID_REQUEST", "amount"),
        (
            r#"{"transaction_id":"t","tenant_account_ref":"a","amount":"1"}"#,
            "INVALID_REQUEST",
            "amount",
        ),
        (
            r#"{"transaction_id":"","tenant_account_ref":"a","amount":1}"#,
            "INVALID_REQUEST",
            "transaction_id",
        ),
        (
            r#"{"transaction_id":"t","tenant_account_ref":5,"amount":1}"#,
            "INVALID_REQUEST",
            "invalid type",
        ),
        (
            r#"{"transaction_id":"t","tenant_account_ref":"a","amount":-1}"#,
            "INVALID_AMOUNT",
            "amount",
        ),
        (
            r#"{"transaction_id":"t","tenant_account_ref":"a","amount":0.001}"#,
            "INVALID_AMOUNT",
            "amount",
        ),
    ];
    for (body, code, word) in cases {
        let reply = ask(&mut desk, PRE, body);
        assert_eq!((reply.status, reply.code().as_deref()), (400, Some(code)), "{body}");
        assert!(reply.text().contains(word), "{}", reply.text());
    }
    let lenient =
        message("t", "a", "1", r#","auth_indicator":5,"customer_id":[1],"currency":null"#);
    approved(&ask(&mut desk, PRE, &lenient), "1.00");
}

/// A thousand accounts of 100, and for each two authorizations of 80 at once.
#[test]
fn of_two_that_do_not_both_fit_exactly_one_is_approved_and_its_operation_posts() {
    const ACCOUNTS: usize = 1_000;
    let home = Home::new();
    let server = home.serve(&["--reservation-ttl-s", "1"]);
    let mut desk = Desk::at(&server);
    let accounts: Vec<String> = (0..ACCOUNTS).map(|n| format!("account-{n}")).collect();
    for account in &accounts {
        desk.open(account, &["SGD"]);
        desk.fund(account, "100", "SGD");
    }
    let barrier = Barrier::new(2);
    let teller = |side: &'static str| {
        let (accounts, barrier, server) = (&accounts, &barrier, &server);
        move || {
            let mut client = Client::connect(server.network);
            let mut approvals = Vec::new();
            for account in accounts {
                barrier.wait();
                let transaction = format!("{side}-{account}");
                let body = message(&transaction, account, "80", r#","currency":"SGD""#);
                let reply = client.ask(&post(FINAL, body.as_bytes()));
                if told(&reply).0 == "approved" {
                    approvals.push((account.clone(), transaction));
                }
            }
            approvals
        }
    };
    let approvals = thread::scope(|scope| {
        let both = ["left", "right"].map(|side| scope.spawn(teller(side)));
        both.map(|teller| teller.join().unwrap()).concat()
    });
    assert_eq!(approvals.len(), ACCOUNTS, "exactly one of each two");
    for (account, transaction) in &approvals {
        let key = format!("k-{transaction}");
        let debit = body(&key, account, "80", "SGD", "");
        let debit = debit.replace(&format!("\"t-{key}\""), &format!("\"{transaction}\""));
        let reply = desk.network(&post(&path("debit_balance"), debit.as_bytes()));
        assert!(reply.is_success(), "{}", reply.text());
    }
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{report:?}");
    let balance = desk.get("/v1/trial-balance").json()["currencies"][0].clone();
    assert_eq!(balance["reserved"]["value"].to_string(), "0.0");
    assert_eq!(balance["posted"]["value"].to_string(), "20000.0");
}

#[test]
fn too_much_at_once_is_a_decline_and_never_an_error() {
    const CLIENTS: usize = 32;
    let home = Home::new();
    let server = home.serve(&["--max-in-flight", "1"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    desk.fund("a", "1000", "SGD");
    let barrier = Barrier::new(CLIENTS);
    let client = |n: usize| {
        let (barrier, server) = (&barrier, &server);
        move || {
            let mut client = Client::connect(server.network);
            barrier.wait();
            (0..20).for_each(|m| {
                let body = message(&format!("t-{n}-{m}"), "a", "1", r#","currency":"SGD""#);
                let (status, reason) = told(&client.ask(&post(PRE, body.as_bytes())));
                assert!(status == "approved" || reason == "OVERLOADED", "{reason}");
            });
        }
    };
    thread::scope(|scope| (0..CLIENTS).for_each(|n| drop(scope.spawn(client(n)))));
}

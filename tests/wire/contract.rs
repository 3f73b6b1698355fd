//! What the six operations answer, member for member and byte for byte.

use crate::support::desk::{Desk, body, of_balance, of_hold, without_amount};
use crate::support::raw::Reply;
use crate::support::server::Home;

/// The body of a success, as the contract writes it.
fn success(reference: &str, name: &str, sum: &str, money: (&str, &str), reply: &Reply) -> String {
    let (value, currency) = money;
    let action = reply.member("tenant_action_ref");
    assert!(action.len() == 20 && action.starts_with("act_"), "{action}");
    format!(
        r#"{{"success":true,"{reference}":"{name}","{sum}":{{"value":{value},"currency":"{currency}"}},"tenant_action_ref":"{action}"}}"#
    )
}

fn is(reply: &Reply, expected: &str) {
    assert_eq!((reply.status, reply.text()), (200, expected));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(!reply.is_replayed());
}

#[test]
fn each_operation_answers_with_its_own_members() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let balance = desk.open("a", &["SGD"]).remove(0);
    let by_balance = |value, reply: &Reply| {
        success("tenant_balance_ref", &balance, "available_balance", (value, "SGD"), reply)
    };
    let reply = desk.operate("credit_balance", &body("1", "a", "100", "SGD", ""));
    is(&reply, &by_balance("100.00", &reply));
    let reply = desk.operate("debit_balance", &body("2", "a", "42.5", "SGD", ""));
    is(&reply, &by_balance("57.50", &reply));
    let reply = desk.operate("hold_balance", &body("3", "a", "20", "SGD", ""));
    let hold = reply.member("tenant_hold_balance_ref");
    assert_eq!(hold, reply.member("tenant_action_ref").replace("act_", "hold_"));
    let by_hold = |sum, value, reply: &Reply| {
        success("tenant_hold_balance_ref", &hold, sum, (value, "SGD"), reply)
    };
    is(&reply, &by_hold("available_balance", "37.50", &reply));
    let reply = desk.operate("hold_balance", &body("4", "a", "5", "SGD", &of_hold(&hold)));
    is(&reply, &by_hold("available_balance", "32.50", &reply));
    let reply =
        desk.operate("debit_hold_balance", &body("5", "a", "10.01", "SGD", &of_hold(&hold)));
    is(&reply, &by_hold("hold_balance", "14.99", &reply));
    let reply =
        desk.operate("credit_hold_balance", &body("6", "a", "0.01", "SGD", &of_hold(&hold)));
    is(&reply, &by_hold("hold_balance", "15.00", &reply));
    let reply = desk.operate("restore_balance", &body("7", "a", "1e1", "SGD", &of_hold(&hold)));
    is(&reply, &by_balance("42.50", &reply));
    let rest = without_amount(&body("8", "a", "0", "SGD", &of_hold(&hold)));
    let reply = desk.operate("restore_balance", &rest);
    is(&reply, &by_balance("47.50", &reply));
    let reply = desk.operate("debit_balance", &body("9", "a", "1", "SGD", &of_balance(&balance)));
    is(&reply, &by_balance("46.50", &reply));
}

#[test]
fn an_amount_has_exactly_its_currencys_digits() {
    let home = Home::new();
    let server = home.serve(&["--currencies", "PTS:0,MIC:6"]);
    let mut desk = Desk::at(&server);
    let cases = [
        ("JPY", "1000", "1000"),
        ("JPY", "1e3", "1000"),
        ("SGD", "57.5", "57.50"),
        ("KWD", "1", "1.000"),
        ("KWD", "0.001", "0.001"),
        ("CLF", "0.0001", "0.0001"),
        ("PTS", "12", "12"),
        ("MIC", "0.000001", "0.000001"),
    ];
    for (n, (currency, given, written)) in cases.into_iter().enumerate() {
        let account = format!("a{n}");
        let balance = desk.open(&account, &[currency]).remove(0);
        let reply = desk.operate("credit_balance", &body(&account, &account, given, currency, ""));
        let money = (written, currency);
        is(&reply, &success("tenant_balance_ref", &balance, "available_balance", money, &reply));
    }
    let zero = desk.operate("debit_balance", &body("0", "a0", "0", "JPY", ""));
    assert!(zero.is_success(), "{}", zero.text());
}

#[test]
fn an_operation_takes_the_default_balance_of_its_currency_or_the_one_it_names() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let balances = desk.open("a", &["USD", "JPY", "KWD"]);
    for (n, (currency, value)) in
        [("USD", "1.00"), ("JPY", "1"), ("KWD", "1.000")].iter().enumerate()
    {
        for (way, more) in [("default", String::new()), ("named", of_balance(&balances[n]))] {
            let key = format!("{currency}-{way}");
            let operation = if way == "default" { "credit_balance" } else { "debit_balance" };
            let reply = desk.operate(operation, &body(&key, "a", "1", currency, &more));
            assert_eq!(reply.member("tenant_balance_ref"), balances[n], "{key}");
            let left = if way == "default" { (*value).to_owned() } else { value.replace('1', "0") };
            assert_eq!(crate::support::desk::amount_in(reply.text(), "available_balance"), left);
        }
    }
    let wrong = body("wrong", "a", "1", "USD", &of_balance(&balances[1]));
    assert_eq!(desk.operate("debit_balance", &wrong).code().as_deref(), Some("CURRENCY_MISMATCH"));
}

/// Each refusal has the same shape, and the action that recorded it.
fn refused(desk: &mut Desk, operation: &str, body: &str, code: &str) {
    let reply = desk.operate(operation, body);
    let json = reply.json();
    let message = json["error"]["message"].as_str().unwrap_or_default();
    let message = serde_json::to_string(message).unwrap();
    let action = json["tenant_action_ref"].as_str().unwrap_or_default();
    let shape = format!(
        r#"{{"success":false,"error":{{"code":"{code}","message":{message}}},"tenant_action_ref":"{action}"}}"#
    );
    is(&reply, &shape);
    assert!(message.len() > 12 && action.starts_with("act_"), "{shape}");
    let record = desk.get(&format!("/v1/actions/{action}"));
    assert!(record.text().contains(&format!(r#""code":"{code}""#)), "{}", record.text());
}

#[test]
fn each_refusal_is_recorded_and_the_first_that_applies_is_the_answer() {
    let home = Home::new();
    let server = home.serve(&["--over-capture", "refuse"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD", "JPY"]);
    desk.open("shut", &["USD"]);
    desk.open("iced", &["USD"]);
    desk.fund("a", "10", "USD");
    let hold = of_hold(&desk.hold("a", "5", "USD"));
    assert_eq!(desk.patch("shut", r#"{"status":"closed"}"#).status, 200);
    assert_eq!(desk.patch("iced", r#"{"status":"frozen"}"#).status, 200);
    let (no_hold, no_balance) = (of_hold("x"), of_balance("x"));
    let asked = |n: &str, account, currency, more: &str| body(n, account, "7", currency, more);
    let cases = [
        ("hold_balance", without_amount(&asked("1", "x", "EUR", &no_hold)), "ACCOUNT_NOT_FOUND"),
        (
            "debit_balance",
            without_amount(&asked("2", "a", "EUR", &no_balance)),
            "BALANCE_NOT_FOUND",
        ),
        ("hold_balance", asked("3", "shut", "EUR", &no_hold), "HOLD_NOT_FOUND"),
        ("hold_balance", asked("4", "shut", "EUR", ""), "CURRENCY_MISMATCH"),
        ("debit_balance", asked("5", "iced", "EUR", ""), "CURRENCY_MISMATCH"),
        ("restore_balance", asked("6", "a", "JPY", &hold), "CURRENCY_MISMATCH"),
        ("hold_balance", without_amount(&asked("7", "shut", "USD", "")), "AMOUNT_REQUIRED"),
        ("hold_balance", asked("8", "shut", "USD", ""), "ACCOUNT_CLOSED"),
        ("debit_balance", asked("9", "shut", "USD", ""), "ACCOUNT_CLOSED"),
        ("hold_balance", asked("10", "iced", "USD", ""), "ACCOUNT_FROZEN"),
        ("debit_balance", asked("11", "iced", "USD", ""), "ACCOUNT_FROZEN"),
        ("restore_balance", asked("12", "a", "USD", &hold), "HOLD_AMOUNT_EXCEEDED"),
        ("debit_hold_balance", asked("13", "a", "USD", &hold), "HOLD_AMOUNT_EXCEEDED"),
        ("hold_balance", asked("14", "a", "USD", ""), "INSUFFICIENT_FUNDS"),
        ("hold_balance", asked("15", "a", "USD", &hold), "INSUFFICIENT_FUNDS"),
        ("debit_balance", asked("16", "a", "USD", ""), "INSUFFICIENT_FUNDS"),
    ];
    let before = desk.state("a");
    for (operation, body, code) in cases {
        refused(&mut desk, operation, &body, code);
    }
    assert_eq!(desk.state("a"), before);
}

/// E27: a balance is full before it wraps.
#[test]
fn a_balance_that_would_not_hold_it_refuses() {
    let home = Home::new();
    let server = home.serve(&["--currencies", "BIG:0"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["BIG"]);
    // 9,223 times 10^15 fit into 63 bits, and one more does not.
    let mut client = crate::support::raw::Client::connect(server.network);
    let request = |n: u32| {
        let body = body(&format!("k{n}"), "a", "1e15", "BIG", "");
        crate::support::raw::post(&crate::support::desk::path("credit_balance"), body.as_bytes())
    };
    for first in (0..9_223).step_by(23) {
        let many: Vec<u8> = (first..first + 23).flat_map(request).collect();
        client.send(&many).unwrap();
        (0..23).for_each(|_| assert!(client.receive().unwrap().is_success()));
    }
    refused(&mut desk, "credit_balance", &body("last", "a", "1e15", "BIG", ""), "BALANCE_OVERFLOW");
    assert_eq!(desk.figure("a", "posted"), "9223000000000000000");
}

#[test]
fn what_must_post_posts_to_a_frozen_and_to_a_closed_account() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for status in ["frozen", "closed"] {
        let account = format!("is-{status}");
        desk.open(&account, &["USD"]);
        desk.fund(&account, "10", "USD");
        let hold = of_hold(&desk.hold(&account, "10", "USD"));
        let key = |n: u32| format!("{status}-{n}");
        let captured = body(&key(1), &account, "10", "USD", &hold);
        assert!(desk.operate("debit_hold_balance", &captured).is_success());
        let amended = desk.patch(&account, &format!(r#"{{"status":"{status}"}}"#));
        assert_eq!(amended.status, 200, "{}", amended.text());
        let linked = body(&key(2), &account, "3", "USD", "").replace(&key(2), &key(1));
        let linked =
            linked.replace(&format!("\"idempotency_key\":\"{}", key(1)), "\"idempotency_key\":\"l");
        let linked = linked.replace("\"l\"", &format!("\"linked-{status}\""));
        let posts = [
            ("credit_balance", body(&key(3), &account, "1", "USD", "")),
            ("credit_hold_balance", body(&key(4), &account, "2", "USD", &hold)),
            ("debit_hold_balance", body(&key(5), &account, "4", "USD", &hold)),
            ("restore_balance", without_amount(&body(&key(6), &account, "0", "USD", &hold))),
            ("debit_balance", linked),
        ];
        for (operation, body) in posts {
            let reply = desk.operate(operation, &body);
            assert!(reply.is_success(), "{operation} when {status}: {}", reply.text());
        }
        assert_eq!(desk.figure(&account, "posted"), "-4.00");
        assert_eq!(desk.figure(&account, "shortfall"), "4.00");
    }
}

#[test]
fn an_unlinked_debit_posts_where_the_tenant_wants_it_so() {
    let home = Home::new();
    let server = home.serve(&["--unlinked-debits", "post"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    assert!(desk.operate("debit_balance", &body("1", "a", "5", "USD", "")).is_success());
    assert_eq!(desk.figure("a", "available"), "-5.00");
    refused(&mut desk, "hold_balance", &body("2", "a", "1", "USD", ""), "INSUFFICIENT_FUNDS");
}

#[test]
fn actions_are_named_in_the_order_in_which_they_were_applied() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let mut name = |n: u32| {
        let reply = desk.operate("credit_balance", &body(&n.to_string(), "a", "1", "USD", ""));
        reply.member("tenant_action_ref")
    };
    let names: Vec<String> = (0..300).map(&mut name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}

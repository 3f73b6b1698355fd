//! What the operator's calls that move money or tell of the past answer.

use super::operator::{balance as balance_of, masked, open, verdict};
use crate::support::desk::{body, of_hold};

/// A transfer's body.
fn transfer(key: &str, source: &str, destination: &str, value: &str) -> String {
    format!(
        r#"{{"idempotency_key":"{key}","source":"{source}","destination":"{destination}","amount":{{"value":{value},"currency":"USD"}}}}"#
    )
}

#[test]
fn a_transfer_moves_once_and_is_told_again() {
    let (_home, _server, mut desk) = open();
    let [a, b] = ["a", "b"].map(|account| desk.open(account, &["USD"]).remove(0));
    let top_up = desk.post("/v1/transfers", &transfer("1", "@funding", "a", "10"));
    let end = |account: &str, balance: &str, value: &str| {
        let figures = [value, "0.00", "0.00", value, "0.00", "0.00"];
        let shown = balance_of(balance, "USD", figures);
        format!(r#"{{"tenant_account_ref":"{account}",{}"#, &shown[1..])
    };
    let action = top_up.member("tenant_action_ref");
    let expected = format!(
        r#"{{"success":true,"tenant_action_ref":"{action}","source":{{"tenant_account_ref":"@funding"}},"destination":{}}}"#,
        end("a", &a, "10.00")
    );
    assert_eq!((top_up.status, top_up.text()), (201, &*expected));
    let moved = desk.post("/v1/transfers", &transfer("2", "a", "b", "4"));
    let action = moved.member("tenant_action_ref");
    let expected = format!(
        r#"{{"success":true,"tenant_action_ref":"{action}","source":{},"destination":{}}}"#,
        end("a", &a, "6.00"),
        end("b", &b, "4.00")
    );
    assert_eq!((moved.status, moved.text()), (201, &*expected));
    let again = desk.post("/v1/transfers", &transfer("2", "a", "b", "4.0"));
    assert_eq!((again.status, again.is_replayed(), again.text()), (200, true, &*expected));
    for other in [transfer("2", "a", "b", "5"), transfer("2", "b", "a", "4")] {
        let reply = desk.post("/v1/transfers", &other);
        assert_eq!(verdict(&reply), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    }
}

#[test]
fn a_transfer_means_the_same_however_its_metadata_is_written() {
    let (_home, _server, mut desk) = open();
    desk.open("a", &["USD"]);
    let with = |metadata: &str| {
        let plain = transfer("1", "@funding", "a", "10");
        format!(r#"{},"metadata":{metadata}}}"#, plain.strip_suffix('}').unwrap())
    };
    let first = desk.post("/v1/transfers", &with(r#"{"a":1,"b":[2]}"#));
    let again = desk.post("/v1/transfers", &with(r#"{ "b": [2], "a": 1 }"#));
    assert_eq!((again.status, again.is_replayed(), again.text()), (200, true, first.text()));
    for other in [with(r#"{"a":1,"b":[3]}"#), transfer("1", "@funding", "a", "10")] {
        let reply = desk.post("/v1/transfers", &other);
        assert_eq!(verdict(&reply), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    }
}

#[test]
fn a_transfer_that_is_refused_is_told_again_and_one_that_is_none_is_not() {
    let (_home, _server, mut desk) = open();
    for account in ["a", "b", "shut", "iced"] {
        desk.open(account, &["USD"]);
    }
    desk.open("yen", &["JPY"]);
    for account in ["a", "iced"] {
        desk.fund(account, "10", "USD");
    }
    desk.patch("shut", r#"{"status":"closed"}"#);
    desk.patch("iced", r#"{"status":"frozen"}"#);
    let before = desk.state("a");
    let refusals = [
        ("x", "b", "1", "ACCOUNT_NOT_FOUND"),
        ("a", "x", "1", "ACCOUNT_NOT_FOUND"),
        ("@nobody", "a", "1", "ACCOUNT_NOT_FOUND"),
        ("a", "yen", "1", "CURRENCY_MISMATCH"),
        ("a", "shut", "1", "ACCOUNT_CLOSED"),
        ("shut", "a", "1", "ACCOUNT_CLOSED"),
        ("iced", "a", "1", "ACCOUNT_FROZEN"),
        ("a", "b", "10.01", "INSUFFICIENT_FUNDS"),
    ];
    for (n, (source, destination, value, code)) in refusals.into_iter().enumerate() {
        let body = transfer(&format!("r{n}"), source, destination, value);
        let first = desk.post("/v1/transfers", &body);
        assert_eq!(verdict(&first), (200, code.into()), "{body}");
        assert!(first.member("tenant_action_ref").starts_with("act_"));
        let again = desk.post("/v1/transfers", &body);
        assert_eq!((again.status, again.is_replayed(), again.text()), (200, true, first.text()));
    }
    let good = transfer("k", "a", "b", "1");
    let invalid = [
        (transfer("k", "a", "a", "1"), "INVALID_REQUEST"),
        (transfer("k", "", "a", "1"), "INVALID_REQUEST"),
        (transfer("", "a", "b", "1"), "INVALID_REQUEST"),
        (transfer("k", "a", "b", "-1"), "INVALID_AMOUNT"),
        (transfer("k", "a", "b", "0.001"), "INVALID_AMOUNT"),
        (transfer("k", "a", "b", "\"1\""), "INVALID_REQUEST"),
        (good.replace("USD", "usd"), "UNKNOWN_CURRENCY"),
        (good.replace("\"amount\"", "\"sum\""), "INVALID_REQUEST"),
        (good.replacen('{', r#"{"source":"b","#, 1), "INVALID_REQUEST"),
        (good.replacen('{', r#"{"description":7,"#, 1), "INVALID_REQUEST"),
    ];
    for (body, code) in invalid {
        assert_eq!(verdict(&desk.post("/v1/transfers", &body)), (400, code.into()), "{body}");
    }
    assert_eq!(desk.state("a"), before);
    assert_eq!(desk.post("/v1/transfers", &good).status, 201);
    assert_eq!(desk.post("/v1/transfers", &transfer("z", "a", "iced", "1")).status, 201);
}

/// D7: a hundred thousand members, all of which are ignored, and all of which are currencies.
#[test]
fn a_hundred_thousand_members_are_read_or_refused() {
    let (_home, _server, mut desk) = open();
    desk.open("a", &["USD"]);
    let members: Vec<String> = (0..100_000).map(|n| format!(r#""{n:x}":0"#)).collect();
    let members = members.join(",");
    let top_up = transfer("k", "@funding", "a", "1").replacen('{', &format!("{{{members},"), 1);
    let reply = desk.post("/v1/transfers", &top_up);
    assert_eq!(reply.status, if top_up.len() > 1 << 20 { 413 } else { 201 }, "{}", top_up.len());
    let limits: Vec<String> = (0..90_000).map(|n| format!(r#""{n:x}":0"#)).collect();
    let limits = format!(r#"{{"overdraft_limit":{{{}}}}}"#, limits.join(","));
    let reply = desk.patch("a", &limits);
    assert_eq!(verdict(&reply).0, 400, "{} bytes", limits.len());
    let operation = body("k2", "a", "1", "USD", "").replacen('{', &format!("{{{members},"), 1);
    assert_eq!(
        verdict(&desk.operate("credit_balance", &operation)),
        (413, "BODY_TOO_LARGE".into())
    );
}

#[test]
fn an_action_is_told_in_full_and_a_transaction_action_by_action() {
    let (_home, _server, mut desk) = open();
    let balance = desk.open("a", &["USD"]).remove(0);
    desk.fund("a", "100", "USD");
    let placed = body("1", "a", "60", "USD", "");
    let hold = desk.operate("hold_balance", &placed).member("tenant_hold_balance_ref");
    let captured = body("2", "a", "70", "USD", &of_hold(&hold)).replace("\"t-2\"", "\"t-1\"");
    let reply = desk.operate("debit_hold_balance", &captured);
    let action = reply.member("tenant_action_ref");
    let lsn = u64::from_str_radix(&action[4..], 16).unwrap();
    let usd = |value: &str| format!(r#"{{"value":{value},"currency":"USD"}}"#);
    let expected = format!(
        r#"{{"tenant_action_ref":"{action}","operation":"debit_hold_balance","tenant_account_ref":"a","transaction_id":"t-1","idempotency_key":"2","of_action_ref":"a-2","amount":{},"success":true,"postings":[{{"from":"{hold}","to":"@settlement","amount":{}}},{{"from":"{balance}","to":"@settlement","amount":{}}}],"balances_after":{{"tenant_balance_ref":"{balance}","posted":{},"held":{},"reserved":{},"available":{},"tenant_hold_balance_ref":"{hold}","hold_balance":{}}},"at":"T","lsn":{lsn}}}"#,
        usd("70.00"),
        usd("60.00"),
        usd("10.00"),
        usd("30.00"),
        usd("0.00"),
        usd("0.00"),
        usd("30.00"),
        usd("0.00")
    );
    let told = desk.get(&format!("/v1/actions/{action}"));
    assert_eq!((told.status, masked(&told)), (200, expected.clone()));
    let refused = body("3", "a", "31", "USD", "").replace("\"t-3\"", "\"t-1\"");
    desk.operate("hold_balance", &refused);
    let transaction = desk.get("/v1/transactions/t-1");
    let json = transaction.json();
    let seen: Vec<_> = json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["idempotency_key"].as_str().unwrap())
        .collect();
    assert_eq!((json["transaction_id"].as_str(), seen), (Some("t-1"), vec!["1", "2", "3"]));
    assert!(masked(&transaction).contains(&expected));
    assert_eq!(json["data"][2]["error"]["code"], "INSUFFICIENT_FUNDS");
    let first = desk.get("/v1/transactions/t-1?limit=1").json();
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(first["data"][0]["idempotency_key"], "1");
    let rest = desk.get(&format!("/v1/transactions/t-1?limit=2&cursor={next}")).json();
    assert_eq!(rest["data"][0]["idempotency_key"], "2");
    assert_eq!(rest["data"][1]["idempotency_key"], "3");
    assert!(rest["next_cursor"].is_null());
    let none = desk.get("/v1/transactions/nothing");
    assert_eq!(none.text(), r#"{"transaction_id":"nothing","data":[],"next_cursor":null}"#);
}

#[test]
fn the_books_add_up_to_nothing_in_every_currency() {
    let (_home, _server, mut desk) = open();
    desk.open("a", &["USD", "JPY"]);
    desk.open("b", &["USD"]);
    desk.fund("a", "10", "USD");
    desk.fund("a", "500", "JPY");
    assert_eq!(desk.post("/v1/transfers", &transfer("1", "@funding", "b", "3")).status, 201);
    assert_eq!(desk.post("/v1/transfers", &transfer("2", "a", "@settlement", "1")).status, 201);
    desk.hold("a", "2", "USD");
    let row = |currency: &str, figures: [&str; 6]| {
        let members = ["settlement", "funding", "posted", "held", "reserved", "sum"];
        let amounts = members.iter().zip(figures).map(|(member, value)| {
            format!(r#","{member}":{{"value":{value},"currency":"{currency}"}}"#)
        });
        format!(r#"{{"currency":"{currency}"{}}}"#, amounts.collect::<String>())
    };
    let yen = row("JPY", ["-500", "0", "500", "0", "0", "0"]);
    let dollars = row("USD", ["-9.00", "-3.00", "12.00", "2.00", "0.00", "0.00"]);
    let books = desk.get("/v1/trial-balance");
    assert_eq!(masked(&books), format!(r#"{{"as_of":"T","currencies":[{yen},{dollars}]}}"#));
    let settlement = desk.get("/v1/accounts/@settlement");
    assert!(settlement.text().contains(r#""posted":{"value":-9.00,"currency":"USD"}"#));
}

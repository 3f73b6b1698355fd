//! What the operator's calls tell of the past: an account at a moment, and what moved it.

use serde_json::Value;

use super::operator::{open, verdict};
use crate::support::desk::{Desk, body, of_hold};
use crate::support::raw::Reply;

/// A life of account `a`, and its body after each thing that happened to it.
fn life(desk: &mut Desk) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut then = |desk: &mut Desk| bodies.push(desk.get("/v1/accounts/a").text().to_owned());
    let opening = r#"{"tenant_account_ref":"a","currencies":["USD","JPY"],"account_id":"id-1","metadata":{"n":1}}"#;
    assert_eq!(desk.post("/v1/accounts", opening).status, 201);
    then(desk);
    desk.fund("a", "100", "USD");
    then(desk);
    desk.fund("a", "500", "JPY");
    then(desk);
    let hold = desk.hold("a", "60", "USD");
    then(desk);
    let refused = desk.operate("hold_balance", &body("refused", "a", "41", "USD", ""));
    assert_eq!(refused.code().as_deref(), Some("INSUFFICIENT_FUNDS"));
    then(desk);
    let unknown = body("unknown", "a", "1", "USD", &of_hold("hold_00000000000000ff"));
    assert_eq!(desk.operate("restore_balance", &unknown).code().as_deref(), Some("HOLD_NOT_FOUND"));
    then(desk);
    for patch in [
        r#"{"status":"frozen","overdraft_limit":{"USD":50}}"#,
        r#"{"add_currencies":["SGD"],"metadata":{"n":2}}"#,
        r#"{"status":"active"}"#,
    ] {
        assert_eq!(desk.patch("a", patch).status, 200);
        then(desk);
    }
    let zero = body("zero", "a", "0", "SGD", "");
    assert!(desk.operate("credit_balance", &zero).is_success());
    then(desk);
    for n in 0..20 {
        let capture = body(&format!("c{n}"), "a", "1", "USD", &of_hold(&hold));
        assert!(desk.operate("debit_hold_balance", &capture).is_success());
        then(desk);
    }
    bodies
}

/// The moment of which a body tells.
fn as_of(body: &str) -> String {
    serde_json::from_str::<Value>(body).unwrap()["as_of"].as_str().unwrap().to_owned()
}

fn at(desk: &mut Desk, account: &str, time: &str) -> Reply {
    desk.get(&format!("/v1/accounts/{account}?at={time}"))
}

#[test]
fn an_account_is_shown_as_it_was_byte_for_byte_in_every_life() {
    let (home, server, mut desk) = open();
    let bodies = life(&mut desk);
    for body in &bodies {
        let shown = at(&mut desk, "a", &as_of(body));
        assert_eq!((shown.status, shown.text()), (200, body.as_str()));
    }
    server.kill();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for body in &bodies {
        assert_eq!(at(&mut desk, "a", &as_of(body)).text(), body);
        // The same moment, written otherwise.
        let elsewhere = as_of(body).replace('Z', "000%2B00:00");
        assert_eq!(at(&mut desk, "a", &elsewhere).text(), body);
    }
}

#[test]
fn a_moment_that_is_none_has_not_come_or_was_before_the_account_is_not_shown() {
    let (_home, _server, mut desk) = open();
    desk.open("other", &["USD"]);
    let before = as_of(desk.get("/v1/accounts/other").text());
    life(&mut desk);
    assert_eq!(verdict(&at(&mut desk, "a", &before)), (404, "ACCOUNT_NOT_FOUND".into()));
    assert_eq!(at(&mut desk, "a", "1969-12-31T23:59:59Z").status, 404);
    assert_eq!(at(&mut desk, "nobody", &before).status, 404);
    for bad in [
        "",
        "now",
        "1764072000",
        "2025-11-25",
        "2025-11-25T12:00:00",
        "2025-11-25T12:00:00+08:00",
        "2025-02-30T12:00:00Z",
        "9999-12-31T00:00:00Z",
        "99999-12-31T00:00:00Z",
        "2025-11-25T12:00:00Z&at=2025-11-25T12:00:00Z",
        "2025-11-25T12:00:00Z&from=2025-11-25T12:00:00Z",
        "%00",
    ] {
        let told = verdict(&at(&mut desk, "a", bad));
        assert_eq!(told, (400, "INVALID_REQUEST".into()), "{bad}");
    }
    for system in ["@settlement", "@funding"] {
        let told = at(&mut desk, system, &before);
        assert_eq!(verdict(&told), (400, "INVALID_REQUEST".into()));
        assert!(told.text().contains("customers' accounts"), "{}", told.text());
        assert_eq!(desk.get(&format!("/v1/accounts/{system}/statement")).status, 400);
    }
}

/// The actions of all pages, and how many pages there were.
fn statement(desk: &mut Desk, account: &str, query: &str) -> (Vec<Value>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let reply = desk.get(&format!("/v1/accounts/{account}/statement?{query}{cursor}"));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let json = reply.json();
        found.extend(json["data"].as_array().unwrap().iter().cloned());
        pages += 1;
        let Some(next) = json["next_cursor"].as_str() else { return (found, pages) };
        cursor = format!("&cursor={next}");
    }
}

fn texts<'a>(actions: &'a [Value], member: &str) -> Vec<&'a str> {
    actions.iter().map(|action| action[member].as_str().unwrap()).collect()
}

#[test]
fn a_statement_has_each_action_that_moved_the_account_newest_first() {
    let (_home, _server, mut desk) = open();
    life(&mut desk);
    desk.open("b", &["USD"]);
    let transfer = r#"{"idempotency_key":"t","source":"a","destination":"b","amount":{"value":5,"currency":"USD"}}"#;
    assert_eq!(desk.post("/v1/transfers", transfer).status, 201);
    let (all, pages) = statement(&mut desk, "a", "");
    assert_eq!((all.len(), pages), (24, 1), "two top-ups, a hold, twenty captures, a transfer");
    assert_eq!(texts(&all, "operation")[..2], ["transfer", "debit_hold_balance"]);
    assert!(all.is_sorted_by(|newer, older| newer["lsn"].as_u64() > older["lsn"].as_u64()));
    for action in &all {
        let path = format!("/v1/actions/{}", action["tenant_action_ref"].as_str().unwrap());
        assert_eq!(&desk.get(&path).json(), action);
        assert!(action["balances_after"].is_object());
    }
    assert_eq!(statement(&mut desk, "a", "limit=1"), (all.clone(), 24));
    assert_eq!(statement(&mut desk, "a", "limit=24"), (all.clone(), 1));
    assert_eq!(statement(&mut desk, "a", "limit=23"), (all.clone(), 2));
    assert_eq!(statement(&mut desk, "b", "").0, [all[0].clone()]);
    let moments = texts(&all, "at");
    let (from, to) = (moments[20], moments[3]);
    let between = format!("from={from}&to={to}&limit=7");
    assert_eq!(statement(&mut desk, "a", &between), (all[4..=20].to_vec(), 3));
    let nanosecond = |time: &str| time.replace('Z', "001Z");
    let between = format!("from={}&to={}", nanosecond(from), nanosecond(to));
    assert_eq!(statement(&mut desk, "a", &between).0, all[3..20]);
    for nothing in
        [&*format!("from={to}&to={to}"), "to=1970-01-01T00:00:00Z", "from=9999-01-01T00:00:00Z"]
    {
        assert!(statement(&mut desk, "a", nothing).0.is_empty(), "{nothing}");
    }
}

#[test]
fn a_statement_that_cannot_be_meant_is_refused() {
    let (_home, _server, mut desk) = open();
    desk.open("a", &["USD"]);
    let empty = desk.get("/v1/accounts/a/statement");
    assert_eq!((empty.status, empty.text()), (200, r#"{"data":[],"next_cursor":null}"#));
    for query in [
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=yesterday",
        "to=2026-01-01",
        "from=",
        "at=2026-01-01T00:00:00Z",
        "limit=0",
        "limit=1001",
        "limit=x",
        "cursor=1",
        "cursor=hold_0000000000000001",
        "limit=1&limit=1",
    ] {
        let reply = desk.get(&format!("/v1/accounts/a/statement?{query}"));
        assert_eq!(verdict(&reply), (400, "INVALID_REQUEST".into()), "{query}");
    }
    for cursor in ["act_0000000000000000", "act_0000000000000001", "act_ffffffffffffffff"] {
        let reply = desk.get(&format!("/v1/accounts/a/statement?cursor={cursor}"));
        assert_eq!((reply.status, reply.text()), (200, empty.text()), "{cursor}");
    }
    let nobody = desk.get("/v1/accounts/nobody/statement");
    assert_eq!(verdict(&nobody), (404, "ACCOUNT_NOT_FOUND".into()));
    let posted = desk.post("/v1/accounts/a/statement", "{}");
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET")));
}

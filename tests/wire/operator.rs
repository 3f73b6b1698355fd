//! What the operator's calls on accounts and their holds answer.

use crate::support::desk::{Desk, amount_in, body, of_hold};
use crate::support::raw::Reply;
use crate::support::server::{Home, Server};

pub(super) fn open() -> (Home, Server, Desk) {
    let home = Home::new();
    let server = home.serve(&[]);
    let desk = Desk::at(&server);
    (home, server, desk)
}

pub(super) fn verdict(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code().unwrap_or_default())
}

/// A body with `T` for every moment, each of which must be RFC 3339 in UTC with microseconds.
pub(super) fn masked(reply: &Reply) -> String {
    let mut text = reply.text().to_owned();
    for member in ["as_of", "created_at", "at"] {
        let start = format!("\"{member}\":\"2");
        while let Some(at) = text.find(&start) {
            let moment = at + start.len() - 1;
            let end = moment + text[moment..].find('"').unwrap();
            let form: String = text[moment..end]
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            assert_eq!(form, "0000-00-00T00:00:00.000000Z", "{}", &text[moment..end]);
            text.replace_range(moment..end, "T");
        }
    }
    text
}

/// One balance as it is written, with the same currency throughout.
pub(super) fn balance(name: &str, currency: &str, figures: [&str; 6]) -> String {
    let members = ["posted", "held", "reserved", "available", "overdraft_limit", "shortfall"];
    let amounts = members.iter().zip(figures).map(|(member, value)| {
        format!(r#","{member}":{{"value":{value},"currency":"{currency}"}}"#)
    });
    let amounts: String = amounts.collect();
    format!(r#"{{"tenant_balance_ref":"{name}","currency":"{currency}"{amounts}}}"#)
}

const FULL: &str = r#"{"tenant_account_ref":"a","currencies":["SGD","JPY"],"account_id":"id-1","tenant_customer_ref":"c-1","overdraft_limit":{"SGD":100.00},"metadata":{"tier":"gold","n":[1,2]}}"#;

#[test]
fn an_account_is_opened_once_and_shown_in_full() {
    let (_home, _server, mut desk) = open();
    let opened = desk.post("/v1/accounts", FULL);
    let json = opened.json();
    let names =
        [0, 1].map(|n| json["balances"][n]["tenant_balance_ref"].as_str().unwrap().to_owned());
    let balances = [
        balance(&names[0], "SGD", ["0.00", "0.00", "0.00", "0.00", "100.00", "0.00"]),
        balance(&names[1], "JPY", ["0", "0", "0", "0", "0", "0"]),
    ];
    let shown = format!(
        r#"{{"tenant_account_ref":"a","status":"active","account_id":"id-1","tenant_customer_ref":"c-1","metadata":{{"tier":"gold","n":[1,2]}},"created_at":"T","as_of":"T","balances":[{}]}}"#,
        balances.join(",")
    );
    assert_eq!((opened.status, masked(&opened)), (201, shown.clone()));
    let again = desk.post("/v1/accounts", &FULL.replace("100.00", "1e2").replace(":", " : "));
    assert_eq!(again.status, 200, "{}", again.text());
    let read = desk.get("/v1/accounts/a");
    assert_eq!((read.status, masked(&read)), (200, shown));
    let others = [
        FULL.replace("SGD", "USD"),
        FULL.replace(r#"["SGD","JPY"]"#, r#"["JPY","SGD"]"#),
        FULL.replace("100.00", "100.01"),
        FULL.replace("id-1", "id-2"),
        FULL.replace("c-1", "c-2"),
        FULL.replace("gold", "tin"),
        r#"{"tenant_account_ref":"a","currencies":["SGD","JPY"]}"#.to_owned(),
    ];
    for other in others {
        let reply = desk.post("/v1/accounts", &other);
        assert_eq!(verdict(&reply), (409, "ACCOUNT_EXISTS".into()), "{other}");
    }
}

#[test]
fn metadata_that_cannot_be_compared_is_refused() {
    let (_home, _server, mut desk) = open();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
    for metadata in [deep.as_str(), "[]", "\"x\"", "7", "{\"n\":1e999}"] {
        let body =
            format!(r#"{{"tenant_account_ref":"m","currencies":["USD"],"metadata":{metadata}}}"#);
        let reply = desk.post("/v1/accounts", &body);
        assert_eq!(verdict(&reply), (400, "INVALID_REQUEST".into()), "{metadata}");
    }
    assert_eq!(desk.get("/v1/accounts/m").status, 404);
}

#[test]
fn an_account_that_is_none_is_not_opened() {
    let (_home, _server, mut desk) = open();
    let request = "INVALID_REQUEST";
    let long = format!(r#"{{"tenant_account_ref":"{}","currencies":["USD"]}}"#, "x".repeat(65));
    let cases = [
        (r#"{"tenant_account_ref":"@x","currencies":["USD"]}"#, request),
        (r#"{"tenant_account_ref":"@funding","currencies":["USD"]}"#, request),
        (r#"{"tenant_account_ref":"","currencies":["USD"]}"#, request),
        (r#"{"tenant_account_ref":"b\u0000","currencies":["USD"]}"#, request),
        (r#"{"currencies":["USD"]}"#, request),
        (r#"{"tenant_account_ref":"b"}"#, request),
        (r#"{"tenant_account_ref":"b","currencies":[]}"#, request),
        (r#"{"tenant_account_ref":"b","currencies":"USD"}"#, request),
        (r#"{"tenant_account_ref":"b","currencies":["USD","USD"]}"#, request),
        (r#"{"tenant_account_ref":"b","currencies":["usd"]}"#, "UNKNOWN_CURRENCY"),
        (r#"{"tenant_account_ref":"b","currencies":["XXX"]}"#, "UNKNOWN_CURRENCY"),
        (r#"{"tenant_account_ref":"b","currencies":["USD"],"overdraft_limit":{"SGD":1}}"#, request),
        (
            r#"{"tenant_account_ref":"b","currencies":["USD"],"overdraft_limit":{"USD":-1}}"#,
            "INVALID_AMOUNT",
        ),
        (
            r#"{"tenant_account_ref":"b","currencies":["USD"],"overdraft_limit":{"USD":0.001}}"#,
            "INVALID_AMOUNT",
        ),
        (
            r#"{"tenant_account_ref":"b","currencies":["USD"],"overdraft_limit":{"USD":"1"}}"#,
            request,
        ),
        (
            r#"{"tenant_account_ref":"b","currencies":["USD"],"overdraft_limit":{"USD":1,"USD":2}}"#,
            request,
        ),
        (r#"{"tenant_account_ref":"b","currencies":["USD"],"account_id":7}"#, request),
        (r#"{"tenant_account_ref":"b","tenant_account_ref":"b","currencies":["USD"]}"#, request),
        ("[]", request),
        ("", request),
        (&long, request),
    ];
    for (body, code) in cases {
        let reply = desk.post("/v1/accounts", body);
        assert_eq!(verdict(&reply), (400, code.into()), "{body}");
    }
    assert_eq!(desk.get("/v1/accounts").text(), r#"{"data":[],"next_cursor":null}"#);
}

#[test]
fn an_account_is_amended_member_by_member() {
    let (_home, _server, mut desk) = open();
    desk.open("a/b ?", &["USD"]);
    let path = "a%2Fb%20%3F";
    let reply = desk.patch(path, r#"{"overdraft_limit":{"USD":50},"metadata":{"x":1}}"#);
    assert_eq!(amount_in(reply.text(), "overdraft_limit"), "50.00");
    assert!(desk.operate("hold_balance", &body("1", "a/b ?", "50", "USD", "")).is_success());
    let reply = desk.operate("hold_balance", &body("2", "a/b ?", "0.01", "USD", ""));
    assert_eq!(reply.code().as_deref(), Some("INSUFFICIENT_FUNDS"));
    let reply = desk.patch(path, r#"{"add_currencies":["JPY"],"overdraft_limit":{"USD":20}}"#);
    assert_eq!(reply.json()["balances"].as_array().unwrap().len(), 2, "{}", reply.text());
    assert_eq!(amount_in(reply.text(), "shortfall"), "30.00");
    let reply = desk.patch(path, r#"{"status":"closed"}"#);
    assert_eq!(verdict(&reply), (409, "ACCOUNT_NOT_EMPTY".into()));
    assert_eq!(desk.patch(path, r#"{"status":"frozen"}"#).member("status"), "frozen");
    assert_eq!(desk.patch(path, r#"{"status":"active"}"#).member("status"), "active");
    assert_eq!(desk.patch(path, "{}").json()["metadata"]["x"], 1);
    let wrong = [
        (r#"{"status":"gone"}"#, "INVALID_REQUEST"),
        (r#"{"status":7}"#, "INVALID_REQUEST"),
        (r#"{"overdraft_limit":{"SGD":1}}"#, "INVALID_REQUEST"),
        (r#"{"overdraft_limit":{"USD":-1}}"#, "INVALID_AMOUNT"),
        (r#"{"add_currencies":["XTS"]}"#, "UNKNOWN_CURRENCY"),
        (r#"{"metadata":[]}"#, "INVALID_REQUEST"),
        ("[]", "INVALID_REQUEST"),
    ];
    let before = desk.state(path);
    for (body, code) in wrong {
        assert_eq!(verdict(&desk.patch(path, body)), (400, code.into()), "{body}");
    }
    assert_eq!(desk.state(path), before);
    assert_eq!(verdict(&desk.patch("x", "{}")), (404, "ACCOUNT_NOT_FOUND".into()));
    assert_eq!(verdict(&desk.patch("@funding", r#"{"status":"closed"}"#)).0, 404);
}

#[test]
fn a_list_goes_page_by_page_and_is_filtered() {
    let (_home, _server, mut desk) = open();
    for n in 0..25 {
        let customer = format!("c{}", n % 5);
        let body = format!(
            r#"{{"tenant_account_ref":"a{n:02}","currencies":["USD"],"tenant_customer_ref":"{customer}"}}"#
        );
        assert_eq!(desk.post("/v1/accounts", &body).status, 201);
    }
    for n in [3, 8, 9] {
        desk.patch(&format!("a{n:02}"), r#"{"status":"frozen"}"#);
    }
    let mut names = |query: &str| {
        let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let reply = desk.get(&format!("/v1/accounts?{query}{cursor}"));
            let json = reply.json();
            let data = json["data"].as_array().unwrap_or_else(|| panic!("{}", reply.text()));
            found.extend(
                data.iter().map(|it| it["tenant_account_ref"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            let Some(next) = json["next_cursor"].as_str() else { return (found, pages) };
            cursor = format!("&cursor={next}");
        }
    };
    let all: Vec<String> = (0..25).map(|n| format!("a{n:02}")).collect();
    assert_eq!(names("limit=10"), (all.clone(), 3));
    assert_eq!(names("limit=25"), (all.clone(), 1));
    assert_eq!(names("limit=1"), (all.clone(), 25));
    assert_eq!(names("limit=1000"), (all, 1));
    assert_eq!(names("status=frozen&limit=2").0, ["a03", "a08", "a09"]);
    assert_eq!(names("tenant_customer_ref=c3").0, ["a03", "a08", "a13", "a18", "a23"]);
    assert_eq!(names("tenant_customer_ref=c3&status=frozen").0, ["a03", "a08"]);
    assert_eq!(names("status=closed").0, [""; 0]);
    let wrong = [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=-1",
        "limit=",
        "cursor=x",
        "status=gone",
        "limit=1&limit=2",
        "unknown=1",
    ];
    for query in wrong {
        let reply = desk.get(&format!("/v1/accounts?{query}"));
        assert_eq!(verdict(&reply), (400, "INVALID_REQUEST".into()), "{query}");
    }
}

#[test]
fn holds_are_listed_and_those_at_zero_when_asked_for() {
    let (_home, _server, mut desk) = open();
    let balance = desk.open("a", &["USD"]).remove(0);
    desk.fund("a", "100", "USD");
    let first = desk.operate("hold_balance", &body("1", "a", "10", "USD", ""));
    let first = first.member("tenant_hold_balance_ref");
    let second = desk.operate("hold_balance", &body("2", "a", "20", "USD", ""));
    let second = second.member("tenant_hold_balance_ref");
    desk.operate("debit_hold_balance", &body("3", "a", "4", "USD", &of_hold(&first)));
    desk.operate("restore_balance", &body("4", "a", "6", "USD", &of_hold(&first)));
    desk.operate("credit_hold_balance", &body("5", "a", "1", "USD", &of_hold(&second)));
    let item = |hold: &str, transaction: &str, [held, placed, captured, restored]: [&str; 4]| {
        let usd = |member: &str, value: &str| {
            format!(r#""{member}":{{"value":{value},"currency":"USD"}}"#)
        };
        format!(
            r#"{{"tenant_hold_balance_ref":"{hold}","tenant_balance_ref":"{balance}","transaction_id":"{transaction}",{},{},{},{},"created_at":"T"}}"#,
            usd("held", held),
            usd("placed", placed),
            usd("captured", captured),
            usd("restored", restored)
        )
    };
    let zero = item(&first, "t-1", ["0.00", "10.00", "4.00", "6.00"]);
    let open = item(&second, "t-2", ["21.00", "21.00", "0.00", "0.00"]);
    let list =
        |desk: &mut Desk, query: &str| masked(&desk.get(&format!("/v1/accounts/a/holds{query}")));
    let page = |data: &str, next: &str| format!(r#"{{"data":[{data}],"next_cursor":{next}}}"#);
    assert_eq!(list(&mut desk, ""), page(&open, "null"));
    assert_eq!(list(&mut desk, "?all=false"), page(&open, "null"));
    assert_eq!(list(&mut desk, "?all=true"), page(&format!("{zero},{open}"), "null"));
    let cursor = first.replace("hold_", "act_");
    assert_eq!(list(&mut desk, "?all=true&limit=1"), page(&zero, &format!(r#""{cursor}""#)));
    let rest = list(&mut desk, &format!("?all=true&limit=1&cursor={cursor}"));
    assert_eq!(rest, page(&open, "null"));
    for wrong in ["all=1", "limit=0", "limit=1001", "cursor=1", "limit=1&limit=1"] {
        assert_eq!(desk.get(&format!("/v1/accounts/a/holds?{wrong}")).status, 400, "{wrong}");
    }
    assert_eq!(verdict(&desk.get("/v1/accounts/x/holds")), (404, "ACCOUNT_NOT_FOUND".into()));
}

//! The webhook: what is told is recorded once, before it is acknowledged, and shown to the operator.

use std::thread;

use serde_json::Value;

use crate::support::desk::{Desk, body};
use crate::support::raw::{Client, Reply, get, post, with_body};
use crate::support::server::Home;

pub(super) const WEBHOOK: &str = "/api/pba/webhook";
const SUCCESS: &str = r#"{"status":"Success"}"#;

/// A reversal as the documents have it, of that name and transaction.
fn reversal(id: &str, transaction: &str) -> String {
    format!(
        r#"{{"notification_id":"{id}","type":"v1:pba:transaction:final_auth_reversed","created_at":"2025-03-01T08:15:30Z","data":{{"notification_id":"{id}","transaction_id":"{transaction}","tenant_reference_id":"aut_0000000000000001","network_transaction_ref":"Qm3vT8xZr1LkP0aYd7Nf2HsWc9BgJe4U","network_message_ref":"m-2","amount":42.50,"currency":"SGD","billing_amount":42.50,"billing_currency_code":"SGD","billing_exchange_rate":1,"settlement_amount":31.6,"settlement_currency_code":"USD","settlement_exchange_rate":0.7435,"network_merchant_country_code":"SG","is_converted_pre_auth":false}}}}"#
    )
}

fn told(desk: &mut Desk, body: &str) -> Reply {
    desk.network(&post(WEBHOOK, body.as_bytes()))
}

fn tell(desk: &mut Desk, body: &str) {
    let reply = told(desk, body);
    assert_eq!((reply.status, reply.text()), (200, SUCCESS), "{body}");
}

fn list(desk: &mut Desk, query: &str) -> Vec<Value> {
    let reply = desk.get(&format!("/v1/notifications?{query}"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["data"].as_array().unwrap().clone()
}

fn names(desk: &mut Desk, query: &str) -> Vec<String> {
    let name = |it: &Value| it["notification_id"].as_str().unwrap().to_owned();
    list(desk, query).iter().map(name).collect()
}

#[test]
fn what_was_told_is_shown_as_it_was_told() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    tell(&mut desk, &reversal("n-1", "t-1"));
    let reply = desk.get("/v1/notifications");
    let shown = &reply.json()["data"][0];
    assert_eq!(shown["notification_id"], "n-1");
    assert_eq!(shown["type"], "v1:pba:transaction:final_auth_reversed");
    assert_eq!(shown["created_at"], "2025-03-01T08:15:30Z");
    assert_eq!(shown["transaction_id"], "t-1");
    assert_eq!(shown["tenant_reference_id"], "aut_0000000000000001");
    assert_eq!(shown["lsn"], 1);
    assert!(shown["received_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(shown["problems"], Value::Null);
    assert!(reply.text().contains(r#""amount":42.50,"currency":"SGD""#), "digits are kept");
    assert_eq!(reply.json()["next_cursor"], Value::Null);
}

#[test]
fn a_reversal_moves_nothing() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    desk.fund("a", "100", "SGD");
    let debit = body("k", "a", "42.50", "SGD", "");
    assert!(desk.operate("debit_balance", &debit).is_success());
    let before = desk.state("a");
    tell(&mut desk, &reversal("n-1", "t-k"));
    assert_eq!(desk.state("a"), before);
    let actions = desk.get("/v1/transactions/t-k").json();
    assert_eq!(actions["data"].as_array().unwrap().len(), 1, "it lists actions only");
    assert!(home.audit(&server, &[]).clean, "two sets of books agree");
}

#[test]
fn a_batch_is_each_of_its_items() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    tell(&mut desk, "[]");
    let batch: Vec<String> = (0..5).map(|n| reversal(&format!("n-{n}"), "t")).collect();
    tell(&mut desk, &format!(" [{},{}] ", batch.join(" ,\n"), batch[2]));
    assert_eq!(names(&mut desk, ""), ["n-4", "n-3", "n-2", "n-1", "n-0"]);
    // A part of it was told before, alone.
    tell(&mut desk, &format!("[{},{}]", batch[1], reversal("n-5", "t")));
    assert_eq!(names(&mut desk, "limit=2"), ["n-5", "n-4"]);
}

/// The same name is the same notification, whatever is said beside it, in every life.
#[test]
fn a_repeat_is_acknowledged_and_not_recorded_in_every_life() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    let first = reversal("n-1", "t-1");
    let nameless = r#"{"type":"transaction:charged","data":{"transaction_id":"t-1","tenant_reference_id":"r","status":"charged","charged_at":"2025-03-01T08:15:30Z"}}"#;
    for end in ["stop", "kill", "snapshot", "kill"] {
        let mut desk = Desk::at(&server);
        for _ in 0..2 {
            tell(&mut desk, &first);
            tell(&mut desk, &first.replace("42.50", "1.00"));
            tell(&mut desk, &format!("[{nameless},{first}]"));
            tell(&mut desk, &nameless.replace(":{", " : { "));
        }
        assert_eq!(list(&mut desk, "").len(), 2, "before {end}");
        match end {
            "stop" => assert!(server.stop().success()),
            "snapshot" => {
                assert_eq!(desk.post("/v1/snapshot", "{}").status, 201);
                server.kill();
            }
            _ => server.kill(),
        }
        server = home.serve(&[]);
    }
    assert!(home.audit(&server, &[]).clean, "two sets of books agree");
}

#[test]
fn those_who_tell_the_same_at_once_are_told_that_it_is_recorded_and_it_is_once() {
    let home = Home::new();
    let server = home.serve(&["--threads", "4"]);
    let ask = || {
        let mut client = Client::connect(server.network);
        for n in 0..50 {
            let reply = client.ask(&post(WEBHOOK, reversal(&format!("n-{n}"), "t").as_bytes()));
            assert_eq!((reply.status, reply.text()), (200, SUCCESS));
        }
    };
    thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(ask))));
    let mut names = names(&mut Desk::at(&server), "limit=1000");
    assert_eq!(names.len(), 50);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 50);
}

/// What is acknowledged is there after a crash that nobody saw coming.
#[test]
fn what_was_acknowledged_survives_a_kill() {
    let home = Home::new();
    let mut told = 0;
    for _ in 0..3 {
        let server = home.serve(&[]);
        let mut desk = Desk::at(&server);
        assert_eq!(list(&mut desk, "limit=1000").len(), told);
        for _ in 0..20 {
            tell(&mut desk, &reversal(&format!("n-{told}"), "t"));
            told += 1;
        }
        server.kill();
    }
}

#[test]
fn data_may_be_a_string_that_is_an_object() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let inner = r#"{\"transaction_id\":\"t-9\",\"a\":1.50}"#;
    tell(&mut desk, &format!(r#"{{"notification_id":"s","type":"x","data":"{inner}"}}"#));
    tell(&mut desk, r#"{"notification_id":"p","type":"x","data":"no object"}"#);
    assert_eq!(names(&mut desk, "transaction_id=t-9"), ["s"]);
    let shown = list(&mut desk, "");
    assert_eq!(shown[1]["data"]["a"], 1.5);
    assert_eq!(shown[1]["problems"], Value::Null);
    assert_eq!(shown[0]["data"], "no object");
    assert_eq!(shown[0]["problems"][0], "data is missing, or not an object");
}

/// What a notification lacks, and what is said of it: it is kept whatever that is.
#[test]
fn what_is_missing_is_said_and_never_refused() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let problems = |desk: &mut Desk, body: &str| {
        tell(desk, body);
        let shown = list(desk, "limit=1").remove(0);
        let problems = shown["problems"].as_array().cloned().unwrap_or_default();
        problems.iter().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let whole = reversal("n", "t");
    let cases = [
        (whole.clone(), vec![]),
        (r#"{"type":"v9:not:heard:of","data":{"x":1}}"#.into(), vec![]),
        (r#"{"type":"v9:nothing"}"#.into(), vec!["data is missing, or not an object"]),
        (
            whole.replace(r#""currency":"SGD","#, "").replace(r#""n""#, r#""n1""#),
            vec!["data.currency is missing"],
        ),
        (
            whole.replace("42.50,\"currency", "\"42.50\",\"currency").replace(r#""n""#, r#""n2""#),
            vec!["data.amount is not a number"],
        ),
        (
            whole.replace("2025-03-01T08:15:30Z", "yesterday").replace(r#""n""#, r#""n3""#),
            vec!["created_at is not a time"],
        ),
        (
            whole.replace(r#""n""#, "17"),
            vec![
                "notification_id is missing, or not a name",
                "data.notification_id is not a text of 1 to 128 bytes without control characters",
            ],
        ),
        (
            whole.replacen(r#""n""#, r#""n4""#, 1),
            vec!["data.notification_id is not notification_id"],
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(problems(&mut desk, &body), expected, "{body}");
    }
    let metrics = desk.get("/metrics");
    for line in [
        "holdfast_notifications_total{kind=\"unknown\"} 2",
        "holdfast_notifications_total{kind=\"v1:pba:transaction:final_auth_reversed\"} 6",
        "holdfast_notifications_total{kind=\"v1:wallet:token:deleted\"} 0",
        "holdfast_notifications_with_problems_total 6",
    ] {
        assert!(metrics.text().contains(line), "{line} in {}", metrics.text());
    }
}

#[test]
fn what_is_no_notification_is_400_and_keeps_none_beside_it_from_being_recorded() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(129));
    for bad in [
        "",
        "{",
        "null",
        "1",
        "\"{}\"",
        "{} {}",
        "[{}",
        "{}",
        r#"{"type":1}"#,
        r#"{"type":""}"#,
        r#"{"type":"\n"}"#,
        r#"{"type":"a","type":"b"}"#,
        "[[]]",
        "[1]",
        &long,
    ] {
        let reply = told(&mut desk, bad);
        assert_eq!(reply.status, 400, "{bad}: {}", reply.text());
        assert_eq!(reply.code().as_deref(), Some("INVALID_REQUEST"), "{bad}");
    }
    assert_eq!(desk.network(&post(WEBHOOK, b"{\"type\":\"\xff\"}")).status, 400);
    assert!(list(&mut desk, "").is_empty());
    let batch = format!("[{},{{}},{}]", reversal("n-1", "t"), reversal("n-2", "t"));
    for _ in 0..2 {
        let reply = told(&mut desk, &batch);
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains("item 1: "), "{}", reply.text());
        assert_eq!(names(&mut desk, ""), ["n-2", "n-1"]);
    }
}

#[test]
fn what_the_ledger_keeps_for_itself_nobody_sends() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let answers = ["3ds:challenge:oob", "3ds:challenge:otp", "orchestration:transaction:create"];
    let own = answers.map(|question| format!("{question}:answer"));
    for kind in own.iter().map(String::as_str).chain(["clearing:record"]) {
        let forged = format!(r#"{{"notification_id":"n","type":"{kind}","data":{{}}}}"#);
        let reply = told(&mut desk, &forged);
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains(kind), "{}", reply.text());
    }
    assert_eq!(names(&mut desk, ""), [""; 0]);
}

#[test]
fn the_webhook_has_limits_of_its_own() {
    let home = Home::new();
    let server = home.serve(&["--segment-bytes", "16777216"]);
    let mut desk = Desk::at(&server);
    let padded = |bytes: usize| {
        let empty = r#"{"notification_id":"big","type":"x","data":{"pad":""}}"#;
        empty.replace(r#""pad":"""#, &format!(r#""pad":"{}""#, "x".repeat(bytes - empty.len())))
    };
    assert_eq!(told(&mut desk, &padded((1 << 20) + 1)).status, 413);
    tell(&mut desk, &padded(1 << 20));
    assert_eq!(list(&mut desk, "")[0]["data"]["pad"].as_str().unwrap().len(), (1 << 20) - 54);
    assert_eq!(desk.network(&get(WEBHOOK, "")).status, 405);
    assert_eq!(desk.operator(&post(WEBHOOK, b"{}")).status, 404);
    let put = with_body("PUT", WEBHOOK, "", b"{}");
    assert_eq!(desk.network(&put).header("allow"), Some("POST"));
}

#[test]
fn a_list_has_filters_and_pages() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for n in 0..25 {
        let it = reversal(&format!("n-{n:02}"), &format!("t-{}", n % 5));
        tell(&mut desk, &if n % 2 == 0 { it } else { it.replace("final_auth", "pre_auth") });
    }
    let mut all = Vec::new();
    let mut query = "limit=4".to_owned();
    loop {
        let page = desk.get(&format!("/v1/notifications?{query}")).json();
        all.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("limit=4&cursor={next}");
    }
    let down = |it: &[Value]| it.is_sorted_by(|a, b| a["lsn"].as_u64() > b["lsn"].as_u64());
    assert!(all.len() == 25 && down(&all));
    let kind = "type=v1:pba:transaction:pre_auth_reversed";
    assert_eq!(names(&mut desk, kind).len(), 12);
    assert_eq!(names(&mut desk, "transaction_id=t-3"), ["n-23", "n-18", "n-13", "n-08", "n-03"]);
    assert_eq!(names(&mut desk, &format!("{kind}&transaction_id=t-3")), ["n-23", "n-13", "n-03"]);
    assert_eq!(names(&mut desk, &format!("{kind}&transaction_id=t-3&limit=2")), ["n-23", "n-13"]);
    let at = |n: usize| all[24 - n]["received_at"].as_str().unwrap();
    let span = format!("from={}&to={}", at(3), at(6));
    assert_eq!(names(&mut desk, &span), ["n-05", "n-04", "n-03"]);
    for bad in ["limit=0", "limit=1001", "cursor=x", "from=then", "colour=red", "type=a&type=b"] {
        assert_eq!(desk.get(&format!("/v1/notifications?{bad}")).status, 400, "{bad}");
    }
    let reversed = format!("/v1/notifications?from={}&to={}", at(6), at(3));
    assert_eq!(desk.get(&reversed).status, 400);
    let ahead = "cursor=act_7fffffffffffffff";
    assert_eq!(names(&mut desk, ahead).len(), 25, "there is nothing newer");
    assert_eq!(names(&mut desk, &format!("{ahead}&transaction_id=t-3")).len(), 5);
}

//! Where an answer's time went, told to whoever wants to know.

use crate::support::desk::{Desk, body};
use crate::support::raw::{Reply, post};
use crate::support::server::Home;

/// The entries of a header, in microseconds.
fn entries(reply: &Reply) -> Vec<(String, u128)> {
    let header = reply.header("server-timing").unwrap_or_else(|| panic!("no header: {reply:?}"));
    let entry = |text: &str| {
        let (name, time) = text.split_once(";dur=").unwrap();
        let (whole, rest) = time.split_once('.').unwrap();
        assert_eq!(rest.len(), 3, "{header}");
        let micros = whole.parse::<u128>().unwrap() * 1000 + rest.parse::<u128>().unwrap();
        (name.to_owned(), micros)
    };
    header.split(", ").map(entry).collect()
}

/// Asks for every kind of answer that tells its time: where it was decided, repeated, refused, no
/// request, and the same of authorizations.
fn ask(desk: &mut Desk) -> Vec<Reply> {
    let good = body("k", "a", "1", "USD", "");
    let bodies = [&*good, &*good, &good.replace("\"a\"", "\"b\""), "{}"];
    let mut replies: Vec<Reply> =
        bodies.iter().map(|body| desk.operate("credit_balance", body)).collect();
    let asked = r#"{"transaction_id":"t","tenant_account_ref":"a","amount":1,"currency":"USD"}"#;
    for body in [asked, asked, "{}"] {
        let path = "/api/pba/transactions/final-auth/approval";
        replies.push(desk.network(&post(path, body.as_bytes())));
    }
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [200, 200, 409, 400, 200, 200, 400]);
    replies
}

#[test]
fn an_answer_says_where_its_time_went_and_no_more_than_it_took() {
    let home = Home::new();
    let server = home.serve(&["--server-timing"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    #[expect(clippy::disallowed_methods, reason = "what the client saw is a time")]
    let begun = std::time::Instant::now();
    let replies = ask(&mut desk);
    let seen = begun.elapsed().as_micros();
    let mut told = 0;
    for reply in &replies {
        let entries = entries(reply);
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["read", "decide", "encode", "log"]);
        told += entries.iter().map(|(_, micros)| micros).sum::<u128>();
    }
    assert!(told <= seen, "{told} of {seen} µs");
    // A sync of the disk takes a while.
    assert!(entries(&replies[0])[3].1 > 0, "{:?}", replies[0]);
    assert!(desk.get("/v1/accounts/a").header("server-timing").is_none());
}

#[test]
fn who_did_not_ask_is_not_told_where_the_time_went() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    assert!(ask(&mut desk).iter().all(|reply| reply.header("server-timing").is_none()));
}

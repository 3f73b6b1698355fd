//! Clients that are slow, rude, too many, or gone.

use crate::support::desk::{Desk, body};
use crate::support::raw::{Client, get, post};
use crate::support::server::{Home, Server};

const TARGET: &str = "/api/pba/ledger/credit_balance";

/// A server that waits for a fifth of a second and no longer, with an account `a`.
fn hasty() -> (Home, Server, Desk) {
    let home = Home::new();
    let times =
        ["--head-timeout-ms", "200", "--body-timeout-ms", "200", "--write-timeout-ms", "200"];
    let server = home.serve(&times);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    (home, server, desk)
}

fn credit(key: &str) -> Vec<u8> {
    post(TARGET, body(key, "a", "1", "USD", "").as_bytes())
}

#[test]
fn a_head_that_does_not_come_in_time_is_refused() {
    let (_home, server, mut desk) = hasty();
    let before = desk.state("a");
    let slow = format!("POST {TARGET} HTTP/1.1\r\nX-Slow: {}", "x".repeat(10_000));
    for stalled in [&slow[..1], &slow[..40]] {
        let mut client = Client::connect(server.network);
        let reply = client.try_ask(stalled.as_bytes()).unwrap();
        assert_eq!(reply.status, 408);
        assert!(client.is_closed());
    }
    let mut client = Client::connect(server.network);
    assert_eq!(client.dribble(slow.as_bytes()).unwrap().status, 408);
    assert_eq!(desk.state("a"), before);
    desk.fund("a", "1", "USD");
}

#[test]
fn a_body_that_does_not_come_in_time_is_refused() {
    let (_home, server, mut desk) = hasty();
    let before = desk.state("a");
    let head = format!("POST {TARGET} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n");
    let stalls = [
        format!("{head}Content-Length: 300\r\n\r\n"),
        format!("{head}Content-Length: 300\r\n\r\n{{\"a\":"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"a\":\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n"),
    ];
    for stalled in stalls {
        let mut client = Client::connect(server.network);
        let reply = client.try_ask(stalled.as_bytes()).unwrap();
        assert_eq!(reply.code().as_deref(), Some("REQUEST_TIMEOUT"), "{stalled}");
        assert_eq!(reply.status, 408);
        assert!(client.is_closed());
    }
    let mut client = Client::connect(server.network);
    client.send(format!("{head}Content-Length: 9000\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(client.dribble(&[b' '; 9_000]).unwrap().status, 408);
    assert_eq!(desk.state("a"), before);
    desk.fund("a", "1", "USD");
}

#[test]
fn who_asks_whether_to_go_on_is_told_and_then_waited_for_so_long() {
    let (_home, server, _desk) = hasty();
    let request = String::from_utf8(credit("k")).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let expecting = format!("{head}\r\nExpect: 100-continue\r\n\r\n");
    let mut client = Client::connect(server.network);
    assert_eq!(client.ask(expecting.as_bytes()).status, 100);
    assert_eq!(client.receive().unwrap().status, 408);
    assert!(client.is_closed());
    let mut client = Client::connect(server.network);
    assert_eq!(client.ask(expecting.as_bytes()).status, 100);
    let reply = client.ask(body.as_bytes());
    assert!(reply.is_success() && !reply.is_replayed(), "{}", reply.text());
}

#[test]
fn who_expects_to_go_on_with_what_is_refused_anyway_is_told_so_at_once() {
    let (_home, server, _desk) = hasty();
    let large = format!(
        "POST {TARGET} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Content-Length: 20000\r\nExpect: 100-continue\r\n\r\n"
    );
    assert_eq!(Client::connect(server.network).ask(large.as_bytes()).status, 413);
}

#[test]
fn who_never_reads_is_let_go() {
    let (_home, server, mut desk) = hasty();
    let mut client = Client::connect(server.operator);
    let requests = get("/metrics", "").repeat(100);
    // Its own patience would end this with a timeout; the server's ends it with a reset.
    let ended = loop {
        if let Err(error) = client.send(&requests) {
            break error.kind();
        }
    };
    assert!(
        [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::BrokenPipe].contains(&ended),
        "{ended}"
    );
    desk.fund("a", "1", "USD");
}

#[test]
fn who_is_gone_before_the_answer_does_no_harm() {
    let (_home, server, mut desk) = hasty();
    for n in 0..100 {
        let mut client = Client::connect(server.network);
        client.send(&credit(&format!("k{n}"))).unwrap();
        client.reset();
    }
    // Each was done or was not; asked again, each is done once.
    for n in 0..100 {
        let reply = desk.network(&credit(&format!("k{n}")));
        assert!(reply.is_success(), "{}", reply.text());
    }
    assert_eq!(desk.figure("a", "posted"), "100.00");
}

#[test]
fn one_connection_too_many_is_refused_until_another_ends() {
    let home = Home::new();
    let server = home.serve(&["--max-connections", "8"]);
    let live = get("/health/live", "");
    let mut seated: Vec<Client> = (0..8).map(|_| Client::connect(server.operator)).collect();
    for client in &mut seated {
        assert_eq!(client.ask(&live).status, 200);
    }
    for _ in 0..20 {
        let refused = Client::connect(server.operator).try_ask(&live);
        assert!(refused.is_err(), "{refused:?}");
    }
    drop(seated.pop());
    // Its seat is free once the server has noticed.
    let served = (0..10_000).any(|_| {
        let answer = Client::connect(server.operator).try_ask(&live);
        answer.is_ok_and(|reply| reply.status == 200)
    });
    assert!(served);
    for client in &mut seated {
        assert_eq!(client.ask(&live).status, 200);
    }
}

#[test]
fn more_connections_than_descriptors_are_accepted_once_there_are_some() {
    let home = Home::new();
    let server = home.serve_with_descriptors(48);
    let live = get("/health/live", "");
    let mut seated = Client::connect(server.operator);
    assert_eq!(seated.ask(&live).status, 200);
    let waiting: Vec<Client> = (0..100).map(|_| Client::connect(server.operator)).collect();
    assert_eq!(seated.ask(&live).status, 200);
    drop(waiting);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    desk.fund("a", "1", "USD");
}

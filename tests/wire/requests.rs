//! Whole requests: where they go, in which order they are answered, and in which forms they may come.

use super::transport::{TARGET, chunked, open};
use crate::support::desk::{OPERATIONS, amount_in, body, path};
use crate::support::raw::{Client, get, post, with_body};

#[test]
fn a_request_in_another_lawful_form_is_done() {
    let (_home, server, mut desk) = open();
    let good = body("KEY", "a", "1", "USD", "");
    let size = good.len();
    let (left, right) = good.split_at(size / 2);
    let pieces = [left, right].map(|part| format!("{:X};x=\"y\"\r\n{part}\r\n", part.len()));
    let chunks = format!("{}0\r\nTrailer: 1\r\n\r\n", pieces.concat());
    let kind = |kind: &str| {
        let head = format!("POST {TARGET} HTTP/1.1\r\nHost: h\r\ncontent-TYPE:{kind}\r\n");
        format!("{head}content-length:{size}\r\n\r\n{good}").into_bytes()
    };
    let cases: [(&str, Vec<u8>); 8] = [
        ("chunks", chunked(&chunks)),
        ("a charset", kind("application/json; charset=utf-8")),
        ("a quoted charset", kind(" Application/JSON ;Charset=\"UTF-8\"")),
        ("a query", post(&format!("{TARGET}?trace=1"), good.as_bytes())),
        ("an empty line before", [b"\r\n", &post(TARGET, good.as_bytes())[..]].concat()),
        (
            "G13 a header beyond ASCII",
            with_body("POST", TARGET, "X-Id: \u{e9}\r\n", good.as_bytes()),
        ),
        ("a host that is not ours", with_body("POST", TARGET, "X-Host: x\r\n", good.as_bytes())),
        ("spaces around a value", with_body("POST", TARGET, "X-A: \t 1 \t\r\n", good.as_bytes())),
    ];
    for (n, (name, bytes)) in cases.iter().enumerate() {
        let key = format!("{n:03}");
        let bytes: Vec<u8> = replace(bytes, b"KEY", key.as_bytes());
        let reply = Client::connect(server.network).ask(&bytes);
        assert!(reply.is_success() && !reply.is_replayed(), "{name}: {}", reply.text());
    }
    assert_eq!(desk.figure("a", "posted"), "8.00");
}

/// Each occurrence of a word by one of the same length.
fn replace(bytes: &[u8], word: &[u8; 3], by: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() - 2 {
        if &bytes[at..at + 3] == word {
            bytes[at..at + 3].copy_from_slice(by);
        }
    }
    bytes
}

#[test]
fn a_path_takes_its_methods_and_names_them() {
    let (_home, server, mut desk) = open();
    let before = desk.state("a");
    let operations = OPERATIONS.map(|operation| (true, path(operation), "POST"));
    let calls = [
        ("/v1/accounts", "GET, POST"),
        ("/v1/accounts/a", "GET, PATCH"),
        ("/v1/accounts/a/holds", "GET"),
        ("/v1/transfers", "POST"),
        ("/v1/transactions/t", "GET"),
        ("/v1/actions/act_0000000000000001", "GET"),
        ("/v1/trial-balance", "GET"),
        ("/health/live", "GET"),
        ("/health/ready", "GET"),
        ("/metrics", "GET"),
    ];
    let calls = calls.map(|(path, allow)| (false, path.to_owned(), allow));
    let methods = [
        "GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "post", "get",
    ];
    for (is_network, path, allow) in operations.into_iter().chain(calls) {
        for method in
            methods.into_iter().filter(|method| !allow.split(", ").any(|it| it == *method))
        {
            let request = with_body(method, &path, "", b"");
            let address = if is_network { server.network } else { server.operator };
            let reply = Client::connect(address).ask(&request);
            assert_eq!(
                (reply.status, reply.header("allow")),
                (405, Some(allow)),
                "{method} {path}"
            );
            let code = if method == "HEAD" { None } else { Some("METHOD_NOT_ALLOWED") };
            assert_eq!(reply.code().as_deref(), code, "{method} {path}");
        }
        let tunnel = with_body("CONNECT", &path, "", b"");
        let address = if is_network { server.network } else { server.operator };
        let reply = Client::connect(address).ask(&tunnel);
        assert!([400, 405].contains(&reply.status), "CONNECT {path}: {}", reply.status);
    }
    assert_eq!(desk.state("a"), before);
}

#[test]
fn a_path_that_is_not_there_is_not_found() {
    let (_home, _server, mut desk) = open();
    let network = [
        "/",
        "/api/pba",
        "/api/pba/",
        "/api/pba/ledger",
        "/api/pba/ledger/",
        "*",
        "/api/pba/ledger/hold_balance/",
        "/api/pba/ledger/HOLD_BALANCE",
        "/api/pba/ledger/hold%5fbalance",
        "/api/pba//ledger/hold_balance",
        "/api/pba/../pba/ledger/hold_balance",
        "/ledger/hold_balance",
        "/v1/accounts",
        "/v1/trial-balance",
        "/health/live",
        "/metrics",
        "/api/pba/ledger/batch",
    ];
    let operator = [
        "/",
        "/v1",
        "/v1/",
        "/v1/account",
        "/v1/accounts/a/",
        "/v1/accounts/a/b",
        "/v2/accounts",
        "*",
        "/health",
        "/health/",
        "//v1/accounts",
        "/api/pba/ledger/hold_balance",
        "/v1/transactions",
        "/v1/accounts/%ff",
        "/v1/actions/act_1",
        "/v1/actions/act_ffffffffffffffff",
    ];
    for path in network {
        let reply = desk.network(&post(path, b"{}"));
        assert_eq!((reply.status, reply.code().as_deref()), (404, Some("NOT_FOUND")), "{path}");
    }
    for path in operator {
        let reply = desk.operator(&get(path, ""));
        assert_eq!((reply.status, reply.code().as_deref()), (404, Some("NOT_FOUND")), "{path}");
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let (_home, server, _desk) = open();
    let mut client = Client::connect(server.network);
    let body = |n: u32| body(&format!("k{n}"), "a", "1", "USD", "");
    let requests: Vec<u8> = (1..=50)
        .flat_map(|n| match n % 10 {
            0 => get(TARGET, ""),
            _ => post(TARGET, body(n).as_bytes()),
        })
        .collect();
    client.send(&requests).unwrap();
    let mut done = 0;
    for n in 1..=50 {
        let reply = client.receive().unwrap();
        if n % 10 == 0 {
            assert_eq!(reply.status, 405, "{n}");
        } else {
            done += 1;
            assert_eq!(amount_in(reply.text(), "available_balance"), format!("{done}.00"), "{n}");
        }
    }
}

#[test]
fn what_follows_a_body_that_was_refused_is_no_request_of_its_own() {
    let (_home, server, mut desk) = open();
    let inner = post(TARGET, body("inner", "a", "1", "USD", "").as_bytes());
    let headers = format!(
        "POST {TARGET} HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        inner.len()
    );
    let before = desk.state("a");
    let mut client = Client::connect(server.network);
    client.send(&[headers.as_bytes(), &inner].concat()).unwrap();
    assert_eq!(client.receive().unwrap().status, 415);
    assert!(client.is_closed());
    assert_eq!(desk.state("a"), before);
}

#[test]
fn an_old_client_is_answered_and_let_go() {
    let (_home, server, _desk) = open();
    let mut client = Client::connect(server.network);
    let modern =
        String::from_utf8(post(TARGET, body("k", "a", "1", "USD", "").as_bytes())).unwrap();
    let old = modern.replace("HTTP/1.1", "HTTP/1.0").replace("Host: holdfast\r\n", "");
    assert!(client.ask(old.as_bytes()).is_success());
    assert!(client.is_closed());
}

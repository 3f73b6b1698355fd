//! Bytes that are no request, or that are one and should not be.

use crate::support::desk::{Desk, body};
use crate::support::raw::{Client, post};
use crate::support::server::{Home, Server};

/// What the bytes are, the statuses that are lawful, and whether the connection must end then.
type Case = (&'static str, Vec<u8>, &'static [u16], After);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Closed,
    Either,
}

const BAD: &[u16] = &[400];
/// The connection ends without an answer.
const UNANSWERED: u16 = 0;
pub(super) const TARGET: &str = "/api/pba/ledger/credit_balance";

/// A request whose head has `line` for its request line and `headers` beside the usual ones.
fn request(line: &str, headers: &str) -> Vec<u8> {
    let body = body("smuggled", "a", "1", "USD", "");
    let length = body.len();
    let usual = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    format!("{line}\r\n{headers}{usual}\r\n{body}").into_bytes()
}

fn with_headers(headers: &str) -> Vec<u8> {
    request(&format!("POST {TARGET} HTTP/1.1"), &format!("Host: h\r\n{headers}"))
}

/// A request whose body is framed by `headers` and is `body`.
fn framed(headers: &str, body: &str) -> Vec<u8> {
    let head = format!("POST {TARGET} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n");
    format!("{head}{headers}\r\n{body}").into_bytes()
}

pub(super) fn chunked(body: &str) -> Vec<u8> {
    framed("Transfer-Encoding: chunked\r\n", body)
}

fn line(line: &str) -> Vec<u8> {
    request(line, "Host: h\r\n")
}

/// Runs each case on a connection of its own; nothing moves, and the server goes on.
fn run(cases: &[Case]) {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    desk.fund("a", "1", "USD");
    let before = desk.state("a");
    for (name, bytes, statuses, after) in cases {
        let mut client = Client::connect(server.network);
        // It may have heard enough before it has heard all.
        let _ = client.send(bytes);
        let status = client.receive().map_or(UNANSWERED, |reply| reply.status);
        assert!(statuses.contains(&status), "{name}: {status}");
        assert!(*after == After::Either || client.is_closed(), "{name}: still open");
        assert_eq!(desk.state("a"), before, "{name}");
        desk.fund("a", "0", "USD");
    }
}

#[test]
fn a_head_that_is_none_is_refused_and_the_connection_ends() {
    let post = format!("POST {TARGET} HTTP/1.1");
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec();
    let many: String = (0..100).map(|n| format!("X-{n}: 1\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "x".repeat(20_000));
    run(&[
        ("G10 no host", request(&post, ""), BAD, After::Closed),
        ("G10 two hosts", request(&post, "Host: a\r\nHost: b\r\n"), BAD, After::Closed),
        ("G12 a folded header", with_headers("X-A: 1\r\n 2\r\n"), BAD, After::Closed),
        ("G12 a space before the colon", with_headers("X-A : 1\r\n"), BAD, After::Closed),
        ("G12 a NUL in a value", with_headers("X-A: 1\0\r\n"), BAD, After::Closed),
        ("G12 a NUL in a name", with_headers("X\0A: 1\r\n"), BAD, After::Closed),
        ("G12 a bare carriage return", with_headers("X-A: 1\rX-B: 2\r\n"), BAD, After::Closed),
        ("G12 a vertical tab", with_headers("X-A: 1\x0b\r\n"), BAD, After::Closed),
        ("G12 no colon", with_headers("nonsense\r\n"), BAD, After::Closed),
        ("G12 no name", with_headers(": 1\r\n"), BAD, After::Closed),
        ("G15 a long head", with_headers(&long), &[431], After::Closed),
        ("G15 many headers", with_headers(&many), &[431], After::Closed),
        (
            "G19 upgrade to HTTP/2",
            with_headers(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            ),
            BAD,
            After::Closed,
        ),
        (
            "G19 upgrade to a web socket",
            with_headers("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
            BAD,
            After::Closed,
        ),
        (
            "G19 the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            &[400, UNANSWERED],
            After::Closed,
        ),
        ("G25 a TLS client", hello, BAD, After::Closed),
    ]);
}

#[test]
fn a_request_line_that_is_none_is_refused_and_the_connection_ends() {
    let long = format!("POST /{} HTTP/1.1", "x".repeat(70_000));
    run(&[
        ("G15 a long target", line(&long), &[414, 431], After::Closed),
        (
            "an absolute target",
            line(&format!("POST http://holdfast{TARGET} HTTP/1.1")),
            BAD,
            After::Closed,
        ),
        ("HTTP/0.9", b"GET /health/live\r\n\r\n".to_vec(), BAD, After::Closed),
        ("HTTP/1.2", line(&format!("POST {TARGET} HTTP/1.2")), BAD, After::Closed),
        ("HTTP/2.0", line(&format!("POST {TARGET} HTTP/2.0")), BAD, After::Closed),
        ("no version", line(&format!("POST {TARGET}")), BAD, After::Closed),
        ("two spaces", line(&format!("POST  {TARGET} HTTP/1.1")), BAD, After::Closed),
        ("a space in the target", line(&format!("POST {TARGET} x HTTP/1.1")), BAD, After::Closed),
        ("nonsense", b"\0\xff\x01 nonsense\r\n\r\n".to_vec(), BAD, After::Closed),
    ]);
}

#[test]
fn a_body_that_is_framed_in_two_ways_or_in_none_is_refused() {
    let body = body("smuggled", "a", "1", "USD", "");
    let size = body.len();
    let lengths = |value: &str| framed(&format!("Content-Length: {value}\r\n"), &body);
    run(&[
        ("G9 no length", framed("", &body), BAD, After::Either),
        ("G9 a length of zero", lengths("0"), BAD, After::Either),
        ("G9 a length too short", lengths(&(size - 1).to_string()), BAD, After::Either),
        ("G9 a length below zero", lengths("-1"), BAD, After::Closed),
        ("G9 a length with a plus", lengths(&format!("+{size}")), BAD, After::Closed),
        ("G9 two numbers as the length", lengths(&format!("{size}, 5")), BAD, After::Closed),
        ("G9 a length that is no number", lengths("ten"), BAD, After::Closed),
        ("G9 an empty length", lengths(""), BAD, After::Closed),
        (
            "G9 two lengths",
            framed(&format!("Content-Length: {size}\r\nContent-Length: 5\r\n"), &body),
            BAD,
            After::Closed,
        ),
        (
            "G15 the largest length",
            lengths("18446744073709551615"),
            &[413, 431, 400],
            After::Closed,
        ),
        (
            "G15 more than the largest length",
            lengths("18446744073709551616"),
            &[413, 431, 400],
            After::Closed,
        ),
        ("G15 a byte too long, announced", lengths("16385"), &[413], After::Closed),
    ]);
}

#[test]
fn an_encoding_that_is_not_chunked_is_refused() {
    let body = body("smuggled", "a", "1", "USD", "");
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    run(&[
        ("an unknown encoding", framed("Transfer-Encoding: gzip\r\n", &chunk), BAD, After::Closed),
        (
            "chunks within",
            framed("Transfer-Encoding: chunked, gzip\r\n", &chunk),
            BAD,
            After::Closed,
        ),
        (
            "chunks in HTTP/1.0",
            String::from_utf8(chunked(&chunk)).unwrap().replace("1.1", "1.0").into_bytes(),
            BAD,
            After::Closed,
        ),
    ]);
}

#[test]
fn chunks_that_do_not_add_up_are_refused() {
    let body = body("smuggled", "a", "1", "USD", "");
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let extension = format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(100_000));
    run(&[
        ("G16 an extension of 100 KB", chunked(&extension), BAD, After::Closed),
        (
            "G16 a size that overflows",
            chunked("ffffffffffffffff1\r\nx\r\n0\r\n\r\n"),
            BAD,
            After::Closed,
        ),
        ("G16 a size that is no number", chunked("xyz\r\nx\r\n0\r\n\r\n"), BAD, After::Closed),
        (
            "G16 a chunk longer than its size",
            chunked(&chunk.replace("\r\n0", "x\r\n0")),
            BAD,
            After::Closed,
        ),
        ("G16 no size", chunked("\r\n\r\n"), BAD, After::Closed),
        ("G16 a size below zero", chunked("-1\r\nx\r\n0\r\n\r\n"), BAD, After::Closed),
        (
            "G16 chunks beyond the limit",
            chunked(&format!("4001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x4001))),
            &[413],
            After::Closed,
        ),
    ]);
}

/// Chunks win over a length, as RFC 9112 has it, and the connection ends: whoever believed the
/// length cannot make what follows a request.
#[test]
fn a_body_with_a_length_and_chunks_is_the_last_of_its_connection() {
    let (_home, server, mut desk) = open();
    let chunk = |key: &str| {
        let body = body(key, "a", "1", "USD", "");
        format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
    };
    let orders = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ];
    for (n, headers) in orders.into_iter().enumerate() {
        let mut client = Client::connect(server.network);
        let inner = post(TARGET, body("inner", "a", "100", "USD", "").as_bytes());
        let request = [framed(headers, &chunk(&format!("outer-{n}"))), inner].concat();
        let reply = client.ask(&request);
        assert!([200, 400].contains(&reply.status), "{headers}: {}", reply.text());
        assert!(client.is_closed(), "{headers}");
    }
    let posted = desk.figure("a", "posted");
    assert!(["0.00", "2.00"].contains(&posted.as_str()), "{posted}");
}

#[test]
fn a_body_is_json_in_utf8_and_not_encoded() {
    let body = body("smuggled", "a", "1", "USD", "");
    let typed = |headers: &str| {
        let length = body.len();
        let head = format!("POST {TARGET} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n");
        format!("{head}{headers}\r\n{body}").into_bytes()
    };
    let kinds = [
        "",
        "Content-Type:\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/json\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/json-patch+json\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type: application/json; charset=utf-16\r\n",
        "Content-Type: application/json; charset=latin-1\r\n",
        "Content-Type: application/json, text/plain\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        "Content-Type: appl\u{ec}cation/json\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        "Content-Type: application/json\r\nContent-Encoding: br\r\n",
    ];
    let cases: Vec<Case> =
        kinds.map(|headers| (headers, typed(headers), &[415][..], After::Either)).into();
    run(&cases);
}

/// A server, and a desk at it, with an account `a`.
pub(super) fn open() -> (Home, Server, Desk) {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    (home, server, desk)
}

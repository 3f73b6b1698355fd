//! Bodies that are no JSON, no object, or not one object.

use super::table::Edit::Bytes;
use super::table::Expect::{Applied, Invalid, Lawful};
use super::table::{Expect, Row, run, twice};
use crate::support::desk::{OPERATIONS, path};
use crate::support::raw::post;

const ALL: &[&str] = &OPERATIONS;
const REQUEST: Expect = Invalid("INVALID_REQUEST");
/// The largest body of an operation.
const BODY_MAX: usize = 16 << 10;

const SHAPES: &[Row] = &[
    ("B6 an array", ALL, Bytes(|_| br#"["t1","acc1","k1","a1",{}]"#.to_vec()), REQUEST),
    ("C9 a byte that is no UTF-8", ALL, Bytes(|body| with_byte(body, &[0xff])), REQUEST),
    ("C9 an overlong form", ALL, Bytes(|body| with_byte(body, &[0xc0, 0x80])), REQUEST),
    ("C9 half a character", ALL, Bytes(|body| with_byte(body, &[0xe2, 0x82])), REQUEST),
    ("C9 a surrogate in UTF-8", ALL, Bytes(|body| with_byte(body, &[0xed, 0xa0, 0x80])), REQUEST),
    ("C9 not UTF-8 in what is ignored", ALL, Bytes(|body| ignored(body, b"\"\xff\"")), REQUEST),
    (
        "D1 amount twice",
        ALL,
        Bytes(|body| ahead(body, r#""amount":{"value":1,"currency":"USD"}"#)),
        REQUEST,
    ),
    (
        "D3 amount twice by escape",
        ALL,
        Bytes(|body| ahead(body, r#""amoun\u0074":{"value":1,"currency":"USD"}"#)),
        REQUEST,
    ),
    ("D4 the key twice", ALL, Bytes(|body| ahead(body, r#""idempotency_key":"another""#)), REQUEST),
    (
        "D4 the key twice by escape",
        ALL,
        Bytes(|body| ahead(body, r#""\u0069dempotency_key":"another""#)),
        REQUEST,
    ),
    (
        "D4 the transaction twice",
        ALL,
        Bytes(|body| ahead(body, r#""transaction_id":"another""#)),
        REQUEST,
    ),
    (
        "D4 the account twice",
        ALL,
        Bytes(|body| ahead(body, r#""tenant_account_ref":"another""#)),
        REQUEST,
    ),
    (
        "D4 the action twice",
        ALL,
        Bytes(|body| ahead(body, r#""of_action_ref":"another""#)),
        REQUEST,
    ),
    ("D7 many unknown members", ALL, Bytes(|body| ignored(body, &unknown_members(1_500))), Applied),
    ("D9 text behind", ALL, Bytes(|body| behind(body, "x")), REQUEST),
    ("D9 a NUL behind", ALL, Bytes(|body| behind(body, "\0")), REQUEST),
    ("D9 two objects", ALL, Bytes(|body| behind(body, body)), REQUEST),
    ("D10 a comma at the end", ALL, Bytes(|body| cut(body, 1, ",}")), REQUEST),
    ("D10 a comment", ALL, Bytes(|body| behind(body, "/* done */")), REQUEST),
    ("D10 single quotes", ALL, Bytes(|body| body.replace('"', "'").into_bytes()), REQUEST),
    ("D10 a name without quotes", ALL, Bytes(|body| ahead(body, "a:1")), REQUEST),
    ("D12 UTF-16", ALL, Bytes(utf16), REQUEST),
    ("D12 a byte order mark", ALL, Bytes(|body| format!("\u{feff}{body}").into_bytes()), REQUEST),
    ("D13 empty", ALL, Bytes(|_| Vec::new()), REQUEST),
    ("D13 spaces", ALL, Bytes(|_| b" \r\n\t".to_vec()), REQUEST),
    ("D13 null", ALL, Bytes(|_| b"null".to_vec()), REQUEST),
    ("D13 a text", ALL, Bytes(|_| b"\"x\"".to_vec()), REQUEST),
    ("D13 a number", ALL, Bytes(|_| b"1".to_vec()), REQUEST),
    ("D13 no element", ALL, Bytes(|_| b"[]".to_vec()), REQUEST),
    ("D13 no member", ALL, Bytes(|_| b"{}".to_vec()), REQUEST),
    ("D13 within an array", ALL, Bytes(|body| format!("[{body}]").into_bytes()), REQUEST),
    ("cut short", ALL, Bytes(|body| cut(body, 1, "")), REQUEST),
    ("cut in the middle", ALL, Bytes(|body| cut(body, body.len() / 2, "")), REQUEST),
    ("D16 spaces around", ALL, Bytes(|body| format!(" \r\n\t{body}\n ").into_bytes()), Applied),
    (
        "D16 a space that JSON does not know",
        ALL,
        Bytes(|body| format!("\u{a0}{body}").into_bytes()),
        REQUEST,
    ),
    ("D16 spaces up to the limit", ALL, Bytes(|body| padded(body, BODY_MAX)), Applied),
    ("deep arrays in what is ignored", ALL, Bytes(|body| ignored(body, &nested("[", "]"))), Lawful),
    (
        "deep objects in what is ignored",
        ALL,
        Bytes(|body| ignored(body, &nested(r#"{"a":"#, "}"))),
        Lawful,
    ),
    ("deep arrays that never end", ALL, Bytes(|_| b"[".repeat(BODY_MAX)), REQUEST),
    ("deep objects that never end", ALL, Bytes(|_| br#"{"a":"#.repeat(3_000)), REQUEST),
];

#[test]
fn a_body_is_one_json_object_and_no_member_is_there_twice() {
    run(SHAPES);
}

#[test]
fn whichever_bit_is_flipped_the_answer_is_lawful() {
    twice(|driver| {
        let length = driver.stage.body("restore_balance", "round-0000-round-0000").len();
        for bit in 0..length * 8 {
            let operation = OPERATIONS[bit % OPERATIONS.len()];
            // Said twice, so that no flip makes it another row's.
            let key = driver.next_key();
            let key = format!("{key}-{key}");
            let mut body = driver.stage.body(operation, &key).into_bytes();
            let at = (bit / 8) % body.len();
            body[at] ^= 1 << (bit % 8);
            driver.expect(&format!("D15 bit {bit}"), operation, &key, &body, Lawful);
        }
    });
}

#[test]
fn a_body_over_the_limit_is_refused_and_moves_nothing() {
    twice(|driver| {
        for operation in OPERATIONS {
            for size in [BODY_MAX + 1, 1 << 20] {
                let key = driver.next_key();
                let body = driver.stage.body(operation, &key);
                let reply = driver.desk.network(&post(&path(operation), &padded(&body, size)));
                let told = format!("{size} bytes on {operation}: {}", reply.text());
                assert_eq!(reply.status, 413, "{told}");
                assert_eq!(reply.code().as_deref(), Some("BODY_TOO_LARGE"), "{told}");
                driver.is_unchanged(&key, reply.status, &told);
            }
        }
    });
}

fn with_byte(body: &str, bytes: &[u8]) -> Vec<u8> {
    let at = body.find("\",").unwrap();
    [&body.as_bytes()[..at], bytes, &body.as_bytes()[at..]].concat()
}

fn ahead(body: &str, member: &str) -> Vec<u8> {
    format!("{{{member},{}", &body[1..]).into_bytes()
}

fn ignored(body: &str, value: &[u8]) -> Vec<u8> {
    [b"{\"ignored\":", value, b",", &body.as_bytes()[1..]].concat()
}

fn behind(body: &str, text: &str) -> Vec<u8> {
    format!("{body}{text}").into_bytes()
}

fn cut(body: &str, bytes: usize, then: &str) -> Vec<u8> {
    format!("{}{then}", &body[..body.len() - bytes]).into_bytes()
}

fn utf16(body: &str) -> Vec<u8> {
    body.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn padded(body: &str, size: usize) -> Vec<u8> {
    format!("{body}{}", " ".repeat(size - body.len())).into_bytes()
}

/// An object with so many members, in fewer than ten bytes each.
fn unknown_members(count: usize) -> Vec<u8> {
    let members: Vec<String> = (0..count).map(|n| format!(r#""{n:x}":0"#)).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn nested(open: &str, close: &str) -> Vec<u8> {
    format!("{}0{}", open.repeat(2_500), close.repeat(2_500)).into_bytes()
}

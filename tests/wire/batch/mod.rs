//! `POST /v1/ledger/batch` over real sockets and real files.

mod alike;
mod cut;
mod ends;
mod streams;

use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::value::RawValue;
use wal::simulated::Choices;

use crate::support::desk::{Desk, body};
use crate::support::raw::{Client, Reply};

/// How operations follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Array,
    Lines,
}

const FORMS: [Form; 2] = [Form::Array, Form::Lines];

/// One answer of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    replayed: bool,
    body: String,
    ends: bool,
}

#[derive(Deserialize)]
struct Wire<'a> {
    status: u16,
    replayed: bool,
    #[serde(borrow)]
    body: &'a RawValue,
    #[serde(default)]
    ends_batch: bool,
}

impl Told {
    fn read(text: &str) -> Self {
        let wire: Wire<'_> =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let Wire { status, replayed, body, ends_batch } = wire;
        Self { status, replayed, body: body.get().to_owned(), ends: ends_batch }
    }

    fn code(&self) -> Option<String> {
        let json: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        json["error"]["code"].as_str().map(str::to_owned)
    }

    fn is_done(&self) -> bool {
        self.body.starts_with(r#"{"success":true,"#)
    }
}

impl Form {
    const fn kind(self) -> &'static str {
        match self {
            Self::Array => "application/json",
            Self::Lines => "application/x-ndjson",
        }
    }

    /// The operations as one body.
    fn written(self, items: &[String]) -> String {
        match self {
            Self::Array => format!("[{}]", items.join(",")),
            Self::Lines => items.iter().map(|item| format!("{item}\n")).collect(),
        }
    }

    /// What a whole answer tells.
    fn read(self, text: &str) -> Vec<Told> {
        match self {
            Self::Array => {
                let all: Vec<&RawValue> =
                    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
                all.into_iter().map(|item| Told::read(item.get())).collect()
            }
            Self::Lines => text.lines().map(Told::read).collect(),
        }
    }

    /// The head of a request whose body is as long as it says, or sent in chunks.
    fn head(self, length: Option<usize>) -> String {
        let framing = match length {
            Some(length) => format!("Content-Length: {length}"),
            None => "Transfer-Encoding: chunked".to_owned(),
        };
        let kind = self.kind();
        format!(
            "POST /v1/ledger/batch HTTP/1.1\r\nHost: holdfast\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n"
        )
    }

    fn request(self, body: &str) -> Vec<u8> {
        (self.head(Some(body.len())) + body).into_bytes()
    }

    /// The same, in chunks that end where `choices` says: at most so many bytes each.
    fn request_in_chunks(self, body: &str, choices: &mut Choices, bytes_max: u64) -> Vec<u8> {
        let (mut bytes, mut rest) = (self.head(None).into_bytes(), body.as_bytes());
        while !rest.is_empty() {
            let length = usize::try_from(1 + choices.below(bytes_max)).unwrap().min(rest.len());
            bytes.extend_from_slice(&chunk(&rest[..length]));
            rest = &rest[length..];
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let head = format!("{:x}\r\n", bytes.len());
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

/// An operation of a batch.
fn item(operation: &str, body: &str) -> String {
    body.replacen('{', &format!(r#"{{"operation":"{operation}","#), 1)
}

/// A credit of one unit, named by `key`.
fn credit(key: &str) -> String {
    item("credit_balance", &body(key, "a", "1", "USD", ""))
}

fn credits(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| credit(&format!("{name}-{n}"))).collect()
}

/// Sends a batch whole and returns what it tells; the answer must be a whole one.
fn ask(operator: SocketAddr, form: Form, items: &[String]) -> Vec<Told> {
    told(form, &Client::connect(operator).ask(&form.request(&form.written(items))))
}

/// What an answer tells.
fn told(form: Form, reply: &Reply) -> Vec<Told> {
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(form.kind())), "{reply:?}");
    form.read(reply.text())
}

/// One counter of the server's.
fn counter(desk: &mut Desk, name: &str) -> u64 {
    let metrics = desk.get("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {}", metrics.text())).parse().unwrap()
}

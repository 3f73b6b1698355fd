//! HTTP over raw sockets: requests as bytes made once, and answers read no further than to their
//! end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, ensure};

use crate::generator::Protocol;
use crate::template::{Template, Texts};

/// Holds on a server of HTTP, as [`Generator`](crate::generator::Generator) asks for them.
#[derive(Clone, Debug)]
pub struct Holds {
    address: SocketAddr,
    template: Template,
}

impl Holds {
    /// Holds on so many accounts of the server at `address`.
    #[must_use]
    pub fn on(address: SocketAddr, accounts: u64) -> Self {
        Self { address, template: hold(accounts) }
    }
}

impl Protocol for Holds {
    fn connect(&self) -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn request(&mut self, number: u64) -> &[u8] {
        self.template.request(number)
    }

    fn answered(&self, bytes: &[u8]) -> anyhow::Result<bool> {
        let Some(length) = answer(bytes)? else { return Ok(false) };
        succeeded(&bytes[..length])?;
        Ok(true)
    }
}

/// A hold as the card network asks for one.
#[must_use]
pub fn hold(accounts: u64) -> Template {
    Template::new(accounts, |texts| {
        let Texts { idempotency_key, transaction_id, account, of_action_ref } = texts;
        let body = format!(
            r#"{{"idempotency_key":"{idempotency_key}","transaction_id":"{transaction_id}","tenant_account_ref":"{account}","of_action_ref":"{of_action_ref}","amount":{{"value":12.50,"currency":"SGD"}}}}"#
        );
        post("/api/pba/ledger/hold_balance", &body)
    })
}

/// A request with a body of JSON.
#[must_use]
pub fn post(path: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    (head + body).into_bytes()
}

/// The same, to put something in the place of what is there.
#[must_use]
pub fn put(path: &str, body: &str) -> Vec<u8> {
    let mut request = post(path, body);
    request.splice(.."POST".len(), *b"PUT");
    request
}

/// A request without one.
#[must_use]
pub fn read(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

/// The length of the answer that `bytes` begin with, when all of it is there.
///
/// # Errors
/// When it is not an answer that says how long it is, or not a success.
pub fn answer(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    ensure!(head.starts_with("HTTP/1.1 20"), "the answer was no success: {head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("the answer has no length")?.parse()?;
    let whole = end + 4 + length;
    Ok((bytes.len() >= whole).then_some(whole))
}

/// Holds are done, not refused: an answer of 200 may be either.
///
/// # Errors
/// When it was refused.
pub fn succeeded(answer: &[u8]) -> anyhow::Result<()> {
    let done = answer.windows(14).any(|text| text == b"\"success\":true");
    ensure!(done, "an action was refused: {}", String::from_utf8_lossy(answer));
    Ok(())
}

/// One connection that asks one thing at a time.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 16 << 10] })
    }

    /// Sends a request and waits for the whole answer, which must be a success.
    ///
    /// # Errors
    /// When it is not, or the connection breaks.
    pub fn exchange(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[filled..])?;
            ensure!(more > 0, "the server closed the connection");
            filled += more;
            if let Some(length) = answer(&self.buffer[..filled])? {
                return Ok(&self.buffer[..length]);
            }
        }
    }
}

/// Opens so many accounts, each with an overdraft that no bench exhausts.
///
/// # Errors
/// When the server refuses one.
pub fn open_accounts(operator: SocketAddr, accounts: u64) -> anyhow::Result<()> {
    let mut client = Client::connect(operator)?;
    (0..accounts).try_for_each(|number| open_account(&mut client, number))
}

/// Opens one of them over a connection to the operator listener.
///
/// # Errors
/// When the server refuses it.
pub fn open_account(client: &mut Client, number: u64) -> anyhow::Result<()> {
    let name = crate::requests::account(number);
    let body = format!(
        r#"{{"tenant_account_ref":"{name}","currencies":["SGD"],"overdraft_limit":{{"SGD":10000000000000.00}}}}"#
    );
    client.exchange(&post("/v1/accounts", &body)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_written_anew_for_each_request() {
        let mut template = hold(10);
        template.request(999_999);
        let text = String::from_utf8(template.request(123).to_vec()).unwrap();
        assert_eq!(text.matches("8000-000000000000000123").count(), 3);
        assert!(text.contains(r#""tenant_account_ref":"account-00000003""#));
    }

    #[test]
    fn an_answer_ends_where_it_says() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}more";
        assert_eq!(answer(whole).unwrap(), Some(whole.len() - 4));
        assert!((0..whole.len() - 4).all(|cut| answer(&whole[..cut]).unwrap().is_none()));
        assert!(answer(b"HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n").is_err());
    }
}

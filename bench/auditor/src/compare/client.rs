//! The least of HTTP/1.1 that can ask a server for a document.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER_MAX: u64 = 1 << 30;

/// A server that can be asked.
#[derive(Clone, Debug)]
pub struct Client {
    /// Host and port.
    address: String,
    api_key: Option<String>,
}

/// A server that did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("http://{address}{path} cannot be compared: {why}")]
pub struct AskError {
    address: String,
    path: String,
    why: String,
}

impl Client {
    /// The server at `http://host:port`; `None` where that is none.
    #[must_use]
    pub fn at(url: &str, api_key: Option<String>) -> Option<Self> {
        let address = url.strip_prefix("http://")?.trim_end_matches('/');
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        let valid =
            plain(address) && !address.contains('/') && api_key.as_deref().is_none_or(plain);
        valid.then(|| Self { address: address.to_owned(), api_key })
    }

    /// The document at `path`.
    ///
    /// # Errors
    /// When there is no answer, or one of another status than 200.
    pub fn ask(&self, path: &str) -> Result<Vec<u8>, AskError> {
        let answer = self.exchange(path).map_err(|error| self.error(path, error.to_string()))?;
        body(&answer).map_err(|why| self.error(path, why))
    }

    /// That the document at `path` is not what it should be.
    #[must_use]
    pub fn error(&self, path: &str, why: String) -> AskError {
        AskError { address: self.address.clone(), path: path.to_owned(), why }
    }

    fn exchange(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let key = self.api_key.as_ref().map(|key| format!("X-Api-Key: {key}\r\n"));
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{}Connection: close\r\n\r\n",
            self.address,
            key.unwrap_or_default(),
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(ANSWER_MAX).read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// The body of an answer of status 200 that says how long it is.
fn body(answer: &[u8]) -> Result<Vec<u8>, String> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or("the answer has no head")?;
    let (head, body) = answer.split_at(end);
    let body = body.get(4..).unwrap_or_default();
    let head = str::from_utf8(head).map_err(|_| "the head is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(format!("{status}: {}", String::from_utf8_lossy(body)));
    }
    let lengths = lines.filter_map(|line| line.split_once(':'));
    let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().and_then(|(_, value)| value.trim().parse::<usize>().ok());
    if length == Some(body.len()) {
        Ok(body.to_vec())
    } else {
        Err(format!("{} bytes came, and {length:?} were announced", body.len()))
    }
}

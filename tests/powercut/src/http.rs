//! An HTTP/1.1 client over one socket that sends exactly the bytes that it is given.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub struct Listeners {
    /// What the card network calls.
    pub network: SocketAddr,
    /// What the tenant's people call.
    pub operator: SocketAddr,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// The card network's.
    Network,
    /// The tenant's.
    Operator,
}

/// One connection.
pub struct Client(BufReader<TcpStream>);

/// An answer, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Whether it says that it repeats an earlier answer.
    pub replayed: bool,
    /// The body.
    pub body: String,
}

impl Listeners {
    /// The address of one.
    #[must_use]
    pub const fn of(&self, listener: Listener) -> SocketAddr {
        match listener {
            Listener::Network => self.network,
            Listener::Operator => self.operator,
        }
    }
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When there is none.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Reply> {
        self.send(request)?;
        self.receive()
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(request)
    }

    /// The next answer.
    ///
    /// # Errors
    /// When the connection ends before it is whole, or it is none.
    pub fn receive(&mut self) -> io::Result<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| malformed(&first))?;
        let (mut replayed, mut length) = (false, 0);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(':') else { break };
            match (name, value.trim()) {
                ("content-length", value) => {
                    length = value.parse().map_err(|_| malformed(value))?;
                }
                ("idempotency-replayed", value) => replayed = value == "true",
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let body = String::from_utf8(body).map_err(|_| malformed("the body"))?;
        Ok(Reply { status, replayed, body })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let line = line.strip_suffix("\r\n").map(str::to_owned);
        line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Reply {
    /// Whether the body says that something was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.body.contains(r#""success":true"#)
    }

    /// The text of the first member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!(r#""{name}":""#))?;
        rest.split_once('"').map(|(text, _)| text)
    }

    /// The minor units of the first amount of this name; the currency has two fraction digits.
    #[must_use]
    pub fn amount(&self, name: &str) -> Option<i64> {
        let (_, rest) = self.body.split_once(&format!(r#""{name}":{{"value":"#))?;
        let (number, _) = rest.split_once(',')?;
        let (_, fraction) = number.split_once('.')?;
        if fraction.len() == 2 { number.replace('.', "").parse().ok() } else { None }
    }
}

/// A request with a JSON body.
#[must_use]
pub fn post(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: holdfast\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A request without a body.
#[must_use]
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: holdfast\r\n\r\n").into_bytes()
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("this is not HTTP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::Reply;

    #[test]
    fn amounts_are_read_digit_by_digit() {
        let body = r#"{"posted":{"value":-12.50,"currency":"USD"},"held":{"value":7,"x":1}}"#;
        let reply = Reply { status: 200, replayed: false, body: body.to_owned() };
        assert_eq!(reply.amount("posted"), Some(-1250));
        assert_eq!(reply.amount("held"), None);
        assert_eq!(reply.amount("none"), None);
    }
}

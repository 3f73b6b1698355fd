//! An HTTP/1.1 client that sends exactly the bytes that it is given: a library would repair them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    /// Whether the last request was a HEAD, whose answer has no body.
    bodiless: bool,
}

/// An answer, taken apart and otherwise as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    pub(crate) fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), bodiless: false })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bodiless = bytes.starts_with(b"HEAD ");
        self.stream.get_mut().write_all(bytes)
    }

    /// The next answer; an error when the connection ends before it is whole.
    pub(crate) fn receive(&mut self) -> io::Result<Reply> {
        let mut reply = self.head()?;
        if reply.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk()? {
                reply.body.extend_from_slice(&chunk);
            }
            return Ok(reply);
        }
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        reply.body.resize(if self.bodiless { 0 } else { length }, 0);
        self.stream.read_exact(&mut reply.body)?;
        Ok(reply)
    }

    /// The head of the next answer.
    pub(crate) fn head(&mut self) -> io::Result<Reply> {
        let status = self.line()?;
        let code = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = code.unwrap_or_else(|| panic!("not a status line: {status:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Reply { status, headers, body: Vec::new() })
    }

    /// The next piece of an answer that is sent in chunks; `None` behind the last.
    pub(crate) fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let length = self.line()?;
        let length = usize::from_str_radix(&length, 16).unwrap_or_else(|_| panic!("{length:?}"));
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        assert_eq!(self.line()?, "");
        Ok((length > 0).then_some(bytes))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Sends a request and returns its answer.
    pub(crate) fn ask(&mut self, bytes: &[u8]) -> Reply {
        self.try_ask(bytes).unwrap_or_else(|error| {
            panic!("{error} after {:?}", String::from_utf8_lossy(bytes));
        })
    }

    pub(crate) fn try_ask(&mut self, bytes: &[u8]) -> io::Result<Reply> {
        self.send(bytes)?;
        self.receive()
    }

    /// Whether the server ends the connection with nothing more to say.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    /// Sends these bytes one at a time, with a pause behind each, until there is an answer.
    pub(crate) fn dribble(&mut self, bytes: &[u8]) -> io::Result<Reply> {
        self.stream.get_ref().set_read_timeout(Some(Duration::from_millis(5)))?;
        for byte in bytes {
            self.stream.get_mut().write_all(&[*byte])?;
            if matches!(self.stream.fill_buf(), Ok(answer) if !answer.is_empty()) {
                break;
            }
        }
        self.stream.get_ref().set_read_timeout(Some(PATIENCE))?;
        self.receive()
    }

    /// The same connection, for another thread to write to.
    pub(crate) fn writer(&self) -> TcpStream {
        self.stream.get_ref().try_clone().unwrap()
    }

    /// Ends the connection with a reset: whatever is on its way is lost.
    pub(crate) fn reset(self) {
        let socket = socket2::SockRef::from(self.stream.get_ref());
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&self) {
        self.stream.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The member `name` of the body, which must be a text.
    pub(crate) fn member(&self, name: &str) -> String {
        let json = self.json();
        let member = json[name].as_str();
        member.unwrap_or_else(|| panic!("no text {name} in {}", self.text())).to_owned()
    }

    /// `error.code`, where there is one.
    pub(crate) fn code(&self) -> Option<String> {
        let json: Value = serde_json::from_slice(&self.body).ok()?;
        Some(json["error"]["code"].as_str()?.to_owned())
    }

    pub(crate) fn is_success(&self) -> bool {
        self.status < 300 && self.json()["success"] == Value::Bool(true)
    }
}

/// A request with a JSON body.
pub(crate) fn with_body(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "{method} {path} HTTP/1.1\r\nHost: holdfast\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A POST of JSON.
pub(crate) fn post(path: &str, body: &[u8]) -> Vec<u8> {
    with_body("POST", path, "", body)
}

/// A GET.
pub(crate) fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: holdfast\r\n{headers}\r\n").into_bytes()
}

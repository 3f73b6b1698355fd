//! One HTTP/1.1 connection to a listener, on which one thing is asked at a time.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::Address;
use super::upload::{Sent, Upload};

/// The longest that one answer may take, unless it is known to take longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const ANSWER_MAX_BYTES: usize = 64 << 20;

/// A connection. It is of no more use once an exchange on it has failed or was dropped.
#[derive(Debug)]
pub struct Client {
    address: Address,
    patience: Duration,
    sender: SendRequest<Sent>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Whether it says of itself that it is the first answer, told again.
    pub replayed: bool,
    /// Its bytes.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No connection.
    #[error("no connection: {0}")]
    Connect(std::io::Error),
    /// The connection broke, or what came is not HTTP.
    #[error("the exchange broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// The path is not one.
    #[error("the request cannot be made: {0}")]
    Request(#[from] hyper::http::Error),
    /// The answer's body broke off or was too long.
    #[error("the answer was not read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// Nothing came in time.
    #[error("no answer within {} s", .0.as_secs())]
    Slow(Duration),
}

impl Client {
    /// Connects to a listener.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn connect(address: &Address) -> Result<Self, AskError> {
        let connected = timeout(PATIENCE, TcpStream::connect(address.authority())).await;
        let stream = connected.map_err(|_| AskError::Slow(PATIENCE))?.map_err(AskError::Connect)?;
        stream.set_nodelay(true).map_err(AskError::Connect)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with its sender; a failure of it also reaches the exchange that is under way.
        tokio::spawn(async { drop(connection.await) });
        Ok(Self { address: address.clone(), patience: PATIENCE, sender })
    }

    /// The same, where an answer may take so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// `GET path`
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(&mut self, path: &str) -> Result<Reply, AskError> {
        self.ask(Method::GET, path, String::new()).await
    }

    /// `POST path` with a body of JSON.
    ///
    /// # Errors
    /// When no answer comes: what was done is then unknown.
    pub async fn post(&mut self, path: &str, body: String) -> Result<Reply, AskError> {
        self.ask(Method::POST, path, body).await
    }

    /// `POST path` with a file of JSON, which is read as it is sent.
    ///
    /// # Errors
    /// When no answer comes: what was done is then unknown.
    pub async fn upload(&mut self, path: &str, file: Upload) -> Result<Reply, AskError> {
        self.send(Method::POST, path, Sent::File(file)).await
    }

    async fn ask(&mut self, method: Method, path: &str, body: String) -> Result<Reply, AskError> {
        self.send(method, path, Sent::Text(Full::new(Bytes::from(body)))).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Sent) -> Result<Reply, AskError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.authority())
            .header(CONTENT_TYPE, "application/json");
        if let Some((header, key)) = self.address.key() {
            request = request.header(header, key);
        }
        let request = request.body(body)?;
        let patience = self.patience;
        let exchanged = timeout(patience, self.exchange(request)).await;
        exchanged.map_err(|_| AskError::Slow(patience))?
    }

    async fn exchange(&mut self, request: Request<Sent>) -> Result<Reply, AskError> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await.map_err(AskError::Body)?;
        let replayed = head.headers.get("idempotency-replayed").is_some_and(|it| it == "true");
        Ok(Reply { status: head.status, replayed, body: body.to_bytes() })
    }
}

//! One HTTP/1.1 connection to a listener, on which one thing is asked at a time.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// A connection. It is of no more use once an exchange on it has failed or was dropped.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// Its status.
    pub(super) status: StatusCode,
    /// Whether it says of itself that it is the first answer, told again.
    pub(super) replayed: bool,
    /// Its bytes.
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// No connection.
    #[error("no connection to {0}: {1}")]
    Connect(SocketAddr, std::io::Error),
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
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Slow,
}

impl Client {
    /// Connects to a listener.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, AskError> {
        let failed = |error| AskError::Connect(address, error);
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with its sender; a failure of it also reaches the exchange that is under way.
        tokio::spawn(async { drop(connection.await) });
        Ok(Self { address, sender })
    }

    /// `GET path`
    ///
    /// # Errors
    /// When no answer comes.
    pub(super) async fn get(&mut self, path: &str) -> Result<Reply, AskError> {
        self.ask(Method::GET, path, String::new()).await
    }

    /// `POST path` with a body of JSON.
    ///
    /// # Errors
    /// When no answer comes: what was done is then unknown.
    pub(super) async fn post(&mut self, path: &str, body: String) -> Result<Reply, AskError> {
        self.ask(Method::POST, path, body).await
    }

    async fn ask(&mut self, method: Method, path: &str, body: String) -> Result<Reply, AskError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        timeout(PATIENCE, self.exchange(request)).await.map_err(|_| AskError::Slow)?
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Reply, AskError> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await.map_err(AskError::Body)?;
        let replayed = head.headers.get("idempotency-replayed").is_some_and(|it| it == "true");
        Ok(Reply { status: head.status, replayed, body: body.to_bytes() })
    }
}

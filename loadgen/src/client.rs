//! One keep-alive HTTP/1.1 connection that asks one thing at a time.
//!
//! It connects when it is first used and again after any failure. No exchange takes longer than
//! [`TIME_OUT`]; after one that failed, what the server did is unknown.

use std::{
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, Uri,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::AbortHandle, time::timeout};

use crate::wire::Reply;

/// The longest that one exchange may take.
pub const TIME_OUT: Duration = Duration::from_secs(5);
/// The longest answer that is read.
const ANSWER_MAX_BYTES: usize = 4 << 20;
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A listener, and what every request to it carries. All clones move together.
#[derive(Debug, Clone)]
pub struct Target {
    address: Arc<Mutex<SocketAddr>>,
    headers: HeaderMap,
}

/// A connection to a [`Target`].
#[derive(Debug)]
pub struct Client {
    target: Rc<Target>,
    live: Option<Live>,
    server_timing: String,
}

#[derive(Debug)]
struct Live {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// No connection.
    #[error("no connection to {0}: {1}")]
    Connect(SocketAddr, std::io::Error),
    /// The connection broke, or what came is not HTTP.
    #[error("the exchange broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer's body broke off or was too long.
    #[error("the answer's body was not read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// Nothing came in time.
    #[error("no answer within {} s", TIME_OUT.as_secs())]
    TimedOut,
}

impl Target {
    /// The listener at `address`, asked as `host` and with `key` in its header.
    #[must_use]
    pub fn new(
        address: SocketAddr,
        host: HeaderValue,
        key: Option<(HeaderName, HeaderValue)>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(key);
        Self { address: Arc::new(Mutex::new(address)), headers }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it listens there: a server that was started again may have got other ports.
    pub fn move_to(&self, address: SocketAddr) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Another listener that is asked in the same way.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address: Arc::new(Mutex::new(address)), headers: self.headers.clone() }
    }
}

impl Client {
    /// A client that is not connected yet.
    #[must_use]
    pub fn new(target: Rc<Target>) -> Self {
        Self { target, live: None, server_timing: String::new() }
    }

    /// Connects ahead of the first exchange.
    ///
    /// # Errors
    ///
    /// The listener cannot be reached. The next exchange tries again.
    pub async fn connect(&mut self) -> Result<(), ExchangeError> {
        let live = timeout(TIME_OUT, Live::connect(self.target.address())).await;
        self.live = Some(live.map_err(|_| ExchangeError::TimedOut)??);
        Ok(())
    }

    /// Asks with a body that is said to be of another type than JSON.
    ///
    /// # Errors
    ///
    /// As for [`Client::exchange`].
    pub async fn exchange_as(
        &mut self,
        content_type: &'static str,
        (method, uri, body): (Method, Uri, Bytes),
    ) -> Result<Reply, ExchangeError> {
        let mut request = self.request(method, uri, body);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.send(request).await
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// There is no answer, and what was done is unknown. The connection is given up.
    pub async fn exchange(
        &mut self,
        method: Method,
        uri: Uri,
        body: Bytes,
    ) -> Result<Reply, ExchangeError> {
        let request = self.request(method, uri, body);
        self.send(request).await
    }

    async fn send(&mut self, request: hyper::Request<Full<Bytes>>) -> Result<Reply, ExchangeError> {
        // Taken out, so that a failure or a time-out drops the connection.
        let taken = self.live.take().filter(|live| !live.sender.is_closed());
        let server_timing = &mut self.server_timing;
        server_timing.clear();
        let asked = timeout(TIME_OUT, async {
            let mut live = match taken {
                Some(live) => live,
                None => Live::connect(self.target.address()).await?,
            };
            let reply = live.exchange(request, server_timing).await?;
            Ok::<_, ExchangeError>((live, reply))
        });
        let (live, reply) = asked.await.map_err(|_| ExchangeError::TimedOut)??;
        self.live = Some(live);
        Ok(reply)
    }

    /// What the last answer's `Server-Timing` told; empty when it had none.
    #[must_use]
    pub fn server_timing(&self) -> &str {
        &self.server_timing
    }

    fn request(&self, method: Method, uri: Uri, body: Bytes) -> hyper::Request<Full<Bytes>> {
        let mut request = hyper::Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.target.headers.clone();
        request
    }
}

impl Live {
    async fn connect(address: SocketAddr) -> Result<Self, ExchangeError> {
        let failed = |error| ExchangeError::Connect(address, error);
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // A failure of the connection also reaches the exchange that is under way.
        let driver = tokio::spawn(async { drop(connection.await) }).abort_handle();
        Ok(Self { sender, driver })
    }

    async fn exchange(
        &mut self,
        request: hyper::Request<Full<Bytes>>,
        server_timing: &mut String,
    ) -> Result<Reply, ExchangeError> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body =
            Limited::new(body, ANSWER_MAX_BYTES).collect().await.map_err(ExchangeError::Body)?;
        for told in head.headers.get_all(SERVER_TIMING).iter().flat_map(HeaderValue::to_str) {
            server_timing.push_str(if server_timing.is_empty() { "" } else { "," });
            server_timing.push_str(told);
        }
        let replayed = head.headers.get(REPLAYED).is_some_and(|value| value == "true");
        Ok(Reply { status: head.status, replayed, body: body.to_bytes() })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

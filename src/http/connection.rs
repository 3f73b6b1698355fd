//! One connection: hyper's HTTP/1.1 with limits.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::outgoing::Outgoing;
use super::route::Listener;
use super::service::Entered;
use super::socket::{Patience, Phase, Socket};
use super::worker::Worker;

/// The largest head of a request, in bytes; a larger one is answered 431.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// The most header fields of a request.
const HEADERS_MAX: usize = 64;
/// How long a connection may stay open with nothing asked: longer than clients and proxies keep
/// idle connections, so that it is they who close them.
const IDLE: Duration = Duration::from_secs(300);

/// Serves a connection until it ends, or until `stop` changes and its requests are answered.
pub async fn serve(
    worker: &Rc<Worker>,
    stream: TcpStream,
    listener: Listener,
    mut stop: watch::Receiver<bool>,
) {
    let phase = Phase::new();
    let socket = Socket::new(stream, phase.clone(), patience(worker));
    let service = service_fn(|request| {
        let entered = Entered::new(worker, listener, request, phase.serving());
        let (worker, phase) = (Rc::clone(worker), phase.clone());
        async move {
            let answer = entered.answer(&worker, listener).await;
            Ok::<_, Infallible>(Outgoing::respond(answer, phase))
        }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX).header_read_timeout(None);
    // A small body is copied behind its head, which costs less than a write of two parts.
    builder.writev(false);
    let mut connection = pin!(builder.serve_connection(socket, service));

    let stopped = stop.clone();
    let mut stopping = pin!(stop.changed());
    // A task's waker stays the same: it is given once, and not looked after with each poll.
    let _ = poll_fn(|cx| Poll::Ready(stopping.as_mut().poll(cx))).await;
    let mut over = false;
    let ended = poll_fn(|cx| {
        let polled = connection.as_mut().poll(cx);
        if over || polled.is_ready() {
            return polled;
        }
        over = phase.is_leaving() || stopped.has_changed().unwrap_or(true);
        if !over {
            return polled;
        }
        connection.as_mut().graceful_shutdown();
        connection.as_mut().poll(cx)
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, listener = listener.name(), "a connection ended");
    }
}

fn patience(worker: &Worker) -> Patience {
    let config = &worker.shared.config;
    Patience { idle: IDLE, head: config.head_timeout, write: config.write_timeout }
}

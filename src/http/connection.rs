//! One connection: hyper's HTTP/1.1 with limits.

use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use super::outgoing::{Ending, Outgoing};
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

/// Serves a connection until it ends, or until `stop` is set and its requests are answered.
pub async fn serve(
    worker: &Rc<Worker>,
    stream: TcpStream,
    listener: Listener,
    mut stop: watch::Receiver<bool>,
) {
    let phase = Phase::new();
    let socket = Socket::new(stream, phase.clone(), patience(worker));
    let leave = Rc::new(Notify::new());
    let service = service_fn(|request| {
        let entered = Entered::new(worker, listener, request, phase.serving());
        let (worker, phase, leave) = (Rc::clone(worker), phase.clone(), Rc::clone(&leave));
        async move {
            let mut answer = entered.answer(&worker, listener).await;
            let stream = answer.take_stream();
            if stream.is_none() {
                if answer.closes() {
                    phase.leaving();
                } else {
                    phase.answered();
                }
            }
            let response = answer.into_response();
            Ok::<_, Infallible>(response.map(|whole| match stream {
                None => Outgoing::Whole(whole),
                Some(stream) => Outgoing::Streamed(stream, Some(Ending { phase, leave })),
            }))
        }
    });
    let mut builder = http1::Builder::new();
    // A small body is copied behind its head, which costs less than a write of two parts.
    builder.writev(false);
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX).header_read_timeout(None);
    let mut connection = pin!(builder.serve_connection(socket, service));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = over(&mut stop, &leave) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, listener = listener.name(), "a connection ended");
    }
}

/// Waits until no other request may follow the one that is being answered.
async fn over(stop: &mut watch::Receiver<bool>, leave: &Notify) {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = leave.notified() => {}
    }
}

fn patience(worker: &Worker) -> Patience {
    let config = &worker.shared.config;
    Patience { idle: IDLE, head: config.head_timeout, write: config.write_timeout }
}

//! One connection: hyper's HTTP/1.1 with limits, and the way of a request through the house.

use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode, Version};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::answer::{Answer, Problem};
use super::outgoing::{Ending, Outgoing};
use super::route::{self, Listener, Route};
use super::socket::{Patience, Phase, Socket};
use super::timing::Stopwatch;
use super::worker::Worker;
use super::{auth, authorization, body, operation, operator, questions, webhook};

/// The largest head of a request, in bytes; a larger one is answered 431.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// The most header fields of a request.
const HEADERS_MAX: usize = 64;
/// How long a connection may stay open with nothing asked: longer than clients and proxies keep
/// idle connections, so that it is they who close them.
const IDLE: Duration = Duration::from_secs(300);
/// The largest body of an operation, in bytes.
const OPERATION_BYTES_MAX: usize = 16 << 10;
/// The largest body of an operator's call or of the webhook's, in bytes.
const BYTES_MAX: usize = 1 << 20;

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
        let (worker, phase, leave) = (Rc::clone(worker), phase.clone(), Rc::clone(&leave));
        async move {
            let received = phase.serving();
            let mut answer = respond(&worker, listener, request, received).await;
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

async fn respond(
    worker: &Rc<Worker>,
    listener: Listener,
    request: Request<Incoming>,
    received: Instant,
) -> Answer {
    let answer = answer(worker, listener, request, received).await.unwrap_or_else(Answer::from);
    worker.shared.metrics.answered(listener, answer.status());
    answer
}

async fn answer(
    worker: &Rc<Worker>,
    listener: Listener,
    request: Request<Incoming>,
    received: Instant,
) -> Result<Answer, Problem> {
    let shared = &worker.shared;
    let (head, incoming) = request.into_parts();
    let route = enter(worker, listener, &head).map_err(|problem| {
        // What is left of a body cannot be told from a request to come.
        if incoming.is_end_stream() { problem } else { problem.and_close() }
    })?;
    if !route.writes() {
        return operator::read(worker, route, head.uri.query()).await;
    }
    match route {
        Route::Reconcile => {
            return operator::reconcile(worker, head.uri.query(), incoming).await;
        }
        Route::Clear => return operator::clear(worker, head.uri.query(), incoming).await,
        Route::Batch => {
            return operator::batch(worker, &head.headers, incoming, OPERATION_BYTES_MAX).await;
        }
        _ => {}
    }
    let limit = match route {
        Route::Operation(_) | Route::Authorize(_) => OPERATION_BYTES_MAX,
        _ => BYTES_MAX,
    };
    let mut watch = Stopwatch::start(shared.config.server_timing);
    let body = body::read(incoming, limit, shared.config.body_timeout).await?;
    if let Route::Authorize(kind) = route {
        let answer = authorization::authorize(worker, kind, &body, received, &mut watch).await;
        return Ok(answer.unwrap_or_else(Answer::from).timed(&watch));
    }
    let _in_flight = shared.admit()?;
    match route {
        Route::Operation(operation) => {
            let answer = operation::operate(worker, operation, &body, &mut watch).await;
            Ok(answer.unwrap_or_else(Answer::from).timed(&watch))
        }
        Route::Webhook => webhook::receive(worker, &body).await,
        Route::Ask(question) => questions::receive(worker, question, &body).await,
        route => operator::write(worker, route, &body).await,
    }
}

/// What a request is for, if it may be asked so by whoever asks.
fn enter<'a>(worker: &Worker, listener: Listener, head: &'a Parts) -> Result<Route<'a>, Problem> {
    let config = &worker.shared.config;
    polite(head)?;
    let route = match listener {
        Listener::Network => route::network(&config.base_path, &head.method, head.uri.path()),
        Listener::Operator => route::operator(&head.method, head.uri.path()),
    }?;
    auth::check(config, &head.headers, listener, route)?;
    if route.has_body() {
        json(&head.headers, route.takes_lines())?;
    }
    Ok(route)
}

/// Refuses what HTTP/1.1 forbids or what nobody who means well sends here.
fn polite(head: &Parts) -> Result<(), Problem> {
    let refuse = |message: &str| Err(Problem::invalid(message).and_close());
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && head.version == Version::HTTP_11) {
        return refuse("header host must be given, once");
    }
    if head.uri.authority().is_some() {
        return refuse("the request target must be a path");
    }
    if head.headers.contains_key(header::UPGRADE) {
        return refuse("the connection cannot be upgraded");
    }
    Ok(())
}

/// A body must be JSON in UTF-8, or where it may be a value in each line, and not encoded.
fn json(headers: &HeaderMap, in_lines: bool) -> Result<(), Problem> {
    let refuse = |message: &str| {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Err(Problem::new(status, "UNSUPPORTED_MEDIA_TYPE", message).and_close())
    };
    if headers.contains_key(header::CONTENT_ENCODING) {
        return refuse("the body must not be encoded");
    }
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().filter(|_| kinds.next().is_none());
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| {
        if kind == "application/json" {
            return true;
        }
        let (essence, parameters) = kind.split_once(';').unwrap_or((kind, "charset=utf-8"));
        let charset = parameters.trim().to_ascii_lowercase().replace('"', "");
        let is = |kind| essence.trim().eq_ignore_ascii_case(kind);
        let known = is("application/json") || in_lines && is("application/x-ndjson");
        known && charset == "charset=utf-8"
    });
    if is_json { Ok(()) } else { refuse("header content-type must be application/json, once") }
}

//! The service: the way of one request from its head to its answer.

use std::pin::Pin;
use std::rc::Rc;

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode, Version};
use tokio::time::Instant;

use super::answer::{Answer, Problem};
use super::operation::{self, OPERATION_BYTES_MAX};
use super::route::{self, Listener, Route};
use super::worker::Worker;
use super::{auth, authorization, body, operator, questions, webhook};
use crate::ledger::Operation;

/// The largest body of an operator's call or of the webhook's, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// A request whose head was read, on the shortest way to its answer: hundreds of operations wait for
/// the log at once, so one of them is no larger than it must be.
pub enum Entered {
    /// It was refused by its head.
    Refused(Problem),
    /// It asks for an operation.
    Operation(Operation, Incoming),
    /// It asks for an authorization, or for anything else.
    Other(Pin<Box<dyn Future<Output = Result<Answer, Problem>>>>),
}

impl Entered {
    /// Lets in a request whose first byte came at `received`, if it may be asked so by whoever asks.
    pub fn new(
        worker: &Rc<Worker>,
        listener: Listener,
        request: Request<Incoming>,
        received: Instant,
    ) -> Self {
        let (head, incoming) = request.into_parts();
        match enter(worker, listener, &head) {
            Ok(Route::Operation(operation)) => Self::Operation(operation, incoming),
            Ok(Route::Authorize(kind)) => {
                let worker = Rc::clone(worker);
                Self::Other(Box::pin(authorization::authorize(worker, kind, incoming, received)))
            }
            Ok(_) => {
                let worker = Rc::clone(worker);
                Self::Other(Box::pin(other(worker, listener, head, incoming)))
            }
            // What is left of a body cannot be told from a request to come.
            Err(problem) if incoming.is_end_stream() => Self::Refused(problem),
            Err(problem) => Self::Refused(problem.and_close()),
        }
    }

    /// Answers it.
    pub async fn answer(self, worker: &Worker, listener: Listener) -> Answer {
        let answer = match self {
            Self::Refused(problem) => Err(problem),
            Self::Operation(operation, incoming) => {
                operation::operate(worker, operation, incoming).await
            }
            Self::Other(other) => other.await,
        };
        let answer = answer.unwrap_or_else(Answer::from);
        worker.shared.metrics.answered(listener, answer.status());
        answer
    }
}

/// Answers what is neither an operation nor an authorization.
async fn other(
    worker: Rc<Worker>,
    listener: Listener,
    head: Parts,
    incoming: Incoming,
) -> Result<Answer, Problem> {
    let worker = &worker;
    let shared = &worker.shared;
    let route = way(worker, listener, &head)?;
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
    let body = body::read(incoming, BYTES_MAX, shared.config.body_timeout).await?;
    let _in_flight = shared.admit()?;
    match route {
        Route::Webhook => webhook::receive(worker, &body).await,
        Route::Ask(question) => questions::receive(worker, question, &body).await,
        route => operator::write(worker, route, &body).await,
    }
}

/// What a request is for, if it may be asked so by whoever asks.
fn enter<'a>(worker: &Worker, listener: Listener, head: &'a Parts) -> Result<Route<'a>, Problem> {
    let fields = Fields::of(&head.headers);
    polite(head, &fields)?;
    let route = way(worker, listener, head)?;
    auth::check(&worker.shared.config, &head.headers, listener, route)?;
    if route.has_body() {
        json(&fields, route.takes_lines())?;
    }
    Ok(route)
}

/// What is at its path.
fn way<'a>(worker: &Worker, listener: Listener, head: &'a Parts) -> Result<Route<'a>, Problem> {
    let (method, path) = (&head.method, head.uri.path());
    match listener {
        Listener::Network => route::network(&worker.shared.config.base_path, method, path),
        Listener::Operator => route::operator(method, path),
    }
}

/// The fields of a head that are looked at on every way, found in one pass.
#[derive(Default)]
struct Fields<'a> {
    hosts: usize,
    upgrades: bool,
    encoded: bool,
    kinds: usize,
    kind: Option<&'a HeaderValue>,
}

impl<'a> Fields<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            match *name {
                header::HOST => fields.hosts += 1,
                header::UPGRADE => fields.upgrades = true,
                header::CONTENT_ENCODING => fields.encoded = true,
                header::CONTENT_TYPE => {
                    fields.kinds += 1;
                    fields.kind = Some(value);
                }
                _ => {}
            }
        }
        fields
    }
}

/// Refuses what HTTP/1.1 forbids or what nobody who means well sends here.
fn polite(head: &Parts, fields: &Fields<'_>) -> Result<(), Problem> {
    let refuse = |message: &str| Err(Problem::invalid(message).and_close());
    if fields.hosts > 1 || (fields.hosts == 0 && head.version == Version::HTTP_11) {
        return refuse("header host must be given, once");
    }
    if head.uri.authority().is_some() {
        return refuse("the request target must be a path");
    }
    if fields.upgrades {
        return refuse("the connection cannot be upgraded");
    }
    Ok(())
}

/// A body must be JSON in UTF-8, or where it may be a value in each line, and not encoded.
fn json(fields: &Fields<'_>, in_lines: bool) -> Result<(), Problem> {
    let refuse = |message: &str| {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Err(Problem::new(status, "UNSUPPORTED_MEDIA_TYPE", message).and_close())
    };
    if fields.encoded {
        return refuse("the body must not be encoded");
    }
    let kind = fields.kind.filter(|_| fields.kinds == 1);
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

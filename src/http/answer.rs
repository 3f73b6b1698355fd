//! An answer before it becomes a response, and the refusals of the protocol.
//!
//! | status | codes |
//! | ---: | --- |
//! | 400 | `INVALID_REQUEST`, `INVALID_AMOUNT`, `UNKNOWN_CURRENCY`, `UNUSABLE_FILE` |
//! | 401, 403 | `UNAUTHENTICATED`, `FORBIDDEN` |
//! | 404, 405 | `NOT_FOUND`, `ACCOUNT_NOT_FOUND` (operator), `METHOD_NOT_ALLOWED` |
//! | 408 | `REQUEST_TIMEOUT`: the body did not come in time |
//! | 409 | `IDEMPOTENCY_KEY_REUSED`, `ACCOUNT_EXISTS`, `ACCOUNT_NOT_EMPTY`, `BREAK_RESOLVED`, `WRONG_MODE` |
//! | 413, 415 | `BODY_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE` |
//! | 503 | `OVERLOADED`, `STORAGE_LOW` (certainly nothing was done), `OUTCOME_UNKNOWN`, `HISTORY_UNREADABLE`, `HOOK_FAILED` |

use std::fmt::Display;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::outgoing::Stream;
use super::timing::Stopwatch;
use crate::wire::parts::refusal;

/// Says that an answer is the first one, told again.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// What is sent back.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    kind: &'static str,
    replayed: bool,
    retry: bool,
    close: bool,
    allow: Option<&'static str>,
    stream: Option<Stream>,
    timing: Option<HeaderValue>,
}

impl Answer {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: StatusCode, body: Vec<u8>) -> Self {
        let kind = "application/json";
        let (replayed, retry, close) = (false, false, false);
        Self { status, body, kind, replayed, retry, close, allow: None, stream: None, timing: None }
    }

    /// An answer whose body is made while it is sent.
    #[must_use]
    pub fn streamed(status: StatusCode, kind: &'static str, stream: Stream) -> Self {
        Self { kind, stream: Some(stream), ..Self::json(status, Vec::new()) }
    }

    /// Takes out what makes its body, where that is made while it is sent.
    pub const fn take_stream(&mut self) -> Option<Stream> {
        self.stream.take()
    }

    /// Its body, where that is not made while it is sent.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// An answer in another format.
    #[must_use]
    pub fn text(kind: &'static str, body: String) -> Self {
        Self { kind, ..Self::json(StatusCode::OK, body.into_bytes()) }
    }

    /// The same answer, marked as a repeat.
    #[must_use]
    pub fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    /// The same answer, which says where its time went, if that is wanted.
    #[must_use]
    pub fn timed(self, watch: &Stopwatch) -> Self {
        Self { timing: watch.header(), ..self }
    }

    /// The same answer, after which the connection is closed: what follows on it cannot be told
    /// from the body that was not read.
    #[must_use]
    pub fn and_close(self) -> Self {
        Self { close: true, ..self }
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether the connection is closed after it.
    #[must_use]
    pub const fn closes(&self) -> bool {
        self.close
    }

    /// As hyper sends it.
    #[must_use]
    pub fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        if self.retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(timing) = self.timing {
            headers.insert(SERVER_TIMING, timing);
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// A refusal of the protocol: not an action, not recorded, no key used.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    allow: Option<&'static str>,
    close: bool,
}

impl Problem {
    /// A refusal with that code; `message` names what is wrong with what.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None, close: false }
    }

    /// 400: the request is not one.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    /// 404 on a path.
    #[must_use]
    pub fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this path")
    }

    /// 404 of an account, on the operator listener.
    #[must_use]
    pub fn no_such_account() -> Self {
        Self::new(StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no such account")
    }

    /// 405, with the methods that are allowed.
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let message = format!("this path takes {allow}");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message);
        Self { allow: Some(allow), ..problem }
    }

    /// 409: the key names another action.
    #[must_use]
    pub fn key_reused() -> Self {
        let message = "idempotency_key was used before for another request: nothing was done";
        Self::new(StatusCode::CONFLICT, "IDEMPOTENCY_KEY_REUSED", message)
    }

    /// 503: whether it was done is told by asking again.
    #[must_use]
    pub fn outcome_unknown() -> Self {
        let message = "the log failed while this was in flight: ask again with the same key";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "OUTCOME_UNKNOWN", message)
    }

    /// 503: nothing was done, and may be later.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// The same, after which the connection is closed.
    #[must_use]
    pub fn and_close(self) -> Self {
        Self { close: true, ..self }
    }

    /// The same, of that part of the request.
    #[must_use]
    pub fn of(self, part: impl Display) -> Self {
        Self { message: format!("{part}: {}", self.message), ..self }
    }

    /// Whether too much was in flight.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        self.code == "OVERLOADED"
    }

    /// Whether the same request may be taken later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let body = refusal(problem.code, &problem.message, None);
        Self {
            retry: problem.may_pass(),
            allow: problem.allow,
            close: problem.close,
            ..Self::json(problem.status, body)
        }
    }
}

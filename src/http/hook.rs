//! The tenant's own system: asked over HTTP, with a deadline for each call and a few retries.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::config::Hook;

/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Before the first retry; before each further one it is twice as long.
const PAUSE: Duration = Duration::from_millis(50);
/// Names the question: one that is asked again has the same.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It was not there, or went away.
    #[error("it cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    /// What it says is no HTTP, or it went away.
    #[error("it does not speak HTTP/1.1: {0}")]
    Http(#[from] hyper::Error),
    /// It did not answer in time.
    #[error("it did not answer within {0:?}")]
    Late(Duration),
    /// It answered with that status.
    #[error("it answered with status {0}")]
    Status(StatusCode),
    /// Its answer is no JSON object, or too long.
    #[error("its answer is no JSON object of at most {ANSWER_BYTES_MAX} bytes")]
    NotAnObject,
    /// The question cannot be asked over HTTP.
    #[error("it cannot be asked that: {0}")]
    Question(#[from] hyper::http::Error),
}

impl HookError {
    /// Whether the same question may be answered when it is asked again.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Http(_) | Self::Late(_) => true,
            Self::Status(status) => status.is_server_error(),
            Self::NotAnObject | Self::Question(_) => false,
        }
    }
}

/// What the hook answers to `question`, which `key` names: a JSON object.
///
/// # Errors
/// When it does not, however often it was asked.
pub async fn ask(hook: &Hook, key: &str, question: &[u8]) -> Result<String, HookError> {
    let question = Bytes::copy_from_slice(question);
    let (mut left, mut pause) = (hook.retries, PAUSE);
    loop {
        let answer = timeout(hook.timeout, call(hook, key, question.clone())).await;
        let failed = match answer.unwrap_or(Err(HookError::Late(hook.timeout))) {
            Err(error) if error.may_pass() && left > 0 => error,
            answer => return answer,
        };
        tracing::warn!(error = %failed, left, "the tenant's system is asked again");
        sleep(pause).await;
        (left, pause) = (left.saturating_sub(1), pause.saturating_mul(2));
    }
}

/// One call, on a connection of its own.
async fn call(hook: &Hook, key: &str, question: Bytes) -> Result<String, HookError> {
    let stream = TcpStream::connect(hook.address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(&hook.target)
        .header(HOST, &hook.host)
        .header(CONTENT_TYPE, "application/json")
        .header(KEY, key)
        .body(Full::new(question))?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(HookError::Status(status));
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        object(&body.map_err(|_| HookError::NotAnObject)?.to_bytes())
    };
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        ended = connection => {
            ended?;
            exchange.await
        }
    }
}

/// The object that an answer is; one that says nothing is an empty one.
fn object(body: &[u8]) -> Result<String, HookError> {
    if body.trim_ascii().is_empty() {
        return Ok("{}".to_owned());
    }
    let object: &RawValue = serde_json::from_slice(body).map_err(|_| HookError::NotAnObject)?;
    let is_one = object.get().starts_with('{');
    is_one.then(|| object.get().to_owned()).ok_or(HookError::NotAnObject)
}

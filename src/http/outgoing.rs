//! The body of a response: all of it at once, or made while it is sent.
//!
//! A streamed body is made by the connection's own polls: nothing of it is made that the peer does
//! not take. When it ends, its connection is told whether another request may follow.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::answer::Answer;
use super::socket::Phase;

/// What is made while it is sent.
pub trait Streamed: Body<Data = Bytes, Error = Infallible> {
    /// Whether the connection must end behind it, because not all of its request was read.
    fn closes(&self) -> bool;
}

/// A streamed body, whatever makes it.
pub struct Stream(Pin<Box<dyn Streamed>>);

impl Stream {
    /// What `body` makes.
    pub fn new(body: impl Streamed + 'static) -> Self {
        Self(Box::pin(body))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

/// The body of a response.
#[derive(Debug)]
pub enum Outgoing {
    /// All of it.
    Whole(Full<Bytes>),
    /// What is made while it is sent, and what its connection is doing until it ends.
    Streamed(Stream, Phase),
}

impl Outgoing {
    /// The response that is `answer`, of the connection whose phase that is.
    pub fn respond(mut answer: Answer, phase: Phase) -> Response<Self> {
        let stream = answer.take_stream();
        if stream.is_none() {
            phase.ended(answer.closes());
        }
        answer.into_response().map(|whole| match stream {
            None => Self::Whole(whole),
            Some(stream) => Self::Streamed(stream, phase),
        })
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Self::Streamed(Stream(stream), phase) => {
                let frame = stream.as_mut().poll_frame(cx);
                if matches!(frame, Poll::Ready(None)) {
                    phase.ended(stream.closes());
                }
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Streamed(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Streamed(..) => SizeHint::default(),
        }
    }
}

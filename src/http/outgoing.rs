//! The body of a response: all of it at once, or made while it is sent.
//!
//! A streamed body is made by the connection's own polls: nothing of it is made that the peer does
//! not take. When it ends, its connection is told whether another request may follow.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::Notify;

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

/// What the connection waits for while a body is streamed.
#[derive(Debug)]
pub struct Ending {
    /// What the connection is doing.
    pub phase: Phase,
    /// Rung when it must end.
    pub leave: Rc<Notify>,
}

/// The body of a response.
#[derive(Debug)]
pub enum Outgoing {
    /// All of it.
    Whole(Full<Bytes>),
    /// What is made while it is sent, and whom to tell of its end.
    Streamed(Stream, Option<Ending>),
}

impl Ending {
    fn come(self, closes: bool) {
        if closes {
            self.phase.leaving();
            self.leave.notify_one();
        } else {
            self.phase.answered();
        }
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
            Self::Streamed(Stream(stream), ending) => {
                let frame = stream.as_mut().poll_frame(cx);
                if matches!(frame, Poll::Ready(None)) {
                    ending.take().into_iter().for_each(|ending| ending.come(stream.closes()));
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

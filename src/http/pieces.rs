//! A request's body piece by piece, each of which must come in time.
//!
//! The time of a piece begins when it is waited for, and again whenever something was answered
//! meanwhile: while the peer does not read, nothing is taken from it. As with a socket's timers, what
//! comes at once costs none.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use tokio::time::{Instant, Sleep, sleep};

use super::answer::Problem;
use super::body::{cut_short, late};

/// A body that is read piece by piece.
pub struct Pieces {
    /// Gone once nothing more of it is wanted.
    incoming: Option<Incoming>,
    patience: Duration,
    /// Since when the next piece is waited for.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pieces {
    /// The pieces of `incoming`, for each of which there is so much time.
    #[must_use]
    pub const fn new(incoming: Incoming, patience: Duration) -> Self {
        Self { incoming: Some(incoming), patience, since: None, timer: None }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// 408 when it does not come in time; 400 when the body is cut short.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The same, polled.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Problem>> {
        loop {
            let Some(incoming) = &mut self.incoming else { return Poll::Ready(Ok(None)) };
            let Poll::Ready(frame) = Pin::new(incoming).poll_frame(cx) else {
                return self.poll_late(cx).map(Err);
            };
            self.since = None;
            let frame = frame.transpose().map_err(|error| cut_short(&error))?;
            let Some(frame) = frame else { return Poll::Ready(Ok(None)) };
            if let Ok(data) = frame.into_data() {
                return Poll::Ready(Ok(Some(data)));
            }
        }
    }

    /// Something was answered: the peer has all its time again.
    pub const fn progressed(&mut self) {
        self.since = None;
    }

    /// Wants nothing more of it.
    pub fn leave(&mut self) {
        self.incoming = None;
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<Problem> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        loop {
            ready!(timer.as_mut().poll(cx));
            let Some(deadline) = since.checked_add(self.patience) else { return Poll::Pending };
            if deadline <= timer.deadline() {
                return Poll::Ready(late());
            }
            timer.as_mut().reset(deadline);
        }
    }
}

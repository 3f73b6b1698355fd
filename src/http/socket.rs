//! A connection's socket, held to its time limits.
//!
//! | while | the peer has | then |
//! | --- | --- | --- |
//! | nothing is asked | `idle` | the connection is closed |
//! | a request's head is under way | `head` | 408, and the connection is closed |
//! | an answer is being written | `write`, for each part that the peer takes | the connection is closed |
//! | it sends what nobody wants | [`LINGER`] to hear why and end | the connection is closed |
//!
//! A body has a deadline of its own (`body.rs`). The timer is armed only when the socket has to
//! wait, and re-armed when it fires too early, so a request that comes whole costs no timer.

use std::cell::Cell;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

const LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// How long a peer that was refused before it had sent everything is listened to. To close on it
/// would reset the connection, and the answer could be lost with what is still on its way.
const LINGER: Duration = Duration::from_secs(1);

/// How long a peer may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Between two requests.
    pub idle: Duration,
    /// For a request's head.
    pub head: Duration,
    /// To take each part of an answer.
    pub write: Duration,
}

/// What a connection is doing, shared between its socket and its service.
#[derive(Clone, Debug)]
pub struct Phase(Rc<Cell<Doing>>);

#[derive(Clone, Copy, Debug)]
enum Doing {
    Nothing { since: Instant },
    Head { since: Instant },
    Serving,
    Leaving,
}

impl Phase {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Rc::new(Cell::new(Doing::Nothing { since: Instant::now() })))
    }

    /// A request's head is whole; returns when its first byte came.
    pub fn serving(&self) -> Instant {
        let doing = self.0.replace(Doing::Serving);
        if let Doing::Head { since } = doing { since } else { Instant::now() }
    }

    /// The request was answered; the connection ends behind it, or another may follow.
    pub fn ended(&self, leaves: bool) {
        let since = Instant::now();
        self.0.set(if leaves { Doing::Leaving } else { Doing::Nothing { since } });
    }

    /// Whether a request was answered without being read, and the connection ends.
    pub fn is_leaving(&self) -> bool {
        matches!(self.0.get(), Doing::Leaving)
    }

    fn received(&self) {
        if let Doing::Nothing { .. } = self.0.get() {
            self.0.set(Doing::Head { since: Instant::now() });
        }
    }

    /// When patience ends; `None` while the server is at work.
    fn deadline(&self, patience: &Patience) -> Option<Instant> {
        match self.0.get() {
            Doing::Nothing { since } => since.checked_add(patience.idle),
            Doing::Head { since } => since.checked_add(patience.head),
            Doing::Serving | Doing::Leaving => None,
        }
    }
}

/// The socket of one connection.
pub struct Socket {
    io: TokioIo<TcpStream>,
    phase: Phase,
    patience: Patience,
    reading: Timer,
    writing: Timer,
    lingering: Option<Instant>,
}

impl Socket {
    /// Takes over a connection.
    #[must_use]
    pub fn new(stream: TcpStream, phase: Phase, patience: Patience) -> Self {
        let io = TokioIo::new(stream);
        let (reading, writing) = (Timer(None), Timer(None));
        Self { io, phase, patience, reading, writing, lingering: None }
    }

    /// Whether the peer's time for what it should send is over.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(deadline) = self.phase.deadline(&self.patience) else { return Poll::Pending };
        ready!(self.reading.poll(cx, deadline));
        let in_an_answer = self.writing.0.is_some();
        if matches!(self.phase.0.get(), Doing::Head { .. }) && !in_an_answer {
            // It is told why, if it still listens.
            let _ = self.io.inner().try_write(LATE);
        }
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

/// One timer, made when first needed.
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether `deadline` is over. Deadlines move on with each request: one that is armed already
    /// fires too early rather than being armed anew for each.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if read.is_pending() {
            return self.poll_late(cx).map(Err);
        }
        self.phase.received();
        read
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.bounded(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        }
        self.poll_linger(cx).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.bounded(cx, written)
    }
}

impl Socket {
    /// Whether the peer has ended too, or has had time to; nothing is due from one that is idle.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.phase.0.get(), Doing::Nothing { .. }) {
            return Poll::Ready(());
        }
        let now = Instant::now();
        let deadline = *self.lingering.get_or_insert(now.checked_add(LINGER).unwrap_or(now));
        let mut unwanted = [0; 4096];
        while self.io.inner().poll_read_ready(cx).is_ready() {
            match self.io.inner().try_read(&mut unwanted) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return Poll::Ready(()),
            }
        }
        self.reading.poll(cx, deadline)
    }

    /// A write that waits does so for no longer than `patience.write`.
    fn bounded(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.writing = Timer(None);
            return written;
        }
        let deadline = match &self.writing.0 {
            Some(timer) => Some(timer.deadline()),
            None => Instant::now().checked_add(self.patience.write),
        };
        let Some(deadline) = deadline else { return Poll::Pending };
        ready!(self.writing.poll(cx, deadline));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

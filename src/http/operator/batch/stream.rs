//! A batch as the body of its answer: whoever takes it from the socket makes it go on.
//!
//! | it waits for | and is woken by |
//! | --- | --- |
//! | bytes of the request | the connection, or the end of the peer's time |
//! | the log | the committer, once for each group ([`Waiters`](super::super::super::durable::Waiters)) |
//! | records that are read | the thread that reads them |
//! | the peer to take answers | the connection; until then it is not asked for more, and reads nothing |
//! | its turn | itself, behind whoever else has something to do on this thread |

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};

use super::super::super::answer::Problem;
use super::super::super::operation;
use super::super::super::outgoing::Streamed;
use super::super::super::pieces::Pieces;
use super::super::super::request::OperationBody;
use super::super::super::shared::{InFlight, Shared};
use super::super::super::worker::Worker;
use super::items::{Items, Next};
use super::repeats::Reading;
use super::told;
use super::window::{Front, Window};
use crate::engine::{Lsn, Submitted};

/// So many operations are decided in one turn, some two hundred microseconds.
const TURN_ITEMS: usize = 128;
/// So many bytes are parsed in one turn.
const TURN_BYTES: usize = 64 << 10;
/// So many bytes of answers leave in one turn.
const TURN_BYTES_SENT: usize = 256 << 10;

/// A batch that is being answered.
pub struct Batch {
    worker: Rc<Worker>,
    pieces: Pieces,
    items: Items,
    window: Window,
    reading: Option<Reading>,
    /// An operation that the log had no room for beside what this batch has in flight.
    put_off: Option<Vec<u8>>,
    turn: Turn,
    /// Whether nothing more is decided.
    over: bool,
    /// Whether not all of the request was read.
    broken_off: bool,
    /// The record that it is woken for.
    wakes_at: Lsn,
    /// Goes with it.
    _in_flight: InFlight<Arc<Shared>>,
}

/// What was done since others had their turn.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    items: usize,
    bytes: usize,
    sent: usize,
}

impl Batch {
    /// Before its first operation.
    pub fn new(
        worker: Rc<Worker>,
        in_flight: InFlight<Arc<Shared>>,
        pieces: Pieces,
        items: Items,
    ) -> Self {
        let window = Window::new(items.form());
        Self {
            worker,
            pieces,
            items,
            window,
            reading: None,
            put_off: None,
            turn: Turn::default(),
            over: false,
            broken_off: false,
            wakes_at: Lsn::ZERO,
            _in_flight: in_flight,
        }
    }

    /// Decides what has come, until it must wait or its turn is over.
    fn take_in(&mut self, cx: &mut Context<'_>) {
        while !(self.over || self.window.is_full() || self.turn.is_over()) {
            if let Some(item) = &self.put_off {
                if self.window.newest() > self.worker.shared.ledger.durable() {
                    return;
                }
                let _ = decide(&self.worker, &mut self.window, item, Put::Down);
                self.put_off = None;
            }
            match self.items.next() {
                Next::Item(item) => {
                    self.turn.took(item.len());
                    self.worker.shared.metrics.batch_item();
                    if decide(&self.worker, &mut self.window, item, Put::Off).is_err() {
                        self.put_off = Some(item.to_vec());
                    }
                }
                Next::Early => match self.pieces.poll_next(cx) {
                    Poll::Ready(Ok(piece)) => self.items.feed(piece),
                    Poll::Ready(Err(problem)) => self.break_off(problem),
                    Poll::Pending => return,
                },
                Next::End => {
                    self.over = true;
                    self.window.end();
                }
                Next::Broken(problem) => self.break_off(problem),
            }
        }
    }

    fn break_off(&mut self, problem: Problem) {
        (self.over, self.broken_off) = (true, true);
        self.pieces.leave();
        self.window.end_with(problem);
    }

    /// The oldest answers, if they may leave; else it is woken when more may.
    fn release(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        loop {
            if let Some(reading) = &mut self.reading {
                if reading.poll(cx, &self.worker, &mut self.window).is_pending() {
                    return None;
                }
                self.reading = None;
            }
            let ledger = &self.worker.shared.ledger;
            match self.window.front(ledger.durable()) {
                Front::Leaves(bytes) => return Some(bytes),
                // What became durable before the log failed is told as such.
                Front::Waits(_) if ledger.is_poisoned() => self.window.fail(ledger.durable()),
                Front::Waits(lsn) => {
                    if lsn > self.wakes_at {
                        self.wakes_at = lsn;
                        self.worker.wake_when_durable(lsn, cx.waker());
                    }
                    if ledger.durable() < lsn {
                        return None;
                    }
                }
                Front::Seen(seen) => self.reading = Some(Reading::begin(&self.worker, seen)),
                Front::Nothing => return None,
            }
        }
    }

    fn sent(&mut self, bytes: Bytes) -> Frame<Bytes> {
        self.pieces.progressed();
        self.turn.sent = self.turn.sent.saturating_add(bytes.len());
        Frame::data(bytes)
    }

    /// Whether it has had its turn; then others have theirs.
    fn gives_way(&mut self, cx: &Context<'_>) -> bool {
        let over = self.turn.is_over();
        if over {
            self.turn = Turn::default();
            cx.waker().wake_by_ref();
        }
        over
    }
}

/// What is done with an operation that the log has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    /// It is tried again when nothing of this batch is in flight.
    Off,
    /// It is told so.
    Down,
}

/// It is to be tried again.
struct Later;

/// Decides one operation, and puts its answer behind those before it.
fn decide(worker: &Worker, window: &mut Window, item: &[u8], put: Put) -> Result<(), Later> {
    let parsed = match OperationBody::parse_item(item, &worker.shared.config.currencies) {
        Ok(parsed) => parsed,
        Err(problem) => {
            window.tell(Lsn::ZERO, |out| told::problem(out, problem));
            return Ok(());
        }
    };
    match operation::submit(worker, parsed.request(), &[]) {
        Ok(Submitted::Decided(action, stamp)) => {
            operation::count(worker, &action);
            window.tell(stamp.lsn, |out| told::action(out, false, &action, stamp.action()));
        }
        Ok(Submitted::Seen(lsn)) => window.ask(item, lsn),
        Err(problem) if put == Put::Off && problem.is_overload() => return Err(Later),
        Err(problem) => window.tell(Lsn::ZERO, |out| told::problem(out, problem)),
    }
    Ok(())
}

impl Turn {
    const fn took(&mut self, bytes: usize) {
        self.items = self.items.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    const fn is_over(self) -> bool {
        self.items >= TURN_ITEMS || self.bytes >= TURN_BYTES || self.sent >= TURN_BYTES_SENT
    }
}

impl Body for Batch {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let batch = self.get_mut();
        if batch.gives_way(cx) {
            return Poll::Pending;
        }
        let mut released = batch.release(cx);
        if released.is_none() {
            batch.take_in(cx);
            released = batch.release(cx);
        }
        match released {
            Some(bytes) => Poll::Ready(Some(Ok(batch.sent(bytes)))),
            None if batch.over && batch.reading.is_none() && batch.window.is_empty() => {
                Poll::Ready(None)
            }
            None => {
                batch.gives_way(cx);
                Poll::Pending
            }
        }
    }
}

impl Streamed for Batch {
    fn closes(&self) -> bool {
        self.broken_off
    }
}

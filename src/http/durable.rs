//! Waiting for the log: each worker keeps its own waiters, and is woken once for each group.
//!
//! A request registers with the position that its answer reveals. When the committer has published
//! a new position it wakes every worker ([`Wakers::wake`]); the worker then wakes its waiters, in
//! LSN order, without crossing a thread.

use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use tokio::sync::Notify;

use crate::engine::{Ledger, Lsn};

/// A bell for each worker that wants to know when more is durable.
#[derive(Debug)]
pub struct Wakers(Box<[Arc<Notify>]>);

impl Wakers {
    /// Bells for so many workers.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self((0..workers).map(|_| Arc::new(Notify::new())).collect())
    }

    /// Wakes every worker, once for however many calls come before it looks.
    pub fn wake(&self) {
        self.0.iter().for_each(|worker| worker.notify_one());
    }

    /// Each worker's bell.
    pub fn bells(&self) -> impl Iterator<Item = Arc<Notify>> {
        self.0.iter().map(Arc::clone)
    }
}

/// The log failed: what is not durable yet may never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFailed;

/// The requests of one worker that wait for the log.
#[derive(Debug, Default)]
pub struct Waiters(RefCell<BinaryHeap<Reverse<Waiter>>>);

#[derive(Debug)]
struct Waiter {
    lsn: Lsn,
    waker: Waker,
}

impl Waiters {
    /// Waits until `lsn` is durable.
    ///
    /// # Errors
    /// When the log failed before it was.
    pub async fn durable(&self, ledger: &Ledger, lsn: Lsn) -> Result<(), LogFailed> {
        let mut registered = false;
        poll_fn(|cx| {
            if ledger.durable() >= lsn {
                return Poll::Ready(Ok(()));
            }
            if ledger.is_poisoned() {
                // What became durable before the log failed is told as such.
                let durable = ledger.durable() >= lsn;
                return Poll::Ready(if durable { Ok(()) } else { Err(LogFailed) });
            }
            if !std::mem::replace(&mut registered, true) {
                self.0.borrow_mut().push(Reverse(Waiter { lsn, waker: cx.waker().clone() }));
            }
            Poll::Pending
        })
        .await
    }

    /// Wakes `waker` once when `lsn` is durable, or the log has failed. Who asks looks again then.
    pub fn wake(&self, lsn: Lsn, waker: &Waker) {
        self.0.borrow_mut().push(Reverse(Waiter { lsn, waker: waker.clone() }));
    }

    /// Wakes the waiters that need wait no longer, and does so each time the bell rings.
    pub async fn serve(&self, ledger: &Ledger, bell: &Notify) {
        loop {
            bell.notified().await;
            let everything = ledger.is_poisoned();
            let durable = ledger.durable();
            while let Some(waiter) = self.next(durable, everything) {
                waiter.wake();
            }
        }
    }

    fn next(&self, durable: Lsn, everything: bool) -> Option<Waker> {
        let mut waiters = self.0.borrow_mut();
        let due = waiters.peek().is_some_and(|Reverse(first)| everything || first.lsn <= durable);
        if due { waiters.pop().map(|Reverse(first)| first.waker) } else { None }
    }
}

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.lsn == other.lsn
    }
}

impl Eq for Waiter {}

impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> Ordering {
        self.lsn.cmp(&other.lsn)
    }
}

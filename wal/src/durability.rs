//! How far the log is durable, and who waits for it.

use std::sync::atomic::Ordering;

use crate::Lsn;
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard};

/// The log is poisoned, or closed: what is not durable now may never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log has ended and the record may not be durable, ask again after a restart")]
pub struct Poisoned;

/// The durable LSN, and the threads that wait for it.
///
/// Invariant: the LSN is published before the waiters' lock is taken, and a waiter reads it under
/// that lock, so no wake-up is lost.
pub(crate) struct Durability {
    lsn: AtomicU64,
    waiters: Mutex<Waiters>,
    moved: Condvar,
}

#[derive(Default)]
struct Waiters {
    count: usize,
    ended: bool,
}

impl Durability {
    pub(crate) fn new(lsn: Lsn) -> Self {
        let lsn = AtomicU64::new(lsn.value());
        Self { lsn, waiters: Mutex::default(), moved: Condvar::new() }
    }

    pub(crate) fn lsn(&self) -> Lsn {
        Lsn::new(self.lsn.load(Ordering::Acquire))
    }

    /// All up to here is durable.
    pub(crate) fn publish(&self, lsn: Lsn) {
        self.lsn.store(lsn.value(), Ordering::Release);
        self.wake(self.waiters.lock());
    }

    /// Nothing more will be durable.
    pub(crate) fn end(&self) {
        let mut waiters = self.waiters.lock();
        waiters.ended = true;
        self.wake(waiters);
    }

    /// Blocks until the record is durable, or never will be.
    pub(crate) fn wait(&self, lsn: Lsn) -> Result<(), Poisoned> {
        if self.lsn() >= lsn {
            return Ok(());
        }
        let mut waiters = self.waiters.lock();
        while self.lsn() < lsn {
            if waiters.ended {
                return Err(Poisoned);
            }
            waiters.count += 1;
            self.moved.wait(&mut waiters);
            waiters.count -= 1;
        }
        Ok(())
    }

    fn wake(&self, waiters: MutexGuard<'_, Waiters>) {
        if waiters.count > 0 {
            self.moved.notify_all();
        }
    }
}

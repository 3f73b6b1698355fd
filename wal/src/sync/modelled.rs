//! The locks of `loom` with the signatures of `parking_lot`.
//!
//! Time passes only when [`Clock::strikes`]: until then whoever sleeps for a while sleeps until it
//! is woken, so that a wake-up that is lost is seen.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A lock with one holder.
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

/// Holds a [`Mutex`].
pub(crate) struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

/// A lock with one writer or many readers.
pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

/// Where the holders of a lock sleep.
pub(crate) struct Condvar {
    sleepers: loom::sync::Condvar,
    late: Arc<AtomicBool>,
}

/// Whether the time was over.
pub(crate) struct Woken(bool);

/// Ends the sleep of those who sleep for a while.
pub(super) struct Clock(Arc<AtomicBool>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(self.0.lock().ok())
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap()
    }
}

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> loom::sync::RwLockReadGuard<'_, T> {
        self.0.read().unwrap()
    }

    pub(crate) fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        self.0.write().unwrap()
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self { sleepers: loom::sync::Condvar::new(), late: Arc::default() }
    }

    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.0.take().unwrap();
        guard.0 = self.sleepers.wait(held).ok();
    }

    pub(crate) fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) -> Woken {
        self.wait(guard);
        Woken(self.late.load(Ordering::Relaxed))
    }

    pub(crate) fn notify_one(&self) {
        self.sleepers.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.sleepers.notify_all();
    }

    /// Ends the sleep of those who sleep here for a while.
    pub(super) fn clock(&self) -> Clock {
        Clock(Arc::clone(&self.late))
    }
}

impl Woken {
    pub(crate) const fn timed_out(&self) -> bool {
        self.0
    }
}

impl Clock {
    /// Their time is over, now and for ever.
    pub(super) fn strikes(&self, sleepers: &Condvar) {
        self.0.store(true, Ordering::Relaxed);
        sleepers.notify_all();
    }
}

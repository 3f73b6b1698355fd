//! What the threads of a log meet at: locks, the sleepers at them, and a counter.
//!
//! They are those of `parking_lot`; in the unit tests of this crate they are those of `loom`, which
//! runs a model again and again, in every order of its threads that can make a difference.

#[cfg(test)]
mod laws;
#[cfg(test)]
mod modelled;

#[cfg(not(test))]
pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
#[cfg(not(test))]
pub(crate) use std::sync::atomic::AtomicU64;

#[cfg(test)]
pub(crate) use loom::sync::atomic::AtomicU64;
#[cfg(test)]
pub(crate) use modelled::{Condvar, Mutex, MutexGuard, RwLock};

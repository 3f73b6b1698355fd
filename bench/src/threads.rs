//! What threads that ask beside one another come to: all of it, or the first thing that went wrong.

use std::thread::ScopedJoinHandle;

/// What a thread came to.
///
/// # Errors
/// Its own, or that it panicked.
pub fn joined<T>(thread: ScopedJoinHandle<'_, anyhow::Result<T>>) -> anyhow::Result<T> {
    thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?
}

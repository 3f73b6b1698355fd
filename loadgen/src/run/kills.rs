//! Kills the server again and again while something goes on.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::{
    clock::now,
    load::outages::Outages,
    server::{Server, ServerError},
};

/// Does `work` while the server is killed `every` so often and started again each time. The server
/// runs when it is done.
///
/// # Errors
///
/// The server could not be started again.
pub fn with_kills<T>(
    server: &mut Server,
    every: Duration,
    outages: &Outages,
    work: impl FnOnce() -> T,
) -> Result<T, ServerError> {
    thread::scope(|scope| {
        let (stop, stopped) = mpsc::channel::<()>();
        let killer = scope.spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                outages.begin(now());
                server.kill();
                server.restart()?;
            }
            Ok(())
        });
        let done = work();
        drop(stop);
        killer.join().expect("the killer does not panic").map(|()| done)
    })
}

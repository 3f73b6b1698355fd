//! An HTTP worker: a thread with its own runtime, its own connections and its own waiters.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::LocalSet;

use super::answer::Problem;
use super::connection;
use super::durable::Waiters;
use super::route::Listener;
use super::shared::Shared;
use crate::engine::{HistoryError, Lsn, Stored};

/// A connection on its way to a worker.
#[derive(Debug)]
pub struct Arrival {
    /// The socket.
    pub stream: std::net::TcpStream,
    /// Which listener it came to.
    pub listener: Listener,
    /// Its place among the open connections.
    pub seat: Seat,
}

/// A place among the open connections, of the server and of one worker; free when dropped.
#[derive(Debug)]
pub struct Seat([Arc<AtomicUsize>; 2]);

impl Seat {
    /// Takes a place in each count.
    #[must_use]
    pub fn take(counts: [&Arc<AtomicUsize>; 2]) -> Self {
        Self(counts.map(|count| {
            count.fetch_add(1, Ordering::Relaxed);
            Arc::clone(count)
        }))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.iter().for_each(|count| {
            count.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// What the connections of one worker share.
pub struct Worker {
    /// What all workers share.
    pub shared: Arc<Shared>,
    waiters: Waiters,
}

impl Worker {
    /// Waits until the log has made `lsn` durable.
    ///
    /// # Errors
    /// 503 when the log failed.
    pub async fn durable(&self, lsn: Lsn) -> Result<(), Problem> {
        let done = self.waiters.durable(&self.shared.ledger, lsn).await;
        done.map_err(|_| Problem::outcome_unknown())
    }

    /// Wakes `waker` once when the log has made `lsn` durable, or has failed.
    pub fn wake_when_durable(&self, lsn: Lsn, waker: &Waker) {
        self.waiters.wake(lsn, waker);
    }

    /// The record at `lsn`, once it is durable, read off this thread.
    ///
    /// # Errors
    /// 503 when the log failed or the record cannot be read.
    pub async fn stored(&self, lsn: Lsn) -> Result<Stored, Problem> {
        self.durable(lsn).await?;
        self.history(move |ledger| ledger.stored(lsn)).await
    }

    /// Does `read`, which may block, off this thread.
    ///
    /// # Errors
    /// 503 when what it wants cannot be read.
    pub async fn history<T: Send + 'static>(
        &self,
        read: impl FnOnce(&crate::engine::Ledger) -> Result<T, HistoryError> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.aside(move |shared| read(&shared.ledger)).await??)
    }

    /// Does what may block, off this thread.
    ///
    /// # Errors
    /// 503 when the server stops.
    pub async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        done.map_err(|_| Problem::unavailable("OVERLOADED", "the server is stopping"))
    }
}

/// Serves the connections that arrive until none can arrive any more and `stop` is set.
pub fn run(
    shared: Arc<Shared>,
    bell: Arc<Notify>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    stop: watch::Receiver<bool>,
) {
    let resting = Arc::clone(&shared);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(2)
        // What it appended is all that comes until it is woken: the log need not wait for more.
        .on_thread_park(move || resting.ledger.hurry())
        .build();
    match runtime {
        Ok(runtime) => LocalSet::new().block_on(&runtime, serve(shared, bell, arrivals, stop)),
        Err(error) => tracing::error!(%error, "an HTTP worker could not start"),
    }
}

async fn serve(
    shared: Arc<Shared>,
    bell: Arc<Notify>,
    mut arrivals: mpsc::UnboundedReceiver<Arrival>,
    stop: watch::Receiver<bool>,
) {
    let worker = Rc::new(Worker { shared, waiters: Waiters::default() });
    let waking = Rc::clone(&worker);
    let waking = tokio::task::spawn_local(async move {
        waking.waiters.serve(&waking.shared.ledger, &bell).await;
    });
    let mut connections = tokio::task::JoinSet::new();
    while let Some(arrival) = next(&mut arrivals, &mut connections).await {
        let (worker, stop) = (Rc::clone(&worker), stop.clone());
        connections.spawn_local(async move { greet(&worker, arrival, stop).await });
    }
    while connections.join_next().await.is_some() {}
    waking.abort();
}

/// The next arrival; connections that end meanwhile are cleared away.
async fn next(
    arrivals: &mut mpsc::UnboundedReceiver<Arrival>,
    connections: &mut tokio::task::JoinSet<()>,
) -> Option<Arrival> {
    loop {
        tokio::select! {
            arrival = arrivals.recv() => return arrival,
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn greet(worker: &Rc<Worker>, arrival: Arrival, stop: watch::Receiver<bool>) {
    let Arrival { stream, listener, seat: _seat } = arrival;
    match TcpStream::from_std(stream) {
        Ok(stream) => connection::serve(worker, stream, listener, stop).await,
        Err(error) => tracing::debug!(%error, "a connection was lost before it was served"),
    }
}

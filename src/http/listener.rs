//! The listeners: sockets bound, connections accepted and given to the worker with the fewest.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::route::Listener;
use super::shared::Shared;
use super::worker::{self, Arrival, Seat};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1_024;
/// How long to wait before accepting again when the process has no descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// The workers, each on a thread of its own.
pub struct Workers {
    desks: Vec<Desk>,
    threads: Vec<JoinHandle<()>>,
}

/// Where connections are given to a worker.
struct Desk {
    arrivals: mpsc::UnboundedSender<Arrival>,
    connections: Arc<AtomicUsize>,
}

/// Binds a socket and listens.
///
/// # Errors
/// When the address is taken, not of this machine, or not allowed.
pub fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Workers {
    /// Starts the workers.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(shared: &Arc<Shared>, stop: &watch::Receiver<bool>) -> io::Result<Self> {
        let mut workers = Self { desks: Vec::new(), threads: Vec::new() };
        for (n, bell) in shared.wakers.bells().enumerate() {
            let (arrivals, desk) = mpsc::unbounded_channel();
            let (shared, stop) = (Arc::clone(shared), stop.clone());
            let thread = std::thread::Builder::new()
                .name(format!("http-{n}"))
                .spawn(move || worker::run(shared, bell, desk, stop))?;
            workers.threads.push(thread);
            workers.desks.push(Desk { arrivals, connections: Arc::default() });
        }
        Ok(workers)
    }

    /// Accepts connections on `socket`, for ever.
    pub async fn accept(&self, socket: &TcpListener, listener: Listener, shared: &Shared) {
        loop {
            match socket.accept().await {
                Ok((stream, _)) => self.seat(stream, listener, shared),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
    }

    fn seat(&self, stream: tokio::net::TcpStream, listener: Listener, shared: &Shared) {
        if shared.connections.load(Ordering::Relaxed) >= shared.config.max_connections {
            shared.metrics.refused_connection();
            return;
        }
        // A socket without it works, only slower.
        let _ = stream.set_nodelay(true);
        let manned = self.desks.iter().filter(|desk| !desk.arrivals.is_closed());
        let free = manned.min_by_key(|desk| desk.connections.load(Ordering::Relaxed));
        let (Some(desk), Ok(stream)) = (free, stream.into_std()) else { return };
        let seat = Seat::take([&shared.connections, &desk.connections]);
        // A worker that is gone takes nobody: the connection is closed as it is dropped.
        let _ = desk.arrivals.send(Arrival { stream, listener, seat });
    }

    /// Takes no more connections, and waits until those that are open have ended, at most for
    /// `patience`. Whether they have.
    #[must_use]
    pub fn dismiss(self, patience: Duration) -> bool {
        drop(self.desks);
        let (tell, ended) = std::sync::mpsc::channel::<()>();
        for thread in self.threads {
            let tell = tell.clone();
            // A thread that cannot be waited for is not waited for.
            let _ = std::thread::Builder::new().spawn(move || {
                let _ = thread.join();
                drop(tell);
            });
        }
        drop(tell);
        // Nothing is ever sent: the channel closes when the last worker has ended.
        ended.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected)
    }
}

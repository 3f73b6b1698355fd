//! The server of the demonstration: this same program as a child, which dies with its handle.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// The longest that a start may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Enough for the whole story, and little to write ahead of need.
const SEGMENT_BYTES: &str = "4194304";
const SIGKILL: i32 = 9;

/// A server that takes connections.
#[derive(Debug)]
pub(super) struct Server {
    process: Process,
    listeners: Listeners,
}

/// Where the server listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listeners {
    /// What the card network calls.
    pub(super) network: SocketAddr,
    /// What the issuer's own systems call.
    pub(super) operator: SocketAddr,
}

/// Why there is no server, or why it did not die as it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServerError {
    /// The child could not be started, or not be waited for.
    #[error("the server cannot be run: {0}")]
    Run(#[from] io::Error),
    /// It ended before it took connections.
    #[error("the server ended before it took connections ({0}): it said why on standard error")]
    Ended(ExitStatus),
    /// It did not say where it listens.
    #[error("the server did not take connections within {} s", PATIENCE.as_secs())]
    Slow,
    /// It was gone before it was killed.
    #[error("the server had ended before it was killed ({0}): see standard error")]
    Gone(ExitStatus),
}

impl Server {
    /// Starts a server on that directory, on ports that are free, and waits until it takes
    /// connections.
    ///
    /// # Errors
    /// When it does not.
    pub(super) async fn start(directory: &Path) -> Result<Self, ServerError> {
        let mut process = Process(command(directory)?.spawn()?);
        let (tell, told) = oneshot::channel();
        if let Some(stdout) = process.0.stdout.take() {
            std::thread::Builder::new().name("server-stdout".into()).spawn(|| {
                read(stdout, tell);
            })?;
        }
        match timeout(PATIENCE, told).await {
            Ok(Ok(listeners)) => Ok(Self { process, listeners }),
            Ok(Err(_)) => Err(ServerError::Ended(process.kill()?)),
            Err(_) => Err(ServerError::Slow),
        }
    }

    /// Where it listens.
    pub(super) const fn listeners(&self) -> Listeners {
        self.listeners
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Kills it with SIGKILL: it has no last words, and nothing is written after it.
    ///
    /// # Errors
    /// When it was not there any more.
    pub(super) fn kill(mut self) -> Result<(), ServerError> {
        let status = self.process.kill()?;
        if status.signal() == Some(SIGKILL) { Ok(()) } else { Err(ServerError::Gone(status)) }
    }
}

/// A child that does not outlive its handle.
#[derive(Debug)]
struct Process(Child);

impl Process {
    fn kill(&mut self) -> io::Result<ExitStatus> {
        self.0.kill()?;
        self.0.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing left to end.
        let _ = self.kill();
    }
}

/// `holdfast serve`, with no setting from the environment and only errors on standard error.
fn command(directory: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"HOLDFAST_") {
            command.env_remove(name);
        }
    }
    command
        .args(["serve", "--allow-any-filesystem", "--segment-bytes", SEGMENT_BYTES])
        .args(["--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(directory)
        .env("RUST_LOG", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    Ok(command)
}

/// Reads what the server prints, to its end, and tells where it listens as soon as it says so.
fn read(stdout: ChildStdout, tell: oneshot::Sender<Listeners>) {
    let mut tell = Some(tell);
    let (mut network, mut operator) = (None, None);
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        network = network.or_else(|| address(&line, "network listener on http://"));
        operator = operator.or_else(|| address(&line, "operator listener on http://"));
        if let (Some(network), Some(operator)) = (network, operator)
            && let Some(tell) = tell.take()
        {
            // Nobody listens any more only when the demonstration is over.
            let _ = tell.send(Listeners { network, operator });
        }
    }
}

fn address(line: &str, listener: &str) -> Option<SocketAddr> {
    line.strip_prefix(listener)?.parse().ok()
}

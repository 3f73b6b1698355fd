//! A server of one's own, for the commands that need one: this same program as a child, which dies
//! with its handle.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// The longest that a start may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest that an end may take once it was asked for.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(40);
/// How often it is looked whether a server has ended.
const LOOK: Duration = Duration::from_millis(1);

/// How a server is to be started.
#[derive(Debug)]
pub struct Plan(Command);

/// A server that may not take connections yet.
#[derive(Debug)]
pub struct Starting {
    process: Process,
    told: oneshot::Receiver<Listeners>,
}

/// A server that takes connections.
#[derive(Debug)]
pub struct Server {
    process: Process,
    listeners: Listeners,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub struct Listeners {
    /// What the card network calls.
    pub network: SocketAddr,
    /// What the issuer's own systems call.
    pub operator: SocketAddr,
}

/// Why there is no server, or why it did not die as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
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
    /// It did not end though it was asked to.
    #[error("the server did not stop within {} s", PATIENCE_AT_THE_END.as_secs())]
    Stubborn,
}

impl Plan {
    /// `holdfast serve` on that directory and on ports that are free, with no setting from the
    /// environment and only errors on standard error.
    ///
    /// # Errors
    /// When this program does not know where it is.
    pub fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self::of(&std::env::current_exe()?, directory))
    }

    /// The same with another program.
    #[must_use]
    pub fn of(program: &Path, directory: &Path) -> Self {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"HOLDFAST_") {
                command.env_remove(name);
            }
        }
        command
            .arg("serve")
            .args(["--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(directory)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Self(command)
    }

    /// With these flags too.
    #[must_use]
    pub fn flags<'a>(mut self, flags: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.args(flags);
        self
    }

    /// With a second copy of its log in that directory.
    #[must_use]
    pub fn mirror(mut self, directory: &Path) -> Self {
        self.0.arg("--wal-mirror").arg(directory);
        self
    }

    /// With its messages in that file, not on standard error.
    #[must_use]
    pub fn messages(mut self, file: File) -> Self {
        self.0.stderr(file);
        self
    }

    /// Starts the server, and waits until it takes connections.
    ///
    /// # Errors
    /// When it does not.
    pub async fn start(self) -> Result<Server, ServerError> {
        self.spawn()?.ready().await
    }

    /// Starts the server, and waits for nothing.
    ///
    /// # Errors
    /// When the system cannot start it.
    pub fn spawn(mut self) -> io::Result<Starting> {
        let mut process = Process(self.0.spawn()?);
        let (tell, told) = oneshot::channel();
        if let Some(stdout) = process.0.stdout.take() {
            std::thread::Builder::new().name("server-stdout".into()).spawn(|| {
                read(stdout, tell);
            })?;
        }
        Ok(Starting { process, told })
    }
}

impl Starting {
    /// Waits until the server takes connections.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ready(mut self) -> Result<Server, ServerError> {
        match timeout(PATIENCE, &mut self.told).await {
            Ok(Ok(listeners)) => Ok(Server { process: self.process, listeners }),
            // Its standard output is at its end: so is the process, or nearly.
            Ok(Err(_)) => Err(ServerError::Ended(self.process.ended().await?)),
            Err(_) => Err(ServerError::Slow),
        }
    }

    /// Kills it with SIGKILL wherever it is.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub fn kill(self) -> Result<(), ServerError> {
        self.process.kill_alive()
    }
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn listeners(&self) -> Listeners {
        self.listeners
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Kills it with SIGKILL: it has no last words, and nothing is written after it.
    ///
    /// # Errors
    /// When it was not there any more.
    pub fn kill(self) -> Result<(), ServerError> {
        self.process.kill_alive()
    }

    /// Stops it in its tracks with SIGSTOP, until it is killed.
    ///
    /// # Errors
    /// When it is not there any more.
    pub fn freeze(&self) -> io::Result<()> {
        self.process.signal(Signal::STOP)
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not.
    pub async fn stop(mut self) -> Result<ExitStatus, ServerError> {
        self.process.signal(Signal::TERM)?;
        self.process.ended().await
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

    fn kill_alive(mut self) -> Result<(), ServerError> {
        let status = self.kill()?;
        if status.signal() == Some(Signal::KILL.as_raw()) {
            Ok(())
        } else {
            Err(ServerError::Gone(status))
        }
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let id = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(id.ok_or(io::ErrorKind::InvalidInput)?, signal)?)
    }

    async fn ended(&mut self) -> Result<ExitStatus, ServerError> {
        let ended = async {
            loop {
                if let Some(status) = self.0.try_wait()? {
                    return Ok(status);
                }
                sleep(LOOK).await;
            }
        };
        timeout(PATIENCE_AT_THE_END, ended).await.map_err(|_| ServerError::Stubborn)?
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing left to end.
        let _ = self.kill();
    }
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
            // Nobody listens any more only when the server is of no more interest.
            let _ = tell.send(Listeners { network, operator });
        }
    }
}

fn address(line: &str, listener: &str) -> Option<SocketAddr> {
    line.strip_prefix(listener)?.parse().ok()
}

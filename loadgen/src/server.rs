//! A server of our own: started from a command line, killed, started again, stopped.
//!
//! It is ready when it has said on its standard output where both listeners are:
//!
//! ```text
//! network listener on http://127.0.0.1:7480
//! operator listener on http://127.0.0.1:7481
//! ```

use std::{
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::Target;

/// How long it may take to be ready: recovery of a long log takes a while.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// How long it may take to end by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    command: String,
    child: Child,
    network: Target,
    operator: Target,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ServerError {
    #[error("the server could not be started by '{0}': {1}")]
    Start(String, #[source] io::Error),
    #[error("the server that was started by '{0}' ended before it was ready: {1}")]
    Ended(String, ExitStatus),
    #[error(
        "the server that was started by '{0}' did not say within two minutes where its network and operator listeners are"
    )]
    Silent(String),
}

impl Server {
    /// Starts it, waits until it is ready, and lets both targets move to where it listens.
    ///
    /// # Errors
    ///
    /// It does not become ready.
    pub fn start(command: &str, network: &Target, operator: &Target) -> Result<Self, ServerError> {
        let child = spawn(command)?;
        let (network, operator) = (network.clone(), operator.clone());
        let mut server = Self { command: command.to_owned(), child, network, operator };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without warning, as a power cut to the process.
    pub fn kill(&mut self) {
        // An error says that it is gone already, which is what was wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again after it was killed.
    ///
    /// # Errors
    ///
    /// It does not become ready.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.child = spawn(&self.command)?;
        self.wait_until_ready()
    }

    /// Asks it to end, and waits for it; kills it when it does not.
    pub fn stop(mut self) {
        let asked = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let mut waited = if asked.is_ok() { Duration::ZERO } else { ENDS_WITHIN };
        while matches!(self.child.try_wait(), Ok(None)) && waited < ENDS_WITHIN {
            thread::sleep(PAUSE);
            waited += PAUSE;
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), ServerError> {
        let (told, listeners) = mpsc::channel();
        if let Some(stdout) = self.child.stdout.take() {
            thread::spawn(move || read(stdout, &told));
        }
        let (mut network, mut operator) = (false, false);
        while !(network && operator) {
            match listeners.recv_timeout(READY_WITHIN) {
                Ok(Listener::Network(at)) => (network, ()) = (true, self.network.move_to(at)),
                Ok(Listener::Operator(at)) => (operator, ()) = (true, self.operator.move_to(at)),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(ServerError::Silent(self.command.clone()));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            }
        }
        Ok(())
    }

    fn ended(&mut self) -> ServerError {
        match self.child.wait() {
            Ok(status) => ServerError::Ended(self.command.clone(), status),
            Err(error) => ServerError::Start(self.command.clone(), error),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

enum Listener {
    Network(SocketAddr),
    Operator(SocketAddr),
}

/// The shell takes the line apart, and then becomes the server: its process is the server's.
fn spawn(command: &str) -> Result<Child, ServerError> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec {command}")).stdin(Stdio::null()).stdout(Stdio::piped());
    shell.spawn().map_err(|error| ServerError::Start(command.to_owned(), error))
}

/// Reads all that it says, so that it never waits for a reader.
fn read(stdout: ChildStdout, told: &Sender<Listener>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Some(listener) = listener(&line) {
            // Once both are known nobody listens any more.
            drop(told.send(listener));
        }
    }
}

fn listener(line: &str) -> Option<Listener> {
    let (name, address) = line.split_once(" listener on http://")?;
    let address = address.trim().parse().ok()?;
    match name {
        "network" => Some(Listener::Network(address)),
        "operator" => Some(Listener::Operator(address)),
        _ => None,
    }
}

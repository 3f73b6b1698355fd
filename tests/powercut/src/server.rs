//! The real server as a child process: started on ports that the kernel chose, ended by signal.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

use crate::clock::now;
use crate::http::Listeners;

/// How long a server may take to start, or to end once its disk is gone.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a process is asked whether it has ended: the standard library has no other wait that
/// ends.
const PACE: Duration = Duration::from_millis(2);
/// How much of what a server said is shown.
const MESSAGE_BYTES_MAX: usize = 4000;

/// How servers are started.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The program.
    pub path: PathBuf,
    /// Flags besides those that say where.
    pub flags: Vec<String>,
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub listeners: Listeners,
    messages: PathBuf,
}

/// A server that did not start.
#[derive(Debug)]
pub struct Refused {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said on standard error.
    pub message: String,
}

impl Binary {
    /// The same with other flags.
    #[must_use]
    pub fn with(&self, flags: &[&str]) -> Self {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self { path: self.path.clone(), flags }
    }

    /// Starts a server that keeps its data under `root` and writes its messages to a file
    /// elsewhere, and waits until it takes connections.
    ///
    /// # Errors
    /// When the program cannot be run, or neither starts nor ends. A server that refuses is no
    /// error.
    pub fn start(&self, root: &Path, messages: &Path) -> anyhow::Result<Result<Server, Refused>> {
        let program = self.path.display();
        let mut command = Command::new(&self.path);
        let free = ["--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"];
        command.arg("serve").arg("--data-dir").arg(root.join("data")).args(free);
        command.args(&self.flags).env_clear().env("RUST_BACKTRACE", "1");
        // A server that lives for a moment needs none of the huge pages that it would clear first.
        command.env("MIMALLOC_ALLOW_THP", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(messages)?);
        // A signal from the terminal is for the rig alone.
        let mut child =
            command.process_group(0).spawn().with_context(|| format!("{program} cannot be run"))?;
        let lines = lines_of(&mut child);
        let (network, operator) = (address(&lines), address(&lines));
        let messages = messages.to_owned();
        if let (Some(network), Some(operator)) = (network, operator) {
            let listeners = Listeners { network, operator };
            return Ok(Ok(Server { child, listeners, messages }));
        }
        let status = wait(&mut child)?;
        let status = status.with_context(|| format!("{program} neither starts nor ends"))?;
        Ok(Err(Refused { status, message: tail(&messages) }))
    }
}

impl Server {
    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it ends by itself; `None` if it does not in time.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn wait(&mut self, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
        wait_for(&mut self.child, patience)
    }

    /// Stops it in the midst of whatever it does, or lets it go on.
    ///
    /// # Errors
    /// When it is no longer there.
    pub fn halt(&self, halted: bool) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.context("a process without a number")?;
        let signal = if halted { Signal::STOP } else { Signal::CONT };
        Ok(kill_process(pid, signal)?)
    }

    /// What it said on standard error, the end of it.
    #[must_use]
    pub fn messages(&self) -> String {
        tail(&self.messages)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// How a process ended, in words.
#[must_use]
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown end".to_owned(),
    }
}

/// The lines of its standard output, read by a thread that ends with it.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let (tell, told) = channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.for_each(|line| drop(tell.send(line)));
        });
    }
    told
}

/// The address in the next line that has one.
fn address(lines: &Receiver<String>) -> Option<SocketAddr> {
    let until = now() + PATIENCE;
    loop {
        let line = lines.recv_timeout(until.saturating_duration_since(now())).ok()?;
        if let Some((_, address)) = line.split_once(" listener on http://") {
            return address.parse().ok();
        }
    }
}

/// Waits for the end of a process that is about to end; kills it if it does not.
fn wait(child: &mut Child) -> anyhow::Result<Option<ExitStatus>> {
    let ended = wait_for(child, PATIENCE)?;
    if ended.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(ended)
}

fn wait_for(child: &mut Child, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
    let until = now() + patience;
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if now() > until => return Ok(None),
            None => std::thread::sleep(PACE),
        }
    }
}

fn tail(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let from = bytes.len().saturating_sub(MESSAGE_BYTES_MAX);
    String::from_utf8_lossy(&bytes[from..]).trim().to_owned()
}

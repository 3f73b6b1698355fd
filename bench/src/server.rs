//! The server as a process of its own, on ports that the kernel chose and a directory of the
//! caller's. It is killed when it is no longer needed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::socket::open_accounts;

/// A process that listens.
#[derive(Debug)]
pub struct Server {
    child: Child,
    said: BufReader<ChildStdout>,
}

/// A holdfast server and where it listens.
#[derive(Debug)]
pub struct Holdfast {
    /// What the card network calls.
    pub network: SocketAddr,
    /// What the operator calls.
    pub operator: SocketAddr,
    /// Goes last: it ends the process.
    server: Server,
}

impl Server {
    /// Starts `command`.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let quiet = command.env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::piped());
        let program = quiet.get_program().to_owned();
        let mut child = quiet.spawn().with_context(|| {
            format!("{} cannot be started, build it or say --server", program.display())
        })?;
        let said = child.stdout.take().context("its output was not piped")?;
        Ok(Self { child, said: BufReader::new(said) })
    }

    /// Waits until it says where its next listener is.
    ///
    /// # Errors
    /// When it ends before that.
    pub fn listener(&mut self) -> anyhow::Result<SocketAddr> {
        let mut line = String::new();
        while self.said.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.trim_end().split_once(" listener on http://") {
                return Ok(address.parse()?);
            }
            line.clear();
        }
        anyhow::bail!("the server ended before it listened: {}", self.child.wait()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Holdfast {
    /// Starts the server `binary` on `directory` and waits until it listens. `flags` are added to
    /// the command line.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(binary: &Path, directory: &Path, flags: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        let any_port = "127.0.0.1:0";
        command.arg("serve").arg("--data-dir").arg(directory);
        command.args(["--listen", any_port, "--operator-listen", any_port]);
        command.arg("--allow-any-filesystem").args(flags);
        let mut server = Server::start(&mut command)?;
        let (network, operator) = (server.listener()?, server.listener()?);
        Ok(Self { network, operator, server })
    }

    /// The same with so many accounts.
    ///
    /// # Errors
    /// When it does not start, or does not take them.
    pub fn with_accounts(
        binary: &Path,
        directory: &Path,
        flags: &[&str],
        accounts: u64,
    ) -> anyhow::Result<Self> {
        let server = Self::start(binary, directory, flags)?;
        open_accounts(server.operator, accounts)?;
        Ok(server)
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.server.child.id()
    }

    /// Does `work`, and tells for how long its threads had a processor meanwhile.
    ///
    /// # Errors
    /// Those of `work`, or when the kernel does not say.
    pub fn worked<T>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Duration)> {
        let before = self.processor()?;
        let done = work()?;
        Ok((done, self.processor()? - before))
    }

    /// For how long its threads have had a processor.
    fn processor(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process()))? {
            let said = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            let run = said.split_whitespace().next().context("schedstat is empty")?;
            nanoseconds += run.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

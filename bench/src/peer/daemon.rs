//! A server of others as a process of its own, which writes what it has to say to a file. It is
//! ended when it is no longer needed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

use crate::time::now;

const START_MAX: Duration = Duration::from_secs(60);
const END_MAX: Duration = Duration::from_secs(10);
/// Between two looks at a process that is starting or ending.
const PAUSE: Duration = Duration::from_millis(10);

/// A process that listens.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    /// What tells it to end at once, with all that it started.
    end: Signal,
    log: PathBuf,
}

impl Daemon {
    /// Starts `command`; what it says is written to `log`.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(command: &mut Command, log: &Path, end: Signal) -> anyhow::Result<Self> {
        let said = File::create(log)?;
        command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
        let program = command.get_program().to_owned();
        let child = command.spawn();
        let child = child.with_context(|| format!("{} cannot be started", program.display()))?;
        Ok(Self { child, end, log: log.to_owned() })
    }

    /// Tries until it can be reached.
    ///
    /// # Errors
    /// When it ends, or cannot be reached for a minute: with the end of what it said.
    pub fn reach<T>(&mut self, reach: impl Fn() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let begun = now();
        loop {
            let error = match reach() {
                Ok(reached) => return Ok(reached),
                Err(error) => error,
            };
            if self.child.try_wait()?.is_some() || begun.elapsed() > START_MAX {
                let said = fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(5).collect();
                return Err(error.context(format!("it said, last first: {}", last.join(" / "))));
            }
            thread::sleep(PAUSE);
        }
    }

    fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = kill_process(Pid::from_child(&self.child), self.end);
        let begun = now();
        while !self.ended() && begun.elapsed() < END_MAX {
            thread::sleep(PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

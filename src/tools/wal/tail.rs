//! `holdfast wal tail`: records as they come.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;
use wal::inspect::Follower;

use crate::engine::Lsn;
use crate::print::Ended;
use crate::tools::DataArgs;
use crate::tools::choice::{self, Choice};
use crate::tools::printer::{Printer, Stop};

/// How long to wait when nothing came. A look at nothing reads two pages.
const PAUSE: Duration = Duration::from_millis(100);

/// Which records of which log.
#[derive(Clone, Debug, clap::Args)]
pub struct TailArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// Begin with this record, instead of with what comes next
    #[arg(long, value_name = "LSN", value_parser = choice::lsn)]
    pub from: Option<Lsn>,
    /// Which of them, and how.
    #[command(flatten)]
    pub choice: Choice,
}

/// What the help says at its end.
pub const HELP: &str = "\
A record is printed once it is in the log's file, a moment before or after it is answered. Goes on \
through a restart of the server.

Example:
  holdfast wal tail --account alice

Exit status: 0 nobody reads any more, 1 the log cannot be read, 2 not understood.";

/// Prints what comes, until interrupted.
///
/// # Errors
/// There is no log, it cannot be read, or it is damaged.
pub fn tail(args: &TailArgs) -> anyhow::Result<ExitCode> {
    let log = args.data.place()?.look()?;
    let mut follower = Follower::new(args.from.unwrap_or(Lsn::new(1)));
    if args.from.is_none() {
        follower.skip(&log.directory).context("the end of the log cannot be found")?;
    }
    let mut printer = Printer::new(&args.choice);
    loop {
        let Ok(printer) = &mut printer else { return Ok(ExitCode::SUCCESS) };
        if let Err(ended) = printer.show() {
            return Ended::quietly(Err(ended)).map(|()| ExitCode::SUCCESS);
        }
        let before = follower.next();
        let looked =
            follower.advance(&log.directory, |_, record| printer.record(&record, |_, _| Ok(true)));
        if looked.is_err() {
            return Stop::quietly(looked).map(|()| ExitCode::SUCCESS);
        }
        if follower.next() == before {
            sleep(PAUSE);
        }
    }
}

//! `holdfast backup`: a copy of the log, also of one that runs, verified.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use wal::inspect::files;
use wal::{Directory, Recovered, Storage};

use super::DataArgs;
use super::files::moment_of;
use super::line::moment;
use super::place::{Log, make};
use crate::engine::Lsn;
use crate::print::{Stopwatch, bar, count, plural};

/// What goes where.
#[derive(Clone, Debug, clap::Args)]
pub struct BackupArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where the copy goes, a directory that is empty or not there yet; it is a data directory then
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// What the help says at its end.
pub const HELP: &str = "\
Works while a server runs, on its files alone: every record that was durable when it began is in \
the copy, which is read back and verified before it is called done.

Example:
  holdfast backup --to /backup/$(date +%F) --data-dir /var/lib/holdfast

Exit status: 0 copied and verified, 1 not, 2 not understood.";

/// Copies the log and verifies the copy.
///
/// # Errors
/// There is no log, there is something where the copy is to go, or it failed.
pub fn backup(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let log = args.data.place()?.look()?;
    copy(&log, &args.to, "backed up")
}

/// Copies a log into a new data directory, verifies the copy and tells of it.
///
/// # Errors
/// There is something where it is to go, or it failed.
pub fn copy(log: &Log, to: &Path, done: &str) -> anyhow::Result<ExitCode> {
    let watch = Stopwatch::start();
    let target = make(to)?;
    let bytes = files(&log.directory)?.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
    let bar = bar("copying", bytes);
    let copied = wal::backup(&log.directory, &target, |_, bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let copied = copied.with_context(|| {
        format!("not {done}: what was copied is left in {}, and is no backup", to.display())
    })?;
    for line in told(&target, &copied)? {
        println!("{line}");
    }
    println!("{done:<10} to {} in {}, verified", to.display(), watch.told());
    Ok(ExitCode::SUCCESS)
}

fn told(target: &Directory, copied: &Recovered) -> anyhow::Result<Vec<String>> {
    let number = u64::try_from(target.list()?.len()).unwrap_or(u64::MAX);
    let bytes = files(target)?.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
    let mut lines = vec![format!("files      {number}, {} bytes", count(bytes))];
    if copied.last == Lsn::ZERO {
        lines.push("records    none".to_owned());
        return Ok(lines);
    }
    let when = moment_of(target, copied.last)?.map(moment).unwrap_or_default();
    let records = plural(copied.records, "record");
    lines.push(format!("records    {records} up to {}, {when}", copied.last));
    Ok(lines)
}

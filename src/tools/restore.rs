//! `holdfast restore`: a backup becomes a data directory that a server starts on.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::{DataArgs, backup, place};

/// What goes where.
#[derive(Clone, Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
}

/// What the help says at its end.
pub const HELP: &str = "\
The data directory must be empty or not there yet: nothing is ever overwritten. The backup stays as \
it is.

Example:
  holdfast restore --from /backup/2025-11-25 --data-dir /var/lib/holdfast

Exit status: 0 copied and verified, 1 not, 2 not understood.";

/// Copies a backup and verifies the copy.
///
/// # Errors
/// There is no backup, there is something where it is to go, or it failed.
pub fn restore(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let to = args.data.place()?.data_dir;
    let log = place::look(&args.from).context("that is no backup")?;
    backup::copy(&log, &to, "restored")
}

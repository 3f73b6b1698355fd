//! `holdfast snapshot`: what a start may begin with, listed and verified.

use std::convert::Infallible;
use std::process::ExitCode;

use clap::Subcommand;
use wal::{ReadSnapshotError, SnapshotInfo, read_snapshot, snapshots};

use super::DataArgs;
use super::place::Log;
use crate::engine::Lsn;
use crate::print::{Ended, Lines, count};

/// What to do with snapshots.
#[derive(Clone, Debug, Subcommand)]
pub enum SnapshotCommand {
    /// List the snapshots, newest first, and exit with 1 if one is damaged
    #[command(after_help = HELP)]
    Ls(DataArgs),
    /// Read all of each snapshot, and exit with 1 if anything is wrong
    #[command(after_help = HELP)]
    Verify(DataArgs),
}

const HELP: &str = "\
A snapshot shortens a start: the records before it need not be replayed. The log has them all the \
same, so that a damaged one is a loss of time and of nothing else. Works while a server runs.

Exit status: 0 right, 1 one is damaged or cannot be read, 2 not understood.";

/// Does it.
///
/// # Errors
/// There is no log, or it cannot be read.
pub fn run(command: &SnapshotCommand) -> anyhow::Result<ExitCode> {
    let (SnapshotCommand::Ls(data) | SnapshotCommand::Verify(data)) = command;
    let log = data.place()?.look()?;
    let (right, mut lines) = containers(&log, None)?;
    if lines.is_empty() {
        lines.push("there is no snapshot".to_owned());
    }
    let mut out = Lines::new();
    Ended::quietly(out.lines(lines).and_then(|()| out.show()))?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads all of each snapshot, newest first: whether they are right, and a line for each. One that
/// saw records behind `last`, where that is the end of the log, is not.
///
/// # Errors
/// The files cannot be listed or read.
pub fn containers(log: &Log, last: Option<Lsn>) -> anyhow::Result<(bool, Vec<String>)> {
    let (mut right, mut lines) = (true, Vec::new());
    for from in snapshots(&log.directory)? {
        let read = read_snapshot(&log.directory, from, |_| Ok::<_, Infallible>(()));
        lines.push(match read {
            Ok(info) if last.is_some_and(|last| info.upto > last) && !log.is_running() => {
                right = false;
                format!("snapshot   {}: IT SAW MORE THAN THE LOG HAS", told(&info))
            }
            Ok(info) => format!("snapshot   {}: whole", told(&info)),
            // A server that runs keeps the newest two.
            Err(ReadSnapshotError::Storage { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                continue;
            }
            Err(error @ ReadSnapshotError::Damaged { .. }) => {
                right = false;
                format!("snapshot   DAMAGED: {error}; a start passes it over")
            }
            Err(error) => return Err(error.into()),
        });
    }
    Ok((right, lines))
}

fn told(info: &SnapshotInfo) -> String {
    let SnapshotInfo { from, upto, sections, bytes } = info;
    let name = wal::Name::Snapshot(*from);
    format!(
        "{name}, replay from {from}, seen up to {upto}, {sections} sections, {} bytes",
        count(*bytes)
    )
}

//! `holdfast snapshot`: what a start may begin with, listed and verified.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use serde::Deserialize;
use wal::{ReadSnapshotError, SnapshotInfo, read_snapshot, snapshots};

use super::DataArgs;
use super::files::progress;
use super::place::{Log, Place};
use crate::client::ServerArgs;
use crate::engine::{Lsn, ReplayError, Replaying, replay, replay_on};
use crate::print::{Ended, Lines, Stopwatch, count, plural};

/// What to do with snapshots.
#[derive(Clone, Debug, Subcommand)]
pub enum SnapshotCommand {
    /// List the snapshots, newest first, and exit with 1 if one is damaged
    #[command(after_help = HELP)]
    Ls(DataArgs),
    /// Replay the log on each snapshot and on nothing, and exit with 1 if what they make differs
    #[command(after_help = HELP)]
    Verify(DataArgs),
    /// Have a running server take a snapshot now, and wait until it has
    #[command(after_help = HELP)]
    Take(ServerArgs),
}

const HELP: &str = "\
A snapshot shortens a start: the records before it need not be replayed. The log has them all the \
same, so that a damaged one is a loss of time and of nothing else. `verify` needs the memory and the \
time of a start without one. All work while a server runs; `take` asks it over HTTP.

Exit status: 0 right or taken, 1 one is damaged, differs, or was not taken, 2 not understood.";

/// The longest that a server may take for a snapshot.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Does it.
///
/// # Errors
/// There is no log, it cannot be read, or the server took none.
pub fn run(command: SnapshotCommand) -> anyhow::Result<ExitCode> {
    let (right, mut lines) = match command {
        SnapshotCommand::Ls(data) => containers(&data.place()?.look()?, None)?,
        SnapshotCommand::Verify(data) => verify(&data.place()?)?,
        SnapshotCommand::Take(server) => (true, vec![take(server)?]),
    };
    if lines.is_empty() {
        lines.push("there is no snapshot".to_owned());
    }
    let mut out = Lines::new();
    Ended::quietly(out.lines(lines).and_then(|()| out.show()))?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a server says of the snapshot that it took.
#[derive(Deserialize)]
struct Taken {
    from: u64,
    upto: u64,
    accounts: u64,
    keys: u64,
    bytes: u64,
}

fn take(server: ServerArgs) -> anyhow::Result<String> {
    let watch = Stopwatch::start();
    let mut operator = server.operator()?.with_patience(PATIENCE);
    let answer = operator.post("/v1/snapshot", "{}".to_owned())?;
    let Taken { from, upto, accounts, keys, bytes } = serde_json::from_slice(&answer)?;
    let (accounts, keys) = (plural(accounts, "account"), plural(keys, "key"));
    let name = wal::Name::Snapshot(Lsn::new(from));
    let (bytes, time) = (count(bytes), watch.told());
    Ok(format!("taken      {name}, seen up to {upto}, {accounts}, {keys}, {bytes} bytes, {time}"))
}

/// Replays the log on nothing, and on each snapshot: all must come to the same.
fn verify(place: &Place) -> anyhow::Result<(bool, Vec<String>)> {
    let log = place.look()?;
    // What is there now has seen nothing behind what is read afterwards.
    let snapshots = snapshots(&log.directory)?;
    let replaying = |what, upto| Replaying {
        tail: log.tail,
        upto,
        on_progress: progress(what),
        currencies: &place.currencies,
    };
    let whole = replay(&log.directory, replaying("replaying all", Lsn::new(u64::MAX)))?;
    let (last, hash) = (whole.found.last, whole.state_hash());
    drop(whole);
    let (mut right, mut lines) = (true, vec![format!("log        up to {last}: state {hash}")]);
    for from in snapshots {
        let name = wal::Name::Snapshot(from);
        let replayed = replay_on(&log.directory, from, replaying("replaying", last));
        let (good, told) = match replayed {
            Ok(replayed) if replayed.state_hash() == hash => {
                let records = plural(replayed.found.records, "record");
                (true, format!("{name}: the same, with {records} replayed on it"))
            }
            Ok(replayed) => (false, format!("{name}: DIFFERS, state {}", replayed.state_hash())),
            // A server that runs keeps the newest two.
            Err(ReplayError::Snapshot(ReadSnapshotError::Storage { source, .. }))
                if source.kind() == ErrorKind::NotFound =>
            {
                continue;
            }
            Err(error) => (false, format!("{name}: WRONG, {error}")),
        };
        right &= good;
        lines.push(format!("snapshot   {told}"));
    }
    Ok((right, lines))
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
                if source.kind() == ErrorKind::NotFound =>
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

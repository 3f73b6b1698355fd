//! How fast a log is opened again: written by the engine, closed, its pages dropped, replayed.
//!
//! The log is written without sync and in full groups, as a very busy server writes it, and is
//! opened as it was written, and again once it is sealed. The opening drops the page cache by itself
//! before it reads, so what is measured is a cold start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use holdfast::ledger::Operation::{CreditBalance, DebitBalance, HoldBalance};
use wal::{Directory, Filesystem};

use crate::cli::Place;
use crate::engine::world::World;
use crate::report::{Table, preamble};
use crate::requests::{Source, Spread};
use crate::statistics::{Samples, per_second};
use crate::time::timed;

const ACCOUNTS: u64 = 10_000;
const CHUNK: u64 = 10_000;

/// What `recovery` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// How many actions the log has
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    actions: u64,
    /// How often it is opened
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
    /// A log to open as it is, and not to write one
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
}

/// Measures and prints.
///
/// # Errors
/// When the log cannot be written or read back.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(Some(&args.place.dir));
    if let Some(log) = &args.log {
        let opened = measure(log, args.rounds)?;
        let records = opened.records;
        print(&[("this log", opened)], records);
        return Ok(());
    }
    let scratch = args.place.scratch()?;
    let path = scratch.path().join("log");
    write(&path, ACCOUNTS, args.actions)?;
    let padded = measure(&path, args.rounds)?;
    seal(&path)?;
    let dense = measure(&path, args.rounds)?;
    print(&[("padded", padded), ("dense", dense)], args.actions);
    Ok(())
}

/// What opening a log took, and what it was.
struct Opened {
    times: Samples<Duration>,
    records: u64,
    bytes: u64,
}

fn measure(path: &Path, rounds: u32) -> anyhow::Result<Opened> {
    let (mut times, mut records) = (Vec::new(), 0);
    for _ in 0..rounds {
        let (time, recovered) = reopen(path)?;
        times.push(time);
        records = recovered;
    }
    Ok(Opened { times: Samples::new(times), records, bytes: bytes_in(path)? })
}

fn print(opened: &[(&str, Opened)], actions: u64) {
    let head = ["recovered each second", "median", "slowest", "fastest", "in all", "B an action"];
    let mut table = Table::new(&head);
    for (form, Opened { times, records, bytes }) in opened {
        for (what, count) in [("records", *records), ("MB", bytes / 1_000_000)] {
            let rate = |time| per_second(count, time).to_string();
            let rates = [times.median(), times.most(), times.least()].map(rate);
            let [median, slowest, fastest] = rates;
            let each = (bytes / actions.max(1)).to_string();
            let name = format!("{form}, {what}");
            table.row([name, median, slowest, fastest, count.to_string(), each]);
        }
    }
    table.print();
    println!("\nfigures: at least 2000000 records/s, else 0.7 of the disk's read bandwidth");
    println!("         at most 200 B of dense log for each action");
}

/// The length of all files of the log.
fn bytes_in(path: &Path) -> anyhow::Result<u64> {
    let files = wal::inspect::files(&Directory::look(path)?)?;
    Ok(files.iter().map(|file| file.bytes).sum())
}

/// Seals what the life that wrote it left.
fn seal(path: &Path) -> anyhow::Result<()> {
    let mut world = World::open(directory(path)?)?;
    world.seal()?;
    world.close()
}

/// Writes a log of so many accounts and actions and closes it.
pub(crate) fn write(path: &Path, accounts: u64, actions: u64) -> anyhow::Result<()> {
    let mut world = World::open(directory(path)?)?;
    world.open_accounts(0..accounts)?;
    let mut source = Source::default();
    let mix = [HoldBalance, DebitBalance, CreditBalance];
    for done in (0..actions).step_by(usize::try_from(CHUNK)?) {
        let count = usize::try_from(CHUNK.min(actions - done))?;
        let requests = source.take(count, &mix, Spread::Over(accounts));
        requests.iter().try_for_each(|request| world.submit(request))?;
        world.drain()?;
    }
    world.close()
}

/// Opens it, and says how long that took for how many records.
pub(crate) fn reopen(path: &Path) -> anyhow::Result<(Duration, u64)> {
    let directory = directory(path)?;
    let (world, time) = timed(|| World::open(directory));
    let world = world?;
    let records = world.recovered.records;
    world.close()?;
    Ok((time, records))
}

fn directory(path: &Path) -> Result<Directory, wal::DirectoryError> {
    Directory::open(path, Filesystem::Any)
}

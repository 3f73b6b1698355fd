//! How fast a log is opened again: written by the engine, closed, its pages dropped, replayed.
//!
//! The log is written without sync and in full groups, as a very busy server writes it. The opening
//! drops the page cache by itself before it reads, so what is measured is a cold start.

use std::path::Path;
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
}

/// Measures and prints.
///
/// # Errors
/// When the log cannot be written or read back.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(Some(&args.place.dir));
    let scratch = args.place.scratch()?;
    let path = scratch.path().join("log");
    write(&path, args.actions)?;
    let (mut times, mut sizes) = (Vec::new(), (0, 0));
    for _ in 0..args.rounds {
        let (time, records, bytes) = reopen(&path)?;
        times.push(time);
        sizes = (records, bytes);
    }
    print(&Samples::new(times), sizes, args.actions);
    Ok(())
}

fn print(times: &Samples<Duration>, (records, bytes): (u64, u64), actions: u64) {
    let rates = |count| {
        let rate = |time| per_second(count, time);
        [times.median(), times.most(), times.least()].map(rate)
    };
    let head = ["recovered each second", "median", "slowest", "fastest", "in all"];
    let mut table = Table::new(&head);
    let mut row = |name: &str, rates: [u64; 3], all: u64| {
        let [median, slowest, fastest] = rates.map(|rate| rate.to_string());
        table.row([name.to_owned(), median, slowest, fastest, all.to_string()]);
    };
    row("records", rates(records), records);
    row("MB", rates(bytes / 1_000_000), bytes / 1_000_000);
    table.print();
    println!("\n{} bytes of log for each action", bytes / actions.max(1));
    println!("figure: at least 2000000 records/s, else 0.7 of the disk's read bandwidth");
}

/// Writes a log of so many actions and closes it.
fn write(path: &Path, actions: u64) -> anyhow::Result<()> {
    let mut world = World::open(directory(path)?)?;
    world.open_accounts(0..ACCOUNTS)?;
    let mut source = Source::default();
    let mix = [HoldBalance, DebitBalance, CreditBalance];
    for done in (0..actions).step_by(usize::try_from(CHUNK)?) {
        let count = usize::try_from(CHUNK.min(actions - done))?;
        let requests = source.take(count, &mix, Spread::Over(ACCOUNTS));
        requests.iter().try_for_each(|request| world.submit(request))?;
        world.drain()?;
    }
    world.close()
}

/// Opens it, and says how long that took for how many records and bytes.
fn reopen(path: &Path) -> anyhow::Result<(Duration, u64, u64)> {
    let directory = directory(path)?;
    let (world, time) = timed(|| World::open(directory));
    let world = world?;
    let (records, bytes) = (world.recovered.records, world.recovered.bytes);
    world.close()?;
    Ok((time, records, bytes))
}

fn directory(path: &Path) -> Result<Directory, wal::DirectoryError> {
    Directory::open(path, Filesystem::Any)
}

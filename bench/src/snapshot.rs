//! How long it takes to take a snapshot, what is locked meanwhile, and how long to begin on it.
//!
//! The log is written without sync. A snapshot is taken of an engine that does nothing else, without
//! a pause between its parts: a server takes it slower, and its locks are held no longer. Opening
//! reads it from the disk, because what was written was dropped from the page cache, and of a log
//! that is sealed hardly anything: no record is left to be replayed.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use holdfast::engine::{Copied, Snapshot};
use holdfast::ledger::Operation::{CreditBalance, HoldBalance};
use wal::{Directory, Filesystem, Storage};

use crate::cli::Place;
use crate::engine::world::World;
use crate::report::{Table, preamble};
use crate::requests::{Source, Spread};
use crate::statistics::Samples;
use crate::time::{processor_timed, timed};

const CHUNK: u64 = 10_000;

/// What `snapshot` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// How many accounts there are
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    accounts: u64,
    /// How many keys were used, half of them for holds
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    keys: u64,
    /// How often each is measured
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
}

/// How often something was done, and how long it took: in all, and of that on a processor.
#[derive(Default)]
struct Times {
    whole: Vec<Duration>,
    processor: Vec<Duration>,
}

/// What was measured.
#[derive(Default)]
struct Measured {
    copying: Times,
    locked: Vec<Duration>,
    taking: Times,
    opening: Times,
    plain: u64,
    file: u64,
}

/// Measures and prints.
///
/// # Errors
/// When the log cannot be written, or the snapshot cannot be taken or begun on.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(Some(&args.place.dir));
    let scratch = args.place.scratch()?;
    let path = scratch.path().join("log");
    let mut measured = Measured::default();
    let mut world = world(args, &path)?;
    for _ in 0..args.rounds {
        let (copied, plain) = measured.copying.time(|| copy(&world));
        measured.locked.push(copied.locked_max);
        measured.plain = plain;
        let Snapshot { copied, bytes } = measured.taking.time(|| world.engine.snapshot(|| {}))?;
        measured.locked.push(copied.locked_max);
        measured.file = bytes;
        world.seal()?;
        world.close()?;
        let directory = Directory::open(&path, Filesystem::Any)?;
        world = measured.opening.time(|| World::open(directory))?;
        ensure!(world.recovered.records == 0, "the snapshot was not begun on");
    }
    measured.print(args);
    world.close()
}

impl Times {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let ((done, processor), whole) = timed(|| processor_timed(work));
        self.whole.push(whole);
        self.processor.push(processor);
        done
    }
}

impl Measured {
    fn print(self, args: &Args) {
        let mut table = Table::new(&["", "median", "least", "most", "on a processor"]);
        let mut row = |name: &str, times: Vec<Duration>, processor: Vec<Duration>| {
            let (times, processor) = (Samples::new(times), Samples::new(processor));
            let all = [times.median(), times.least(), times.most(), processor.median()];
            let [median, least, most, processor] = all.map(|time| format!("{time:.1?}"));
            table.row([name.to_owned(), median, least, most, processor]);
        };
        row("copying all that is in memory", self.copying.whole, self.copying.processor);
        row("taking a snapshot, to its name", self.taking.whole, self.taking.processor);
        row("opening the log on it", self.opening.whole, self.opening.processor);
        table.print();
        let locked = Samples::new(self.locked);
        println!(
            "\nlongest that a part was locked: {:.1?} in the median copy, {:.1?} in the best",
            locked.median(),
            locked.least()
        );
        println!(
            "{} accounts, {} keys, as many transactions, half as many holds",
            args.accounts, args.keys
        );
        let each = |bytes: u64| bytes / args.accounts.max(1);
        let (plain, file) = (each(self.plain), each(self.file));
        println!("bytes for each account with all that: {plain} copied, {file} in the file");
        println!("figure: ready in less than 1 s on a snapshot of 1 M accounts");
    }
}

fn world(args: &Args, path: &Path) -> anyhow::Result<World<Directory>> {
    let mut world = World::open(Directory::open(path, Filesystem::Any)?)?;
    world.open_accounts(0..args.accounts)?;
    let mut source = Source::default();
    let mix = [CreditBalance, HoldBalance];
    for done in (0..args.keys).step_by(usize::try_from(CHUNK)?) {
        let count = usize::try_from(CHUNK.min(args.keys - done))?;
        let requests = source.take(count, &mix, Spread::Over(args.accounts));
        requests.iter().try_for_each(|request| world.submit(request))?;
        world.drain()?;
    }
    Ok(world)
}

/// Copies it to nowhere; how many bytes it came to.
pub(crate) fn copy<S: Storage>(world: &World<S>) -> (Copied, u64) {
    let (mut copying, mut bytes) = (world.engine.begin_copy(), 0);
    loop {
        let count = |section: &[u8]| {
            bytes += u64::try_from(section.len()).unwrap_or(u64::MAX);
            Ok(())
        };
        if let Ok(Some(copied)) = copying.step(&world.engine, count) {
            return (copied, bytes);
        }
    }
}

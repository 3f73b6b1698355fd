//! What a server costs as it grows: accounts and remembered keys against throughput, latency, memory
//! and the time to be ready again.
//!
//! Each size is a log that the engine writes without sync, opened by the server twice: replayed from
//! its first record, and on its snapshot. The second one is asked for durable holds on any of its
//! accounts, by turns with a server of the first size, so that what else the machine does meets
//! both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use holdfast::ledger::Operation::CreditBalance;
use wal::{Directory, Filesystem};

use crate::cli::Subject;
use crate::engine::world::World;
use crate::generator::{Generator, Load, Round};
use crate::memory::resident_of;
use crate::report::Table;
use crate::requests::{Source, Spread};
use crate::rounds::{Rounds, cells, head};
use crate::server::Holdfast;
use crate::socket::Holds;
use crate::time::timed;

/// How many actions are made before they are written.
const CHUNK: u64 = 10_000;
/// How many chunks are written before what is finished is sealed: the disk holds no more of it
/// with its padding.
const CHUNKS_UNSEALED: u64 = 100;

/// What `growth` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many accounts there are, with the fewest keys; the first size is what others are held to
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "10000,1000000,10000000")]
    accounts: Vec<u64>,
    /// How many keys were used, each under a transaction of its own; from the second number on with
    /// the second number of accounts
    #[arg(
        long,
        value_name = "N",
        value_delimiter = ',',
        default_value = "1000000,10000000,50000000"
    )]
    keys: Vec<u64>,
    /// How many connections ask at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    #[command(flatten)]
    rounds: Rounds,
}

#[derive(Clone, Copy)]
struct Size {
    accounts: u64,
    keys: u64,
}

/// A server of some size that was started on its snapshot, and what was seen of it before.
struct Grown {
    size: Size,
    server: Holdfast,
    resident: u64,
    replayed: Duration,
    ready: Duration,
}

/// Measures and prints.
///
/// # Errors
/// When a log cannot be written or a server does not start.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    let mut sizes = args.sizes().into_iter();
    let grow = |size: Size| Grown::of(size, &binary, scratch.path());
    let Some(first) = sizes.next().map(grow).transpose()? else { return Ok(()) };
    let seen = ["MiB", "replayed", "on a snapshot"];
    let mut table = Table::new(&[&["accounts"], &head("keys", "of the first")[..], &seen].concat());
    let mut reference = first.generator();
    row(&mut table, &first, &turns(args, &mut reference, None)?);
    for size in sizes {
        let grown = grow(size)?;
        let mut generator = grown.generator();
        row(&mut table, &grown, &turns(args, &mut generator, Some(&mut reference))?);
        let path = grown.size.path(scratch.path());
        drop(grown);
        std::fs::remove_dir_all(path)?;
    }
    table.print();
    println!("\nfigure: holds/s at the largest at least 0.7 of the smallest");
    Ok(())
}

impl Args {
    /// The accounts with the fewest keys, then the second of them with more keys.
    fn sizes(&self) -> Vec<Size> {
        let fewest = self.keys.first().copied().unwrap_or_default();
        let wide = self.accounts.iter().map(|&accounts| Size { accounts, keys: fewest });
        let accounts = self.accounts.get(1).or(self.accounts.first()).copied().unwrap_or(1);
        let deep = self.keys.iter().skip(1).map(|&keys| Size { accounts, keys });
        wide.chain(deep).collect()
    }

    const fn load(&self) -> Load {
        self.rounds.load(self.connections)
    }
}

impl Size {
    fn path(self, parent: &Path) -> PathBuf {
        parent.join(format!("{}-{}", self.accounts, self.keys))
    }

    /// Writes a log of this size, seals it and takes a snapshot of all of it.
    fn write(self, path: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(path)?;
        // Where a server keeps its log.
        let mut world = World::open(Directory::open(&path.join("wal"), Filesystem::Any)?)?;
        for from in (0..self.accounts).step_by(usize::try_from(CHUNK * CHUNKS_UNSEALED)?) {
            world.open_accounts(from..self.accounts.min(from + CHUNK * CHUNKS_UNSEALED))?;
            world.seal()?;
        }
        let mut source = Source::default();
        for (chunk, done) in (1..).zip((0..self.keys).step_by(usize::try_from(CHUNK)?)) {
            let count = usize::try_from(CHUNK.min(self.keys - done))?;
            let requests = source.take(count, &[CreditBalance], Spread::Over(self.accounts));
            requests.iter().try_for_each(|request| world.submit(request))?;
            world.drain()?;
            if chunk % CHUNKS_UNSEALED == 0 {
                world.seal()?;
            }
        }
        world.engine.snapshot(|| {})?;
        world.seal()?;
        world.close()
    }
}

impl Grown {
    fn of(size: Size, binary: &Path, parent: &Path) -> anyhow::Result<Self> {
        let path = size.path(parent);
        size.write(&path)?;
        let start = |flags: &[&str]| Holdfast::start(binary, &path, flags);
        let (replayed_server, replayed) =
            timed(|| start(&["--ignore-snapshots", "--threads", "1"]));
        drop(replayed_server?);
        let (server, ready) = timed(|| start(&["--threads", "1"]));
        let server = server?;
        let resident = resident_of(server.process())?;
        Ok(Self { size, server, resident, replayed, ready })
    }

    fn generator(&self) -> Generator {
        Generator::new(Holds::on(self.server.network, self.size.accounts))
    }
}

/// Rounds of a server, each with one of the other that it is held to; where there is none, with
/// itself.
fn turns(
    args: &Args,
    asked: &mut Generator,
    mut other: Option<&mut Generator>,
) -> anyhow::Result<Vec<[Round; 2]>> {
    (0..args.rounds.count)
        .map(|_| {
            let round = asked.round(args.load())?;
            let beside = other.as_mut().map_or(Ok(round), |other| other.round(args.load()))?;
            Ok([round, beside])
        })
        .collect()
}

fn row(table: &mut Table, grown: &Grown, rounds: &[[Round; 2]]) {
    let of = |[round, first]: &[Round; 2]| (*round, round.of(first));
    let keys = grown.size.keys.to_string();
    let cells = cells(&keys, rounds.iter().map(of));
    let seen = [
        (grown.resident >> 20).to_string(),
        format!("{:.1?}", grown.replayed),
        format!("{:.2?}", grown.ready),
    ];
    table.row([grown.size.accounts.to_string()].into_iter().chain(cells).chain(seen));
}

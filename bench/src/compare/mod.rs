//! The same hold of holdfast and of others, on one machine, in one run.
//!
//! Each [`peer`](crate::peer) is a process on a directory of its own on the same disk, and is asked
//! by the same generator, by turns: in a round each is asked once, and each round begins with another.
//! A ratio is of two figures of one round. After each round what a peer holds must be what its
//! answers said that it holds, or there is no table.

mod print;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::Subject;
use crate::generator::{Generator, Load, Round};
use crate::peer::bare::Bare;
use crate::peer::holdfast::Holdfast;
use crate::peer::{Entry, LeftOut, Peer, postgres, redis, tigerbeetle};
use crate::rounds::Rounds;
use crate::template::HOLD_MINOR;

/// What `compare` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many connections ask at once
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,64,256")]
    connections: Vec<usize>,
    #[command(flatten)]
    rounds: Rounds,
    /// How many accounts the holds are spread over
    #[arg(long, value_name = "N", default_value_t = 1000)]
    accounts: u64,
    /// How many threads of holdfast answer
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u32,
    /// redis-server [default: the one in PATH]
    #[arg(long, value_name = "FILE")]
    redis: Option<PathBuf>,
    /// The directory of initdb and postgres [default: that of PATH, else of Debian's newest]
    #[arg(long, value_name = "DIR")]
    postgres_bin: Option<PathBuf>,
    /// How long a commit of the second PostgreSQL waits for others, in microseconds
    #[arg(long, value_name = "US", default_value_t = 100)]
    commit_delay: u64,
    /// The program tigerbeetle, to run its own benchmark
    #[arg(long, value_name = "FILE")]
    tigerbeetle: Option<PathBuf>,
}

/// One that is compared.
struct Candidate {
    name: &'static str,
    peer: Box<dyn Peer>,
    generator: Generator,
}

/// Those that are compared, holdfast first, and why others are not.
#[derive(Default)]
struct Field {
    candidates: Vec<Candidate>,
    left_out: Vec<(&'static str, LeftOut)>,
}

/// Measures and prints.
///
/// # Errors
/// When a server does not start, a hold is not done, or a server holds something else than it
/// answered.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let interrupted = interruption()?;
    let (scratch, binary) = args.subject.begin()?;
    let directory = scratch.path().canonicalize()?;
    let mut field = Field::default();
    field.fill(args, &binary, &directory)?;
    print::about(&field);
    for &connections in &args.connections {
        let load = args.rounds.load(connections);
        let rounds = by_turns(&mut field.candidates, args.rounds.count, load, &interrupted)?;
        print::rates(connections, &field, &rounds);
    }
    drop(field);
    print::foot();
    others_benchmark(args, &directory, &interrupted)
}

/// Set once somebody wants this to end: so that what was started is ended, too.
fn interruption() -> std::io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(interrupted)
}

impl Field {
    fn fill(&mut self, args: &Args, binary: &Path, directory: &Path) -> anyhow::Result<()> {
        let accounts = args.accounts;
        let threads = args.threads.to_string();
        let holdfast = |sync: &str| {
            let flags = ["--sync", sync, "--threads", &threads];
            Holdfast::start(binary, &directory.join(sync), &flags, accounts)
        };
        let postgres = |name: &str, delay| {
            let connections = args.connections.iter().copied().max().unwrap_or_default();
            let commit_delay = Duration::from_micros(delay);
            let programs = args.postgres_bin.clone();
            let setup = postgres::Setup { programs, accounts, connections, commit_delay };
            postgres::start(&directory.join(name), &setup)
        };
        self.enter("holdfast", Ok(Box::new(holdfast("group")?)));
        self.enter("holdfast --sync off", Ok(Box::new(holdfast("off")?)));
        self.enter("bare hyper", Ok(Box::new(Bare::start(accounts)?)));
        let redis = redis::start(args.redis.as_deref(), &directory.join("redis"), accounts)?;
        self.enter("Redis", redis);
        self.enter("PostgreSQL", postgres("postgres", 0)?);
        self.enter("PostgreSQL, delayed", postgres("delayed", args.commit_delay)?);
        Ok(())
    }

    fn enter(&mut self, name: &'static str, entry: Entry) {
        match entry {
            Ok(peer) => {
                let generator = peer.generator();
                self.candidates.push(Candidate { name, peer, generator });
            }
            Err(why) => self.left_out.push((name, why)),
        }
    }
}

/// The rounds, in each of which the candidates stand in their order.
fn by_turns(
    candidates: &mut [Candidate],
    rounds: usize,
    load: Load,
    interrupted: &AtomicBool,
) -> anyhow::Result<Vec<Vec<Round>>> {
    let mut measured = Vec::new();
    for first in 0..rounds {
        let mut round = Vec::new();
        for turn in 0..candidates.len() {
            ensure!(!interrupted.load(Ordering::Relaxed), "interrupted");
            let n = (first + turn) % candidates.len();
            round.push((n, candidates[n].round(load)?));
        }
        round.sort_unstable_by_key(|(n, _)| *n);
        measured.push(round.into_iter().map(|(_, round)| round).collect());
    }
    Ok(measured)
}

impl Candidate {
    /// Asks once, and then whether it holds what it answered.
    fn round(&mut self, load: Load) -> anyhow::Result<Round> {
        // What others wrote is not for this one to wait for.
        rustix::fs::sync();
        let name = self.name;
        let round = self.generator.round(load).with_context(|| format!("{name} was asked"))?;
        if let Some(held) = self.peer.held().with_context(|| format!("{name} was asked after"))? {
            let answered = self.generator.sent();
            ensure!(
                held == answered * HOLD_MINOR,
                "{name} answered {answered} holds of {HOLD_MINOR} each, and holds {held}"
            );
        }
        Ok(round)
    }
}

/// TigerBeetle's own, after all else: it takes memory and disk enough to disturb.
fn others_benchmark(args: &Args, directory: &Path, interrupted: &AtomicBool) -> anyhow::Result<()> {
    let Some(program) = &args.tigerbeetle else {
        println!("TigerBeetle: left out: it is not in Debian, say --tigerbeetle FILE");
        return Ok(());
    };
    let mut measured = Vec::new();
    for _ in 0..args.rounds.count.min(3) {
        for load in &tigerbeetle::LOADS {
            ensure!(!interrupted.load(Ordering::Relaxed), "interrupted");
            measured.push((load.name, tigerbeetle::run(program, directory, load)?));
        }
    }
    print::tigerbeetle(&tigerbeetle::version(program)?, &measured);
    Ok(())
}

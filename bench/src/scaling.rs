//! Durable holds per second over HTTP, closed loop, as more threads of the server answer.
//!
//! One server for each number of threads, asked by turns; as many threads ask as answer, each over
//! connections of its own. They ask on the machine that answers: a line says something only where
//! the machine has more than twice as many cores as the server has threads.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::cli::Subject;
use crate::generator::{Generator, Load, Round};
use crate::report::Table;
use crate::rounds::{Rounds, cells, head};
use crate::server::Holdfast;
use crate::socket::Holds;
use crate::statistics::Samples;
use crate::threads::joined;

/// What `scaling` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many threads of the server answer
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,2,4,8")]
    threads: Vec<u32>,
    /// How many connections ask at once, for each thread that answers
    #[arg(long, value_name = "N", default_value_t = 128)]
    connections: usize,
    #[command(flatten)]
    rounds: Rounds,
    /// How many accounts the holds are spread over
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    accounts: u64,
}

/// A server, and who asks it.
struct Lane {
    server: Holdfast,
    generators: Vec<Generator>,
}

/// What all who asked one server saw in a round, with the times of the one who waited longest; and
/// for how long the server had a processor for each hold.
type Seen = (Round, Duration);

/// Measures and prints.
///
/// # Errors
/// When a process does not start or an operation is not done.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    let lane = |threads: &u32| Lane::start(args, &binary, scratch.path(), *threads);
    let mut lanes = args.threads.iter().map(lane).collect::<anyhow::Result<Vec<_>>>()?;
    let load = args.rounds.load(args.connections);
    let mut rounds = Vec::new();
    for _ in 0..args.rounds.count {
        let seen = lanes.iter_mut().map(|lane| lane.round(load));
        rounds.push(seen.collect::<anyhow::Result<Vec<_>>>()?);
    }
    print(args, &rounds);
    Ok(())
}

impl Lane {
    fn start(args: &Args, binary: &Path, scratch: &Path, threads: u32) -> anyhow::Result<Self> {
        let number = threads.to_string();
        let (directory, flags) = (scratch.join(&number), ["--threads", &number]);
        let server = Holdfast::with_accounts(binary, &directory, &flags, args.accounts)?;
        let generator = || Generator::new(Holds::on(server.network, args.accounts));
        let generators = (0..u64::from(threads)).map(|n| generator().beside(n)).collect();
        Ok(Self { server, generators })
    }

    fn round(&mut self, load: Load) -> anyhow::Result<Seen> {
        let (first, generators) = (self.sent(), &mut self.generators);
        let (rounds, worked) = self.server.worked(|| {
            thread::scope(|scope| {
                let asking = generators.iter_mut().map(|it| scope.spawn(move || it.round(load)));
                let asking: Vec<_> = asking.collect();
                asking.into_iter().map(joined).collect::<anyhow::Result<Vec<_>>>()
            })
        })?;
        let slowest = |of: fn(&Round) -> Duration| rounds.iter().map(of).max().unwrap_or_default();
        let round = Round {
            per_second: rounds.iter().map(|round| round.per_second).sum(),
            p50: slowest(|round| round.p50),
            p99: slowest(|round| round.p99),
        };
        Ok((round, worked / u32::try_from((self.sent() - first).max(1))?))
    }

    fn sent(&self) -> u64 {
        self.generators.iter().map(Generator::sent).sum()
    }
}

fn print(args: &Args, rounds: &[Vec<Seen>]) {
    let name = format!("threads, {} connections each", args.connections);
    let first = format!("of {}", args.threads.first().copied().unwrap_or_default());
    let mut table = Table::new(&[&head(&name, &first)[..], &["server ns each"]].concat());
    for (n, threads) in args.threads.iter().enumerate() {
        let of = |round: &Vec<Seen>| (round[n].0, round[n].0.of(&round[0].0));
        let cells = cells(&threads.to_string(), rounds.iter().map(of));
        let worked = Samples::new(rounds.iter().map(|round| round[n].1)).median();
        table.row(cells.into_iter().chain([worked.as_nanos().to_string()]));
    }
    table.print();
}

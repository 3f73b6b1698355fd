//! Durable holds per second over HTTP, closed loop, against two others under the same load.
//!
//! Three processes listen: the server, the server with `--sync off`, and a bare hyper responder
//! that reads the body and answers with as many bytes. One generator asks them by turns; each ratio
//! is of two figures of one round. Each process answers on one thread unless told otherwise, and
//! the generator has one.

pub mod bare;

use std::process::Command;

use crate::cli::Subject;
use crate::generator::{Generator, Round};
use crate::report::Table;
use crate::rounds::{Rounds, cells, head};
use crate::server::{Holdfast, Server};
use crate::socket::Holds;

/// What `http` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many connections ask at once
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "64,256")]
    connections: Vec<usize>,
    #[command(flatten)]
    rounds: Rounds,
    /// How many threads of the servers answer
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u32,
    /// How many accounts the holds are spread over
    #[arg(long, value_name = "N", default_value_t = 1000)]
    accounts: u64,
}

const NAMES: [&str; 3] = ["durable", "--sync off", "bare hyper"];

/// Measures and prints.
///
/// # Errors
/// When a process does not start or an operation is not done.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    let threads = args.threads.to_string();
    let start = |sync: &str| {
        let flags = ["--sync", sync, "--threads", &threads];
        Holdfast::with_accounts(&binary, &scratch.path().join(sync), &flags, args.accounts)
    };
    let (durable, off) = (start("group")?, start("off")?);
    let mut bare = Server::start(Command::new(std::env::current_exe()?).arg("bare"))?;
    let addresses = [durable.network, off.network, bare.listener()?];
    let mut generators = addresses.map(|at| Generator::new(Holds::on(at, args.accounts)));
    for &connections in &args.connections {
        let rounds = by_turns(args, &mut generators, connections)?;
        print(connections, &rounds);
    }
    println!("figures: of bare hyper at 256 / 64 at least 0.7 / 0.6, of --sync off 0.9 / 0.75");
    Ok(())
}

fn by_turns(
    args: &Args,
    [a, b, c]: &mut [Generator; 3],
    connections: usize,
) -> anyhow::Result<Vec<[Round; 3]>> {
    let load = args.rounds.load(connections);
    (0..args.rounds.count).map(|_| Ok([a.round(load)?, b.round(load)?, c.round(load)?])).collect()
}

fn print(connections: usize, rounds: &[[Round; 3]]) {
    let name = format!("{connections} connections");
    let mut table = Table::new(&head(&name, "durable is of it"));
    for (n, name) in NAMES.iter().enumerate() {
        let of = |round: &[Round; 3]| (round[n], round[0].of(&round[n]));
        table.row(cells(name, rounds.iter().map(of)));
    }
    table.print();
    println!();
}

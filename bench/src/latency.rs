//! One durable operation over HTTP, alone: what it takes beyond the sync that it waits for. And how
//! long a server on an empty directory takes to its first answer.
//!
//! A few holds over one connection, then as many 4 KiB writes and syncs of a prepared file on the
//! same disk, by turns, so that both see the same moods of the disk.

use std::path::Path;
use std::time::Duration;

use crate::cli::Subject;
use crate::files::Prepared;
use crate::report::Table;
use crate::server::Holdfast;
use crate::socket::{Client, hold, read, succeeded};
use crate::statistics::{Samples, micros};
use crate::time::timed;

const ACCOUNTS: u64 = 16;

/// What `latency` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many turns
    #[arg(long, value_name = "N", default_value_t = 200)]
    turns: u64,
    /// How many operations, and how many syncs, are made in one turn
    #[arg(long, value_name = "N", default_value_t = 10)]
    each: u64,
    /// How often the server is started
    #[arg(long, value_name = "N", default_value_t = 10)]
    starts: u32,
}

/// Measures and prints.
///
/// # Errors
/// When the server does not start or an operation is not done.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    let (operations, syncs) = by_turns(args, &binary, scratch.path())?;
    let start = |n| first_answer(&binary, &scratch.path().join(format!("start-{n}")));
    let starts = (0..args.starts).map(start).collect::<anyhow::Result<Vec<_>>>()?;

    let mut table = Table::new(&["one at a time", "p50", "p90", "p99", "most"]);
    table.row(row("hold_balance over HTTP, durable", &operations));
    table.row(row("pwrite + fdatasync of 4 KiB", &syncs));
    table.row(row("start, empty, to the first answer", &Samples::new(starts)));
    table.print();
    let (operation, sync) = (operations.median(), syncs.median());
    let sign = if operation < sync { "-" } else { "" };
    println!("\ndifference of the medians: {sign}{}", micros(operation.abs_diff(sync)));
    println!("figures: at most 100 µs more than the sync, goal 60; start under 100 ms, goal 50");
    Ok(())
}

fn by_turns(
    args: &Args,
    binary: &Path,
    scratch: &Path,
) -> anyhow::Result<(Samples<Duration>, Samples<Duration>)> {
    let server = Holdfast::with_accounts(binary, &scratch.join("served"), &[], ACCOUNTS)?;
    let mut client = Client::connect(server.network)?;
    let mut disk = Prepared::new(&scratch.join("prepared"), args.each * 100)?;
    let mut template = hold(ACCOUNTS);
    let (mut operations, mut syncs) = (Vec::new(), Vec::new());
    for turn in 0..args.turns {
        for number in 0..args.each {
            let request = template.request(turn * args.each + number);
            let (answer, time) = timed(|| client.exchange(request));
            succeeded(answer?)?;
            operations.push(time);
        }
        for _ in 0..args.each {
            syncs.push(disk.write_and_sync()?);
        }
    }
    Ok((Samples::new(operations), Samples::new(syncs)))
}

/// From before the process exists to its answer to the first request.
fn first_answer(binary: &Path, directory: &Path) -> anyhow::Result<Duration> {
    let (server, time) = timed(|| {
        let server = Holdfast::start(binary, directory, &[])?;
        Client::connect(server.operator)?.exchange(&read("/health/ready"))?;
        anyhow::Ok(server)
    });
    server.map(|_server| time)
}

fn row(name: &str, times: &Samples<Duration>) -> [String; 5] {
    let [p50, p90, p99, most] = [50, 90, 99, 100].map(|percent| micros(times.percentile(percent)));
    [name.to_owned(), p50, p90, p99, most]
}

//! The engine alone, on one thread: decide, append, apply.
//!
//! The log is [`Discard`](crate::discard::Discard), without sync. Actions are submitted in bursts;
//! between two bursts the same thread steps the committer, which groups and checksums what was
//! appended. That is a column of its own, because in the server another thread does it. Requests
//! are made before a burst, and each lane has an engine of its own; the lanes take turns. What is
//! counted is the time for which the thread had a processor.

pub mod lane;
pub mod memory;
pub mod world;

use std::time::Duration;

use holdfast::ledger::Operation::{self, CreditBalance, DebitBalance, HoldBalance};

use crate::report::{Table, preamble};
use crate::requests::Spread;
use crate::statistics::Ratio;
use lane::{Lane, Work};

/// What `engine` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How long to submit to each lane
    #[arg(long, value_name = "S", default_value_t = 2)]
    seconds: u64,
    /// How many accounts the spread lanes have
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    accounts: u64,
    /// Leave out the memory
    #[arg(long)]
    speed_only: bool,
    /// Only the lane of this name, such as "hold": for a profiler
    #[arg(long, value_name = "LANE", requires = "speed_only")]
    only: Option<String>,
}

/// Measures and prints.
///
/// # Errors
/// When the engine refuses an action.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(None);
    if !args.speed_only {
        memory::print()?;
    }
    print_speed(args)
}

fn print_speed(args: &Args) -> anyhow::Result<()> {
    let wanted =
        |(name, _, _): &&(&str, _, _)| args.only.as_deref().is_none_or(|only| *name == only);
    let mut lanes = LANES
        .iter()
        .filter(wanted)
        .map(|&(name, operations, spread)| {
            let spread = spread.unwrap_or(Spread::Over(args.accounts));
            Lane::new(name, Work::Operations(operations), spread)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let least = Duration::from_secs(args.seconds);
    while lanes.iter().any(|lane| lane.submitting() < least) {
        lanes.iter_mut().try_for_each(Lane::burst)?;
    }
    let head = ["actions", "/s", "ns each", "p10..p90", "overall /s", "/s with grouping"];
    let mut table = Table::new(&head);
    lanes.iter().for_each(|lane| table.row(lane.row()));
    table.print();
    let rate = |name| lanes.iter().find(|lane| lane.name() == name).map(Lane::rate);
    if let (Some(spread), Some(hot)) = (rate(SPREAD), rate(HOT)) {
        println!(
            "\none hot account against {} accounts: {}",
            args.accounts,
            Ratio::of(hot, spread)
        );
    }
    println!("figures: at least 1000000 actions/s, goal 2000000; hot against spread 0.9");
    Ok(())
}

const SPREAD: &str = "debit, credit";
const HOT: &str = "debit, credit, one account";

/// Name, operations by turns, and one account or, where there is none given, all.
const LANES: [(&str, &[Operation], Option<Spread>); 6] = [
    ("hold, debit, credit", &[HoldBalance, DebitBalance, CreditBalance], None),
    ("hold", &[HoldBalance], None),
    ("debit", &[DebitBalance], None),
    ("credit", &[CreditBalance], None),
    (SPREAD, &[DebitBalance, CreditBalance], None),
    (HOT, &[DebitBalance, CreditBalance], Some(Spread::Hot)),
];

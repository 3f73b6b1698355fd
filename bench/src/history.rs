//! How long it takes to see an account as it was, and how many records are read for it.
//!
//! One account has many actions, another with several balances a tenth of them, and between any two
//! of them lies an action of a third. The moments are drawn from all their time. Nothing is
//! reopened: what was written is in the page cache, as the recent past of a server is.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use holdfast::engine::record::Profile;
use holdfast::engine::{AccountView, StatementAsked};
use holdfast::ledger::Operation::{CreditBalance, DebitBalance, HoldBalance};
use holdfast::ledger::{Amount, Currency, Moment, Opening};
use wal::{Directory, Filesystem};

use crate::cli::Place;
use crate::engine::world::World;
use crate::report::{Table, preamble};
use crate::requests::{Draw, Source, Spread, account, currency};
use crate::statistics::{Samples, micros};
use crate::time::timed;

const OTHERS: u64 = 10_000;
const CHUNK: u64 = 10_000;
const PAGE: usize = 100;
const SEVERAL: &str = "with several balances";
const RESTING: [&[u8; 3]; 7] = [b"AUD", b"CAD", b"EUR", b"GBP", b"HKD", b"NZD", b"USD"];

/// What `history` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// How many actions the account has
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    actions: u64,
    /// How often it is looked at
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    views: usize,
}

/// Measures and prints.
///
/// # Errors
/// When the log cannot be written or read back.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(Some(&args.place.dir));
    let scratch = args.place.scratch()?;
    let world = write(&scratch.path().join("log"), args.actions)?;
    let head = ["", "time p50", "time p99", "records p50", "records p99", "records most"];
    let mut table = Table::new(&head);
    let live = |name: &str| world.engine.account(name).context("it was opened");
    // Both before anything is measured: all moments are of the time in which the log was written.
    let (one, several) = (live(&account(0))?, live(SEVERAL)?);
    for (live, title) in [(one, "one balance"), (several, "eight, seven at rest")] {
        let view = |at| {
            let shown = world.engine.account_at(&live, at)?.is_some();
            ensure!(shown, "nothing was shown at {at:?}");
            Ok(())
        };
        let title = |what: &str| format!("{what}, {title}");
        table
            .row(Measured::of(&world, args.views, &live, view)?.row(&title("account at a moment")));
        let page = |to| {
            let from = Moment::from_micros(i64::MIN);
            let asked = StatementAsked { from, to, before: None, limit: PAGE };
            world.engine.statement(&live, asked)?;
            Ok(())
        };
        let views = args.views.div_ceil(10);
        table.row(Measured::of(&world, views, &live, page)?.row(&title("statement of 100")));
    }
    table.print();
    println!("\nfigures: at most 1 ms at the median, and at most 64 records for a moment");
    world.close()
}

/// Writes the log and leaves it open.
fn write(path: &Path, actions: u64) -> anyhow::Result<World<Directory>> {
    let mut world = World::open(Directory::open(path, Filesystem::Any)?)?;
    world.open_accounts(0..OTHERS)?;
    let resting = RESTING.iter().filter_map(|code| Currency::new(**code, 2));
    let limit = Amount::REQUEST_MAX;
    let balances = std::iter::once(currency()).chain(resting).map(|currency| (currency, limit));
    world.engine.open_account(
        SEVERAL,
        Opening { balances: balances.collect() },
        Profile::default(),
    )?;
    let mut source = Source::default();
    let mix = [HoldBalance, DebitBalance, CreditBalance];
    for done in (0..actions).step_by(usize::try_from(CHUNK)?) {
        let count = usize::try_from(CHUNK.min(actions - done))?;
        let theirs = source.take(count, &mix, Spread::Over(OTHERS));
        let own = source.take(count, &mix, Spread::Hot);
        for (n, (other, own)) in theirs.into_iter().zip(own).enumerate() {
            let several = n.is_multiple_of(10);
            world.submit(&if several { other.on(SEVERAL.to_owned()) } else { other })?;
            world.submit(&own)?;
        }
        world.drain()?;
    }
    Ok(world)
}

/// What it took to ask about many moments.
struct Measured {
    times: Samples<Duration>,
    records: Samples<u64>,
}

impl Measured {
    fn of(
        world: &World<Directory>,
        moments: usize,
        live: &AccountView,
        ask: impl Fn(Moment) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let (first, last) = (live.created_at.micros(), live.as_of.micros());
        let span = u64::try_from(last - first)?.max(1);
        let mut draw = Draw::default();
        let (mut times, mut records) = (Vec::new(), Vec::new());
        for _ in 0..moments {
            let at = Moment::from_micros(first + i64::try_from(draw.below(span))?);
            let before = world.engine.records_read();
            let (asked, time) = timed(|| ask(at));
            asked?;
            times.push(time);
            records.push(world.engine.records_read() - before);
        }
        Ok(Self { times: Samples::new(times), records: Samples::new(records) })
    }

    fn row(&self, name: &str) -> [String; 6] {
        let [half, nearly_all] = [50, 99].map(|percent| micros(self.times.percentile(percent)));
        let [middle, high, most] =
            [50, 99, 100].map(|percent| self.records.percentile(percent).to_string());
        [name.to_owned(), half, nearly_all, middle, high, most]
    }
}

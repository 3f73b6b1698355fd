//! What an account, a remembered key, a transaction and an open hold take in memory.
//!
//! Each is the difference of resident memory divided by how many were added, with the allocator of
//! the server. Tables double, so what grows a table is averaged over one doubling. What comes with
//! a thing and is another thing is measured alone in the same way, and taken off.

use std::process::Command;

use anyhow::Context;
use clap::ValueEnum;
use holdfast::ledger::Operation::{self, CreditBalance, HoldBalance};

use super::world::World;
use crate::memory::resident;
use crate::report::Table;
use crate::requests::{Source, Spread, account};

const ACCOUNTS: u64 = 1 << 17;
/// How many keys there are at least when they are weighed.
const KEYS: u64 = 1 << 20;
/// How often, up to twice as many.
const WEIGHINGS: u64 = 8;
const HOLDS_EACH: u64 = 8;
/// Actions before the first weighing: more than twice what the log's two buffers hold.
const WARM_UP: u64 = 50_000;

/// What is weighed in a process of its own: memory that was given back is used again, and would not
/// be seen.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Weighed {
    /// An account that nothing happened to, averaged over one doubling.
    Account,
    /// A key that was used under a transaction which is known, averaged over one doubling.
    Key,
    /// A key that was used under a fresh transaction, averaged over one doubling.
    KeyAndTransaction,
    /// One credit of each account.
    Credit,
    /// One hold on each account.
    Hold,
    /// Several credits of each account, each.
    Credits,
    /// Several holds on each account, each.
    Holds,
}

impl Weighed {
    /// Bytes for each.
    ///
    /// # Errors
    /// When the engine refuses an action.
    pub fn weigh(self) -> anyhow::Result<u64> {
        match self {
            Self::Account => opened(),
            Self::Key => remembered(Transactions::One),
            Self::KeyAndTransaction => remembered(Transactions::Fresh),
            Self::Credit => on_every_account(CreditBalance, 1),
            Self::Hold => on_every_account(HoldBalance, 1),
            Self::Credits => on_every_account(CreditBalance, HOLDS_EACH),
            Self::Holds => on_every_account(HoldBalance, HOLDS_EACH),
        }
    }

    fn alone(self) -> anyhow::Result<u64> {
        let name = self.to_possible_value().context("every variant has a name")?;
        let this = std::env::current_exe()?;
        let weighed = Command::new(this).arg("weigh").arg(name.get_name()).output()?;
        let said = String::from_utf8_lossy(&weighed.stdout);
        said.trim().parse().with_context(|| String::from_utf8_lossy(&weighed.stderr).into_owned())
    }
}

/// Measures and prints.
///
/// # Errors
/// When the engine refuses an action.
pub fn print() -> anyhow::Result<()> {
    let more =
        |whole: Weighed, part: Weighed| anyhow::Ok(whole.alone()?.saturating_sub(part.alone()?));
    let account = Weighed::Account.alone()?;
    let key = Weighed::Key.alone()?;
    let transaction = more(Weighed::KeyAndTransaction, Weighed::Key)?;
    let first = more(Weighed::Hold, Weighed::Credit)?;
    let average = more(Weighed::Holds, Weighed::Credits)?;

    let mut table = Table::new(&["memory", "bytes each", "figure"]);
    let mut row = |name: &str, bytes: u64, figure: &str| {
        table.row([name.to_owned(), bytes.to_string(), figure.to_owned()]);
    };
    row("account with one balance, over a doubling", account, "160");
    row("remembered key, over a doubling", key, "40");
    row("transaction on an account, over a doubling", transaction, "");
    row("open hold, the first of its account", first, "96");
    row(&format!("open hold, {HOLDS_EACH} on each account"), average, "96");
    table.print();
    println!();
    Ok(())
}

fn opened() -> anyhow::Result<u64> {
    let (mut world, _) = warm(1)?;
    let before = resident()?;
    let (mut from, mut sum) = (1, 0);
    for weighing in 0..=WEIGHINGS {
        let to = ACCOUNTS + weighing * (ACCOUNTS / WEIGHINGS);
        world.open_accounts(from..to)?;
        sum += resident()?.saturating_sub(before) / to;
        from = to;
    }
    Ok(sum / (WEIGHINGS + 1))
}

/// An engine whose log's buffers are as large as they will be.
fn warm(accounts: u64) -> anyhow::Result<(World, Source)> {
    let mut world = World::with_accounts(accounts)?;
    let mut source = Source::default();
    for n in 0..WARM_UP {
        let [request] = source.take_some([CreditBalance], Spread::Hot);
        world.submit(&request.under("the one"))?;
        world.drain_seldom(n)?;
    }
    world.drain()?;
    Ok((world, source))
}

/// Under which transactions keys are used.
#[derive(Clone, Copy)]
enum Transactions {
    One,
    Fresh,
}

/// What a key takes that was used on one account, averaged over one doubling.
fn remembered(under: Transactions) -> anyhow::Result<u64> {
    let (mut world, mut source) = warm(1)?;
    let before = resident()?;
    let mut sum = 0;
    for weighing in 0..=WEIGHINGS {
        let more = if weighing == 0 { KEYS } else { KEYS / WEIGHINGS };
        for n in 0..more {
            let [request] = source.take_some([CreditBalance], Spread::Hot);
            let request = match under {
                Transactions::One => request.under("the one"),
                Transactions::Fresh => request,
            };
            world.submit(&request)?;
            world.drain_seldom(n)?;
        }
        let keys = KEYS + weighing * (KEYS / WEIGHINGS);
        sum += resident()?.saturating_sub(before) / keys;
    }
    Ok(sum / (WEIGHINGS + 1))
}

/// What an action takes that is done so many times on every account.
fn on_every_account(operation: Operation, times: u64) -> anyhow::Result<u64> {
    let (mut world, mut source) = warm(ACCOUNTS)?;
    let before = resident()?;
    for _ in 0..times {
        for number in 0..ACCOUNTS {
            let [request] = source.take_some([operation], Spread::Hot);
            world.submit(&request.on(account(number)))?;
            world.drain_seldom(number)?;
        }
    }
    Ok(resident()?.saturating_sub(before) / (times * ACCOUNTS))
}

//! An engine with funds on every account, whose log is stepped by its caller and never synced.

use std::ops::Range;

use anyhow::{Context, ensure};
use holdfast::engine::record::Profile;
use holdfast::engine::{Engine, Opened, Options, Running, Submitted, open};
use holdfast::ledger::Opening;
use wal::{Committer, Fill, Filler, Recovered, Seal, Sealer, Step, Storage, Sync};

use crate::discard::Discard;
use crate::requests::{Request, account, currency, money};

/// How many records may wait: far fewer than fill the log's buffer.
const WAITING_MAX: u64 = 20_000;
/// In minor units: more than any bench spends.
const OVERDRAFT: u64 = 1_000_000_000_000_000;

/// An engine and the loops of its log.
pub struct World<S: Storage = Discard> {
    /// The engine.
    pub engine: Engine<S>,
    committer: Committer<S>,
    filler: Filler<S>,
    sealer: Sealer<S>,
    /// What the log held.
    pub recovered: Recovered,
}

impl World {
    /// A new engine on a log that goes nowhere, with so many accounts.
    ///
    /// # Errors
    /// When it does not take them.
    pub fn with_accounts(accounts: u64) -> anyhow::Result<Self> {
        let mut world = Self::open(Discard)?;
        world.open_accounts(0..accounts)?;
        Ok(world)
    }
}

impl<S: Storage> World<S> {
    /// An engine of what is in `storage`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(storage: S) -> anyhow::Result<Self> {
        let wal = wal::Options { sync: Sync::Off, ..wal::Options::default() };
        let options = Options { wal, ..Options::default() };
        let Running { engine, committer, filler, sealer, recovered, .. } = open(storage, options)?;
        Ok(Self { engine, committer, filler, sealer, recovered })
    }

    /// Opens the accounts of these numbers, which may all overdraw.
    ///
    /// # Errors
    /// When they are not taken.
    pub fn open_accounts(&mut self, numbers: Range<u64>) -> anyhow::Result<()> {
        for number in numbers {
            let opening = Opening { balances: vec![(currency(), money(OVERDRAFT).amount)] };
            let opened = self.engine.open_account(&account(number), opening, Profile::default())?;
            ensure!(matches!(opened, Opened::New(_)), "account {number} was there already");
            self.drain_seldom(number)?;
        }
        self.drain()
    }

    /// Submits one request, which must be decided anew and done.
    ///
    /// # Errors
    /// When it is not.
    pub fn submit(&self, request: &Request) -> anyhow::Result<()> {
        match self.engine.submit(request.as_operation(), &[])? {
            Submitted::Decided(action, _) if action.outcome.is_ok() => Ok(()),
            other => anyhow::bail!("{request:?} was not done: {other:?}"),
        }
    }

    /// Writes what was appended, each time that `time` is a multiple of what may wait.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    pub fn drain_seldom(&mut self, time: u64) -> anyhow::Result<()> {
        if time.is_multiple_of(WAITING_MAX) { self.drain() } else { Ok(()) }
    }

    /// Writes all that was appended, in groups as full as they can be.
    ///
    /// # Errors
    /// When the log fails.
    pub fn drain(&mut self) -> anyhow::Result<()> {
        self.until(Step::Idle)
    }

    /// Seals every segment that is finished, and merges, as the server does beside its work.
    ///
    /// # Errors
    /// When one cannot be.
    pub fn seal(&mut self) -> anyhow::Result<()> {
        loop {
            match self.sealer.step() {
                Seal::Sealed(_) | Seal::Merging | Seal::Merged(_) | Seal::Mended(_) => {}
                Seal::Idle => return Ok(()),
                Seal::Failed(error) => return Err(error.into()),
            }
        }
    }

    /// Closes the log once all of it is written.
    ///
    /// # Errors
    /// When the log fails.
    pub fn close(mut self) -> anyhow::Result<()> {
        self.engine.close();
        self.until(Step::Ended)
    }

    fn until(&mut self, last: Step) -> anyhow::Result<()> {
        loop {
            match self.committer.step()? {
                step if step == last => return Ok(()),
                Step::Committed | Step::Idle | Step::Ended => {}
                Step::Starved => {
                    let prepared = matches!(self.filler.step(), Fill::Prepared);
                    prepared.then_some(()).context("no segment could be prepared")?;
                }
            }
        }
    }
}

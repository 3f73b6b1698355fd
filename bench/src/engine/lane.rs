//! One kind of load on one engine, in bursts that are timed one by one.

use std::time::Duration;

use anyhow::ensure;
use holdfast::engine::Submitted;
use holdfast::ledger::Operation;

use super::world::World;
use crate::requests::{Request, Source, Spread};
use crate::statistics::{Samples, per_second};
use crate::time::processor_timed;

/// How many actions are submitted between two turns of the committer.
const BURST: usize = 20_000;

/// One kind of load.
pub struct Lane {
    name: &'static str,
    operations: &'static [Operation],
    spread: Spread,
    world: World,
    source: Source,
    submitting: Vec<Duration>,
    grouping: Duration,
}

impl Lane {
    /// A new engine with the accounts that the load is on.
    pub fn new(
        name: &'static str,
        operations: &'static [Operation],
        spread: Spread,
    ) -> anyhow::Result<Self> {
        let accounts = match spread {
            Spread::Over(accounts) => accounts,
            Spread::Hot => 1,
        };
        let world = World::with_accounts(accounts)?;
        let (source, submitting, grouping) = (Source::default(), Vec::new(), Duration::ZERO);
        Ok(Self { name, operations, spread, world, source, submitting, grouping })
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// For how long it was submitted to.
    pub fn submitting(&self) -> Duration {
        self.submitting.iter().sum()
    }

    /// Submits once more.
    pub fn burst(&mut self) -> anyhow::Result<()> {
        let requests = self.source.take(BURST, self.operations, self.spread);
        let (done, time) = processor_timed(|| self.submit(&requests));
        ensure!(done == BURST, "only {done} of {BURST} actions of {} were done", self.name);
        self.submitting.push(time);
        let (drained, time) = processor_timed(|| self.world.drain());
        self.grouping += time;
        drained
    }

    fn submit(&self, requests: &[Request]) -> usize {
        let engine = &self.world.engine;
        let done = requests.iter().filter(|request| {
            let submitted = engine.submit(request.as_operation(), &[]);
            matches!(submitted, Ok(Submitted::Decided(action, _)) if action.outcome.is_ok())
        });
        done.count()
    }

    /// Actions per second at the median burst.
    pub fn rate(&self) -> u64 {
        per_second(burst(), self.bursts().median())
    }

    fn bursts(&self) -> Samples<Duration> {
        Samples::new(self.submitting.iter().copied())
    }

    /// What it came to.
    pub fn row(&self) -> [String; 6] {
        let bursts = self.bursts();
        let each = |percent| bursts.percentile(percent).as_nanos() / u128::from(burst());
        let total = self.submitting();
        let actions = burst() * u64::try_from(self.submitting.len()).unwrap_or(u64::MAX);
        [
            self.name.to_owned(),
            self.rate().to_string(),
            each(50).to_string(),
            format!("{}..{}", each(10), each(90)),
            per_second(actions, total).to_string(),
            per_second(actions, total + self.grouping).to_string(),
        ]
    }
}

fn burst() -> u64 {
    u64::try_from(BURST).unwrap_or(u64::MAX)
}

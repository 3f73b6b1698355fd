//! The engine: an account found, and one action all the way.

use std::hint::black_box;

use holdfast::ledger::Operation::{self, CreditBalance, DebitBalance, HoldBalance};

use super::{Stage, Work, repeat};
use crate::engine::world::World;
use crate::requests::{Request, Source, Spread, account};

pub(super) const STAGES: [Stage; 3] = [
    Stage { name: "account look-up", most: u64::MAX, counted: 10_000, prepare: look_up },
    Stage {
        name: "decide, append, apply",
        most: 10_000,
        counted: 5000,
        prepare: || submitting(&[DebitBalance, CreditBalance]),
    },
    Stage {
        name: "decide, append, apply a hold",
        most: 10_000,
        counted: 5000,
        prepare: || submitting(&[HoldBalance]),
    },
];

const ACCOUNTS: u64 = 1000;

fn look_up() -> anyhow::Result<Box<dyn Work>> {
    let world = World::with_accounts(ACCOUNTS)?;
    let names: Vec<String> = (0..ACCOUNTS).map(account).collect();
    let mut next = 0;
    repeat(move || {
        black_box(world.engine.account(black_box(&names[next])));
        next = (next + 1) % names.len();
    })
}

fn submitting(mix: &'static [Operation]) -> anyhow::Result<Box<dyn Work>> {
    let world = World::with_accounts(ACCOUNTS)?;
    Ok(Box::new(Submitting { world, mix, source: Source::default(), requests: Vec::new() }))
}

/// Actions are fresh, and what was appended is written before the log's buffer is full of it.
struct Submitting {
    world: World,
    mix: &'static [Operation],
    source: Source,
    requests: Vec<Request>,
}

impl Work for Submitting {
    fn ready(&mut self, times: u64) -> anyhow::Result<()> {
        let count = usize::try_from(times)?;
        self.requests = self.source.take(count, self.mix, Spread::Over(ACCOUNTS));
        self.world.drain()
    }

    fn run(&mut self, times: u64) {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        let mut requests = self.requests.iter().take(times);
        let submitted = requests.try_for_each(|request| self.world.submit(request));
        submitted.expect("every action is taken");
    }
}

//! What was: a small log opened again, and a small engine copied for a snapshot.
//!
//! Both are too small to say how fast a large one is, for which there are `recovery` and `snapshot`:
//! they show that one of the two has become slower.

use std::hint::black_box;

use holdfast::ledger::Operation::{CreditBalance, HoldBalance};
use tempfile::TempDir;

use super::{Stage, Work, repeat};
use crate::engine::world::World;
use crate::requests::{Source, Spread};
use crate::{recovery, snapshot};

pub(super) const STAGES: [Stage; 2] = [
    Stage { name: "recovery, 10,000 records", most: u64::MAX, counted: 2, prepare: recovery },
    Stage { name: "snapshot copy, 10,000 keys", most: u64::MAX, counted: 2, prepare: snapshot },
];

const ACCOUNTS: u64 = 1000;
const ACTIONS: u64 = 9000;
const KEYS: usize = 10_000;

fn recovery() -> anyhow::Result<Box<dyn Work>> {
    let scratch = tempfile::tempdir()?;
    recovery::write(scratch.path(), ACCOUNTS, ACTIONS)?;
    Ok(Box::new(Recovering { scratch }))
}

/// A log in real files, of which no page is in memory when it is opened.
struct Recovering {
    scratch: TempDir,
}

impl Work for Recovering {
    fn run(&mut self, times: u64) {
        for _ in 0..times {
            let (_, records) = recovery::reopen(self.scratch.path()).expect("it was written whole");
            assert_eq!(records, ACCOUNTS + ACTIONS);
        }
    }
}

fn snapshot() -> anyhow::Result<Box<dyn Work>> {
    let mut world = World::with_accounts(ACCOUNTS)?;
    let mix = [CreditBalance, HoldBalance];
    let requests = Source::default().take(KEYS, &mix, Spread::Over(ACCOUNTS));
    requests.iter().try_for_each(|request| world.submit(request))?;
    world.drain()?;
    repeat(move || {
        black_box(snapshot::copy(&world));
    })
}

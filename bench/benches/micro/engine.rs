//! The engine: an account found, and one action all the way.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use holdfast::ledger::Operation::{CreditBalance, DebitBalance};
use holdfast_bench::engine::world::World;
use holdfast_bench::requests::{Source, Spread, account};
use holdfast_bench::time::timed;

const ACCOUNTS: u64 = 1000;

pub(crate) fn bench(criterion: &mut Criterion) {
    look_up(criterion);
    submit(criterion);
}

fn look_up(criterion: &mut Criterion) {
    let world = World::with_accounts(ACCOUNTS).expect("an engine opens");
    let names: Vec<String> = (0..ACCOUNTS).map(account).collect();
    let mut next = names.iter().cycle();
    criterion.bench_function("account look-up", |b| {
        b.iter(|| next.next().and_then(|name| world.engine.account(black_box(name))));
    });
}

/// Actions are fresh and the log must not fill up, so they are made and timed in chunks.
fn submit(criterion: &mut Criterion) {
    const CHUNK: u64 = 1000;
    let mut world = World::with_accounts(ACCOUNTS).expect("an engine opens");
    let mut source = Source::default();
    criterion.bench_function("decide, append, apply", |b| {
        b.iter_custom(|count| {
            let mut total = Duration::ZERO;
            for done in (0..count).step_by(1000) {
                let chunk = usize::try_from(CHUNK.min(count - done)).unwrap_or(0);
                let mix = &[DebitBalance, CreditBalance];
                let requests = source.take(chunk, mix, Spread::Over(ACCOUNTS));
                let submit = || requests.iter().try_for_each(|request| world.submit(request));
                let (submitted, time) = timed(submit);
                submitted.expect("every action is taken");
                world.drain().expect("a log that goes nowhere takes it all");
                total += time;
            }
            total
        });
    });
}

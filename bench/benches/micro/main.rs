//! Where the time of one action goes: each [`stage`] of its way alone.
//!
//! `cargo bench -p holdfast-bench` measures; with `-- --test` each runs once, for CI.

use criterion::Criterion;
use holdfast_bench::stage;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for stage in stage::all() {
        // What it needs is made once, and only for a stage that was asked for.
        let mut prepared = None;
        criterion.bench_function(stage.name, |b| {
            let work = prepared.get_or_insert_with(|| stage.prepare().expect("it can be prepared"));
            b.iter_custom(|times| stage.time(&mut **work, times).expect("it can be made ready"));
        });
    }
    criterion.final_summary();
}

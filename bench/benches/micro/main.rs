//! Where the time of one action goes: each stage of its way alone, warm, on one thread.
//!
//! `cargo bench -p holdfast-bench` measures; with `-- --test` each runs once, for CI. A stage is
//! measured on what fits the cache: `holdfast-bench engine` shows what it costs when it does not.

mod engine;
mod law;
mod log;
mod text;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    text::bench(&mut criterion);
    law::bench(&mut criterion);
    engine::bench(&mut criterion);
    log::bench(&mut criterion);
    criterion.final_summary();
}

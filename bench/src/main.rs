//! `holdfast-bench`: each figure that holdfast publishes, measured by one command.
//!
//! | command | measures | of what |
//! | --- | --- | --- |
//! | `disk` | bytes that reach the device and time, for one lone commit | the log, on mapped files |
//! | `latency` | one durable operation, unloaded; the start on an empty directory | the server's binary |
//! | `engine` | actions per second and thread; bytes of memory for each thing | the engine, on a log that goes nowhere |
//! | `recovery` | records and bytes per second, reopened | the engine, on mapped files |
//! | `history` | an account at random moments of its past | the engine, on mapped files |
//! | `snapshot` | time to take one and to begin on it, what is locked meanwhile, bytes | the engine, on mapped files |
//! | `reconcile` | records per second of a settlement file, and memory | the server's binary |
//! | `http` | durable holds per second, closed loop | the server's binary |
//! | `scaling` | the same as more threads answer, with as many that ask | the server's binary |
//! | `batch` | durable operations per second in batches of several lengths | the server's binary |
//! | `compare` | the same hold, closed loop, by turns with bare hyper, Redis and PostgreSQL | servers as they are installed |
//! | `instructions` | instructions of each stage of an action's way | the library, under valgrind |
//! | `limits` | the same with ten spend limits and without; the engine alone too | the server's binary, the engine |
//!
//! # How it measures
//!
//! * Release builds only mean something: `cargo run --release -p holdfast-bench -- latency`.
//! * What is compared is measured in one run, by turns. A table shows the median of its rounds and
//!   their range; on a shared machine only what stands in one table can be compared.
//! * A time is that of a real thing: real files in `--dir`, real sockets on the loopback, the
//!   server as its own process. The exceptions are named where they are made.
//! * No figure is asserted: a bench reports, a person judges. `RESULTS.md` keeps what was
//!   measured where, with what was not reached.
//!
//! The micro-benchmarks (`cargo bench -p holdfast-bench`) say where the time of one action goes:
//! the same stages as those of `instructions`.
//! Run as `cargo bench -p holdfast-bench -- --test` each of them runs once, which keeps them from
//! rotting. This is no load generator: it checks only that every request was answered with 200.

use std::process::ExitCode;

use clap::Parser;
use holdfast_bench::cli::Args;

/// The same as the server's: what is measured here must be what is served there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Args::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("holdfast-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! `holdfast`: what was typed, done; and the only place that prints a fatal error.

use std::process::ExitCode;

use clap::Parser;
use holdfast::cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Args::parse()).unwrap_or_else(|error| {
        eprintln!("holdfast: {error:#}");
        cli::status(&error)
    })
}

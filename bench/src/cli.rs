//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tempfile::TempDir;

use crate::engine::memory::Weighed;
use crate::report::preamble;
use crate::{
    batch, compare, disk, engine, growth, history, http, instructions, latency, limits, reconcile,
    recovery, scaling, snapshot,
};

/// Measures holdfast on this machine. Build it with --release.
#[derive(Debug, Parser)]
#[command(name = "holdfast-bench", version)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bytes written to the device and time for one lone commit
    Disk(disk::Args),
    /// One durable operation over HTTP, unloaded; and the start on an empty directory
    Latency(latency::Args),
    /// Actions per second of the engine alone, and memory for each thing that it remembers
    Engine(engine::Args),
    /// Records per second when a log is opened again
    Recovery(recovery::Args),
    /// Time and records read to see an account as it was
    History(history::Args),
    /// Time to take a snapshot, to load it, and what is locked meanwhile
    Snapshot(snapshot::Args),
    /// Records per second of a settlement file held against the ledger, and memory
    Reconcile(reconcile::Args),
    /// Durable holds per second over HTTP against the same without sync and a bare responder
    Http(http::Args),
    /// Durable holds per second over HTTP as more threads of the server answer
    Scaling(scaling::Args),
    /// Durable operations per second in batches of several lengths
    Batch(batch::Args),
    /// Throughput, latency, memory and time to start as accounts and keys become many
    Growth(growth::Args),
    /// The same hold of holdfast and of others: bare hyper, Redis, PostgreSQL, TigerBeetle
    Compare(compare::Args),
    /// Instructions of each stage of an action's way, counted by valgrind
    Instructions(instructions::Args),
    /// What ten spend limits cost
    Limits(limits::Args),
    /// One weighing of `engine`, by itself: prints bytes for each
    Weigh {
        /// Of what
        what: Weighed,
    },
    /// One run of `instructions`, by itself: does a stage so often
    Stage(instructions::Run),
    /// The bare responder of `http`, by itself: answers 200 to everything until it is killed
    Bare,
}

/// Where files are made.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// The directory that the files are made in, and removed from: it chooses the disk
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

/// The server that is measured, and where it keeps its files.
#[derive(Clone, Debug, clap::Args)]
pub struct Subject {
    #[command(flatten)]
    place: Place,
    /// The server's binary [default: holdfast beside this binary]
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
}

impl Args {
    /// Measures what was asked for and prints it.
    ///
    /// # Errors
    /// When it could not be measured.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Disk(args) => disk::run(&args),
            Command::Latency(args) => latency::run(&args),
            Command::Engine(args) => engine::run(&args),
            Command::Recovery(args) => recovery::run(&args),
            Command::History(args) => history::run(&args),
            Command::Snapshot(args) => snapshot::run(&args),
            Command::Reconcile(args) => reconcile::run(&args),
            Command::Http(args) => http::run(&args),
            Command::Scaling(args) => scaling::run(&args),
            Command::Batch(args) => batch::run(&args),
            Command::Growth(args) => growth::run(&args),
            Command::Compare(args) => compare::run(&args),
            Command::Instructions(args) => instructions::run(&args),
            Command::Limits(args) => limits::run(&args),
            Command::Weigh { what } => what.weigh().map(|bytes| println!("{bytes}")),
            Command::Stage(run) => run.run(),
            Command::Bare => http::bare::serve(),
        }
    }
}

impl Place {
    /// A new directory there, which goes away with the value.
    ///
    /// # Errors
    /// When none can be made.
    pub fn scratch(&self) -> std::io::Result<TempDir> {
        tempfile::Builder::new().prefix("holdfast-bench-").tempdir_in(&self.dir)
    }
}

impl Subject {
    /// Prints what is measured on; a new directory there, which goes away with the value, and the
    /// server's binary.
    ///
    /// # Errors
    /// When no directory can be made, or this program does not know where it is.
    pub fn begin(&self) -> std::io::Result<(TempDir, PathBuf)> {
        preamble(Some(&self.place.dir));
        let binary = match &self.server {
            Some(path) => path.clone(),
            None => std::env::current_exe()?.with_file_name("holdfast"),
        };
        Ok((self.place.scratch()?, binary))
    }
}

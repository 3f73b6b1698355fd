//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::build;
use super::flags::Flags;
use super::statement::Time;
use crate::client::ServerArgs;
use crate::tools;
use crate::tools::snapshot::SnapshotCommand;
use crate::tools::wal::WalCommand;

/// The ledger in a card issuer's hot path: every action durable before it is answered, exactly
/// once.
///
/// Exit status: 0 done, 1 not done (the reason is on standard error), 2 not understood.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, long_version = build::facts())]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the ledger until told to stop
    #[command(after_help = PRECEDENCE)]
    Serve(Flags),
    /// Check or show the configuration, without touching any data
    Config {
        /// Which of the two.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Show what moved an account, newest first, or what it came to at a moment
    Statement(Box<StatementArgs>),
    /// Show everything that happened to a card transaction, and whether it was decided rightly
    #[command(after_help = super::explain::HELP)]
    Explain(Box<super::explain::ExplainArgs>),
    /// Apply a clearing file, each record once, where this ledger moves the money
    #[command(after_help = super::clear::HELP)]
    Clear(Box<super::clear::ClearArgs>),
    /// Hold a settlement or clearing file against the ledger
    #[command(after_help = super::reconcile::HELP)]
    Reconcile(Box<super::reconcile::ReconcileArgs>),
    /// Look at the log: its files, its records, what is wrong with it
    Wal {
        /// What to do with it.
        #[command(subcommand)]
        command: WalCommand,
    },
    /// List, verify or take the snapshots that a start may begin with
    Snapshot {
        /// What to do with them.
        #[command(subcommand)]
        command: SnapshotCommand,
    },
    /// Copy the data of a server, also of one that runs, and verify the copy
    #[command(after_help = tools::backup::HELP)]
    Backup(tools::backup::BackupArgs),
    /// Make a data directory from a backup, and verify it
    #[command(after_help = tools::restore::HELP)]
    Restore(tools::restore::RestoreArgs),
    /// Verify the log; with --full replay it, and verify the books, the keys and the accounts
    #[command(after_help = tools::verify::HELP)]
    Verify(tools::verify::VerifyArgs),
    /// Show what the ledger does, on a server of its own that goes away at the end
    Demo(DemoArgs),
    /// Find out whether a server on this disk and this file system is what it promises to be
    #[command(after_help = TORTURE)]
    Torture(TortureArgs),
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say ok, or all that is wrong, and exit with 1 if anything is
    #[command(after_help = PRECEDENCE)]
    Check(Flags),
    /// Print every setting, its value, and where the value came from
    #[command(after_help = PRECEDENCE)]
    Show(Flags),
}

/// What the demonstration may be told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DemoArgs {
    /// Where its log goes [default: a new directory among the temporary files]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Leave the log where it is at the end
    #[arg(long)]
    pub keep: bool,
}

/// Which statement is wanted, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct StatementArgs {
    /// The account, by its `tenant_account_ref`
    pub account: String,
    /// What it came to at this moment, instead of what moved it
    #[arg(long, value_name = "TIME", value_parser = Time::parse, conflicts_with_all = ["from", "to"])]
    pub at: Option<Time>,
    /// Nothing that happened before
    #[arg(long, value_name = "TIME", value_parser = Time::parse)]
    pub from: Option<Time>,
    /// Only what happened before
    #[arg(long, value_name = "TIME", value_parser = Time::parse)]
    pub to: Option<Time>,
    /// As the server tells it: JSON, one action in each line
    #[arg(long)]
    pub json: bool,
    /// Who is asked.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// How a server is to be tortured.
#[derive(Clone, Debug, clap::Args)]
pub struct TortureArgs {
    /// A directory on the disk that is to be tried: one of its own, made if missing
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// How long; one round is lived to its end however short that is
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub seconds: u64,
    /// What everything is drawn from [default: a random number, which is printed]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// The round to begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub round: u64,
    /// Leave the log of the last round where it is at the end
    #[arg(long)]
    pub keep: bool,
    /// The server that is tried, in place of this program's own
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub server: Option<PathBuf>,
}

const TORTURE: &str = "\
Servers of its own on ports that are free are loaded, killed, and asked again; the ends of their \
logs are torn, copies of them damaged, and power is cut on a simulated disk. It takes up to 256 MiB \
of room and removes what it made.

Exit status: 0 nothing was lost, 1 something was or is wrong (what shows it is kept), 2 not \
understood, 3 no verdict (the reason is on standard error).";

const PRECEDENCE: &str = "\
A setting comes from its flag, else from its environment variable, else from the file, else it is \
the default. In the file it has the name of its variable, in lower case and without HOLDFAST_. \
What gives a list gives all of it.

Exit status: 0 done, 1 not done (the reason is on standard error), 2 not understood.";

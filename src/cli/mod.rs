//! The command line: what can be typed, and which part of the program does it.
//!
//! Exit status: 0 done, 1 not done (the reason is on standard error), 2 not understood.

mod args;
mod build;
mod clear;
mod config_command;
mod explain;
mod flags;
mod reconcile;
mod sending;
mod statement;

use std::process::ExitCode;

pub use args::{Args, Command, ConfigCommand, DemoArgs, StatementArgs, TortureArgs};
pub use flags::Flags;

use crate::config::{Config, Problems};
use crate::tools;

/// Does what was typed.
///
/// # Errors
/// Why it could not be done, for a person; an invalid configuration is a [`Problems`].
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Serve(flags) => crate::serve::serve(resolve(&flags)?),
        Command::Config { command: ConfigCommand::Check(flags) } => {
            config_command::check(&resolve(&flags)?)
        }
        Command::Config { command: ConfigCommand::Show(flags) } => {
            config_command::show(&resolve(&flags)?)
        }
        Command::Statement(args) => statement::statement(*args),
        Command::Explain(args) => explain::explain(*args),
        Command::Clear(args) => clear::clear(*args),
        Command::Reconcile(args) => reconcile::reconcile(*args),
        Command::Wal { command } => tools::wal::run(&command),
        Command::Snapshot { command } => tools::snapshot::run(command),
        Command::Backup(args) => tools::backup::backup(&args),
        Command::Restore(args) => tools::restore::restore(&args),
        Command::Verify(args) => tools::verify::verify(&args),
        Command::Demo(options) => crate::demo::demo(options),
        Command::Torture(options) => crate::torture::torture(options),
    }
}

/// The exit status of a command that could not be done.
#[must_use]
pub fn status(error: &anyhow::Error) -> ExitCode {
    if error.is::<crate::torture::NoVerdict>() || error.is::<sending::NoReport>() {
        ExitCode::from(NO_VERDICT)
    } else if error.is::<sending::Unusable>() {
        ExitCode::from(UNUSABLE)
    } else {
        ExitCode::FAILURE
    }
}

/// Of a file that is to be held against the ledger, or applied.
const UNUSABLE: u8 = 2;

/// Beside a verdict of 0 or 1, and what was not understood.
const NO_VERDICT: u8 = 3;

/// The configuration by these flags and by the environment of this process.
fn resolve(flags: &Flags) -> Result<Config, Problems> {
    Config::resolve(flags.typed(), &|name| std::env::var_os(name))
}

//! `holdfast wal`: the log, looked at file by file and record by record.

pub mod cat;
pub mod cut;
pub mod ls;
pub mod tail;
pub mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// What to do with the log.
#[derive(Clone, Debug, Subcommand)]
pub enum WalCommand {
    /// List the files of the log, and exit with 1 if one is damaged
    #[command(after_help = ls::HELP)]
    Ls(ls::LsArgs),
    /// Print records, from the first or from any, one in each line
    #[command(after_help = cat::HELP)]
    Cat(cat::CatArgs),
    /// Read everything as an opening would, and exit with 1 if anything is wrong
    #[command(after_help = verify::HELP)]
    Verify(verify::VerifyArgs),
    /// Print records as they come, until interrupted
    #[command(after_help = tail::HELP)]
    Tail(tail::TailArgs),
    /// Drop a record and all behind it, which is how a corrupt log opens again
    #[command(after_help = cut::HELP)]
    Cut(cut::CutArgs),
}

/// Does it.
///
/// # Errors
/// Why it could not be done.
pub fn run(command: &WalCommand) -> anyhow::Result<ExitCode> {
    match command {
        WalCommand::Ls(args) => ls::ls(args),
        WalCommand::Cat(args) => cat::cat(args),
        WalCommand::Verify(args) => verify::verify(args),
        WalCommand::Tail(args) => tail::tail(args),
        WalCommand::Cut(args) => cut::cut(args),
    }
}

//! The command line: what was typed (`args`), and what is true ([`Plan`]).
//!
//! Flags alone are a run. A word before them is another [`Command`].

mod args;
mod compare;
mod outputs;
mod plan;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, error::ErrorKind};

use args::{CommandLine, Other};
pub use compare::CompareArgs;
pub use outputs::Outputs;
pub use plan::{Mode, Plan};

/// `EX_USAGE` of sysexits.
const USAGE: u8 = 64;

/// What is asked for.
#[derive(Debug)]
pub enum Command {
    /// One run.
    Run(Box<Plan>),
    /// Two saved reports side by side.
    Compare(CompareArgs),
    /// The JSON schema of a report.
    Schema,
}

/// A command line that is no plan, or that asks for help.
#[derive(Debug)]
pub struct Usage(clap::Error);

impl Usage {
    /// Prints what is wrong, or the help that was asked for.
    pub fn print(&self) {
        // There is nowhere to report that the terminal is gone.
        drop(self.0.print());
    }

    /// Zero for help, else `EX_USAGE`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.0.use_stderr() { USAGE } else { 0 }
    }
}

impl Command {
    /// Reads a command line, the program's name included.
    ///
    /// # Errors
    ///
    /// It is no command, or asks for help.
    pub fn from_command_line(
        line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, Usage> {
        let typed = CommandLine::try_parse_from(line).map_err(Usage)?;
        match typed.other {
            Some(Other::Compare(typed)) => Ok(Self::Compare(typed)),
            Some(Other::Schema) => Ok(Self::Schema),
            None => {
                Plan::try_from(typed.run).map(|plan| Self::Run(Box::new(plan))).map_err(refused)
            }
        }
    }
}

impl Plan {
    /// Reads the command line of a run, the program's name included.
    ///
    /// # Errors
    ///
    /// It is no plan, or asks for help.
    pub fn from_command_line(
        line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, Usage> {
        match Command::from_command_line(line)? {
            Command::Run(plan) => Ok(*plan),
            Command::Compare(_) | Command::Schema => {
                Err(refused("this asks for no run".to_owned()))
            }
        }
    }
}

fn refused(message: String) -> Usage {
    Usage(CommandLine::command().error(ErrorKind::ValueValidation, message))
}

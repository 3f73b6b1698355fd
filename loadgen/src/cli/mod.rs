//! The command line: what was typed (`args`), and what is true ([`Plan`]).
//!
//! Flags alone are a run. A word before them is another [`Command`].

mod args;
mod compare;
mod outputs;
mod plan;

use std::{ffi::OsString, time::Duration};

use clap::{CommandFactory, Parser, ValueEnum, error::ErrorKind};

use args::{CalibrateArgs, CommandLine, Other};
pub use compare::CompareArgs;
pub use outputs::Outputs;
pub use plan::{Mode, OwnServer, Plan, Play};

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
    /// The generator measured by itself, for so long in each loop.
    Calibrate(Box<Plan>, Duration),
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

impl std::fmt::Display for Usage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
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
            Some(Other::Calibrate(args)) => args.command(),
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
            Command::Compare(_) | Command::Schema | Command::Calibrate(..) => {
                Err(refused("this asks for no run".to_owned()))
            }
        }
    }
}

impl CalibrateArgs {
    /// A plan with these connections, threads and mix. No server is asked.
    fn command(&self) -> Result<Command, Usage> {
        let Self { seconds, connections, threads, mix, json } = self;
        let mix = mix.to_possible_value().map(|mix| mix.get_name().to_owned()).unwrap_or_default();
        let mut line = vec!["holdfast-loadgen".to_owned(), "--mix".to_owned(), mix];
        line.extend([format!("--connections={connections}"), format!("--threads={threads}")]);
        line.extend([format!("--accounts={connections}")]);
        line.extend(json.then(|| "--json".to_owned()));
        let plan = Plan::from_command_line(line)?;
        Ok(Command::Calibrate(Box::new(plan), Duration::from_secs(seconds.get().into())))
    }
}

fn refused(message: String) -> Usage {
    Usage(CommandLine::command().error(ErrorKind::ValueValidation, message))
}

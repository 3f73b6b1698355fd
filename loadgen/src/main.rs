//! The load generator's command line. Exits 0 when the run passed, 2 when the SLO was missed, 3
//! when the run is invalid, 4 when the server answered incorrectly, 64 when the command line is
//! wrong, 69 when the run could not be made.

use std::process::ExitCode;

use holdfast_loadgen::{
    cli::{Command, Plan},
    run,
};

/// The run could not be made: `EX_UNAVAILABLE` of sysexits.
const UNAVAILABLE: u8 = 69;

fn main() -> ExitCode {
    match Command::from_command_line(std::env::args_os()) {
        Ok(Command::Run(plan)) => run_and_report(&plan),
        Err(usage) => {
            usage.print();
            ExitCode::from(usage.exit_code())
        }
    }
}

fn run_and_report(plan: &Plan) -> ExitCode {
    match run(plan) {
        Ok(report) => {
            println!("{}", report.render(plan.output));
            ExitCode::from(report.verdict().exit_code())
        }
        Err(error) => {
            eprintln!("holdfast-loadgen: {error}");
            ExitCode::from(UNAVAILABLE)
        }
    }
}

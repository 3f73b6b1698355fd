//! `holdfast-auditor`, the program.

use std::process::ExitCode;

use clap::Parser;

use holdfast_auditor::cli::{Args, Failure, run};

const CLEAN: u8 = 0;
const FINDINGS: u8 = 1;
const UNREADABLE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    match report(&args) {
        Ok(clean) => ExitCode::from(if clean { CLEAN } else { FINDINGS }),
        Err(failure) => {
            eprintln!("holdfast-auditor: {failure}");
            ExitCode::from(UNREADABLE)
        }
    }
}

/// Prints the report, and tells whether it is clean.
fn report(args: &Args) -> Result<bool, Failure> {
    let report = run(args)?;
    let text =
        if args.json { report.to_json().unwrap_or_default() + "\n" } else { report.to_text() };
    print!("{text}");
    Ok(report.clean)
}

//! The load generator's command line. Exits 0 when the run passed, 2 when the SLO was missed, 3
//! when the run is invalid, 4 when the server answered incorrectly, 64 when the command line is
//! wrong, 69 when the run could not be made. A comparison exits with 0, with 2 when a figure is worse
//! than it may be, and with 69 when the reports cannot be compared.

use std::{error::Error, process::ExitCode, time::Duration};

use holdfast_loadgen::{
    calibration::calibrate,
    cli::{Command, CompareArgs, Plan},
    compare::Comparison,
    report::{SCHEMA, prepare},
    run,
};

/// The run could not be made: `EX_UNAVAILABLE` of sysexits.
const UNAVAILABLE: u8 = 69;
/// A figure is worse than it may be; the status of an SLO that was missed.
const REGRESSION: u8 = 2;

fn main() -> ExitCode {
    let command = match Command::from_command_line(std::env::args_os()) {
        Ok(command) => command,
        Err(usage) => {
            usage.print();
            return ExitCode::from(usage.exit_code());
        }
    };
    let status = match command {
        Command::Run(plan) => run_and_report(&plan),
        Command::Compare(typed) => compare(&typed),
        Command::Calibrate(plan, length) => calibrate_and_report(&plan, length),
        Command::Schema => {
            print!("{SCHEMA}");
            Ok(0)
        }
    };
    ExitCode::from(status.unwrap_or_else(|error| {
        eprintln!("holdfast-loadgen: {error}");
        UNAVAILABLE
    }))
}

fn compare(typed: &CompareArgs) -> Result<u8, Box<dyn Error>> {
    let comparison = Comparison::of(&typed.base, &typed.new, typed.anyway)?;
    print!("{comparison}");
    let broken = comparison.broken(&typed.fail_on_regression)?;
    broken.iter().for_each(|bound| println!("REGRESSION: {bound}"));
    Ok(if broken.is_empty() { 0 } else { REGRESSION })
}

fn run_and_report(plan: &Plan) -> Result<u8, Box<dyn Error>> {
    if let Some(directory) = &plan.outputs.save {
        prepare(directory)?;
    }
    let report = run(plan)?;
    println!("{}", if plan.outputs.json { report.to_json() } else { report.to_text() });
    if let Some(directory) = &plan.outputs.save {
        report.save(directory)?;
    }
    Ok(report.verdict().exit_code())
}

fn calibrate_and_report(plan: &Plan, length: Duration) -> Result<u8, Box<dyn Error>> {
    let calibration = calibrate(plan, length)?;
    match plan.outputs.json {
        true => println!("{}", calibration.to_json()),
        false => println!("{calibration}"),
    }
    Ok(0)
}

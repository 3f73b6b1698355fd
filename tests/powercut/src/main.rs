//! The rig's command line: see [`powercut::cli::Args`].

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use powercut::cli::{Args, Progress};
use powercut::clock::now;
use powercut::machine::Parts;
use powercut::rig::{self, Plan, Verdict};
use powercut::server::Binary;
use powercut::tally::{CUTS, Tally};
use signal_hook::consts::{SIGINT, SIGTERM};

/// Something was lost or falsely refused.
const WRONG: u8 = 1;
/// The rig cannot run here, or has failed itself.
const NO_RUN: u8 = 3;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(Verdict::Held) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong(finding)) => {
            println!("WRONG, {} seed {}, {}", args.fs.name(), args.seed, finding.what);
            if let Some(image) = finding.image {
                println!("the disk on which it was seen is {}", image.display());
            }
            ExitCode::from(WRONG)
        }
        Err(error) => {
            println!("powercut cannot go on: {error:#}");
            ExitCode::from(NO_RUN)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<Verdict> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let Progress { next, tally: before } = args.begin()?;
    let binary = Binary { path: args.server()?, flags: Vec::new() };
    let plan = Plan {
        parts: Parts {
            segment_bytes: args.segment_bytes,
            auditor: Some(args.auditor()?),
            ..Parts::new(args.fs, binary)?
        },
        seed: args.seed,
        first: next,
        cuts: args.cuts.saturating_sub(before.of(CUTS)),
        keep: args.keep.clone(),
    };
    println!("{} seed {} from ledger {next}", args.fs.name(), args.seed);
    let begun = now();
    let mut seen = before.clone();
    let verdict = rig::run(&plan, &stop, |tally, next| {
        seen = before.clone();
        seen.add(tally);
        report(args, &seen, tally, begun.elapsed());
        args.save(&Progress { next, tally: seen.clone() })?;
        if begun.elapsed() > Duration::from_secs(60 * args.minutes) {
            stop.store(true, Ordering::Release);
        }
        Ok(())
    })?;
    print!("{seen}");
    Ok(verdict)
}

/// One line of progress.
fn report(args: &Args, seen: &Tally, now: &Tally, elapsed: Duration) {
    let seconds = elapsed.as_secs().max(1);
    println!(
        "{} seed {}: {} of {} cuts, {} answers told again, {} cuts a minute",
        args.fs.name(),
        args.seed,
        seen.of(CUTS),
        args.cuts,
        seen.of("answers told again"),
        now.of(CUTS) * 60 / seconds,
    );
}

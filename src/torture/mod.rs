//! `holdfast torture`: is a server on this disk and this file system what it promises to be?
//!
//! Rounds, each drawn from the seed, until the time is up. In a round one ledger is
//!
//! * loaded over several connections and ended at a random moment, several times (`moment`): killed
//!   under load, while files change, as it starts, frozen and killed, told to stop;
//! * torn between its lives behind the end of its log (`tail`);
//! * asked again after each life (`witness`): what was answered is told again byte for byte, what
//!   was not is done once, every balance is what the answers come to (`books`);
//! * damaged at the end, on a copy (`damage`): a server must refuse it and name the file, or answer
//!   all as it was answered;
//!
//! and a log on a simulated disk has its power cut (`simulated`), and the disk itself is measured
//! (`probe`).
//!
//! **Invariant: the server is known by HTTP, by signals, and by the names of its files**; what is in
//! them is looked at by nobody here. The files of a server are written to only behind the last page
//! that is not empty, or on a copy.
//!
//! Exit status: 0 nothing was lost; 1 something was, or is wrong, and all that shows it is kept; 2
//! not understood; 3 could not be tried to the end.

mod asked;
mod books;
mod clock;
mod damage;
mod fault;
mod home;
mod lines;
mod load;
mod moment;
mod money;
mod place;
mod probe;
mod progress;
mod rig;
mod round;
mod simulated;
mod tail;
mod tally;
mod teller;
mod verdict;
mod witness;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use tokio::signal::unix::{SignalKind, signal};
use wal::simulated::Choices;

use crate::cli::TortureArgs;
use clock::Clock;
use fault::Fault;
use place::Place;
use progress::Progress;
use rig::Rig;
use round::Round;
use tally::Tally;

/// Why there is no verdict: the exit status is 3.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the torture did not come to a verdict")]
pub struct NoVerdict;

/// How often the disk is measured before anything else.
const SYNCS: usize = 200;

/// Tortures a server, and prints the verdict.
///
/// # Errors
/// When there is none: see [`NoVerdict`].
pub fn torture(options: TortureArgs) -> anyhow::Result<ExitCode> {
    let first = options.round;
    let mut rig = prepare(options).map_err(|error| error.context(NoVerdict))?;
    let mut round = first;
    let ended = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(watched(&mut rig, &mut round)),
        Err(error) => Err(error.into()),
    };
    rig.progress.end();
    say(&verdict::verdict(&rig, round, &ended))?;
    match ended {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(Fault::Unable(error)) => Err(error.context(NoVerdict)),
        Err(Fault::Lost(_) | Fault::Wrong(_)) => Ok(ExitCode::FAILURE),
    }
}

/// Takes the place, measures the disk, and says what is about to be tried.
fn prepare(options: TortureArgs) -> anyhow::Result<Rig> {
    let seed = options.seed.map_or_else(random, Ok)?;
    let place = Place::take(options.dir, options.keep)?;
    let file_system = place.file_system()?;
    let program = options.server.map_or_else(std::env::current_exe, Ok)?;
    let tally = Tally { syncs: probe::measure(&place.probe(), SYNCS)?, ..Tally::default() };
    let [median, p90, p99, worst] = [500, 900, 990, 1000].map(|part| tally.sync(part));
    let shown = [median, p90, p99, worst].map(verdict::time);
    let [median_shown, p90, p99, worst] = shown;
    say(&format!(
        "seed {seed}, {} s in {} on {}\n\
         fdatasync of 4 KiB: median {median_shown}, p90 {p90}, p99 {p99}, worst {worst} (of {SYNCS})\n",
        options.seconds,
        place.path().display(),
        file_system.name,
    ))?;
    if !file_system.supported {
        eprintln!(
            "holdfast: warning: a server refuses {} unless it is told --allow-any-filesystem; this \
             one is told",
            file_system.name
        );
    }
    if let Some(doubt) = probe::doubt(median) {
        eprintln!("holdfast: warning: {doubt}");
    }
    let clock = Clock::of(Duration::from_secs(options.seconds));
    let progress = Progress::new(clock);
    let any_file_system = !file_system.supported;
    Ok(Rig { program, any_file_system, place, clock, seed, tally, progress })
}

/// All rounds, unless a signal comes: whatever is dropped then takes its server with it.
async fn watched(rig: &mut Rig, round: &mut u64) -> Result<(), Fault> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        ended = rounds(rig, round) => ended,
        _ = terminate.recv() => Err(Fault::Unable(anyhow!("told to stop"))),
        _ = interrupt.recv() => Err(Fault::Unable(anyhow!("interrupted"))),
    }
}

async fn rounds(rig: &mut Rig, round: &mut u64) -> Result<(), Fault> {
    loop {
        Round::draw(rig, *round)?.live().await?;
        if rig.clock.is_up() {
            return Ok(());
        }
        *round += 1;
    }
}

fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    // Short enough to be typed.
    Ok(u64::from_le_bytes(bytes) >> 32)
}

fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// The number of one of `count` things, unless there is none.
fn pick(choices: &mut Choices, count: usize) -> Option<usize> {
    (count > 0).then(|| index(choices, count))
}

/// A number below `end`, and 0 if `end` is.
fn index(choices: &mut Choices, end: usize) -> usize {
    let end = u64::try_from(end).unwrap_or(u64::MAX);
    usize::try_from(choices.below(end)).unwrap_or(0)
}

/// Some bytes, at least one and at most so many.
fn garbage(choices: &mut Choices, most: u64) -> Vec<u8> {
    let bytes = 1 + index(choices, usize::try_from(most).unwrap_or(usize::MAX));
    let words = std::iter::repeat_with(|| choices.number().to_le_bytes());
    words.flatten().take(bytes).collect()
}

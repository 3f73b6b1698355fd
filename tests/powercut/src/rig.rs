//! The rig: first it shows that it would notice, then it plays ledger after ledger.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use crate::control;
use crate::ledger::Ledger;
use crate::machine::Parts;
use crate::tally::{CUTS, Tally};
use crate::wrong::Wrong;

/// How many lives a ledger has: each leaves segments on its disk.
const LIVES: usize = 6;

/// What is to be done.
pub struct Plan {
    /// What the machines are made from.
    pub parts: Parts,
    /// What everything is drawn from.
    pub seed: u64,
    /// The first ledger to play.
    pub first: u64,
    /// Stop after so many cuts.
    pub cuts: u64,
    /// Where the disk of a failure is put.
    pub keep: PathBuf,
}

/// The server was wrong, and where to see it.
#[derive(Debug)]
pub struct Finding {
    /// The number of the ledger, which with the seed repeats its choices.
    pub ledger: u64,
    /// What was found.
    pub what: String,
    /// The disk on which it was found, if one was written.
    pub image: Option<PathBuf>,
}

/// How a run ended.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing wrong.
    Held,
    /// Something wrong.
    Wrong(Finding),
}

/// Plays ledgers until there were enough cuts or `stop` says so, and tells `on_ledger` after each
/// what all together have seen.
///
/// # Errors
/// When the rig itself fails, or would not notice.
pub fn run(
    plan: &Plan,
    stop: &AtomicBool,
    mut on_ledger: impl FnMut(&Tally, u64) -> anyhow::Result<()>,
) -> anyhow::Result<Verdict> {
    control::run(&plan.parts, plan.seed).context("the rig would not notice")?;
    let mut tally = Tally::default();
    let mut number = plan.first;
    while tally.of(CUTS) < plan.cuts && !stop.load(Ordering::Acquire) {
        let mut ledger = Ledger::new(&plan.parts, plan.seed, number);
        let scenes = ledger.draw_scenes(LIVES);
        let played = ledger.play(&scenes, usize::MAX);
        tally.add(&ledger.tally);
        if let Err(error) = played {
            return finding(&ledger, number, error, &plan.keep).map(Verdict::Wrong);
        }
        number += 1;
        on_ledger(&tally, number)?;
    }
    Ok(Verdict::Held)
}

/// A failure of the server as a finding; one of the rig as an error.
fn finding(
    ledger: &Ledger<'_>,
    number: u64,
    error: anyhow::Error,
    keep: &Path,
) -> anyhow::Result<Finding> {
    let at = format!("ledger {number}, behind {} cuts of it", ledger.tally.of(CUTS));
    let name = format!("powercut-{}-{number}.img", ledger.parts.fs.name());
    let path = keep.join(name);
    let saved = ledger.evidence.as_ref().map(|image| image.save(&path));
    let image = matches!(saved, Some(Ok(()))).then_some(path);
    if error.downcast_ref::<Wrong>().is_none() {
        let saved = image.map_or_else(String::new, |path| format!(", disk in {}", path.display()));
        return Err(error.context(format!("{at}{saved}")));
    }
    Ok(Finding { ledger: number, what: format!("{at}: {error:#}"), image })
}

//! A few power cuts on each file system that this machine can have. Where it can have none, the
//! test says so and counts as ignored.

use std::path::PathBuf;

use libtest_mimic::{Arguments, Failed, Trial};
use powercut::auditor::Auditor;
use powercut::cli::beside;
use powercut::control;
use powercut::ledger::Ledger;
use powercut::machine::Parts;
use powercut::mount::Filesystem;
use powercut::scene::Scene;
use powercut::server::Binary;
use powercut::tally::CUTS;

const SEED: u64 = 1;
/// How many ends of each moment are looked at: the long run looks at all.
const ENDS: usize = 1;
const SCENES: [Scene; 7] = [
    Scene::PowerCut,
    Scene::Rotating,
    Scene::SyncFails,
    Scene::DiskFull,
    Scene::WriteFails,
    Scene::Unreadable,
    Scene::Halted,
];

fn main() {
    let arguments = Arguments::from_args();
    let trials = Filesystem::ALL.into_iter().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(fs: Filesystem) -> Trial {
    let name = format!("what_was_answered_survives_power_cuts_on_{}", fs.name());
    match parts(fs) {
        Ok(parts) => Trial::test(name, move || survives(&parts)),
        Err(why) => {
            println!("skipped: power cuts on {}: {why:#}", fs.name());
            Trial::test(name, || Ok(())).with_ignored_flag(true)
        }
    }
}

fn parts(fs: Filesystem) -> anyhow::Result<Parts> {
    let path: PathBuf = beside("holdfast")?;
    // Where only this package is built there is none.
    let auditor = beside("holdfast-auditor").ok().map(|path| Auditor { path });
    Ok(Parts { auditor, ..Parts::new(fs, Binary { path, flags: Vec::new() })? })
}

fn survives(parts: &Parts) -> Result<(), Failed> {
    let told = |error: anyhow::Error| Failed::from(format!("seed {SEED}: {error:#}"));
    control::run(parts, SEED).map_err(told)?;
    let mut ledger = Ledger::new(parts, SEED, 0);
    ledger.play(&SCENES, ENDS).map_err(told)?;
    println!("{}: {} power cuts", parts.fs.name(), ledger.tally.of(CUTS));
    Ok(())
}

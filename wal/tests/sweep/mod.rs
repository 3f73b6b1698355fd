//! Every call of the storage fails in turn: the n-th of each kind, for each n, in each way that
//! there is, once and for ever.
//!
//! A scene is a part of a log's history that comes by some calls of the storage. It is played again
//! and again, and each time another call fails. What was told before survives whatever follows,
//! nothing wrong is told, nothing panics, and a later life opens and goes on. The table of the
//! calls, and how often each was reached and failed, is printed:
//! `cargo test -p wal --test laws sweep -- --nocapture`.

mod logs;
mod looks;
mod merges;
mod pairs;
mod table;

use std::cell::OnceCell;
use std::ops::RangeInclusive;
use std::thread;

use wal::simulated::{Choices, Disk, Failure, Fault, Operation, Sites};
use wal::{Lsn, Record};

use crate::support::{Log, states};
use table::Table;

/// A part of a history.
struct Scene {
    name: &'static str,
    /// What it begins with.
    stage: fn(&Sites, &mut Choices) -> Stage,
    /// Plays it, and checks what must be true whatever failed.
    play: fn(&Stage, &Trial),
}

/// The disks that a scene begins with, and what is known of the log on the first.
struct Stage {
    disks: Vec<Disk>,
    /// All that was appended.
    records: Vec<Record>,
    /// How far it was answered.
    told: Lsn,
}

/// One playing of a scene.
struct Trial {
    scene: &'static str,
    seed: u64,
    /// Which disk fails.
    disk: usize,
    /// At what; nothing fails in a rehearsal.
    fault: Option<Fault>,
    /// The disk that fails, and how often it had failed before.
    broken: OnceCell<(Disk, u64)>,
}

const WAYS: [(Failure, bool); 6] = [
    (Failure::Io, false),
    (Failure::Io, true),
    (Failure::NoSpace, false),
    (Failure::NoSpace, true),
    (Failure::Short, false),
    (Failure::Late, false),
];

/// One seed for each thousand states.
#[test]
fn every_call_of_the_storage_may_fail_in_every_way() {
    let seeds = 1..=(states(1_000) / 1_000).max(1);
    let scenes =
        logs::SCENES.iter().chain(&looks::SCENES).chain(&merges::SCENES).chain(&pairs::SCENES);
    let mut table = Table::default();
    thread::scope(|scope| {
        let sweep = |scene: &'static Scene| {
            let seeds = seeds.clone();
            (scene.name, scope.spawn(|| scene.sweep_all(seeds)))
        };
        let sweeps: Vec<_> = scenes.map(sweep).collect();
        for (name, sweep) in sweeps {
            let (failures, sites) = sweep.join().unwrap();
            println!("{failures:8} failures of {name}");
            table.add(&sites);
        }
    });
    table.print();
    table.assert_all_failed();
    table.assert_all_reached();
}

impl Scene {
    /// How many failures it survived, and the calls that it came by.
    fn sweep_all(&self, seeds: RangeInclusive<u64>) -> (u64, Sites) {
        let sites = Sites::new();
        (seeds.map(|seed| self.sweep(&sites, seed)).sum(), sites)
    }

    /// How many failures it survived.
    fn sweep(&self, sites: &Sites, seed: u64) -> u64 {
        let stage = (self.stage)(sites, &mut Choices::new(seed));
        let rehearsal = self.trial(seed, 0, None);
        (self.play)(&stage, &rehearsal);
        let mut failures = 0;
        for disk in 0..stage.disks.len() {
            for operation in Operation::ALL {
                for (failure, lasting) in WAYS {
                    let fault = Fault { operation: Some(operation), nth: 1, failure, lasting };
                    if operation.fails_as(failure) {
                        failures += self.fail_each(&stage, seed, disk, fault);
                    }
                }
            }
        }
        failures
    }

    /// Fails the first such call, the second, and so on, until there is none left.
    fn fail_each(&self, stage: &Stage, seed: u64, disk: usize, fault: Fault) -> u64 {
        for nth in 1.. {
            let trial = self.trial(seed, disk, Some(Fault { nth, ..fault }));
            (self.play)(stage, &trial);
            if !trial.is_hit() {
                return nth - 1;
            }
        }
        0
    }

    fn trial(&self, seed: u64, disk: usize, fault: Option<Fault>) -> Trial {
        Trial { scene: self.name, seed, disk, fault, broken: OnceCell::new() }
    }
}

impl Trial {
    /// From now on the disk that is to fail does.
    fn begin(&self, disks: &[&Disk]) {
        if let Some(fault) = self.fault {
            let broken = disks[self.disk].clone();
            let before = broken.failed();
            broken.break_at(fault);
            assert!(self.broken.set((broken, before)).is_ok());
        }
    }

    /// Whether anything has failed.
    fn is_hit(&self) -> bool {
        self.broken.get().is_some_and(|(disk, before)| disk.failed() > *before)
    }

    /// The same choices in each playing.
    fn choices(&self) -> Choices {
        Choices::new(!self.seed)
    }

    fn case(&self) -> String {
        let Self { scene, seed, disk, fault, .. } = self;
        format!("{scene}, seed {seed}, disk {disk}, {fault:?}")
    }

    /// What a scene could not do, it could not do for a failure.
    fn excuses(&self, what: &dyn std::fmt::Debug) {
        assert!(self.is_hit(), "{}: {what:?}, and nothing had failed", self.case());
    }
}

impl Stage {
    fn new(disk: &Disk, log: &Log) -> Self {
        let told = log.wal.durable();
        Self { disks: vec![disk.clone()], records: log.records.clone(), told }
    }

    /// The first disk, for one playing.
    fn disk(&self) -> Disk {
        self.disks[0].kill()
    }

    /// However it ends, the log opens with what was told and nothing that was not appended, and
    /// goes on.
    fn survives(records: &[Record], told: Lsn, disk: &Disk, trial: &Trial) {
        let mut choices = trial.choices();
        let opens = |end: &Disk| {
            let opened = Log::open(end);
            let log = opened.unwrap_or_else(|error| panic!("{}: {error}", trial.case()));
            assert!(log.last() >= told, "{}: lost what was told", trial.case());
            let kept = log.records.len();
            assert!(kept <= records.len(), "{}: the dead came back", trial.case());
            assert!(log.records == records[..kept], "{}: not what it was", trial.case());
            log
        };
        drop(opens(&disk.kill()));
        let cut = disk.crash(|| choices.once_in(2));
        let mut log = opens(&cut);
        log.answer(&mut choices, 1);
        let again = Log::open(&cut.crash(|| false)).unwrap();
        assert!(again.records == log.records, "{}: the next life lost some", trial.case());
    }
}

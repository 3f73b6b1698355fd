//! Several lives of one log, each ended by a power cut or a kill at any moment.

use wal::simulated::{Choices, Disk};
use wal::{Lsn, Name, Options, Record, Storage};

use crate::support::{Log, merging, states};

/// What was told survives; what was not survives as a prefix; what died stays dead; what is read is
/// what was appended.
#[test]
fn what_was_told_survives_and_what_died_stays_dead() {
    let (mut tried, mut seed, mut merged) = (0, 0, 0);
    while tried < states(100_000) {
        seed += 1;
        let mut history = History::new(seed);
        tried += history.run();
        merged += history.merged;
    }
    println!("{tried} states, {merged} lives in which files were merged or half merged");
    assert!(merged > tried / 100);
}

/// The lives that one seed makes.
struct History {
    seed: u64,
    choices: Choices,
    disk: Disk,
    records: Vec<Record>,
    told: Lsn,
    /// Lives that left a file of several segments.
    merged: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let choices = Choices::new(seed);
        let (disk, records) = (Disk::new(), Vec::new());
        Self { seed, choices, disk, records, told: Lsn::ZERO, merged: 0 }
    }

    /// How many states it tried.
    fn run(&mut self) -> u64 {
        let lives = 2 + self.choices.below(6);
        (0..lives).map(|life| self.live(life)).sum()
    }

    /// In every other history a commit is of several groups, and in most of them what is sealed
    /// becomes fewer files.
    fn options(&self) -> Options {
        let group_bytes_max = if self.seed.is_multiple_of(2) { 8 << 10 } else { 2 << 20 };
        let files = [0, 2, 2, 3][usize::try_from(self.seed / 2 % 4).unwrap()];
        Options { group_bytes_max, ..merging(files) }
    }

    fn live(&mut self, life: u64) -> u64 {
        let failed = self.fail_to_open();
        let mut log = match Log::open_with(&self.disk, self.options()) {
            Ok(log) => log,
            Err(error) => panic!("seed {} life {life}: {error}", self.seed),
        };
        self.check(&log, life);
        if self.choices.once_in(4) {
            log.check_reads();
        }
        self.told = log.wal.durable();
        self.work(&mut log);
        self.told = log.wal.durable();
        self.records = std::mem::take(&mut log.records);
        let ends = self.other_ends();
        self.end();
        let files = self.disk.list().unwrap().into_iter().filter_map(Name::segments);
        self.merged += u64::from(files.into_iter().any(|(first, last)| first < last));
        1 + failed + ends
    }

    /// The opening itself may be cut off, and more than once.
    fn fail_to_open(&mut self) -> u64 {
        let mut failed = 0;
        while self.choices.once_in(4) {
            let dying = self.disk.kill();
            let nth = 1 + self.choices.below(24);
            if self.choices.once_in(2) {
                dying.fail_any(nth)
            } else {
                dying.stop(nth)
            }
            if let Ok(log) = Log::open(&dying) {
                // It was seen what survived: nothing else ever may.
                self.check(&log, failed);
                self.told = log.wal.durable();
                self.records = log.records;
            }
            self.disk = crash(&dying, &mut self.choices);
            failed += 1;
        }
        failed
    }

    fn check(&mut self, log: &Log, life: u64) {
        let seed = self.seed;
        assert!(log.last() >= self.told, "seed {seed} life {life}: lost what was told");
        let kept = log.records.len();
        assert!(kept <= self.records.len(), "seed {seed} life {life}: the dead came back");
        assert!(log.records == self.records[..kept], "seed {seed} life {life}: not what it was");
    }

    /// Works until the machine stops in the middle of something, or for a while.
    fn work(&mut self, log: &mut Log) {
        self.disk.stop(1 + self.choices.below(120));
        for _ in 0..self.choices.below(40) {
            match self.choices.below(20) {
                0..8 => log.append(&mut self.choices),
                8..12 => drop(log.committer.step()),
                12..14 => drop(log.committer.vouch()),
                14..16 => drop(log.filler.step()),
                16..19 => drop(log.sealer.step()),
                19 if self.choices.once_in(8) => archive(log),
                _ => (0..self.choices.below(12)).for_each(|_| drop(log.sealer.step())),
            }
        }
        if self.choices.once_in(2) {
            drop(log.commit_all());
        }
    }

    /// The same moment, ended in other ways: all of them must keep what was told.
    fn other_ends(&mut self) -> u64 {
        let ends = self.choices.below(4);
        for end in 0..ends {
            let disk = crash(&self.disk, &mut self.choices);
            match Log::open(&disk) {
                Ok(log) => self.check(&log, end),
                Err(error) => panic!("seed {} end {end}: {error}", self.seed),
            }
        }
        ends
    }

    fn end(&mut self) {
        self.disk = match self.choices.below(4) {
            0 => self.disk.kill(),
            _ => crash(&self.disk, &mut self.choices),
        };
    }
}

/// Moves what it may to the archive, if it can.
fn archive(log: &Log) {
    for from in [log.wal.durable(), log.wal.durable().next()] {
        drop(log.wal.snapshot(from).map(|writer| writer.publish(log.wal.durable())));
    }
    drop(log.wal.archive(u64::MAX));
}

/// Cuts the power; few, half, most, all or none of the unsynced sectors survive.
fn crash(disk: &Disk, choices: &mut Choices) -> Disk {
    let odds = [0, 1, 4, 7, 8][usize::try_from(choices.below(5)).unwrap()];
    disk.crash(|| choices.below(8) < odds)
}

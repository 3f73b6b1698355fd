//! Power cuts: lives of a log on a disk in memory that loses what was not synced, each sector by
//! itself.

use std::convert::Infallible;

use wal::simulated::{Choices, Disk};
use wal::{
    AppendError, Committer, Filler, LogId, Lsn, OpenError, Opened, Options, Record, Sealer, Wal,
};

use super::fault::Fault;

/// Lives of one log.
struct History {
    seed: u64,
    choices: Choices,
    disk: Disk,
    /// What was appended and may survive.
    records: Vec<Record>,
    /// What must.
    told: Lsn,
}

/// A log that is stepped by hand.
struct Log {
    wal: Wal<Disk>,
    committer: Committer<Disk>,
    filler: Filler<Disk>,
    sealer: Sealer<Disk>,
    /// All records that recovery showed and that were appended since.
    records: Vec<Record>,
}

/// Opens logs from at least so many states of a disk; says how many those were.
///
/// # Errors
/// When one had lost what was told, or held what was not.
pub(super) fn cut_power(choices: &mut Choices, states: u64) -> Result<u64, Fault> {
    let mut tried = 0;
    while tried < states {
        tried += History::new(choices.number()).run()?;
    }
    Ok(tried)
}

impl History {
    fn new(seed: u64) -> Self {
        let choices = Choices::new(seed);
        Self { seed, choices, disk: Disk::new(), records: Vec::new(), told: Lsn::ZERO }
    }

    /// How many states it tried.
    fn run(mut self) -> Result<u64, Fault> {
        let mut states = 0;
        for _ in 0..2 + self.choices.below(6) {
            states += self.live()?;
        }
        Ok(states)
    }

    /// In every other history a commit is of several groups.
    fn options(&self) -> Options {
        Options {
            segment_bytes: 32 << 10,
            first_segment_bytes: 16 << 10,
            group_bytes_max: if self.seed.is_multiple_of(2) { 8 << 10 } else { 2 << 20 },
            merge_files: 2,
            log_id: Some(LogId::new(*b"simulated ledger")),
            ..Options::default()
        }
    }

    fn live(&mut self) -> Result<u64, Fault> {
        let failed = self.fail_to_open()?;
        let mut log = self.open(&self.disk)?;
        self.check(&log)?;
        self.told = log.wal.durable();
        self.work(&mut log)?;
        self.told = log.wal.durable();
        self.records = std::mem::take(&mut log.records);
        let ends = self.other_ends()?;
        self.disk = if self.choices.once_in(4) { self.disk.kill() } else { self.crash() };
        Ok(1 + failed + ends)
    }

    /// The opening itself may be cut off, and more than once.
    fn fail_to_open(&mut self) -> Result<u64, Fault> {
        let mut failed = 0;
        while self.choices.once_in(4) {
            let dying = self.disk.kill();
            let nth = 1 + self.choices.below(24);
            if self.choices.once_in(2) {
                dying.fail_any(nth)
            } else {
                dying.stop(nth)
            }
            if let Ok(log) = Log::open(&dying, self.options()) {
                // It was seen what survived: nothing else ever may.
                self.check(&log)?;
                self.told = log.wal.durable();
                self.records = log.records;
            }
            self.disk = dying;
            self.disk = self.crash();
            failed += 1;
        }
        Ok(failed)
    }

    fn open(&self, disk: &Disk) -> Result<Log, Fault> {
        Log::open(disk, self.options()).map_err(|error| self.wrong(&error.to_string()))
    }

    fn check(&self, log: &Log) -> Result<(), Fault> {
        let known = self.records.get(..log.records.len());
        if log.last() < self.told {
            return Err(Fault::Lost(self.place("what was durable before a power cut")));
        }
        match known {
            None => Err(self.wrong("what was not durable came back from the dead")),
            Some(known) if known != log.records => {
                Err(Fault::Lost(self.place("a record is not what was appended")))
            }
            Some(_) => Ok(()),
        }
    }

    fn wrong(&self, what: &str) -> Fault {
        Fault::Wrong(self.place(what))
    }

    fn place(&self, what: &str) -> String {
        format!("{what} (simulated disk, history {})", self.seed)
    }

    /// Works until the machine stops in the middle of something, or for a while.
    fn work(&mut self, log: &mut Log) -> Result<(), Fault> {
        self.disk.stop(1 + self.choices.below(120));
        for _ in 0..self.choices.below(40) {
            match self.choices.below(10) {
                0..4 => log.append(&mut self.choices).map_err(|error| self.wrong(&error))?,
                4..6 => drop(log.committer.step()),
                6 => drop(log.committer.vouch()),
                7 => drop(log.filler.step()),
                8 => drop(log.sealer.step()),
                _ => (0..self.choices.below(12)).for_each(|_| drop(log.sealer.step())),
            }
        }
        Ok(())
    }

    /// The same moment, ended in other ways: all of them must keep what was told.
    fn other_ends(&mut self) -> Result<u64, Fault> {
        let ends = self.choices.below(4);
        for _ in 0..ends {
            let disk = self.crash();
            self.check(&self.open(&disk)?)?;
        }
        Ok(ends)
    }

    /// Cuts the power; few, half, most, all or none of the unsynced sectors survive.
    fn crash(&mut self) -> Disk {
        let odds = match self.choices.below(5) {
            0 => 0,
            1 => 1,
            2 => 4,
            3 => 7,
            _ => 8,
        };
        self.disk.crash(|| self.choices.below(8) < odds)
    }
}

impl Log {
    fn open(disk: &Disk, options: Options) -> Result<Self, OpenError<Infallible>> {
        let mut records = Vec::new();
        let opened = wal::open(disk.clone(), options, |record| {
            records.push(record.to_record());
            Ok(())
        })?;
        let Opened { wal, committer, filler, sealer, .. } = opened;
        Ok(Self { wal, committer, filler, sealer, records })
    }

    fn last(&self) -> Lsn {
        self.records.last().map_or(Lsn::ZERO, |record| record.lsn)
    }

    /// Appends a record that no other call makes, unless the storage has failed.
    fn append(&mut self, choices: &mut Choices) -> Result<(), String> {
        let payload = payload(choices);
        let links: Vec<Lsn> = (0..choices.below(9)).map(|_| Lsn::new(choices.number())).collect();
        let lsn = match self.wal.append(&links, &payload) {
            Ok(lsn) => lsn,
            Err(AppendError::StorageLow | AppendError::Poisoned) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        if lsn.previous() != self.last() {
            return Err("a record was given a position that does not follow the last".into());
        }
        self.records.push(Record { lsn, links, payload });
        Ok(())
    }
}

/// Mostly short, sometimes of some pages.
fn payload(choices: &mut Choices) -> Vec<u8> {
    let bytes = match choices.below(8) {
        0 => choices.below(7_000),
        1 => 0,
        _ => choices.below(300),
    };
    (0..bytes).flat_map(|_| choices.number().to_le_bytes().into_iter().take(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_power_cut_loses_nothing_that_was_told() {
        assert!(cut_power(&mut Choices::new(1), 100).unwrap() >= 100);
    }

    /// What is checked can be wrong: a disk that forgets is found out.
    #[test]
    fn a_disk_that_forgets_is_found_out() {
        let mut history = History::new(1);
        history.told = Lsn::new(1);
        let log = history.open(&history.disk).unwrap();
        assert!(matches!(history.check(&log), Err(Fault::Lost(_))));
    }
}

//! A log on a simulated disk beside the model of what it must hold.

use std::convert::Infallible;

use wal::simulated::{Choices, Disk};
use wal::{
    AppendError, CommitError, Committer, Fill, Filler, LogId, Lsn, OpenError, Opened, Options,
    Record, Recovered, Seal, Sealer, Step, Wal, open,
};

/// How many states a seeded law tries.
pub(crate) fn states(default: u64) -> u64 {
    let asked = std::env::var("HOLDFAST_STATES").ok().and_then(|states| states.parse().ok());
    asked.unwrap_or(default)
}

/// Segments so short that a few records fill them, each sealed into a file of its own.
pub(crate) fn short_segments() -> Options {
    Options {
        segment_bytes: 32 << 10,
        first_segment_bytes: 16 << 10,
        merge_files: 0,
        log_id: Some(LogId::new(*b"the log of tests")),
        ..Options::default()
    }
}

/// The same, and so many sealed files become one.
pub(crate) fn merging(files: usize) -> Options {
    Options { merge_files: files, ..short_segments() }
}

/// A running log, stepped by hand.
pub(crate) struct Log {
    pub(crate) wal: Wal<Disk>,
    pub(crate) committer: Committer<Disk>,
    pub(crate) filler: Filler<Disk>,
    pub(crate) sealer: Sealer<Disk>,
    pub(crate) recovered: Recovered,
    /// All records that recovery showed and that were appended since.
    pub(crate) records: Vec<Record>,
}

impl Log {
    /// Opens the log on a disk; what it shows becomes the model.
    pub(crate) fn open(disk: &Disk) -> Result<Self, OpenError<Infallible>> {
        Self::open_with(disk, short_segments())
    }

    pub(crate) fn open_with(disk: &Disk, options: Options) -> Result<Self, OpenError<Infallible>> {
        let mut records = Vec::new();
        let opened = open(disk.clone(), options, |record| {
            records.push(record.to_record());
            Ok(())
        })?;
        let Opened { wal, committer, filler, sealer, recovered } = opened;
        Ok(Self { wal, committer, filler, sealer, recovered, records })
    }

    /// Appends a record that no other call makes, unless the storage has failed.
    pub(crate) fn append(&mut self, choices: &mut Choices) {
        let payload = payload(choices);
        self.append_bytes(choices, payload);
    }

    pub(crate) fn append_bytes(&mut self, choices: &mut Choices, payload: Vec<u8>) {
        let links: Vec<Lsn> = (0..choices.below(9)).map(|_| Lsn::new(choices.number())).collect();
        let lsn = match self.wal.append(&links, &payload) {
            Ok(lsn) => lsn,
            Err(AppendError::StorageLow | AppendError::Poisoned) => return,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(lsn.previous(), self.last(), "LSNs are dense");
        self.records.push(Record { lsn, links, payload });
    }

    pub(crate) fn last(&self) -> Lsn {
        self.records.last().map_or(Lsn::ZERO, |record| record.lsn)
    }

    /// Commits until nothing is left to write.
    pub(crate) fn commit_all(&mut self) -> Result<(), CommitError> {
        loop {
            match self.committer.step()? {
                Step::Committed => {}
                Step::Starved => match self.filler.step() {
                    Fill::Failed(_) => return Ok(()),
                    Fill::Idle | Fill::Prepared => {}
                },
                Step::Idle | Step::Ended => return Ok(()),
            }
        }
    }

    /// Seals all segments that are finished, and merges what is to be; says how many it sealed.
    pub(crate) fn seal_all(&mut self) -> usize {
        let steps = std::iter::from_fn(|| match self.sealer.step() {
            Seal::Idle => None,
            Seal::Failed(error) => panic!("{error}"),
            step => Some(step),
        });
        steps.filter(|step| matches!(step, Seal::Sealed(_))).count()
    }

    /// Appends some records, makes them durable, and has them vouched for.
    pub(crate) fn answer(&mut self, choices: &mut Choices, records: u64) {
        for _ in 0..records {
            self.append(choices);
            self.commit_all().unwrap();
        }
        self.committer.vouch().unwrap();
        assert_eq!(self.wal.durable(), self.last());
    }

    /// Checks that each durable record reads as it was appended, and others do not read.
    pub(crate) fn check_reads(&self) {
        let durable = self.wal.durable();
        for record in &self.records {
            let read = self.wal.read(record.lsn);
            if record.lsn <= durable {
                assert_eq!(&read.unwrap(), record);
            } else {
                assert!(matches!(read, Err(wal::ReadError::NotDurable { .. })));
            }
        }
        let unknown = self.wal.read(self.wal.appended().next());
        assert!(matches!(unknown, Err(wal::ReadError::Unknown { .. })));
    }
}

/// Mostly short, sometimes of some pages.
fn payload(choices: &mut Choices) -> Vec<u8> {
    let bytes = match choices.below(8) {
        0 => choices.below(7000),
        1 => 0,
        _ => choices.below(300),
    };
    (0..bytes).map(|_| choices.number().to_le_bytes()[0]).collect()
}

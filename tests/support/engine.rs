//! An engine on a simulated disk, stepped by hand: no thread, no file, and every end of a life.

use std::fs;
use std::path::Path;

use holdfast::engine::{Begun, Currencies, Engine, OpenError, Options, Running, open, open_on};
use holdfast::ledger::{Amount, Money};
use wal::simulated::{Choices, Disk};
use wal::{CommitError, Committer, Fill, Filler, Lsn, Sealer, Step, Storage as _};

/// A running engine and the disk under it.
pub(crate) struct World {
    pub(crate) disk: Disk,
    pub(crate) engine: Engine<Disk>,
    pub(crate) committer: Committer<Disk>,
    pub(crate) filler: Filler<Disk>,
    pub(crate) sealer: Sealer<Disk>,
    /// The last record that recovery found.
    pub(crate) recovered: Lsn,
    /// What it was replayed on.
    pub(crate) begun: Begun,
}

/// Why not all that was appended is durable.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// There is no room for another segment.
    NoRoom,
    /// The log is poisoned.
    #[expect(dead_code, reason = "told where a test that did not expect it unwraps")]
    Poisoned(CommitError),
}

impl World {
    /// Opens what is on the disk.
    pub(crate) fn open(disk: &Disk, options: Options) -> Result<Self, OpenError> {
        Ok(Self::running(disk, open(disk.clone(), options)?))
    }

    /// Opens what is on the disk, on a copy that was kept elsewhere.
    pub(crate) fn open_on(
        disk: &Disk,
        options: Options,
        sections: &[Vec<u8>],
    ) -> Result<Self, OpenError> {
        let sections = sections.iter().map(Vec::as_slice);
        Ok(Self::running(disk, open_on(disk.clone(), options, sections)?))
    }

    fn running(disk: &Disk, running: Running<Disk>) -> Self {
        let Running { engine, committer, filler, sealer, recovered, begun } = running;
        let (disk, recovered) = (disk.clone(), recovered.last);
        Self { disk, engine, committer, filler, sealer, recovered, begun }
    }

    /// A new engine on a new disk.
    pub(crate) fn new(options: Options) -> Self {
        Self::open(&Disk::new(), options).unwrap()
    }

    /// Commits until nothing is left to write.
    pub(crate) fn commit_all(&mut self) -> Result<(), Stuck> {
        let mut tries = 2;
        loop {
            match self.committer.step().map_err(Stuck::Poisoned)? {
                Step::Committed => tries = 2,
                Step::Idle | Step::Ended => return Ok(()),
                Step::Starved if tries == 0 => return Err(Stuck::NoRoom),
                Step::Starved => {
                    tries -= usize::from(matches!(self.filler.step(), Fill::Failed(_)))
                }
            }
        }
    }

    /// Ends this life cleanly; the disk is left for the next.
    pub(crate) fn close(mut self) -> Disk {
        self.engine.close();
        while self.committer.step().unwrap() != Step::Ended {
            self.filler.step();
        }
        self.disk
    }
}

/// Segments so short that a few hundred records fill them.
pub(crate) fn short_segments() -> Options {
    let wal = wal::Options {
        segment_bytes: 128 << 10,
        first_segment_bytes: 64 << 10,
        // So that what is sealed is merged again and again.
        merge_files: 2,
        ..wal::Options::default()
    };
    Options { wal, ..Options::default() }
}

/// So many minor units of that currency.
pub(crate) fn money(code: &str, minor: u64) -> Money {
    let currency = Currencies::iso().find(code).unwrap();
    Money { currency, amount: Amount::new(minor).unwrap() }
}

/// Cuts the power; few, half, most, all or none of the unsynced sectors survive.
pub(crate) fn cut_power(disk: &Disk, choices: &mut Choices) -> Disk {
    let odds = [0, 1, 4, 7, 8][usize::try_from(choices.below(5)).unwrap()];
    disk.crash(|| choices.below(8) < odds)
}

/// Writes what a simulated disk shows into the folder `to`, under the names of a real directory.
pub(crate) fn write_out(disk: &Disk, to: &Path) {
    fs::create_dir(to).unwrap();
    for name in disk.list().unwrap() {
        fs::write(to.join(name.to_string()), disk.bytes(name)).unwrap();
    }
}

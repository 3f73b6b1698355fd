//! A snapshot being taken: a unit at a time, each locked no longer than it takes to copy it.

use std::io;
use std::time::Duration;

use wal::{Lsn, SnapshotError, Storage};

use super::parts::{Foot, Head};
use super::sections::Cutter;
use super::unit::{Shards, Unit};
use crate::engine::clock::Stopwatch;
use crate::engine::record::Writer;
use crate::engine::state::ShardNumber;
use crate::engine::{Engine, keys, state};
use crate::ledger::Moment;

const SHARDS: Shards = Shards { keys: keys::SHARDS, accounts: state::SHARDS };

/// A snapshot that is being taken of an engine, which goes on meanwhile.
#[derive(Debug)]
pub struct Copying {
    from: Lsn,
    before: Moment,
    unit: Unit,
    accounts: u64,
    keys: u64,
    longest: Duration,
    cutter: Cutter,
    body: Vec<u8>,
    shard: keys::Copied,
}

/// What was copied. It may be used once the log is durable up to `upto`, and not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The first record that is to be replayed on top of it.
    pub from: Lsn,
    /// The newest record that anything in it may have seen.
    pub upto: Lsn,
    /// How many accounts it has.
    pub accounts: u64,
    /// How many keys it has.
    pub keys: u64,
    /// The longest that anything was locked for it.
    pub locked_max: Duration,
}

/// A snapshot that is in the log's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What was copied.
    pub copied: Copied,
    /// The length of its file.
    pub bytes: u64,
}

/// Why no snapshot was taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// Another one is being taken.
    #[error("a snapshot is being taken already, ask again when it is done")]
    UnderWay,
    /// It cannot be written, or the log failed.
    #[error(transparent)]
    Failed(#[from] SnapshotError),
}

impl<S: Storage> Engine<S> {
    /// Takes a snapshot while all goes on, calling `pause` between two of its parts, none of which
    /// is locked then; waits until the log is durable as far as it has seen, and gives it its
    /// name. The next life begins on it. Blocks.
    ///
    /// # Errors
    /// When it cannot be written, or the log fails. What snapshots there were are there still.
    pub fn snapshot(&self, mut pause: impl FnMut()) -> Result<Snapshot, TakeError> {
        let Some(_alone) = self.snapshotting.try_lock() else { return Err(TakeError::UnderWay) };
        let mut copying = self.begin_copy();
        let failed = SnapshotError::from;
        let mut writer = self.log.wal.snapshot(copying.from).map_err(failed)?.paced();
        loop {
            let step = copying.step(self, |section| writer.section(section));
            if let Some(copied) = step.map_err(failed)? {
                let bytes = writer.publish(copied.upto)?.bytes;
                return Ok(Snapshot { copied, bytes });
            }
            pause();
        }
    }

    /// Begins to copy all that is in memory.
    #[must_use]
    pub fn begin_copy(&self) -> Copying {
        // In this order: a record behind the newest one takes its moment after that is read, and
        // so after the clock was.
        let before = self.log.clock.last();
        let next = self.log.wal.appended().next();
        // What became of an approval is told by the records from it on.
        let undecided = self.undecided.lock().oldest().filter(|(approval, _)| *approval < next);
        let undecided = undecided.map(|(approval, at)| (approval, at.before()));
        let (from, before) = undecided.unwrap_or((next, before));
        Copying {
            from,
            before,
            unit: Unit::Head,
            accounts: 0,
            keys: 0,
            longest: Duration::ZERO,
            cutter: Cutter::default(),
            body: Vec::new(),
            shard: keys::Copied::default(),
        }
    }
}

impl Copying {
    /// The first record that is to be replayed on top of the snapshot.
    #[must_use]
    pub const fn from(&self) -> Lsn {
        self.from
    }

    /// Copies one unit of the engine that it was begun with, and hands its sections to `sink`
    /// outside of any lock. After the last unit it tells what was copied; then it is over.
    ///
    /// # Errors
    /// What `sink` says; then it is over too.
    pub fn step<S: Storage>(
        &mut self,
        engine: &Engine<S>,
        sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Option<Copied>> {
        self.body.clear();
        let mut copied = None;
        match self.unit {
            Unit::Head => self.head(engine),
            Unit::Keys(number) => self.shard_of_keys(engine, number),
            Unit::Strays => self.strays(engine),
            Unit::Accounts(number) => self.accounts(engine, ShardNumber::new(number)),
            Unit::Foot => copied = Some(self.foot(engine)),
        }
        self.cutter.cut(self.unit, &self.body, sink)?;
        self.unit = self.unit.next(SHARDS).unwrap_or(Unit::Foot);
        Ok(copied)
    }

    fn head<S: Storage>(&mut self, engine: &Engine<S>) {
        let state = &engine.state;
        Writer(&mut self.body).head(&Head {
            shards: SHARDS,
            key_bits: state.keys.bits(),
            secret: state.secret,
            from: self.from,
            before: self.before,
        });
    }

    fn shard_of_keys<S: Storage>(&mut self, engine: &Engine<S>, number: u16) {
        let begin = || (engine.log.wal.appended(), Stopwatch::start());
        let (seen, locked) = engine.state.keys.copy(number, &mut self.shard, begin);
        self.longest = self.longest.max(locked.elapsed());
        self.keys = self.keys.saturating_add(wide(self.shard.len()));
        let mut w = Writer(&mut self.body);
        w.lsn(seen);
        self.shard.slots().for_each(|key| w.key(key));
    }

    fn strays<S: Storage>(&mut self, engine: &Engine<S>) {
        let strays = engine.state.lock_strays();
        let locked = Stopwatch::start();
        let mut w = Writer(&mut self.body);
        w.lsn(engine.log.wal.appended());
        w.entries(strays.transactions.iter());
        w.books(&strays.books);
        w.chain(&strays.notifications);
        w.ruleset(&engine.state.limits.read());
        w.breaks(strays.breaks.all());
        drop(strays);
        self.longest = self.longest.max(locked.elapsed());
    }

    fn accounts<S: Storage>(&mut self, engine: &Engine<S>, number: ShardNumber) {
        let shard = engine.state.lock(number);
        let locked = Stopwatch::start();
        self.accounts = self.accounts.saturating_add(wide(shard.len()));
        let mut w = Writer(&mut self.body);
        w.u32(u32::try_from(shard.len()).unwrap_or(u32::MAX));
        shard.residents().for_each(|resident| w.resident(resident));
        w.entries(shard.transactions.iter());
        w.books(&shard.books);
        drop(shard);
        self.longest = self.longest.max(locked.elapsed());
    }

    fn foot<S: Storage>(&mut self, engine: &Engine<S>) -> Copied {
        // In this order: what was appended took its moment before.
        let upto = engine.log.wal.appended();
        let last = engine.log.clock.last();
        let (accounts, keys) = (self.accounts, self.keys);
        Writer(&mut self.body).foot(&Foot { upto, last, accounts, keys });
        Copied { from: self.from, upto, accounts, keys, locked_max: self.longest }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

//! The committer: it writes what was appended in groups, syncs them, and says how far it is.
//!
//! The next commit takes what was appended during this one. Where the log's owner says when it is at
//! rest, a commit waits for that, but not for long: while it is busy more comes, and the next group is
//! larger. An empty group waits for the log to be idle: it vouches for the records before it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::batch::Batch;
use crate::group::{Chain, Draft, bytes_for};
use crate::index::{Points, Shelf};
use crate::log::Log;
use crate::options::{Commit, OnCommit, Options, Sync};
use crate::queue::{Life, Prepared};
use crate::segment::{BODY_OFFSET, Segment};
use crate::size::{narrow, wide};
use crate::storage::{Medium, Storage};

/// Writes and syncs. Exactly one thread runs it, or a simulation steps it.
///
/// Dropped before it has ended, it poisons the log, so that nobody waits for ever.
pub struct Committer<S: Storage> {
    log: Arc<Log<S>>,
    active: Active<S::Medium>,
    chain: Chain,
    /// The last group that is known durable.
    synced: u64,
    batch: Batch,
    /// Whether records were written since the last empty group.
    unvouched: bool,
    /// Whether a write or a sync has failed: whatever is tried next would be a lie.
    failed: bool,
    group_bytes_max: usize,
    sync: Sync,
    idle: Duration,
    linger: Duration,
    on_commit: Option<OnCommit>,
    head: Vec<u8>,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to write.
    Idle,
    /// One group commit, of what was appended before it or of a part of that.
    Committed,
    /// There is something to write and no segment to write it to: the filler is to step first.
    Starved,
    /// The log is closed and all of it is durable.
    Ended,
}

/// Why the log could not be made durable. It is poisoned now: a failed sync cannot be retried,
/// because the pages that it failed to write may already count as clean.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A write failed.
    #[error("segment {segment:016x} cannot be written at offset {offset}: {source}, restart")]
    Write {
        /// The number of the segment.
        segment: u64,
        /// Where the group was to begin.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A sync failed.
    #[error("segment {segment:016x} cannot be synced: {source}, restart")]
    Sync {
        /// The number of the segment.
        segment: u64,
        /// What the system said.
        source: io::Error,
    },
    /// What was appended does not fit into the segment, and the disk does not let another be made.
    #[error("no segment can follow segment {segment:016x}: {source}, restart")]
    Prepare {
        /// The number of the segment that is full.
        segment: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The log was closed while no segment could be prepared for what was appended.
    #[error("the log was closed while there was no room for its last records, make room")]
    NoRoom,
    /// It had failed before.
    #[error("the log is poisoned, restart")]
    Poisoned,
}

/// The segment that groups are written to.
pub(crate) struct Active<M> {
    segment: Segment,
    medium: M,
    offset: u64,
}

/// What a commit has written so far.
#[derive(Default)]
struct Tally {
    groups: u32,
    records: u64,
    bytes: u64,
}

impl<S: Storage> Committer<S> {
    /// Commits until the log is closed or poisoned. Blocks the thread.
    ///
    /// # Errors
    /// The log is poisoned.
    pub fn run(mut self) -> Result<(), CommitError> {
        loop {
            self.linger();
            match self.step()? {
                Step::Committed => {}
                Step::Idle => self.await_work()?,
                Step::Starved => self.await_segment()?,
                Step::Ended => return Ok(()),
            }
        }
    }

    /// One group commit of what is there, without a wait for more.
    ///
    /// # Errors
    /// The log is poisoned.
    pub fn step(&mut self) -> Result<Step, CommitError> {
        self.check()?;
        if self.batch.left() == 0 {
            match self.take() {
                Life::Poisoned => return self.poison(CommitError::Poisoned),
                Life::Closed | Life::Ended if self.batch.left() == 0 => return self.finish(),
                _ if self.batch.left() == 0 => return Ok(Step::Idle),
                _ => {}
            }
        }
        if !self.secure(self.batch.next_extent()) {
            return self.starve();
        }
        self.commit()
    }

    /// Says that what was taken waits for a segment; an error if there will be none.
    fn starve(&mut self) -> Result<Step, CommitError> {
        let mut queue = self.log.shared.queue.lock();
        queue.starved = true;
        let (poisoned, hopeless) = (queue.life == Life::Poisoned, queue.hopeless.take());
        drop(queue);
        let segment = self.active.segment.number;
        match hopeless {
            _ if poisoned => self.poison(CommitError::Poisoned),
            Some(source) => self.poison(CommitError::Prepare { segment, source }),
            None => Ok(Step::Starved),
        }
    }

    /// Writes an empty group that vouches for all before it, if there is something to vouch for.
    /// [`Committer::run`] does so when the log is idle.
    ///
    /// # Errors
    /// The log is poisoned.
    pub fn vouch(&mut self) -> Result<Step, CommitError> {
        self.check()?;
        // Without room it is left out: a disk that is full is no reason to stop.
        if !self.unvouched || self.batch.left() > 0 || !self.secure(0) {
            return Ok(Step::Idle);
        }
        self.commit()
    }

    /// The committer of a log whose recovery ended at `chain`, and its first, durable, group.
    pub(crate) fn begin(
        log: Arc<Log<S>>,
        first: Prepared<S::Medium>,
        chain: Chain,
        options: &Options,
    ) -> Result<Self, CommitError> {
        let synced = chain.sequence - 1;
        let mut committer = Self {
            active: Active::of(&log, first, &chain),
            log,
            chain,
            synced,
            batch: Batch::default(),
            unvouched: true,
            failed: false,
            group_bytes_max: options.group_bytes_max,
            sync: Sync::Group,
            idle: options.idle,
            linger: options.linger,
            on_commit: None,
            head: Vec::new(),
        };
        committer.commit()?;
        Ok(committer)
    }

    /// From now on commits sync like this and are told to this listener.
    pub(crate) fn commit_like(&mut self, sync: Sync, told: Option<OnCommit>) {
        self.sync = sync;
        self.on_commit = told;
    }

    /// Nothing is tried again.
    fn check(&self) -> Result<(), CommitError> {
        if self.failed { Err(CommitError::Poisoned) } else { Ok(()) }
    }

    /// Takes what was appended, if the last that was taken is written.
    fn take(&mut self) -> Life {
        let mut queue = self.log.shared.queue.lock();
        self.batch.swap(&mut queue.buffer);
        queue.in_flight = self.batch.left();
        queue.life
    }

    /// Makes the active segment one with room for a group with this record, if there is one.
    fn secure(&mut self, record_bytes: usize) -> bool {
        if self.active.room() >= bytes_for(record_bytes) {
            return true;
        }
        let mut queue = self.log.shared.queue.lock();
        let Some(next) = queue.prepared.take() else { return false };
        queue.starved = false;
        drop(queue);
        self.log.shared.taken.notify_one();
        self.active = Active::of(&self.log, next, &self.chain);
        self.log.shared.tell_finished();
        true
    }

    /// Writes what fits into the active segment, syncs it and publishes it.
    fn commit(&mut self) -> Result<Step, CommitError> {
        let mut tally = Tally::default();
        while tally.groups == 0 || self.active.room() >= bytes_for(self.batch.next_extent()) {
            if let Err(error) = self.write_group(&mut tally) {
                return self.poison(error);
            }
            if self.batch.left() == 0 {
                break;
            }
        }
        let (synced, sync) = timed(|| self.sync_active());
        if let Err(error) = synced {
            return self.poison(error);
        }
        self.unvouched = tally.records > 0;
        self.publish(&tally, sync);
        Ok(Step::Committed)
    }

    fn write_group(&mut self, tally: &mut Tally) -> Result<(), CommitError> {
        let run = self.batch.cut(self.active.room().min(self.group_bytes_max));
        let draft = Draft {
            segment: &self.active.segment,
            offset: self.active.offset,
            chain: &self.chain,
            synced: self.synced,
            records: run.records,
            body: run.body,
        };
        let sealed = draft.seal(&mut self.head);
        let parts = [&self.head, run.body, draft.padding(sealed.bytes)];
        let (first, at) = (self.chain.next, self.head.len());
        self.log.index.note(run.points(first, self.active.offset, at));
        let written = run.body.len();
        self.active.write(sealed.bytes, parts)?;
        tally.add(sealed.bytes, run.records);
        self.batch.advance(written);
        self.chain = sealed.chain;
        Ok(())
    }

    fn sync_active(&mut self) -> Result<(), CommitError> {
        if self.sync == Sync::Off {
            return Ok(());
        }
        let segment = self.active.segment.number;
        self.active.medium.sync().map_err(|source| CommitError::Sync { segment, source })?;
        self.synced = self.chain.sequence - 1;
        Ok(())
    }

    fn publish(&self, tally: &Tally, sync: Duration) {
        let durable = self.chain.next.previous();
        {
            let mut queue = self.log.shared.queue.lock();
            queue.in_flight = self.batch.left();
            queue.active_bytes = wide(self.active.room());
        }
        self.log.durability.publish(durable);
        self.tell(tally, sync, None);
    }

    fn tell(&self, tally: &Tally, sync: Duration, poisoned: Option<String>) {
        if let Some(told) = &self.on_commit {
            told(&Commit {
                durable: self.log.durability.lsn(),
                groups: tally.groups,
                records: tally.records,
                bytes: tally.bytes,
                sync,
                poisoned,
            });
        }
    }

    /// The last word: nothing is tried again.
    fn poison(&mut self, error: CommitError) -> Result<Step, CommitError> {
        self.failed = true;
        self.log.poison();
        if !matches!(error, CommitError::Poisoned) {
            self.tell(&Tally::default(), Duration::ZERO, Some(error.to_string()));
        }
        Err(error)
    }

    /// All that was appended is durable: vouches for it and ends.
    fn finish(&mut self) -> Result<Step, CommitError> {
        let failing = self.log.shared.queue.lock().failing;
        if self.unvouched && !self.secure(0) && !failing {
            return Ok(Step::Starved);
        }
        self.vouch()?;
        self.log.shared.reach(Life::Ended);
        self.log.durability.end();
        Ok(Step::Ended)
    }

    /// Sleeps until something is appended or the log is closed; vouches if that takes long.
    fn await_work(&mut self) -> Result<(), CommitError> {
        let shared = &self.log.shared;
        let mut queue = shared.queue.lock();
        if !queue.buffer.is_empty() || queue.life != Life::Open {
            return Ok(());
        }
        queue.waiting = true;
        if !self.unvouched {
            shared.work.wait(&mut queue);
            queue.waiting = false;
            return Ok(());
        }
        let idle = shared.work.wait_for(&mut queue, self.idle).timed_out();
        queue.waiting = false;
        drop(queue);
        if idle { self.vouch().map(drop) } else { Ok(()) }
    }

    /// Leaves those who append more time while they are busy: a group of many costs hardly more
    /// than one of few.
    fn linger(&self) {
        let shared = &self.log.shared;
        if self.linger.is_zero() || self.batch.left() > 0 {
            return;
        }
        let mut queue = shared.queue.lock();
        if !queue.buffer.is_empty() && !queue.hurried && queue.life == Life::Open {
            queue.lingering = true;
            shared.work.wait_for(&mut queue, self.linger);
            queue.lingering = false;
        }
        queue.hurried = false;
    }

    /// Sleeps until there is a segment to write to.
    fn await_segment(&mut self) -> Result<(), CommitError> {
        let shared = &self.log.shared;
        let mut queue = shared.queue.lock();
        queue.starved = true;
        shared.taken.notify_one();
        while queue.prepared.is_none() && queue.hopeless.is_none() {
            match queue.life {
                Life::Open => shared.work.wait(&mut queue),
                Life::Closed if !queue.failing => shared.work.wait(&mut queue),
                // All of it is durable, only nothing vouches for the last of it.
                Life::Closed if self.batch.left() == 0 => break,
                life => {
                    drop(queue);
                    let poisoned = life == Life::Poisoned;
                    let error = if poisoned { CommitError::Poisoned } else { CommitError::NoRoom };
                    return self.poison(error).map(drop);
                }
            }
        }
        queue.starved = false;
        Ok(())
    }
}

impl<S: Storage> Drop for Committer<S> {
    fn drop(&mut self) {
        let life = self.log.shared.queue.lock().life;
        if life != Life::Ended {
            self.log.poison();
        }
    }
}

impl<M: Medium> Active<M> {
    /// Begins a prepared segment, which readers find in the index from now on.
    fn of<S: Storage<Medium = M>>(log: &Log<S>, next: Prepared<M>, chain: &Chain) -> Self {
        let Prepared { segment, medium, reader } = next;
        log.index.add(Shelf::padded(segment, reader, *chain, Points::default()));
        Self { segment, medium, offset: BODY_OFFSET }
    }

    fn room(&self) -> usize {
        narrow(self.segment.bytes - self.offset)
    }

    fn write(&mut self, bytes: usize, parts: [&[u8]; 3]) -> Result<(), CommitError> {
        let mut offset = self.offset;
        for part in parts {
            let failed = |source| CommitError::Write {
                segment: self.segment.number,
                offset: self.offset,
                source,
            };
            self.medium.write_at(part, offset).map_err(failed)?;
            offset += wide(part.len());
        }
        self.offset += wide(bytes);
        Ok(())
    }
}

impl Tally {
    fn add(&mut self, bytes: usize, records: u32) {
        self.groups += 1;
        self.records += u64::from(records);
        self.bytes += wide(bytes);
    }
}

#[expect(clippy::disallowed_methods, reason = "measures a sync, decides nothing")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

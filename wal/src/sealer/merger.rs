//! Merges sealed files, one after the other.
//!
//! The wider file is written beside, synced, and gets its name once it was read back from the disk;
//! the narrower ones are removed once that name is durable. So at every moment the one or the others
//! are whole; where both are there the wider one counts, and the next start removes the others.
//!
//! Whatever fails, what was to be merged stays as it was. It is tried again once some more segments
//! were sealed, and less and less often where it fails again. A file that cannot be read is left
//! alone for a while, and one that is damaged until the next start; others are merged meanwhile.
//! Where there is no room, besides what the log may want soon, nothing is begun.

use std::io;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::job::{Checking, Copying, Job, Trouble};
use super::plan::{Candidate, Rule};
use crate::Name;
use crate::frames::is_damage;
use crate::index::{Dense, Shelf};
use crate::log::Log;
use crate::options::Merged;
use crate::storage::Storage;

/// Merges.
pub(super) struct Merger<S: Storage> {
    log: Arc<Log<S>>,
    rule: Rule,
    /// How much room is left to the log.
    reserve: u64,
    state: State<S>,
    /// Files that could not be read, and for how many more sealed segments they are left alone.
    unfit: Vec<(Name, u32)>,
    /// How many merges in a row have failed, and how many segments are to be sealed before another
    /// one is tried.
    failures: u32,
    skips: u32,
}

/// Where it is.
enum State<S: Storage> {
    /// There is nothing to do until another segment is sealed.
    Resting,
    /// It is to be seen what there is to do.
    Looking,
    Copying(Copying<S>),
    Checking(Checking<S>),
    Whole(Job<S>),
    /// These files are to be removed. Then that merge is done, or it has failed.
    Clearing(Vec<Name>, Option<Merged>),
}

/// What one step did.
pub(super) enum Step {
    Nothing,
    Part,
    Done(Merged),
}

/// After so many sealed segments it is tried again in any case.
const SKIPS_MAX: u32 = 64;

impl<S: Storage> Merger<S> {
    pub(super) fn new(log: Arc<Log<S>>, rule: Rule, reserve: u64) -> Self {
        let state = State::Looking;
        Self { log, rule, reserve, state, unfit: Vec::new(), failures: 0, skips: 0 }
    }

    pub(super) const fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting)
    }

    /// A segment was sealed.
    pub(super) fn wake(&mut self) {
        self.unfit.retain_mut(|(_, skips)| {
            *skips -= 1;
            *skips > 0
        });
        self.skips = self.skips.saturating_sub(1);
        if self.is_resting() && self.skips == 0 {
            self.state = State::Looking;
        }
    }

    /// Does a piece of what there is to do, and rests for so long.
    ///
    /// # Errors
    /// What was to be merged is as it was.
    pub(super) fn step(&mut self, pause: Duration) -> io::Result<Step> {
        let moved = match mem::replace(&mut self.state, State::Resting) {
            State::Resting => return Ok(Step::Nothing),
            State::Looking => self.look(pause).map_err(Trouble::from),
            State::Copying(copying) => copy(copying),
            State::Checking(checking) => check(checking, pause).map_err(Trouble::from),
            State::Whole(job) => self.give_name(job).map_err(Trouble::from),
            State::Clearing(names, merged) => return self.clear(names, merged),
        };
        match moved {
            Ok(state) => self.state = state,
            Err(trouble) => return Err(self.failed(trouble)),
        }
        Ok(if self.is_resting() { Step::Nothing } else { Step::Part })
    }

    fn failed(&mut self, Trouble { error, unfit }: Trouble) -> io::Error {
        if let Some(name) = unfit {
            self.unfit.push((name, if is_damage(&error) { u32::MAX } else { SKIPS_MAX }));
            self.state = State::Looking;
            return error;
        }
        self.skips = (2 << self.failures).min(SKIPS_MAX);
        self.failures = self.failures.saturating_add(1).min(SKIPS_MAX.ilog2());
        error
    }

    /// Begins to make one of those that are to be, if there are some and there is room.
    fn look(&self, pause: Duration) -> io::Result<State<S>> {
        let sealed = self.log.index.sealed();
        let candidate = |(dense, claimed): &(Dense, bool)| Candidate {
            segments: dense.head.last - dense.head.first + 1,
            bytes: dense.bytes,
            archived: dense.archived,
            free: !claimed && !self.unfit.iter().any(|(name, _)| *name == dense.name),
        };
        let candidates: Vec<Candidate> = sealed.iter().map(candidate).collect();
        let Some(chosen) = self.rule.choose(&candidates) else { return Ok(State::Resting) };
        let files = sealed[chosen].iter().map(|(dense, _)| *dense).collect();
        let Some(job) = Job::of(&self.log, files) else { return Ok(State::Resting) };
        let wanted = job.into.bytes.saturating_add(self.reserve);
        if self.log.storage.room(job.into.archived)? < wanted {
            return Ok(State::Resting);
        }
        job.begin(pause).map(State::Copying)
    }

    fn give_name(&mut self, job: Job<S>) -> io::Result<State<S>> {
        let into = job.into;
        if let Err(error) = self.log.storage.publish(into.name) {
            // It may have its name. A wider one than any that is read from is in nobody's way, but
            // one that overlaps those that are merged next is.
            self.state = State::Clearing(vec![into.name], None);
            return Err(error);
        }
        self.log.index.merge(&job.files, Shelf::dense(into));
        let names: Vec<Name> = job.files.iter().map(|dense| dense.name).collect();
        let merged = Merged { name: into.name, files: names.len(), bytes: into.bytes };
        Ok(State::Clearing(names, Some(merged)))
    }

    /// Removes what nobody reads from any more, durably.
    fn clear(&mut self, names: Vec<Name>, merged: Option<Merged>) -> io::Result<Step> {
        if let Err(error) = remove(&self.log.storage, &names) {
            self.state = State::Clearing(names, merged);
            return Err(error);
        }
        self.log.library.forget(|name| self.log.index.is_archived(name).is_none());
        let Some(merged) = merged else { return Ok(Step::Part) };
        (self.failures, self.skips) = (0, 0);
        self.state = State::Looking;
        Ok(Step::Done(merged))
    }
}

fn copy<S: Storage>(mut copying: Copying<S>) -> Result<State<S>, Trouble> {
    if copying.step()? {
        return Ok(State::Copying(copying));
    }
    Ok(State::Checking(copying.finish()?))
}

fn check<S: Storage>(mut checking: Checking<S>, pause: Duration) -> io::Result<State<S>> {
    let more = checking.step(pause)?;
    Ok(if more { State::Checking(checking) } else { State::Whole(checking.finish()) })
}

fn remove<S: Storage>(storage: &S, names: &[Name]) -> io::Result<()> {
    for name in names {
        match storage.remove(*name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    storage.sync_directory()
}

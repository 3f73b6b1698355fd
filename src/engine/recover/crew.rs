//! Those who fold, each with what is to be handed to it next.
//!
//! While there is little they are no threads: most logs that are opened are those of tests.

use std::mem::take;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use super::Folders;
use super::batch::Batch;
use super::error::Fault;
use super::folder::Folder;
use crate::engine::state::Listed;

/// How many batches wait for each of them.
const WAITING: usize = 8;

/// All who fold.
pub struct Crew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    how: Folders,
    batches: Vec<Batch>,
    workers: Vec<Worker<'scope, 'env>>,
}

/// One of them.
enum Worker<'scope, 'env> {
    /// Folds when it is handed something.
    Here(Folder<'env>),
    /// Folds on a thread of its own.
    Beside(Beside<'scope>),
    /// Folds no more.
    Ended(Ended),
}

/// A thread that folds.
struct Beside<'scope> {
    batches: SyncSender<Batch>,
    /// Batches that were folded, to be filled again: memory that is freed on one thread and taken
    /// on another is never warm.
    folded: Receiver<Batch>,
    thread: ScopedJoinHandle<'scope, Ended>,
}

/// What one of them comes to.
#[derive(Default)]
struct Ended {
    opened: Vec<Listed>,
    fault: Option<Fault>,
}

impl<'scope, 'env> Crew<'scope, 'env> {
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        how: Folders,
        folders: Vec<Folder<'env>>,
    ) -> Self {
        let batches = folders.iter().map(|_| Batch::default()).collect();
        Self { scope, how, batches, workers: folders.into_iter().map(Worker::Here).collect() }
    }

    /// Adds something to what that one is handed next.
    pub fn add(&mut self, to: usize, what: impl FnOnce(&mut Batch)) -> Result<(), Fault> {
        let Some(batch) = self.batches.get_mut(to) else { return Ok(()) };
        what(batch);
        if batch.bytes() < self.how.batch_bytes {
            return Ok(());
        }
        if self.how.threads > 0 {
            self.part();
        }
        self.hand(to)
    }

    /// Puts every one of them on a thread of its own.
    fn part(&mut self) {
        for worker in &mut self.workers {
            *worker = take(worker).beside(self.scope);
        }
    }

    fn hand(&mut self, to: usize) -> Result<(), Fault> {
        let places = self.batches.get_mut(to).zip(self.workers.get_mut(to));
        let Some((batch, worker)) = places else { return Ok(()) };
        let Some(spare) = worker.hand(take(batch)) else {
            return worker.fault().map_or(Ok(()), Err);
        };
        *batch = spare;
        Ok(())
    }

    /// Folds the rest. All accounts that were opened; or the first fault of those that were not
    /// told yet.
    pub fn end(mut self) -> Result<Vec<Listed>, Fault> {
        let faults = (0..self.workers.len()).filter_map(|to| self.hand(to).err());
        let told = faults.collect::<Vec<_>>();
        let ended = self.workers.into_iter().map(Worker::end).collect::<Vec<_>>();
        let (mut opened, mut first) = (Vec::new(), None);
        for Ended { opened: its, fault } in ended {
            opened.extend(its);
            first = fault.map(|fault| fault.first(first.take())).or(first);
        }
        first = told.into_iter().fold(first, |first, fault| Some(fault.first(first)));
        first.map_or(Ok(opened), Err)
    }
}

impl Default for Worker<'_, '_> {
    fn default() -> Self {
        Self::Ended(Ended::default())
    }
}

impl<'scope, 'env> Worker<'scope, 'env> {
    fn beside(self, scope: &'scope Scope<'scope, 'env>) -> Self {
        let Self::Here(folder) = self else { return self };
        let ((batches, full), (empty, folded)) = (sync_channel(WAITING), channel());
        let thread = scope.spawn(move || fold_all(folder, &full, &empty));
        Self::Beside(Beside { batches, folded, thread })
    }

    /// Hands it a batch, for an empty one; nothing where it folds no more.
    fn hand(&mut self, mut batch: Batch) -> Option<Batch> {
        match self {
            Self::Here(folder) => {
                if let Err(fault) = folder.fold(&batch) {
                    *self = Self::Ended(Ended { opened: Vec::new(), fault: Some(fault) });
                    return None;
                }
                batch.clear();
                Some(batch)
            }
            Self::Beside(beside) => {
                beside.batches.send(batch).ok()?;
                Some(beside.folded.try_recv().unwrap_or_default())
            }
            Self::Ended(_) => None,
        }
    }

    /// Why it folds no more, unless that was told.
    fn fault(&mut self) -> Option<Fault> {
        let mut ended = take(self).end();
        let fault = ended.fault.take();
        *self = Self::Ended(ended);
        fault
    }

    fn end(self) -> Ended {
        match self {
            Self::Here(folder) => Ended { opened: folder.opened(), fault: None },
            Self::Beside(Beside { batches, thread, .. }) => {
                drop(batches);
                thread.join().unwrap_or_else(|panic| resume_unwind(panic))
            }
            Self::Ended(ended) => ended,
        }
    }
}

fn fold_all(mut folder: Folder<'_>, full: &Receiver<Batch>, empty: &Sender<Batch>) -> Ended {
    let fault = full.iter().find_map(|mut batch| {
        let fault = folder.fold(&batch).err();
        batch.clear();
        // At the end nobody wants it.
        let _ = empty.send(batch);
        fault
    });
    Ended { opened: folder.opened(), fault }
}

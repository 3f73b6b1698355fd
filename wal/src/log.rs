//! [`Wal`], the handle: append, wait, read, close.

use std::io;
use std::sync::Arc;

use crate::durability::{Durability, Poisoned};
use crate::group::{bytes_for, capacity};
use crate::index::{Dense, Index};
use crate::inspect::{self, Look, Tail};
use crate::library::Library;
use crate::options::Options;
use crate::queue::{Life, Queue, Shared};
use crate::read::{self, ReadError};
use crate::record::{self, Record, RecordRef};
use crate::recovery::OpenError;
use crate::segment::{BODY_OFFSET, LogId};
use crate::size::narrow;
use crate::snapshot::{SnapshotWriter, snapshots};
use crate::storage::Storage;
use crate::{Lsn, Name};

/// A handle of an open log. Clones are handles of the same log.
pub struct Wal<S: Storage> {
    pub(crate) log: Arc<Log<S>>,
}

/// What the handles, the committer and the filler share.
pub(crate) struct Log<S: Storage> {
    id: LogId,
    pub(crate) storage: S,
    pub(crate) shared: Shared<S::Medium>,
    pub(crate) durability: Durability,
    pub(crate) index: Index<S::Medium>,
    pub(crate) library: Library<S::Medium>,
    buffer_bytes_max: usize,
    record_bytes_max: usize,
}

/// Why a record was not appended. Nothing was: it will not be found in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The next segment cannot be prepared and this one is nearly full. It passes by itself once
    /// there is room.
    #[error("the disk is nearly full, make room and try again")]
    StorageLow,
    /// More is waiting to be written than may wait.
    #[error("too much is waiting to be written, try again")]
    Full,
    /// The payload is longer than [`PAYLOAD_BYTES_MAX`](crate::PAYLOAD_BYTES_MAX) or than a
    /// segment holds, or there are more than [`LINKS_MAX`](crate::LINKS_MAX) links.
    #[error("the record is too large, split it")]
    TooLarge,
    /// [`Wal::close`] was called.
    #[error("the log is closed")]
    Closed,
    /// A write or a sync has failed. The process must be started again.
    #[error("the log is poisoned by a failed write or sync, restart")]
    Poisoned,
}

impl<S: Storage> Wal<S> {
    pub(crate) fn new(log: Arc<Log<S>>) -> Self {
        Self { log }
    }

    /// Appends a record. It is durable once [`Wal::durable`] has reached the LSN returned.
    ///
    /// # Errors
    /// Nothing was appended: see [`AppendError`].
    pub fn append(&self, links: &[Lsn], payload: &[u8]) -> Result<Lsn, AppendError> {
        self.append_stamped(links, payload, |_, _| {})
    }

    /// As [`append`](Self::append), and `stamp` is told the LSN and may write it, or the time, into
    /// the payload. It runs under the log's lock, so in the order of the LSNs, and must not block;
    /// where the append is refused it does not run.
    ///
    /// # Errors
    /// Nothing was appended: see [`AppendError`].
    pub fn append_stamped(
        &self,
        links: &[Lsn],
        payload: &[u8],
        stamp: impl FnOnce(Lsn, &mut [u8]),
    ) -> Result<Lsn, AppendError> {
        let extent = record::extent(links.len(), payload.len())
            .filter(|bytes| *bytes <= self.log.record_bytes_max)
            .ok_or(AppendError::TooLarge)?;
        let mut guard = self.log.shared.queue.lock();
        let queue = &mut *guard;
        self.log.admits(queue)?;
        if !queue.has_room_for(extent) {
            return Err(AppendError::StorageLow);
        }
        let lsn = queue.next;
        stamp(lsn, record::write(&mut queue.buffer, links, payload));
        queue.next = lsn.next();
        let wake = std::mem::take(&mut queue.waiting);
        drop(guard);
        if wake {
            self.log.shared.work.notify_one();
        }
        Ok(lsn)
    }

    /// Says that whoever appended before appends nothing more for now: a commit that lingers for
    /// more need not. Costs next to nothing where none does.
    pub fn hurry(&self) {
        let mut queue = self.log.shared.queue.lock();
        queue.hurried = !queue.buffer.is_empty();
        let wake = queue.hurried && queue.lingering;
        drop(queue);
        if wake {
            self.log.shared.work.notify_one();
        }
    }

    /// The last record appended.
    #[must_use]
    pub fn appended(&self) -> Lsn {
        self.log.shared.queue.lock().next.previous()
    }

    /// The last record that is durable. All before it are.
    #[must_use]
    pub fn durable(&self) -> Lsn {
        self.log.durability.lsn()
    }

    /// Shows each record from `from` on that is durable now, in order: whole files and groups are
    /// read one behind the other, beside those who append, and no lock is held.
    ///
    /// # Errors
    /// A file cannot be read or is damaged, or `visit` refused.
    pub fn scan<E>(
        &self,
        from: Lsn,
        mut visit: impl FnMut(RecordRef<'_>) -> Result<(), E>,
    ) -> Result<(), OpenError<E>> {
        let upto = self.durable();
        if upto < from {
            return Ok(());
        }
        let look = Look::from(Tail::Moving, from);
        let shown = inspect::scan(&self.log.storage, look, |record| {
            if record.lsn > upto {
                return Err(None);
            }
            visit(record).map_err(Some)
        });
        match shown {
            Ok(_) | Err(OpenError::Visit { error: None, .. }) => Ok(()),
            Err(OpenError::Visit { lsn, error: Some(error) }) => {
                Err(OpenError::Visit { lsn, error })
            }
            Err(OpenError::Corrupt(corruption)) => Err(OpenError::Corrupt(corruption)),
            Err(OpenError::Storage(error)) => Err(OpenError::Storage(error)),
            Err(OpenError::Lengths) => Err(OpenError::Lengths),
        }
    }

    /// Blocks the thread until the record is durable.
    ///
    /// # Errors
    /// The log has ended and the record may not be durable.
    pub fn wait_durable(&self, lsn: Lsn) -> Result<(), Poisoned> {
        self.log.durability.wait(lsn)
    }

    /// Whether a write or a sync has failed, after which the log takes nothing more.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.log.shared.queue.lock().life == Life::Poisoned
    }

    /// Whether even a small record is refused as [`AppendError::StorageLow`] now.
    #[must_use]
    pub fn storage_low(&self) -> bool {
        !self.log.shared.queue.lock().has_room_for(0)
    }

    /// Reads a durable record back, verified, from the segment that holds it. It does I/O and may
    /// block; it holds no lock while it does.
    ///
    /// # Errors
    /// The record is not there, not durable yet, or its bytes are not what was written.
    pub fn read(&self, lsn: Lsn) -> Result<Record, ReadError> {
        if lsn == Lsn::ZERO || lsn > self.appended() {
            return Err(ReadError::Unknown { lsn });
        }
        if lsn > self.durable() {
            return Err(ReadError::NotDurable { lsn });
        }
        read::record(&self.log, lsn)
    }

    /// Begins a snapshot on top of which the records from `from` on are to be replayed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn snapshot(&self, from: Lsn) -> io::Result<SnapshotWriter<S>> {
        SnapshotWriter::begin(Arc::clone(&self.log), self.log.id, from)
    }

    /// Moves to the archive what was sealed, has only records before this mark, and is not needed
    /// on top of the older of two snapshots. Returns how many files were moved or there already:
    /// those from one on that is being merged are moved another time. It does I/O and may block.
    ///
    /// # Errors
    /// One cannot be moved: it stays where it was, and so do those after it.
    pub fn archive(&self, mark: u64) -> io::Result<usize> {
        let kept = snapshots(&self.log.storage)?;
        let Some(oldest) = kept.get(1) else { return Ok(0) };
        let mut moved = 0;
        for dense in self.log.index.sealed_before(mark, *oldest) {
            if !dense.archived {
                let Some(_claim) = Claim::of(&self.log, &[dense]) else { break };
                self.log.storage.archive(dense.name)?;
                self.log.index.note_archived(dense.name);
                self.log.library.forget(|name| name == dense.name);
            }
            moved += 1;
        }
        Ok(moved)
    }

    /// Takes no more records. The committer writes those that are there, and ends; the storage is
    /// free for another opening once both threads have ended and all handles are dropped.
    pub fn close(&self) {
        self.log.shared.reach(Life::Closed);
    }
}

/// Sealed files that nobody else moves or merges for as long as this lives.
pub(crate) struct Claim<S: Storage> {
    log: Arc<Log<S>>,
    names: Vec<Name>,
}

impl<S: Storage> Claim<S> {
    /// All of them, or none if somebody has one, or one is there no more.
    pub(crate) fn of(log: &Arc<Log<S>>, files: &[Dense]) -> Option<Self> {
        let mut claim = Self { log: Arc::clone(log), names: Vec::new() };
        for dense in files {
            if !log.index.claim(dense.name) {
                return None;
            }
            claim.names.push(dense.name);
        }
        Some(claim)
    }
}

impl<S: Storage> Drop for Claim<S> {
    fn drop(&mut self) {
        self.names.iter().for_each(|name| self.log.index.release(*name));
    }
}

impl<S: Storage> Clone for Wal<S> {
    fn clone(&self) -> Self {
        Self { log: Arc::clone(&self.log) }
    }
}

impl<S: Storage> std::fmt::Debug for Wal<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wal").field("durable", &self.durable()).finish_non_exhaustive()
    }
}

impl<S: Storage> Log<S> {
    pub(crate) fn new(
        storage: S,
        id: LogId,
        index: Index<S::Medium>,
        next: Lsn,
        options: &Options,
    ) -> Self {
        let segment_bytes = options.segment_bytes.min(options.first_segment_bytes);
        // An empty group must fit behind a record, so that something can vouch for it.
        let group_bytes = narrow(segment_bytes - BODY_OFFSET) - bytes_for(0);
        Self {
            id,
            storage,
            shared: Shared::new(next, options.group_bytes_max),
            durability: Durability::new(next.previous()),
            index,
            library: Library::new(),
            buffer_bytes_max: options.buffer_bytes_max,
            record_bytes_max: capacity(group_bytes.min(options.group_bytes_max)),
        }
    }

    /// Ends the log: what is not durable may never be.
    pub(crate) fn poison(&self) {
        self.shared.reach(Life::Poisoned);
        self.durability.end();
    }

    /// Ends the log if names of its files may be lost: a restart finds which are there.
    pub(crate) fn end_if_failed(&self) {
        if self.storage.has_failed() {
            self.poison();
        }
    }

    /// Wakes the sealer if it is to mend what was found wrong.
    pub(crate) fn wake_to_mend(&self) {
        if self.storage.is_ailing() {
            // It may be about to sleep, and holds this while it looks.
            drop(self.shared.queue.lock());
            self.shared.finished.notify_one();
        }
    }

    fn admits(&self, queue: &Queue<S::Medium>) -> Result<(), AppendError> {
        match queue.life {
            Life::Poisoned => Err(AppendError::Poisoned),
            Life::Closed | Life::Ended => Err(AppendError::Closed),
            Life::Open if queue.buffer.len() >= self.buffer_bytes_max => Err(AppendError::Full),
            Life::Open => Ok(()),
        }
    }
}

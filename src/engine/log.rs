//! The log as the engine sees it: a record goes in, and comes back with its position and moment.

use std::cell::RefCell;

use wal::{AppendError, Lsn, Storage, Wal};

use super::clock::Clock;
use super::record::{self, Body};
use crate::ledger::{ActionRef, Moment};

thread_local! {
    /// Where this thread writes a record down before it is appended: the log's lock is for a copy.
    static DRAFT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The log and the clock whose time it keeps.
pub struct Log<S: Storage> {
    /// The bytes.
    pub wal: Wal<S>,
    /// The time.
    pub clock: Clock,
}

/// Where in the log something happened, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Its position.
    pub lsn: Lsn,
    /// Its moment.
    pub at: Moment,
}

impl Stamp {
    /// The name of the action that happened there.
    #[must_use]
    pub const fn action(&self) -> ActionRef {
        ActionRef::new(self.lsn.value())
    }
}

/// Why nothing was done. Certainly nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No room on the disk for the log, or for more keys in memory.
    #[error("storage is low: nothing was done, ask again with the same key later")]
    StorageLow,
    /// More is in flight than may be.
    #[error("too much is in flight: nothing was done, ask again with the same key later")]
    Overloaded,
    /// The server stops, because it was told to or because its log failed.
    #[error("the server is stopping: nothing was done, ask again with the same key later")]
    Stopping,
    /// The record is larger than the log takes.
    #[error("the request is larger than the log takes in one record")]
    TooLarge,
}

impl<S: Storage> Log<S> {
    /// Appends a record. LSN order is the order of moments, because they are given out under the
    /// log's own lock.
    ///
    /// # Errors
    /// When the log takes nothing now; then certainly nothing was appended.
    pub fn append(&self, links: &[Lsn], body: &impl Body) -> Result<Stamp, Unavailable> {
        if !body.fits() {
            return Err(Unavailable::TooLarge);
        }
        DRAFT.with_borrow_mut(|draft| {
            draft.clear();
            let mut at = self.clock.read();
            record::encode(body, at, draft);
            let stamp = |_: Lsn, record: &mut [u8]| {
                at = self.clock.tick_at(at);
                record::date(record, at);
            };
            let lsn = self.wal.append_stamped(links, draft, stamp)?;
            Ok(Stamp { lsn, at })
        })
    }
}

impl From<AppendError> for Unavailable {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::StorageLow => Self::StorageLow,
            AppendError::Full => Self::Overloaded,
            AppendError::TooLarge => Self::TooLarge,
            AppendError::Closed | AppendError::Poisoned => Self::Stopping,
        }
    }
}

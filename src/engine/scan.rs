//! The log from one record to another, read in order: for those who want all that happened.

use wal::{Lsn, OpenError, Storage};

use super::Engine;
use super::log::Stamp;
use super::record::{Malformed, Record};

/// Why not all of the log could be shown.
#[derive(Debug, thiserror::Error)]
pub enum ScanError<E> {
    /// It cannot be read from the log's files.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
    /// Something is not a record that this version knows.
    #[error("record {0} cannot be understood: {1}")]
    Malformed(Lsn, Malformed),
    /// Whoever looks has seen enough.
    #[error(transparent)]
    Stopped(E),
}

enum Stop<E> {
    Malformed(Malformed),
    Stopped(E),
}

impl<S: Storage> Engine<S> {
    /// Shows each record from `from` on that is durable now, oldest first. Blocks, and holds no
    /// lock.
    ///
    /// # Errors
    /// When the log cannot be read, or `visit` refuses.
    pub fn scan<E>(
        &self,
        from: Lsn,
        mut visit: impl FnMut(&Record<'_>, Stamp) -> Result<(), E>,
    ) -> Result<(), ScanError<E>> {
        let shown = self.log.wal.scan(from, |stored| {
            let (record, at) = Record::decode(stored.payload).map_err(Stop::Malformed)?;
            visit(&record, Stamp { lsn: stored.lsn, at }).map_err(Stop::Stopped)
        });
        shown.map_err(|error| match error {
            OpenError::Visit { lsn, error: Stop::Malformed(why) } => ScanError::Malformed(lsn, why),
            OpenError::Visit { error: Stop::Stopped(error), .. } => ScanError::Stopped(error),
            OpenError::Corrupt(error) => ScanError::Unreadable(error.to_string()),
            OpenError::Storage(error) => ScanError::Unreadable(error.to_string()),
            OpenError::Lengths => ScanError::Unreadable("its segments have no length".to_owned()),
        })
    }
}

//! The seam: a [`Storage`] is a directory of segments, a [`Medium`] one of them.
//!
//! The mapped files of [`Directory`](crate::Directory) are one implementation, the disk of
//! [`simulated`](crate::simulated), which loses what was not synced, the other. The log above is
//! the same.

use std::io;

/// A place that holds numbered segments and no two logs.
pub trait Storage: Send + Sync + 'static {
    /// One segment.
    type Medium: Medium;

    /// The numbers of the segments that are there, ascending. A segment whose preparation did not
    /// end is not there.
    ///
    /// # Errors
    /// The place cannot be read, or holds what looks like a segment and has no number.
    fn list(&self) -> io::Result<Vec<u64>>;

    /// Opens a segment that is there.
    ///
    /// # Errors
    /// It is not there or cannot be opened.
    fn open(&self, number: u64) -> io::Result<Self::Medium>;

    /// Makes a segment of `bytes` zeros that begins with `header`, and returns once its bytes and
    /// its name are durable. Until then it is not listed after a power cut, or listed whole.
    /// Replaces a segment of that number.
    ///
    /// # Errors
    /// There is no room, or the machine failed. It may be asked for again.
    fn prepare(&self, number: u64, bytes: u64, header: &[u8]) -> io::Result<Self::Medium>;

    /// Removes a segment; durable after the next [`Storage::sync_directory`].
    ///
    /// # Errors
    /// It is not there or cannot be removed.
    fn remove(&self, number: u64) -> io::Result<()>;

    /// Makes the names of the segments durable. Once it has failed it fails for ever.
    ///
    /// # Errors
    /// The names may not be durable.
    fn sync_directory(&self) -> io::Result<()>;
}

/// A segment: a run of bytes of a fixed length, written by one and read by many.
pub trait Medium: Send + Sync + 'static {
    /// Its length.
    ///
    /// # Errors
    /// It cannot be told.
    fn bytes(&self) -> io::Result<u64>;

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// Those bytes are not there or cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`, within the length. Durable after the next
    /// [`Medium::sync`].
    ///
    /// # Errors
    /// Some of them may not have been written.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes durable all that was written, by whomever, before the call.
    ///
    /// # Errors
    /// What was written may not be durable and never will be: another call may say that it is.
    fn sync(&self) -> io::Result<()>;

    /// Drops what is cached, so that reads show what is durable.
    ///
    /// # Errors
    /// The cache may still hold it.
    fn forget(&self) -> io::Result<()>;

    /// Says that these bytes are read soon, so that reading them may begin.
    fn expect(&self, _offset: u64, _bytes: u64) {}
}

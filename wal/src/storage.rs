//! The seam: a [`Storage`] is a directory of files, a [`Medium`] one of them.
//!
//! The mapped files of [`Directory`](crate::Directory) are one implementation, the disk of
//! [`simulated`](crate::simulated), which loses what was not synced, the other. The log above is
//! the same.

use std::io;

use crate::Name;

/// A place that holds the files of one log.
pub trait Storage: Send + Sync + 'static {
    /// One file.
    type Medium: Medium;

    /// The files that are there, in the order of their names. One that is not whole yet is not
    /// there.
    ///
    /// # Errors
    /// The place cannot be read, or holds what looks like a file of a log and has no name of one.
    fn list(&self) -> io::Result<Vec<Name>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    /// It is not there or cannot be opened.
    fn open(&self, name: Name) -> io::Result<Self::Medium>;

    /// Makes a segment of zeros that begins with its header, and returns once its bytes and its
    /// name are durable. Until then it is not listed after a power cut, or listed whole.
    /// Replaces a segment of that number.
    ///
    /// # Errors
    /// There is no room, or the machine failed. It may be asked for again.
    fn prepare(&self, ask: Prepare<'_>) -> io::Result<Self::Medium>;

    /// Begins a file that is to be written from front to back, is not listed yet, and is gone
    /// after a restart unless it was published. Begins it anew if it was begun before.
    ///
    /// # Errors
    /// It cannot be made.
    fn create(&self, name: Name) -> io::Result<Self::Medium>;

    /// The same, of a file that goes to where those are kept that are seldom wanted: there it gets
    /// its name, and needs no room beside the others.
    ///
    /// # Errors
    /// There is no such place, or it cannot be made.
    fn create_archived(&self, name: Name) -> io::Result<Self::Medium> {
        self.create(name)
    }

    /// Whether a file is kept there.
    fn is_archived(&self, _name: Name) -> bool {
        false
    }

    /// How many bytes there is room for beside the others, or where those are kept that are seldom
    /// wanted.
    ///
    /// # Errors
    /// It cannot be told.
    fn room(&self, _archived: bool) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    /// Gives a file that was begun, written and synced its name, durably. Replaces the one that
    /// had it.
    ///
    /// # Errors
    /// It may have its name, and lose it in a power cut.
    fn publish(&self, name: Name) -> io::Result<()>;

    /// Drops a file that was begun and not published.
    fn discard(&self, name: Name);

    /// Moves a sealed segment to where those are kept that are seldom wanted, durably. It is listed
    /// and opened as before. One that is there already stays.
    ///
    /// # Errors
    /// There is no such place, or it cannot be written; the file is where it was.
    fn archive(&self, name: Name) -> io::Result<()>;

    /// Removes a file; durable after the next [`Storage::sync_directory`].
    ///
    /// # Errors
    /// It is not there or cannot be removed.
    fn remove(&self, name: Name) -> io::Result<()>;

    /// Removes a segment that nobody reads any more, and may keep its room for the next one that is
    /// prepared; durable after the next [`Storage::sync_directory`].
    ///
    /// # Errors
    /// As [`Storage::remove`].
    fn recycle(&self, name: Name) -> io::Result<()> {
        self.remove(name)
    }

    /// Whether a copy of a file was found not to hold what was written.
    fn is_ailing(&self) -> bool {
        false
    }

    /// Makes such a file whole again from what its copies hold, and says which one was tried: whoever
    /// has it open reads the one of before. `pause` is called between two pieces of the work.
    fn mend(&self, _pause: &dyn Fn()) -> Option<Name> {
        None
    }

    /// Makes the names of the files durable. Once it has failed it fails for ever.
    ///
    /// # Errors
    /// The names may not be durable.
    fn sync_directory(&self) -> io::Result<()>;

    /// Whether a sync of the directory has failed: what has a name now may lose it, and the log
    /// cannot go on.
    fn has_failed(&self) -> bool;
}

/// A segment that is to be made.
#[derive(Clone, Copy)]
pub struct Prepare<'a> {
    /// Its number.
    pub number: u64,
    /// Its length.
    pub bytes: u64,
    /// What it begins with.
    pub header: &'a [u8],
    /// Called between two pieces of the work, so that it leaves the disk to others.
    pub pause: &'a dyn Fn(),
}

/// A file: a run of bytes, written by one and read by many.
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

    /// The same from this copy of the file alone, counted from 0; says whether there is one.
    ///
    /// # Errors
    /// Those bytes are not there or cannot be read.
    fn read_copy_at(&self, copy: usize, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
        if copy == 0 { self.read_at(buffer, offset).map(|()| true) } else { Ok(false) }
    }

    /// Says that a copy of the file does not hold what was written, and that another one does.
    fn blame(&self) {}

    /// Writes all of `bytes` at `offset`: within the length of a segment, at the end of a file that
    /// was begun. Durable after the next [`Medium::sync`].
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

/// Whether what failed would have succeeded with more room.
pub(crate) fn wants_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

//! What a simulated disk can be made to fail at, and how.

/// What is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Listing the files.
    List,
    /// Opening a file.
    Open,
    /// Beginning a file.
    Create,
    /// Giving a file its name.
    Publish,
    /// Moving a file to the archive.
    Archive,
    /// Removing a file.
    Remove,
    /// Syncing the directory, by itself or at the end of making a segment or publishing a file.
    Directory,
    /// Making a segment, up to its name.
    Prepare,
    /// Telling the length of a file.
    Bytes,
    /// Reading from a file.
    Read,
    /// Writing to a file.
    Write,
    /// Syncing a file.
    Sync,
    /// Dropping what is cached of a file.
    Forget,
    /// Telling how much room there is.
    Room,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// `EIO`: nothing was done.
    Io,
    /// `ENOSPC`: nothing was done.
    NoSpace,
    /// `EIO`: of a write the first half of its sectors was done, of anything else nothing.
    Short,
    /// `EIO`: it was done, and is said to have failed.
    Late,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What fails; `None` means anything.
    pub operation: Option<Operation>,
    /// Which one of those from now on, counted from 1.
    pub nth: u64,
    /// How.
    pub failure: Failure,
    /// Whether all of them after it fail too.
    pub lasting: bool,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::List,
        Self::Open,
        Self::Create,
        Self::Publish,
        Self::Archive,
        Self::Remove,
        Self::Directory,
        Self::Prepare,
        Self::Bytes,
        Self::Read,
        Self::Write,
        Self::Sync,
        Self::Forget,
        Self::Room,
    ];

    /// Whether it can fail like this, other than by failing as `EIO` does.
    #[must_use]
    pub const fn fails_as(self, failure: Failure) -> bool {
        match failure {
            Failure::Io => true,
            Failure::NoSpace => !matches!(self, Self::Remove | Self::Forget) && !self.only_looks(),
            Failure::Short => matches!(self, Self::Write),
            Failure::Late => !self.only_looks(),
        }
    }

    const fn only_looks(self) -> bool {
        matches!(self, Self::List | Self::Open | Self::Bytes | Self::Read | Self::Room)
    }
}

impl Fault {
    /// The `nth` operation of this kind fails, once; a write fails half-way.
    #[must_use]
    pub const fn once(operation: Option<Operation>, nth: u64) -> Self {
        Self { operation, nth, failure: Failure::Short, lasting: false }
    }

    /// Whether it is one of those that count.
    pub(super) fn concerns(&self, operation: Operation) -> bool {
        self.operation.is_none_or(|meant| meant == operation)
    }
}

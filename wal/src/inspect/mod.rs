//! Looks at a log without opening it: nothing is changed, and a log may be running on it.
//!
//! What a running log has not finished writing looks like a torn tail. While it runs, files are
//! replaced by others: a look that falls into such a moment is taken again.

mod salvage;

use std::io;

pub use crate::recovery::Follower;
pub use salvage::{Salvaged, salvage};

use crate::frames::{Frames, Head, Kind, is_damage};
use crate::options::OnProgress;
use crate::record::RecordRef;
use crate::recovery::{self, OpenError, Recovered};
use crate::segment::Segment;
use crate::storage::{Medium, Storage};
use crate::{Lsn, Name};

/// One file of a log, as its own head and foot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name.
    pub name: Name,
    /// Its length.
    pub bytes: u64,
    /// What it holds; `None` if its head or its foot is not what was written.
    pub content: Option<Content>,
}

/// What a file of a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A segment that was not sealed; its records are told by reading it.
    Padded {
        /// Which life of the log made it.
        epoch: u64,
    },
    /// Sealed segments.
    Dense {
        /// The first record.
        first: Lsn,
        /// The record behind the last.
        next: Lsn,
        /// The marks of the first and of the last record.
        marks: (u64, u64),
        /// What the records take without compression.
        plain_bytes: u64,
    },
    /// A snapshot.
    Snapshot {
        /// The first record to be replayed on top of it.
        from: Lsn,
        /// The last record that any part of it saw.
        upto: Lsn,
        /// How many sections it has.
        sections: u64,
    },
}

/// What is believed of the end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// No log is running: what is behind the end is judged as an opening does.
    Still,
    /// A log may be running: what is behind the end is not looked at.
    Moving,
}

/// How a log is looked at.
pub struct Look {
    /// What is believed of its end.
    pub tail: Tail,
    /// The first record that is shown. What was sealed before it is not read.
    pub from: Lsn,
    /// Told how far the look is, at most once for each megabyte.
    pub on_progress: Option<OnProgress>,
}

impl Look {
    /// At all of it.
    #[must_use]
    pub const fn whole(tail: Tail) -> Self {
        Self::from(tail, Lsn::new(1))
    }

    /// At the records from `from` on.
    #[must_use]
    pub const fn from(tail: Tail, from: Lsn) -> Self {
        Self { tail, from, on_progress: None }
    }
}

/// All files of a log, in the order of their names.
///
/// # Errors
/// The storage cannot be listed, or a file of it not be read.
pub fn files<S: Storage>(storage: &S) -> io::Result<Vec<FileInfo>> {
    let info = |name| match look(storage, name) {
        // It was sealed, merged or outdated since the names were listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        info => Some(info),
    };
    storage.list()?.into_iter().filter_map(info).collect()
}

/// Of these files those that count, in the order of the log, and snapshots behind them. One whose
/// segments are all in another, which a sealing that was cut off leaves behind, does not: it is
/// removed at the next opening.
#[must_use]
pub fn current(names: &[Name]) -> Vec<Name> {
    recovery::singles(names)
}

/// Shows records as an opening would, and says what it found.
///
/// # Errors
/// What an opening would refuse.
pub fn scan<S: Storage, E>(
    storage: &S,
    look: Look,
    mut visit: impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Recovered, OpenError<E>> {
    const TRIES: usize = 20;
    let Look { tail, from, mut on_progress } = look;
    let (mut next, mut records, mut tries) = (from, 0, 0);
    loop {
        let found = recovery::scan(storage, tail, next, on_progress.take(), |record| {
            (next, records) = (record.lsn.next(), records + 1);
            visit(record)
        });
        tries += 1;
        if tail == Tail::Still || tries == TRIES || !has_moved(&found) {
            return found.map(|found| Recovered { records, ..found });
        }
    }
}

/// Whether a running log may have changed its files under the look.
fn has_moved<E>(found: &Result<Recovered, OpenError<E>>) -> bool {
    match found {
        Err(OpenError::Storage(error)) => error.source.kind() == io::ErrorKind::NotFound,
        Err(OpenError::Corrupt(_)) => true,
        _ => false,
    }
}

fn look<S: Storage>(storage: &S, name: Name) -> io::Result<FileInfo> {
    let medium = storage.open(name)?;
    let bytes = medium.bytes()?;
    let content = match content(&medium, name) {
        Err(error) if is_damage(&error) => None,
        content => content?,
    };
    Ok(FileInfo { name, bytes, content })
}

/// What the file holds, `None` where it says that it is another one.
fn content<M: Medium>(medium: &M, name: Name) -> io::Result<Option<Content>> {
    if let Name::Segment(number) = name {
        let segment = Segment::read(medium)?.filter(|segment| segment.number == number);
        return Ok(segment.map(|segment| Content::Padded { epoch: segment.epoch }));
    }
    let head = Frames::head(medium)?;
    let foot = Frames::foot(medium, head)?;
    let (first, next) = (foot.span.before.next, foot.span.after.next);
    let (marks, plain_bytes) = (foot.span.marks, foot.plain_bytes);
    Ok(match (name, head) {
        (Name::Dense { first: from, last: to }, Head { kind: Kind::Dense, .. })
            if (head.first, head.last) == (from, to) =>
        {
            Some(Content::Dense { first, next, marks, plain_bytes })
        }
        (Name::Snapshot(from), Head { kind: Kind::Snapshot, .. }) if from == first => {
            Some(Content::Snapshot { from, upto: next.previous(), sections: foot.items })
        }
        _ => None,
    })
}

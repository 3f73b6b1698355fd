//! Copies a log, also while it runs: sealed segments and snapshots never change, and a segment that
//! is still written to is copied up to where it is.

use std::io;

use crate::Name;
use crate::inspect::{self, Look, Tail};
use crate::recovery::{OpenError, Recovered};
use crate::size::{narrow, wide};
use crate::storage::{Medium, Storage};

/// Why a log was not copied.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something where it was to go.
    #[error("there are files of a log already, choose an empty directory")]
    NotEmpty,
    /// A file cannot be read or written.
    #[error("{name} cannot be copied: {source}")]
    Copy {
        /// The file.
        name: Name,
        /// What the system said.
        source: io::Error,
    },
    /// The storage cannot be listed.
    #[error("the files cannot be listed: {0}")]
    List(io::Error),
    /// What was copied is not a whole log.
    #[error("the copy does not open: {0}")]
    Verify(Box<OpenError<std::convert::Infallible>>),
}

/// Copies the log in `from` into `to`, which holds none, and verifies the copy: every record up to
/// the one that was the last when the copying began is in it. `told` hears of each file.
///
/// # Errors
/// See [`BackupError`]. What was copied until then is left where it is.
pub fn backup<A: Storage, B: Storage>(
    from: &A,
    to: &B,
    mut told: impl FnMut(Name, u64),
) -> Result<Recovered, BackupError> {
    if !to.list().map_err(BackupError::List)?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    let (mut tries, mut seen) = (0, None);
    loop {
        tries += 1;
        match copy_all(from, to, &mut told) {
            // A file was sealed, merged or outdated since the names were listed: those that were
            // copied before it may be a log, and end too early.
            Err(BackupError::Copy { source, .. })
                if source.kind() == io::ErrorKind::NotFound && tries < TRIES =>
            {
                continue;
            }
            copied => copied?,
        }
        match inspect::scan(to, Look::whole(Tail::Still), |_| Ok(())) {
            Ok(copied) => return Ok(copied),
            // Files were written to, or sealed, between the copying of one part and of the next.
            // Damage looks the same the next time.
            Err(OpenError::Corrupt(corruption)) if seen != Some(corruption) && tries < TRIES => {
                seen = Some(corruption);
            }
            Err(error) => return Err(BackupError::Verify(Box::new(error))),
        }
    }
}

/// How often a log may change its files under one copying.
const TRIES: usize = 20;

/// Copies what is there, and drops what is there no more.
fn copy_all<A: Storage, B: Storage>(
    from: &A,
    to: &B,
    told: &mut impl FnMut(Name, u64),
) -> Result<(), BackupError> {
    let names = from.list().map_err(BackupError::List)?;
    let there = to.list().map_err(BackupError::List)?;
    for name in &names {
        let changes = matches!(name, Name::Segment(_));
        if !changes && there.contains(name) {
            continue;
        }
        let bytes = copy(from, to, *name);
        told(*name, bytes.map_err(|source| BackupError::Copy { name: *name, source })?);
    }
    for name in there.into_iter().filter(|name| !names.contains(name)) {
        to.remove(name).map_err(|source| BackupError::Copy { name, source })?;
    }
    to.sync_directory().map_err(BackupError::List)
}

/// Copies one file, which has its name once it is durable; returns its length.
pub(crate) fn copy<A: Storage, B: Storage>(from: &A, to: &B, name: Name) -> io::Result<u64> {
    let source = from.open(name)?;
    let bytes = source.bytes()?;
    let copied = copy_bytes(&source, to, name, bytes).and_then(|()| to.publish(name));
    if copied.is_err() {
        to.discard(name);
    }
    copied.map(|()| bytes)
}

fn copy_bytes<M: Medium, B: Storage>(from: &M, to: &B, name: Name, bytes: u64) -> io::Result<()> {
    const PIECE_BYTES: u64 = 1 << 20;
    let mut target = to.create(name)?;
    let mut piece = vec![0; narrow(bytes.min(PIECE_BYTES))];
    let mut offset = 0;
    while offset < bytes {
        let piece = &mut piece[..narrow((bytes - offset).min(PIECE_BYTES))];
        from.read_at(piece, offset)?;
        target.write_at(piece, offset)?;
        target.sync()?;
        offset += wide(piece.len());
    }
    target.sync()
}

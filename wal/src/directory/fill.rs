//! Files of a log as they are made: zero-filled, or empty.
//!
//! A segment is zero-filled by 4 KiB writes before it is mapped: a page dirtied later is written
//! with its whole folio, and the folio is as large as the write that brought it into the cache.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Advice, FallocateFlags};

use crate::size::{PAGE, wide};
use crate::storage::Prepare;

/// How much is filled between two syncs: more would make the commits beside it wait.
const PACE_PAGES: u64 = 64;

/// A file of zeros behind a header, durable but for its name.
pub(super) fn fill(path: &Path, ask: Prepare<'_>) -> io::Result<File> {
    let file = create(path)?;
    reserve(&file, ask.bytes)?;
    zero(file, ask)
}

/// The same in a file that was a segment. What is cached of it goes first: pages that were read
/// back lie in large folios.
pub(super) fn refill(path: &Path, ask: Prepare<'_>) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if file.metadata()?.len() != ask.bytes {
        return fill(path, ask);
    }
    rustix::fs::fadvise(&file, 0, None, Advice::DontNeed)?;
    zero(file, ask)
}

fn zero(file: File, ask: Prepare<'_>) -> io::Result<File> {
    for page in 0..ask.bytes / wide(PAGE) {
        file.write_all_at(&[0; PAGE], page * wide(PAGE))?;
        if page % PACE_PAGES == PACE_PAGES - 1 {
            rustix::fs::fdatasync(&file)?;
            (ask.pause)();
        }
    }
    file.write_all_at(ask.header, 0)?;
    file.sync_all()?;
    Ok(file)
}

pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
}

/// Takes the room at once, so that a full disk is known before half a segment is written.
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
        reserved => Ok(reserved?),
    }
}

//! A second directory, for sealed segments that are seldom wanted: on a slower and larger disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::Advice;

use super::fill::create;
use super::{remove_unfinished, unfinished};
use crate::Name;
use crate::size::{narrow, wide};

/// The directory.
pub(super) struct Archive {
    path: PathBuf,
    directory: File,
    /// Whether a file was removed, and may come back until this is synced.
    removed: AtomicBool,
}

/// How much is copied between two syncs, and how long the disk of the log is left to others then:
/// a file may have a gigabyte.
const PACE_BYTES: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(4);

impl Archive {
    pub(super) fn new(path: &Path, directory: File) -> Self {
        Self { path: path.to_owned(), directory, removed: AtomicBool::new(false) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn path_of(&self, name: Name) -> PathBuf {
        self.path.join(name.to_string())
    }

    /// Removes what an earlier process left half written.
    pub(super) fn clear(&self) -> io::Result<()> {
        remove_unfinished(&self.path)
    }

    /// Begins a file that is to be archived as soon as it is whole.
    pub(super) fn create(&self, name: Name) -> io::Result<File> {
        create(&unfinished(&self.path, name))
    }

    /// Whether a file was begun here.
    pub(super) fn has_begun(&self, name: Name) -> bool {
        unfinished(&self.path, name).exists()
    }

    /// Gives a file that was begun here its name, durably.
    pub(super) fn publish(&self, name: Name) -> io::Result<()> {
        fs::rename(unfinished(&self.path, name), self.path_of(name))?;
        self.directory.sync_all()
    }

    /// Drops a file that was begun here.
    pub(super) fn discard(&self, name: Name) -> io::Result<()> {
        match fs::remove_file(unfinished(&self.path, name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes a file; durable after the next [`Archive::sync`].
    pub(super) fn remove(&self, name: Name) -> io::Result<()> {
        self.removed.store(true, Ordering::Relaxed);
        fs::remove_file(self.path_of(name))
    }

    /// Makes the removals durable. That they may not be is told once: what comes back is a file too
    /// many, and a sync that failed proves nothing when it is tried again.
    pub(super) fn sync(&self) -> io::Result<()> {
        let removed = self.removed.swap(false, Ordering::Relaxed);
        if removed { self.directory.sync_all() } else { Ok(()) }
    }

    /// How many bytes there is room for.
    pub(super) fn room(&self) -> io::Result<u64> {
        super::room(&self.directory)
    }

    /// Copies a file, durably, and compares what is held here, read from the disk.
    pub(super) fn take(&self, file: &Path, name: Name) -> io::Result<()> {
        let (from, copied) = (File::open(file)?, self.create(name)?);
        let mut piece = vec![0; PACE_BYTES];
        let length = in_pieces(&from, &mut piece, |bytes, offset| {
            copied.write_all_at(bytes, offset)?;
            rustix::fs::fdatasync(&copied)?;
            Ok(())
        })?;
        copied.sync_all()?;
        rustix::fs::fadvise(&copied, 0, None, Advice::DontNeed)?;
        let mut same = copied.metadata()?.len() == length;
        let mut held = vec![0; PACE_BYTES];
        in_pieces(&from, &mut piece, |bytes, offset| {
            let held = &mut held[..bytes.len()];
            copied.read_exact_at(held, offset)?;
            same &= held == bytes;
            Ok(())
        })?;
        if !same {
            return Err(io::Error::other("what was archived does not read back the same"));
        }
        self.publish(name)
    }
}

/// Gives a file to `each` in pieces, with a rest behind each of them; returns its length.
fn in_pieces(
    file: &File,
    piece: &mut [u8],
    mut each: impl FnMut(&[u8], u64) -> io::Result<()>,
) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let mut offset = 0;
    while offset < length {
        let piece = &mut piece[..narrow((length - offset).min(wide(PACE_BYTES)))];
        file.read_exact_at(piece, offset)?;
        each(piece, offset)?;
        offset += wide(piece.len());
        sleep(PAUSE);
    }
    Ok(length)
}

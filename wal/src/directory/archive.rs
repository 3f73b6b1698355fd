//! A second directory, for sealed segments that are seldom wanted: on a slower and larger disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::Advice;

use crate::Name;
use crate::size::{narrow, wide};

/// The directory.
pub(super) struct Archive {
    path: PathBuf,
    directory: File,
}

impl Archive {
    pub(super) fn new(path: &Path, directory: File) -> Self {
        Self { path: path.to_owned(), directory }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn path_of(&self, name: Name) -> PathBuf {
        self.path.join(name.to_string())
    }

    /// Copies a file, durably, and compares what is held here, read from the disk.
    pub(super) fn take(&self, file: &Path, name: Name) -> io::Result<()> {
        let unfinished = self.path.join(format!("{name}.tmp"));
        fs::copy(file, &unfinished)?;
        let copied = File::open(&unfinished)?;
        copied.sync_all()?;
        rustix::fs::fadvise(&copied, 0, None, Advice::DontNeed)?;
        if !holds_the_same(&File::open(file)?, &copied)? {
            return Err(io::Error::other("what was archived does not read back the same"));
        }
        fs::rename(&unfinished, self.path_of(name))?;
        self.directory.sync_all()
    }
}

fn holds_the_same(a: &File, b: &File) -> io::Result<bool> {
    let length = a.metadata()?.len();
    if b.metadata()?.len() != length {
        return Ok(false);
    }
    let (mut here, mut there) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut offset = 0;
    while offset < length {
        let piece = narrow((length - offset).min(1 << 20));
        a.read_exact_at(&mut here[..piece], offset)?;
        b.read_exact_at(&mut there[..piece], offset)?;
        if here[..piece] != there[..piece] {
            return Ok(false);
        }
        offset += wide(piece);
    }
    Ok(true)
}

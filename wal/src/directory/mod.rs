//! A log as files of a directory that one process owns.
//!
//! Beside the files of the log ([`Name`]) there is an empty `LOCK`, locked with `flock` while a log
//! is open, and maybe a `spare.tmp`, the room of the next segment.

mod archive;
mod fill;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Advice, FlockOperation};

use crate::Name;
use crate::mmap::Map;
use crate::size::narrow;
use crate::storage::{Medium, Prepare, Storage};
use archive::Archive;
use fill::{create, fill, refill};

/// A directory with the files of a log, locked.
pub struct Directory {
    path: PathBuf,
    directory: File,
    /// Whether a sync of the directory has failed: the names may be lost though a later one says
    /// that they are not.
    failed: AtomicBool,
    /// Held while a log may be written here; without it files are only read.
    lock: Option<File>,
    /// Where sealed segments go that are seldom wanted.
    archive: Option<Archive>,
}

/// On which file systems a log may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filesystem {
    /// Those on which a store into a zero-filled map cannot fail for want of room: ext4 and XFS.
    Checked,
    /// Any. On btrfs, tmpfs, overlay, NFS or FUSE a full disk may end the process with SIGBUS.
    Any,
}

/// Why a directory was not opened.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process, or another log of this one, has it.
    #[error("{path} is in use by another process, stop that one or choose another directory")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// It is neither on ext4 nor on XFS.
    #[error(
        "{path} is on a file system of type {kind:#x} and not on ext4 or xfs, choose another \
         directory or accept any file system"
    )]
    Filesystem {
        /// The directory.
        path: PathBuf,
        /// What `statfs` calls the file system.
        kind: u64,
    },
    /// It cannot be made, read or locked.
    #[error("{path} cannot be opened as a log: {source}")]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A file of a log: mapped if it was prepared as a segment, read and written as a file otherwise.
pub struct LogFile {
    file: File,
    map: Option<Map>,
}

/// A segment that was let go and whose room is kept for the next.
const SPARE: &str = "spare.tmp";
/// The same, before its old name is durably gone.
const ASIDE: &str = "aside.tmp";

const EXT4: u64 = 0xef53;
const XFS: u64 = 0x5846_5342;

impl Directory {
    /// Opens and locks the directory, makes it if its parent is there, and removes what an earlier
    /// process left half prepared.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub fn open(path: &Path, filesystem: Filesystem) -> Result<Self, DirectoryError> {
        let failed = |source| DirectoryError::Io { path: path.to_owned(), source };
        let directory = make(path).map_err(failed)?;
        if filesystem == Filesystem::Checked {
            check_kind(path, &directory)?;
        }
        let opened = Self {
            path: path.to_owned(),
            directory,
            failed: AtomicBool::new(false),
            lock: Some(lock(path)?),
            archive: None,
        };
        remove_unfinished(path).map_err(failed)?;
        Ok(opened)
    }

    /// Opens the directory to look at its files: nothing is changed, and a log may be running on
    /// them.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn look(path: &Path) -> Result<Self, DirectoryError> {
        let failed = |source| DirectoryError::Io { path: path.to_owned(), source };
        let directory = File::open(path).map_err(failed)?;
        let failed = AtomicBool::new(false);
        Ok(Self { path: path.to_owned(), directory, failed, lock: None, archive: None })
    }

    /// The same, with sealed segments in this directory too. It is made if its parent is there.
    ///
    /// # Errors
    /// It cannot be made or opened.
    pub fn with_archive(self, path: &Path) -> Result<Self, DirectoryError> {
        let failed = |source| DirectoryError::Io { path: path.to_owned(), source };
        let made = if self.lock.is_some() { make(path) } else { File::open(path) };
        let archive = Archive::new(path, made.map_err(failed)?);
        if self.lock.is_some() {
            archive.clear().map_err(failed)?;
        }
        Ok(Self { archive: Some(archive), ..self })
    }

    /// Whether a log is running on it now. It may begin or end right after.
    ///
    /// # Errors
    /// It cannot be told.
    pub fn is_in_use(&self) -> io::Result<bool> {
        let file = match File::open(self.path.join("LOCK")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn path_of(&self, name: Name) -> PathBuf {
        self.path.join(name.to_string())
    }

    /// Where a file is that was archived, if there is an archive.
    fn archived(&self, name: Name) -> Option<PathBuf> {
        self.archive.as_ref().map(|archive| archive.path_of(name))
    }

    /// Where a file is before it is whole.
    fn unfinished(&self, name: Name) -> PathBuf {
        unfinished(&self.path, name)
    }

    /// Where a file was begun that is to be archived as soon as it is whole.
    fn begun_in_archive(&self, name: Name) -> Option<&Archive> {
        self.archive.as_ref().filter(|archive| archive.has_begun(name))
    }

    fn names(&self) -> io::Result<Vec<Name>> {
        let mut names = names_in(&self.path)?;
        if let Some(archive) = &self.archive {
            names.extend(names_in(archive.path())?);
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

impl Storage for Directory {
    type Medium = LogFile;

    /// Two looks that agree: one that was begun before a file replaced others may see neither.
    fn list(&self) -> io::Result<Vec<Name>> {
        const TRIES: usize = 20;
        let mut names = self.names()?;
        for _ in 0..TRIES {
            let before = std::mem::replace(&mut names, self.names()?);
            if before == names {
                break;
            }
        }
        Ok(names)
    }

    fn open(&self, name: Name) -> io::Result<LogFile> {
        let writable = self.lock.is_some();
        let here = OpenOptions::new().read(true).write(writable).open(self.path_of(name));
        let file = match (here, self.archived(name)) {
            (Err(error), Some(archived)) if error.kind() == io::ErrorKind::NotFound => {
                File::open(archived)
            }
            (here, _) => here,
        };
        Ok(LogFile { file: file?, map: None })
    }

    fn prepare(&self, ask: Prepare<'_>) -> io::Result<LogFile> {
        let name = Name::Segment(ask.number);
        let unfinished = self.unfinished(name);
        // Its blocks are written already: nothing is allocated, and a full disk has room for it.
        let spare = fs::rename(self.path.join(SPARE), &unfinished).is_ok();
        let filled = if spare { refill(&unfinished, ask) } else { fill(&unfinished, ask) };
        let prepared = filled.and_then(|file| {
            self.publish(name)?;
            let map = Some(Map::of(&file)?);
            Ok(LogFile { file, map })
        });
        if prepared.is_err() {
            self.discard(name);
        }
        prepared
    }

    fn create(&self, name: Name) -> io::Result<LogFile> {
        // It is begun in one place only.
        self.archive.iter().try_for_each(|archive| archive.discard(name))?;
        Ok(LogFile { file: create(&self.unfinished(name))?, map: None })
    }

    fn create_archived(&self, name: Name) -> io::Result<LogFile> {
        let archive = self.archive.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        self.discard(name);
        Ok(LogFile { file: archive.create(name)?, map: None })
    }

    fn publish(&self, name: Name) -> io::Result<()> {
        if let Some(archive) = self.begun_in_archive(name) {
            return archive.publish(name);
        }
        fs::rename(self.unfinished(name), self.path_of(name))?;
        self.sync_directory()
    }

    fn discard(&self, name: Name) {
        // What it took is needed more elsewhere; if it stays, the next start removes it.
        let _ = fs::remove_file(self.unfinished(name));
        let _ = self.begun_in_archive(name).map(|archive| archive.discard(name));
    }

    fn is_archived(&self, name: Name) -> bool {
        let here = self.path_of(name).exists();
        !here && self.archived(name).is_some_and(|archived| archived.exists())
    }

    fn room(&self, archived: bool) -> io::Result<u64> {
        match &self.archive {
            Some(archive) if archived => archive.room(),
            _ => room(&self.directory),
        }
    }

    fn archive(&self, name: Name) -> io::Result<()> {
        let archive = self.archive.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        if !self.path_of(name).try_exists()? {
            return Ok(());
        }
        archive.take(&self.path_of(name), name)?;
        fs::remove_file(self.path_of(name))?;
        self.sync_directory()
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        let here = fs::remove_file(self.path_of(name));
        match &self.archive {
            Some(archive) if archive.path_of(name).exists() => archive.remove(name),
            _ => here,
        }
    }

    fn recycle(&self, name: Name) -> io::Result<()> {
        // Under its old name it must not come back with other bytes: that it is gone is made
        // durable before anyone may write to it.
        let aside = self.path.join(ASIDE);
        fs::rename(self.path_of(name), &aside)?;
        self.sync_directory()?;
        fs::rename(aside, self.path.join(SPARE))
    }

    fn sync_directory(&self) -> io::Result<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(io::Error::other("an earlier sync of the directory failed, restart"));
        }
        let synced = self.directory.sync_all();
        self.failed.store(synced.is_err(), Ordering::Relaxed);
        synced.and_then(|()| self.archive.as_ref().map_or(Ok(()), Archive::sync))
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Medium for LogFile {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match &mut self.map {
            Some(map) => map.write_at(bytes, narrow(offset)),
            None => self.file.write_all_at(bytes, offset),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.map.iter().for_each(Map::release);
        Ok(rustix::fs::fdatasync(&self.file)?)
    }

    fn forget(&self) -> io::Result<()> {
        Ok(rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed)?)
    }

    fn expect(&self, offset: u64, bytes: u64) {
        // A hint: without it the bytes are read all the same, only later.
        let _ = rustix::fs::fadvise(&self.file, offset, NonZeroU64::new(bytes), Advice::WillNeed);
    }
}

/// Makes a directory and those above it, each with a durable name.
///
/// # Errors
/// When one cannot be made or synced.
pub fn make_all(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    make_all(path.parent().unwrap_or(Path::new("")))?;
    make(path).map(drop)
}

/// Opens the directory; one that is made has a durable name.
fn make(path: &Path) -> io::Result<File> {
    if !path.try_exists()? {
        fs::create_dir(path)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    File::open(path)
}

/// Where a file of a directory is before it is whole.
fn unfinished(directory: &Path, name: Name) -> PathBuf {
    directory.join(format!("{name}.tmp"))
}

fn remove_unfinished(directory: &Path) -> io::Result<()> {
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// How many bytes there is room for where a directory is.
fn room(directory: &File) -> io::Result<u64> {
    let free = rustix::fs::fstatvfs(directory)?;
    Ok(free.f_bavail.saturating_mul(free.f_frsize))
}

fn check_kind(path: &Path, directory: &File) -> Result<(), DirectoryError> {
    let failed = |source| DirectoryError::Io { path: path.to_owned(), source };
    let stat = rustix::fs::fstatfs(directory).map_err(|error| failed(error.into()))?;
    match u64::try_from(stat.f_type) {
        Ok(EXT4 | XFS) => Ok(()),
        kind => Err(DirectoryError::Filesystem {
            path: path.to_owned(),
            kind: kind.unwrap_or_default(),
        }),
    }
}

fn lock(path: &Path) -> Result<File, DirectoryError> {
    let failed = |source| DirectoryError::Io { path: path.to_owned(), source };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join("LOCK"))
        .map_err(failed)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(DirectoryError::InUse { path: path.to_owned() }),
        Err(error) => Err(failed(error.into())),
    }
}

fn names_in(path: &Path) -> io::Result<Vec<Name>> {
    let mut names = Vec::new();
    for file in fs::read_dir(path)? {
        let path = file?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(Name::is_extension) {
            names.push(name_of(&path)?);
        }
    }
    Ok(names)
}

fn name_of(path: &Path) -> io::Result<Name> {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(Name::parse);
    name.ok_or_else(|| {
        let file = path.display();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{file} is not the name of a file of the log, move it elsewhere"),
        )
    })
}

//! The directory that is given: whose it is, what is made in it, and what stays.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use rustix::fs::{FlockOperation, flock, statfs, statvfs};

use super::asked::Asked;

/// The directory, locked.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Whether it was made, and is to go at the end.
    made: bool,
    /// Whether all of it is to stay.
    keep: bool,
    _marker: File,
}

/// A file system, as `statfs` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileSystem {
    /// What it is called.
    pub(super) name: &'static str,
    /// Whether a server keeps its log on it without being told to.
    pub(super) supported: bool,
}

/// Shows that a directory is of a torture.
const MARKER: &str = "holdfast-torture";
const MARKER_TEXT: &str = "holdfast torture works in this directory and removes what it made.\n";
/// All requests and answers of a ledger that something is wrong with.
const JOURNAL: &str = "journal.ndjson";
/// How what it makes is called, before a number.
const MADE: [&str; 2] = ["ledger-", "copy-"];
/// What it measures the disk with.
const PROBE: &str = "fdatasync";
/// How much room it wants, in bytes.
const ROOM: u64 = 256 << 20;

impl Place {
    /// Takes the directory, makes it if it is not there.
    ///
    /// # Errors
    /// When it is somebody else's, holds what was found before, or has no room.
    pub(super) fn take(path: PathBuf, keep: bool) -> anyhow::Result<Self> {
        let shown = path.display();
        let made = !path.exists();
        if made {
            fs::create_dir_all(&path).with_context(|| format!("{shown} cannot be made"))?;
        }
        let entries = fs::read_dir(&path).with_context(|| format!("{shown} cannot be read"))?;
        let marker = path.join(MARKER);
        ensure!(
            marker.exists() || entries.count() == 0,
            "{shown} is not empty and not of an earlier torture: give it a directory of its own"
        );
        ensure!(
            !path.join(JOURNAL).exists(),
            "{shown} holds what an earlier torture found wrong: move it elsewhere or remove it"
        );
        let marker = lock(&marker).with_context(|| format!("{shown} cannot be worked in"))?;
        let place = Self { path, made, keep, _marker: marker };
        place.remove_made()?;
        place.has_room()?;
        Ok(place)
    }

    /// Whether all of it is to stay.
    pub(super) const fn is_kept(&self) -> bool {
        self.keep
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the ledger of a round is.
    pub(super) fn ledger(&self, round: u64) -> PathBuf {
        self.path.join(format!("{}{round}", MADE[0]))
    }

    /// Where the copy of that number is.
    pub(super) fn copy(&self, number: u64) -> PathBuf {
        self.path.join(format!("{}{number}", MADE[1]))
    }

    /// What the disk is measured with.
    pub(super) fn probe(&self) -> PathBuf {
        self.path.join(PROBE)
    }

    /// Its file system.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(super) fn file_system(&self) -> io::Result<FileSystem> {
        let kind = statfs(&self.path)?.f_type;
        let (name, supported) = match u64::try_from(kind).unwrap_or_default() {
            0xef53 => ("ext4", true),
            0x5846_5342 => ("xfs", true),
            0x9123_683e => ("btrfs", false),
            0x0102_1994 => ("tmpfs", false),
            0x794c_7630 => ("overlay", false),
            0x6969 => ("nfs", false),
            0x6573_5546 => ("fuse", false),
            0x2fc1_2fc1 => ("zfs", false),
            _ => ("a file system that is not known here", false),
        };
        Ok(FileSystem { name, supported })
    }

    /// Writes down all requests and answers of a ledger that something is wrong with, and keeps
    /// all that is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write_down<'a>(
        &mut self,
        all: impl Iterator<Item = &'a Asked>,
    ) -> io::Result<PathBuf> {
        self.keep = true;
        let path = self.path.join(JOURNAL);
        let mut file = BufWriter::new(File::create(&path)?);
        for asked in all {
            let told = asked.told.as_ref().map(|told| String::from_utf8_lossy(&told.body));
            let line = serde_json::json!({
                "path": asked.path(), "request": asked.body, "answer": told,
            });
            writeln!(file, "{line}")?;
        }
        file.flush()?;
        Ok(path)
    }

    /// Whether there is room for a round.
    ///
    /// # Errors
    /// When there is not.
    pub(super) fn has_room(&self) -> anyhow::Result<()> {
        let stat = statvfs(&self.path)?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        if free < ROOM {
            let (free, room) = (free >> 20, ROOM >> 20);
            bail!("{} has {free} MiB of room, {room} MiB are needed", self.path.display());
        }
        Ok(())
    }

    /// Removes what an earlier torture, or this one, made.
    fn remove_made(&self) -> io::Result<()> {
        for file in fs::read_dir(&self.path)? {
            let file = file?;
            let name = file.file_name();
            let name = name.to_string_lossy();
            if MADE.iter().any(|made| name.starts_with(made)) && file.file_type()?.is_dir() {
                fs::remove_dir_all(file.path())?;
            }
        }
        match fs::remove_file(self.probe()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn clean(&self) -> io::Result<()> {
        self.remove_made()?;
        fs::remove_file(self.path.join(MARKER))?;
        if self.made { fs::remove_dir(&self.path) } else { Ok(()) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = self.clean() {
            eprintln!("holdfast: {} was not cleaned: {error}", self.path.display());
        }
    }
}

/// The marker, which one torture at a time has.
fn lock(path: &Path) -> anyhow::Result<File> {
    let mut marker = File::options().create(true).append(true).open(path)?;
    flock(&marker, FlockOperation::NonBlockingLockExclusive)
        .context("another torture is under way in it")?;
    if marker.metadata()?.len() == 0 {
        marker.write_all(MARKER_TEXT.as_bytes())?;
    }
    Ok(marker)
}

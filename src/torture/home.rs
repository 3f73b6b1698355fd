//! Where one ledger lives.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use wal::simulated::Choices;

use super::fault::Fault;
use super::tally::Tally;

/// The directory of a ledger, and what its servers said.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    /// Whether its log is in two directories.
    mirrored: bool,
    seen: BTreeSet<String>,
}

/// What no server may ever say.
const NEVER_SAID: [&str; 2] = ["panicked at", "DO NOT ADD UP"];
/// As much of what was said as a message shows.
const WORDS_MAX: usize = 2_000;

impl Home {
    /// Makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn make(path: PathBuf, mirrored: bool) -> io::Result<Self> {
        fs::create_dir(&path)?;
        Ok(Self { path, mirrored, seen: BTreeSet::new() })
    }

    /// A copy of it as it is now, without what was said.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn copy(&self, path: PathBuf) -> io::Result<Self> {
        let copy = Self::make(path, self.mirrored)?;
        fs::create_dir(copy.data())?;
        for (from, to) in self.logs().into_iter().zip(copy.logs()) {
            fs::create_dir(&to)?;
            for name in files(&from)? {
                fs::copy(from.join(&name), to.join(&name))?;
            }
        }
        Ok(copy)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The data directory of its servers.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The directory of the log.
    pub(super) fn log(&self) -> PathBuf {
        self.data().join("wal")
    }

    /// The directory of the second copy of the log, where it has one.
    pub(super) fn mirror(&self) -> Option<PathBuf> {
        self.mirrored.then(|| self.path.join("mirror"))
    }

    /// Both, or the one that there is.
    pub(super) fn logs(&self) -> Vec<PathBuf> {
        [self.log()].into_iter().chain(self.mirror()).collect()
    }

    /// One of them.
    pub(super) fn a_log(&self, choices: &mut Choices) -> PathBuf {
        match self.mirror() {
            Some(mirror) if choices.once_in(2) => mirror,
            _ => self.log(),
        }
    }

    /// A file for what a server says, behind what others said.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn messages(&self) -> io::Result<File> {
        File::options().create(true).append(true).open(self.path.join("messages"))
    }

    /// What its servers said.
    pub(super) fn said(&self) -> String {
        let said = fs::read(self.path.join("messages")).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }

    /// The end of what its servers said.
    pub(super) fn last_words(&self) -> String {
        let said = self.said();
        let start = said.char_indices().rev().nth(WORDS_MAX).map_or(0, |(at, _)| at);
        said[start..].trim().to_owned()
    }

    /// Counts the files that were not seen before. What is sealed was a segment.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub(super) fn look(&mut self, tally: &mut Tally) -> io::Result<()> {
        for name in files(&self.log())? {
            match name.rsplit_once('.') {
                Some((stem, "dense")) => {
                    for number in numbers(stem) {
                        let segment = format!("{number:016x}.wal");
                        tally.segments += u64::from(self.seen.insert(segment));
                    }
                    tally.dense += u64::from(self.seen.insert(name));
                }
                Some((_, "wal")) => tally.segments += u64::from(self.seen.insert(name)),
                Some((_, "snapshot")) => tally.snapshots += u64::from(self.seen.insert(name)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether its servers were calm.
    ///
    /// # Errors
    /// When one said what none may ever say.
    pub(super) fn is_calm(&self) -> Result<(), Fault> {
        let said = self.said();
        if NEVER_SAID.iter().any(|word| said.contains(word)) {
            return Err(Fault::Wrong(format!("the server said: {}", self.last_words())));
        }
        Ok(())
    }
}

/// The segments that a sealed file of that name is of.
fn numbers(stem: &str) -> RangeInclusive<u64> {
    let numbers = stem.split('-').filter_map(|number| u64::from_str_radix(number, 16).ok());
    let numbers: Vec<u64> = numbers.collect();
    numbers.first().copied().unwrap_or(1)..=numbers.last().copied().unwrap_or(0)
}

/// The names of the files in the directory of a log, in order; none where there is no directory.
///
/// # Errors
/// When it cannot be read.
pub(super) fn files(log: &Path) -> io::Result<Vec<String>> {
    if !log.exists() {
        return Ok(Vec::new());
    }
    let names = fs::read_dir(log)?.map(|file| Ok(file?.file_name().into_string()));
    let names = names.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<String> = names.into_iter().flatten().collect();
    names.sort_unstable();
    Ok(names)
}

/// The names of those with one of these extensions.
///
/// # Errors
/// When the directory cannot be read.
pub(super) fn files_of(log: &Path, extensions: &[&str]) -> io::Result<Vec<String>> {
    let mut names = files(log)?;
    names.retain(|name| extensions.iter().any(|it| name.ends_with(&format!(".{it}"))));
    Ok(names)
}

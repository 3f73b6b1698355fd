//! The log of a data directory, read from front to back.
//!
//! The files of `DATA_DIR/wal/` and of its archive are taken in the order of their numbers, each in
//! the form that counts. Their groups must form one chain. Where no group follows the last, the log ends: what
//! lies behind is nothing, a torn tail, which is no finding, or the remains of a group that another
//! one says was durable, which is.

mod body;
mod dense;
mod ending;
mod files;
mod frames;
mod group;
mod segment;
mod snapshot;
mod window;

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::finding::Findings;
use files::{Files, Source};
use segment::Segment;

pub use body::Stored;

/// Who is shown the records.
pub trait Visitor {
    /// Takes in one record of the file of that name, and tells its moment, where it has one.
    fn record(&mut self, stored: &Stored<'_>, file: &str) -> Option<i64>;

    /// Where findings go.
    fn findings(&mut self) -> &mut Findings;
}

/// A directory that cannot be audited at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system did not let it be read.
    #[error("{path} cannot be read: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{0} holds no log: name the server's data directory, whose log is in its folder wal")]
    Nothing(PathBuf),
}

/// What the files were.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    /// How many records there are.
    pub records: u64,
    /// How many padded segments were read.
    pub segments: u64,
    /// How many segments were read in dense files.
    pub dense_segments: u64,
    /// How many dense files were read.
    pub dense_files: u64,
    /// How many snapshots were verified.
    pub snapshots: u64,
    /// How many groups of records were read in padded segments.
    pub groups: u64,
    /// What is to be told and is no finding.
    pub remarks: Vec<String>,
}

/// What the next group must follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chain {
    sequence: u64,
    next: u64,
    /// The checksum of the group before.
    previous: u32,
}

/// A padded segment as far as the log goes in it.
struct Part {
    segment: Segment,
    name: String,
    /// Where its last group ends.
    end: u64,
    groups: u64,
}

/// A log being read.
struct Reader<'a> {
    /// The log's own, and that of its archive.
    directories: Vec<PathBuf>,
    visitor: &'a mut dyn Visitor,
    files: Files,
    /// Those that were there before the log was read: it reaches as far as they do.
    snapshots: BTreeSet<u64>,
    chain: Chain,
    log: Option<[u8; 16]>,
    epoch: u64,
    parts: Vec<Part>,
    extent: Extent,
    /// Something is wrong that cannot be read past.
    broken: bool,
}

/// Shows every record of the log in `directories`, its own and its archive, to `visitor`.
///
/// # Errors
/// When there is no log or it cannot be read. What is wrong with it is a finding.
pub fn read(directories: Vec<PathBuf>, visitor: &mut dyn Visitor) -> Result<Extent, Unreadable> {
    let mut files = Files::list(&directories)?;
    let snapshots = std::mem::take(&mut files.snapshots);
    if files.is_empty() {
        return Err(Unreadable::Nothing(directories.into_iter().next().unwrap_or_default()));
    }
    let mut reader = Reader {
        directories,
        visitor,
        files,
        snapshots,
        chain: Chain { sequence: 1, next: 1, previous: 0 },
        log: None,
        epoch: 0,
        parts: Vec::new(),
        extent: Extent::default(),
        broken: false,
    };
    reader.walk(1)?;
    reader.end()?;
    reader.snapshots()?;
    reader.extent.records = reader.chain.next.saturating_sub(1);
    Ok(reader.extent)
}

impl Reader<'_> {
    /// Reads one file after the other from the segment `number` on.
    fn walk(&mut self, mut number: u64) -> Result<(), Unreadable> {
        while !self.broken {
            let Some(source) = self.files.at(number) else {
                return self.gap(number);
            };
            let read = match source {
                Source::Padded => self.padded(number),
                Source::Dense { last } => self.dense(number, last),
            };
            match read {
                Ok(last) => number = last.saturating_add(1),
                // Its form changed since the files were listed.
                Err(error) if vanished(&error) && self.listed_anew(number)? => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a new look at the directory tells of another file for this segment.
    fn listed_anew(&mut self, number: u64) -> Result<bool, Unreadable> {
        let before = self.files.at(number);
        self.files = Files::list(&self.directories)?;
        Ok(self.files.at(number) != before)
    }

    /// There is no file for this segment: the log ends here, or a file is missing.
    fn gap(&mut self, number: u64) -> Result<(), Unreadable> {
        if let Some(later) = self.files.behind(number) {
            self.wrong(&Files::padded_name(number), format!("is missing, but {later} is there"));
        }
        Ok(())
    }

    /// Opens a file where it is; one may just have gone to the archive.
    fn open(&self, name: &str) -> Result<(File, u64), Unreadable> {
        let mut missing = io::Error::from(io::ErrorKind::NotFound);
        for directory in &self.directories {
            match File::open(directory.join(name)).and_then(with_length) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => missing = error,
                opened => return opened.map_err(self.unreadable(name)),
            }
        }
        Err(self.unreadable(name)(missing))
    }

    fn unreadable(&self, name: &str) -> impl Fn(io::Error) -> Unreadable + use<> {
        let path = PathBuf::from(name);
        move |source| Unreadable::Io { path: path.clone(), source }
    }

    /// Notes something that cannot be read past.
    fn wrong(&mut self, file: &str, what: impl Into<String>) {
        self.finding(file, what);
        self.broken = true;
    }

    fn finding(&mut self, file: &str, what: impl Into<String>) {
        self.visitor.findings().add(self.chain.next, file, what);
    }
}

fn with_length(file: File) -> io::Result<(File, u64)> {
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

fn vanished(error: &Unreadable) -> bool {
    matches!(error, Unreadable::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

//! The files of a log with what is known of each: by their heads and feet, and of what was not
//! sealed by reading it.

use std::collections::BTreeMap;
use std::convert::Infallible;

use indicatif::ProgressBar;
use wal::inspect::{Content, FileInfo, Follower, Look, Tail, current, files, scan};
use wal::{Name, OnProgress, OpenError, RecordRef, Storage};

use super::place::Log;
use crate::engine::Lsn;
use crate::engine::record::mark;
use crate::print::bar;

/// One file.
pub struct File {
    /// Its name, its length, and what it says of itself.
    pub info: FileInfo,
    /// The records in it, where it has any.
    pub extent: Option<Extent>,
    /// How it stands.
    pub state: State,
}

/// Some records in a row.
#[derive(Clone, Copy)]
pub struct Extent {
    /// The first.
    pub first: Lsn,
    /// The one behind the last.
    pub next: Lsn,
    /// The moments of the first and of the last, in microseconds.
    pub moments: (u64, u64),
    /// What they take without compression and padding.
    pub plain_bytes: u64,
}

/// How a file stands.
#[derive(Clone, PartialEq, Eq)]
pub enum State {
    /// Whole, and never written again.
    Sealed,
    /// The same, in the archive.
    Archived,
    /// Full, or left by an earlier life, and not sealed yet.
    Unsealed,
    /// The last with a record; a server that runs writes to it.
    Last,
    /// Prepared, with no record yet.
    Spare,
    /// All of it is in another file: it is removed at the next start.
    Double,
    /// A snapshot.
    Snapshot,
    /// Not what was written, and what of it.
    Damaged(String),
}

impl State {
    /// In a word, and what is wrong.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Sealed => "sealed".to_owned(),
            Self::Archived => "archived".to_owned(),
            Self::Unsealed => "unsealed".to_owned(),
            Self::Last => "last".to_owned(),
            Self::Spare => "spare".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Snapshot => "whole".to_owned(),
            Self::Damaged(why) => format!("DAMAGED: {why}"),
        }
    }

    /// Whether it is not what was written.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }
}

/// All files of a log in its order, snapshots behind them. One that is missing is among them.
///
/// # Errors
/// The files cannot be listed or read.
pub fn look(log: &Log) -> anyhow::Result<Vec<File>> {
    let infos = files(&log.directory)?;
    let names: Vec<Name> = infos.iter().map(|info| info.name).collect();
    let counts = current(&names);
    let padded = padded(log, &infos)?;
    let last = padded.keys().max().copied();
    let mut found: Vec<File> = infos
        .into_iter()
        .map(|info| {
            let extent = extent(&info).or_else(|| padded.get(&info.name).copied());
            let state = match info.content {
                None => State::Damaged("its head or its foot does not check out".to_owned()),
                Some(_) if !counts.contains(&info.name) => State::Double,
                Some(Content::Dense { .. }) if is_archived(log, info.name) => State::Archived,
                Some(Content::Dense { .. }) => State::Sealed,
                Some(Content::Snapshot { .. }) => State::Snapshot,
                Some(Content::Padded { .. }) if last == Some(info.name) => State::Last,
                Some(Content::Padded { .. }) if extent.is_some() => State::Unsealed,
                Some(Content::Padded { .. }) => State::Spare,
            };
            File { info, extent, state }
        })
        .collect();
    judge(log, &mut found)?;
    found.sort_by_key(|file| file.info.name.segments().map_or(u64::MAX, |(first, _)| first));
    Ok(found)
}

fn is_archived(log: &Log, name: Name) -> bool {
    !log.directory.path().join(name.to_string()).exists()
}

/// Marks the file in which the log breaks off, as an opening would tell.
fn judge(log: &Log, files: &mut Vec<File>) -> anyhow::Result<()> {
    let sealed = files.iter().filter_map(|file| match file.info.content {
        Some(Content::Dense { next, .. }) => Some(next),
        _ => None,
    });
    // What was sealed is known by its feet, and not read.
    let from = sealed.max().unwrap_or(Lsn::new(1));
    let look = Look::from(log.tail, from);
    let corruption = match scan(&log.directory, look, |_| Ok::<_, Infallible>(())) {
        Err(OpenError::Corrupt(corruption)) => corruption,
        Err(OpenError::Storage(error)) => return Err(error.into()),
        _ => return Ok(()),
    };
    let state = State::Damaged(format!("at offset {}, {}", corruption.offset, corruption.damage));
    match files.iter_mut().find(|file| file.info.name == corruption.name) {
        Some(file) if file.state.is_damaged() => {}
        Some(file) => file.state = state,
        None => {
            let info = FileInfo { name: corruption.name, bytes: 0, content: None };
            files.push(File { info, extent: None, state });
        }
    }
    Ok(())
}

fn extent(info: &FileInfo) -> Option<Extent> {
    match info.content? {
        Content::Dense { first, next, marks, plain_bytes } => {
            Some(Extent { first, next, moments: marks, plain_bytes })
        }
        _ => None,
    }
}

/// The records of the padded segments, up to where they break off.
fn padded(log: &Log, infos: &[FileInfo]) -> anyhow::Result<BTreeMap<Name, Extent>> {
    let sealed = infos.iter().filter_map(extent).map(|extent| extent.next);
    let mut follower = Follower::new(sealed.max().unwrap_or(Lsn::new(1)));
    let mut extents = BTreeMap::<Name, Extent>::new();
    let followed = follower.advance(&log.directory, |name, record| {
        let mark = mark(record.payload);
        let (first, next, bytes) = (record.lsn, record.lsn.next(), plain(&record));
        let fresh = Extent { first, next, moments: (mark, mark), plain_bytes: 0 };
        let extent = extents.entry(name).or_insert(fresh);
        (extent.next, extent.moments.1) = (next, mark);
        extent.plain_bytes = extent.plain_bytes.saturating_add(bytes);
        Ok::<_, Infallible>(())
    });
    match followed {
        // What is damaged is told by whoever judges.
        Ok(()) | Err(OpenError::Corrupt(_)) => Ok(extents),
        Err(error) => Err(error.into()),
    }
}

/// Shows how far reading is, on a terminal only, until it is dropped.
#[must_use]
pub fn progress(what: &str) -> Option<OnProgress> {
    let bar = Bar(bar(what, 0));
    Some(Box::new(move |progress| {
        bar.0.set_length(progress.bytes_total);
        bar.0.set_position(progress.bytes_done);
    }))
}

/// Gone from the terminal when it is dropped.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// What a record takes in a file.
fn plain(record: &RecordRef<'_>) -> u64 {
    const PREFIX_BYTES: usize = 5;
    let links = record.links.len().saturating_mul(size_of::<u64>());
    let bytes = PREFIX_BYTES.saturating_add(links).saturating_add(record.payload.len());
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The moment of a record.
///
/// # Errors
/// It cannot be read.
pub fn moment_of<S: Storage>(storage: &S, lsn: Lsn) -> anyhow::Result<Option<u64>> {
    let mut moment = None;
    let look = Look::from(Tail::Moving, lsn);
    let looked = scan(storage, look, |record| {
        moment = Some(mark(record.payload));
        Err(())
    });
    match looked {
        Ok(_) | Err(OpenError::Visit { .. }) => Ok(moment),
        Err(OpenError::Corrupt(error)) => Err(error.into()),
        Err(OpenError::Storage(error)) => Err(error.into()),
        Err(OpenError::Lengths) => Ok(None),
    }
}

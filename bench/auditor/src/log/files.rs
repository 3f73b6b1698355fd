//! The names of the log's files, and which of them counts for a segment.
//!
//! | file | what it is |
//! | --- | --- |
//! | `{number}.wal` | a padded segment |
//! | `{first}-{last}.dense` | one or more segments without padding |
//! | `{lsn}.snapshot` | a snapshot |
//! | `*.tmp` | something unfinished, of no meaning |
//!
//! Numbers have sixteen lower-case hex digits. Of dense files the one of more segments counts, for
//! it was made from the others. Where a segment is there padded and in a dense file of its own, the
//! padded one counts: it is removed once the other is known whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::Unreadable;

/// The files of a log by what they are.
#[derive(Debug, Default)]
pub(super) struct Files {
    padded: BTreeSet<u64>,
    /// The last segment of each dense file, widest first, by its first segment.
    dense: BTreeMap<u64, BTreeSet<u64>>,
    pub(super) snapshots: BTreeSet<u64>,
    /// Files that are named like none of the log's.
    pub(super) strangers: Vec<String>,
}

/// In which form a segment counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// As a padded segment.
    Padded,
    /// As the first in a dense file that ends with `last`.
    Dense {
        /// The last segment in the file.
        last: u64,
    },
}

impl Files {
    /// The files that are in either of these directories.
    pub(super) fn list(directories: &[PathBuf]) -> Result<Self, Unreadable> {
        let mut files = Self::default();
        for directory in directories {
            let failed = |source| Unreadable::Io { path: directory.clone(), source };
            for file in fs::read_dir(directory).map_err(failed)? {
                let name = file.map_err(failed)?.file_name();
                files.add(&name.to_string_lossy());
            }
        }
        Ok(files)
    }

    fn add(&mut self, name: &str) {
        let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
        match (extension, number(stem), range(stem)) {
            ("wal", Some(number), _) => {
                self.padded.insert(number);
            }
            ("dense", _, Some((first, last))) => {
                self.dense.entry(first).or_default().insert(last);
            }
            ("snapshot", Some(lsn), _) => {
                self.snapshots.insert(lsn);
            }
            _ if extension == "tmp" || name == "LOCK" => {}
            _ => self.strangers.push(name.to_owned()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.padded.is_empty() && self.dense.is_empty()
    }

    /// The form in which a segment counts, if it begins a file.
    pub(super) fn at(&self, number: u64) -> Option<Source> {
        let last = self.dense.get(&number).and_then(|lasts| lasts.last().copied());
        match (last, self.padded.contains(&number)) {
            (Some(last), padded) if last > number || !padded => Some(Source::Dense { last }),
            (_, true) => Some(Source::Padded),
            _ => None,
        }
    }

    /// A file that holds a segment behind `number`.
    pub(super) fn behind(&self, number: u64) -> Option<String> {
        let padded = self.padded.range(number..).next().map(|n| Self::padded_name(*n));
        padded.or_else(|| {
            let (first, lasts) = self.dense.range(number..).next()?;
            Some(Self::dense_name(*first, *lasts.last()?))
        })
    }

    /// Files that do not count, because `counts` does for the segments that they begin with.
    pub(super) fn superseded(&self, first: u64, last: u64, counts: &str) -> Vec<String> {
        let within = self.dense.range(first..=last);
        let all = within.flat_map(|(from, lasts)| lasts.iter().map(move |to| (*from, *to)));
        let padded = self.padded.range(first..=last).map(|number| Self::padded_name(*number));
        let names = all.map(|(from, to)| Self::dense_name(from, to)).chain(padded);
        names.filter(|name| name != counts).collect()
    }

    pub(super) fn padded_name(number: u64) -> String {
        format!("{number:016x}.wal")
    }

    pub(super) fn dense_name(first: u64, last: u64) -> String {
        format!("{first:016x}-{last:016x}.dense")
    }

    pub(super) fn snapshot_name(lsn: u64) -> String {
        format!("{lsn:016x}.snapshot")
    }
}

fn range(stem: &str) -> Option<(u64, u64)> {
    let (first, last) = stem.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// Exactly sixteen lower-case hex digits.
fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits.len() == 16 && plain { u64::from_str_radix(digits, 16).ok() } else { None }
}

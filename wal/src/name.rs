//! [`Name`]: what a file of a log is, told by what it is called.
//!
//! | file | what it is |
//! | --- | --- |
//! | `{number:016x}.wal` | a segment, written by one life and padded |
//! | `{first:016x}-{last:016x}.dense` | the records of sealed segments, from `first` to `last` |
//! | `{lsn:016x}.snapshot` | a snapshot, by the first record to be replayed on top of it |
//! | `….tmp` | one of these before it is whole; removed at the next start |
//!
//! A segment may be in more than one file for a moment, and after a power cut in that moment. While
//! its padded one is there that counts, and a dense file of it alone does not; of dense files the
//! widest counts, which was made from the others.

use std::fmt;

use crate::Lsn;

/// The name of a file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A padded segment, by its number.
    Segment(u64),
    /// Sealed segments rewritten without padding.
    Dense {
        /// The number of the first of them.
        first: u64,
        /// The number of the last of them.
        last: u64,
    },
    /// A snapshot, by the first record to be replayed on top of it.
    Snapshot(Lsn),
}

impl Name {
    /// The name that a file is called by; `None` if it is none of a log.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let (stem, extension) = file.rsplit_once('.')?;
        let name = match extension {
            "wal" => Self::Segment(number(stem)?),
            "snapshot" => Self::Snapshot(Lsn::new(number(stem)?)),
            "dense" => {
                let (first, last) = stem.split_once('-')?;
                Self::Dense { first: number(first)?, last: number(last)? }
            }
            _ => return None,
        };
        Some(name)
    }

    /// Whether a file with this extension must have the name of a file of a log.
    #[must_use]
    pub fn is_extension(extension: &str) -> bool {
        matches!(extension, "wal" | "dense" | "snapshot")
    }

    /// The numbers of the segments that it stands for, first and last.
    #[must_use]
    pub const fn segments(self) -> Option<(u64, u64)> {
        match self {
            Self::Segment(number) => Some((number, number)),
            Self::Dense { first, last } => Some((first, last)),
            Self::Snapshot(_) => None,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(number) => write!(f, "{number:016x}.wal"),
            Self::Dense { first, last } => write!(f, "{first:016x}-{last:016x}.dense"),
            Self::Snapshot(lsn) => write!(f, "{:016x}.snapshot", lsn.value()),
        }
    }
}

impl From<u64> for Name {
    fn from(number: u64) -> Self {
        Self::Segment(number)
    }
}

/// Sixteen lower-case hexadecimal digits, and no other way to write the number.
fn number(digits: &str) -> Option<u64> {
    let number = u64::from_str_radix(digits, 16).ok()?;
    (format!("{number:016x}") == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::Name;
    use crate::Lsn;

    #[test]
    fn a_name_is_read_as_it_is_written_and_no_other_way() {
        for name in
            [Name::Segment(10), Name::Dense { first: 1, last: 31 }, Name::Snapshot(Lsn::new(7))]
        {
            assert_eq!(Name::parse(&name.to_string()), Some(name));
        }
        for file in ["a.wal", "000000000000000A.wal", "1-2.dense", "+000000000000001.wal", "LOCK"] {
            assert_eq!(Name::parse(file), None, "{file}");
        }
    }
}

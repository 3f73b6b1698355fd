//! Which records are wanted.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use wal::inspect::{Content, FileInfo};

use crate::engine::Lsn;
use crate::engine::record::Record;
use crate::ledger::Moment;
use crate::wire::time;

/// Which records are wanted, and how they are printed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Choice {
    /// Only what is about this account
    #[arg(long, value_name = "REF")]
    pub account: Option<String>,
    /// Only what happened under this card transaction
    #[arg(long, value_name = "ID")]
    pub transaction: Option<String>,
    /// For programs: a JSON object in each line, with everything that the record has
    #[arg(long)]
    pub json: bool,
}

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A record.
    Lsn(Lsn),
    /// A moment.
    Moment(Moment),
}

/// A text that is no place in the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "neither the LSN of a record, from 1 on, nor a time such as 2026-01-31T12:00:00Z or 2026-01-31"
)]
pub struct BadBound;

impl Choice {
    /// Whether a record is wanted.
    #[must_use]
    pub fn wants(&self, record: &Record<'_>) -> bool {
        let about = |account: &String| record.tells(account).is_some();
        let under = |id: &String| record.transaction_id() == Some(id);
        self.account.as_ref().is_none_or(about) && self.transaction.as_ref().is_none_or(under)
    }
}

impl Bound {
    /// The first record that may lie behind it, as far as the files tell: those of before are not
    /// read.
    #[must_use]
    pub fn first(self, files: &[FileInfo]) -> Lsn {
        let Self::Moment(moment) = self else { return self.lsn() };
        let moment = u64::try_from(moment.micros()).unwrap_or(0);
        let before = |file: &FileInfo| match file.content {
            Some(Content::Dense { next, marks: (_, last), .. }) if last < moment => Some(next),
            _ => None,
        };
        files.iter().filter_map(before).max().unwrap_or(Lsn::new(1))
    }

    /// Whether the record comes before it.
    #[must_use]
    pub fn is_behind(self, lsn: Lsn, at: Moment) -> bool {
        match self {
            Self::Lsn(bound) => lsn < bound,
            Self::Moment(moment) => at < moment,
        }
    }

    /// Whether the record is the last one, or comes after it: a record is the last itself, what
    /// happens at a moment is not before it.
    #[must_use]
    pub fn ends_before(self, lsn: Lsn, at: Moment) -> bool {
        match self {
            Self::Lsn(bound) => lsn > bound,
            Self::Moment(moment) => at >= moment,
        }
    }

    const fn lsn(self) -> Lsn {
        match self {
            Self::Lsn(lsn) => lsn,
            Self::Moment(_) => Lsn::new(1),
        }
    }
}

impl FromStr for Bound {
    type Err = BadBound;

    fn from_str(text: &str) -> Result<Self, BadBound> {
        if let Ok(lsn) = lsn(text) {
            return Ok(Self::Lsn(lsn));
        }
        let time = time::parse(text).or_else(|| begin_of(text));
        time.map(|time| Self::Moment(time::not_before(time))).ok_or(BadBound)
    }
}

/// Where a day begins, in UTC.
fn begin_of(day: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The LSN of a record, from 1 on.
///
/// # Errors
/// It is none.
pub fn lsn(text: &str) -> Result<Lsn, &'static str> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && *number > 0 && *number < u64::MAX);
    number.map(Lsn::new).ok_or("not the LSN of a record, which is a whole number from 1 on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_record_or_a_time() {
        assert_eq!("12".parse(), Ok(Bound::Lsn(Lsn::new(12))));
        let noon = Bound::Moment(Moment::from_micros(1_764_072_000_000_000));
        assert_eq!("2025-11-25T12:00:00Z".parse(), Ok(noon));
        let midnight = Bound::Moment(Moment::from_micros(1_764_028_800_000_000));
        assert_eq!("2025-11-25".parse(), Ok(midnight));
        for text in ["", "0", "-1", "+1", "1.5", "x", "18446744073709551616"] {
            assert_eq!(text.parse::<Bound>(), Err(BadBound), "{text}");
        }
    }

    #[test]
    fn a_last_record_is_shown_and_a_last_moment_is_not() {
        let (lsn, at) = (Lsn::new(7), Moment::from_micros(70));
        assert!(!Bound::Lsn(lsn).ends_before(lsn, at) && !Bound::Lsn(lsn).is_behind(lsn, at));
        assert!(Bound::Moment(at).ends_before(lsn, at) && !Bound::Moment(at).is_behind(lsn, at));
    }
}

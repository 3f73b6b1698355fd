//! What a run has seen, counted.

use std::collections::BTreeMap;
use std::fmt;

use crate::journal::Checked;

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, u64>);

/// Ends of power cuts, each started again and held to the journal.
pub const CUTS: &str = "cuts";
/// Ledgers whose log and answers the auditor found to be right.
pub const AUDITS: &str = "ledgers that the auditor found right";
/// Ledgers that were played to their end.
pub const LEDGERS: &str = "ledgers";

impl Tally {
    /// Counts one.
    pub fn one(&mut self, name: &str) {
        self.many(name, 1);
    }

    /// Counts some.
    pub fn many(&mut self, name: &str, count: u64) {
        *self.0.entry(name.to_owned()).or_default() += count;
    }

    /// How many were counted.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Counts a check.
    pub fn checked(&mut self, checked: &Checked) {
        self.many("answers told again", checked.told);
        self.many("unanswered requests that were done", checked.done);
        self.many("unanswered requests that were not", checked.undone);
    }

    /// Takes in what another has counted.
    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(name, count)| self.many(name, *count));
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tally = Self::default();
        for line in text.lines() {
            let count = line.trim_start().split_once(' ');
            let count = count.and_then(|(count, name)| Some((count.parse().ok()?, name)));
            let (count, name) = count.ok_or_else(|| format!("{line:?} is no count"))?;
            tally.many(name, count);
        }
        Ok(tally)
    }
}

/// A line for each, which [`Tally::parse`] reads.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, count)| writeln!(f, "{count:>10} {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn what_is_written_is_read() {
        let mut tally = Tally::default();
        tally.many("answers told again", 1_234);
        tally.one("cuts");
        assert_eq!(Tally::parse(&tally.to_string()), Ok(tally));
        assert!(Tally::parse("x").is_err());
    }
}

//! Prints the records that are wanted, and knows why printing ends.

use anyhow::anyhow;
use wal::{OpenError, RecordRef};

use super::choice::Choice;
use super::line;
use crate::engine::record::{Malformed, Record};
use crate::engine::{Lsn, Stamp};
use crate::ledger::Moment;
use crate::print::{Ended, Lines};
use crate::wire::{json, record};

/// Prints records, one in each line.
pub struct Printer<'a> {
    choice: &'a Choice,
    lines: Lines,
}

/// Why the rest is not looked at.
#[derive(Debug)]
pub enum Stop {
    /// Nothing of it is wanted.
    Enough,
    /// It cannot be printed.
    Ended(Ended),
    /// Something is not a record that this version knows.
    Malformed(Malformed),
}

impl<'a> Printer<'a> {
    /// Prints what is chosen, under a head for people.
    ///
    /// # Errors
    /// The head cannot be printed.
    pub fn new(choice: &'a Choice) -> Result<Self, Ended> {
        let mut lines = Lines::new();
        if !choice.json {
            lines.line(line::HEAD.as_bytes())?;
        }
        Ok(Self { choice, lines })
    }

    /// Prints a record, if it is wanted and `chosen` has it, too.
    ///
    /// # Errors
    /// See [`Stop`].
    pub fn record(
        &mut self,
        stored: &RecordRef<'_>,
        chosen: impl FnOnce(Lsn, Moment) -> Result<bool, Stop>,
    ) -> Result<(), Stop> {
        let (record, at) = Record::decode(stored.payload)?;
        let stamp = Stamp { lsn: stored.lsn, at };
        if !chosen(stamp.lsn, at)? || !self.choice.wants(&record) {
            return Ok(());
        }
        if self.choice.json {
            let links: Vec<Lsn> = stored.links.iter().collect();
            let line = json::object(|object| record::members(object, &record, stamp, &links));
            return Ok(self.lines.line(&line)?);
        }
        Ok(self.lines.line(line::of(&record, stamp).as_bytes())?)
    }

    /// Shows all that was printed so far.
    ///
    /// # Errors
    /// It cannot be shown.
    pub fn show(&mut self) -> Result<(), Ended> {
        self.lines.show()
    }
}

impl Stop {
    /// What is wrong, where something is.
    ///
    /// # Errors
    /// Whatever is not an end that was wanted.
    pub fn quietly<T>(looked: Result<T, OpenError<Self>>) -> anyhow::Result<()> {
        match looked {
            Ok(_) | Err(OpenError::Visit { error: Self::Enough, .. }) => Ok(()),
            Err(OpenError::Visit { error: Self::Ended(ended), .. }) => Ended::quietly(Err(ended)),
            Err(OpenError::Visit { lsn, error: Self::Malformed(why) }) => {
                Err(anyhow!("record {lsn} cannot be understood: {why}"))
            }
            Err(OpenError::Corrupt(corruption)) => Err(corruption.into()),
            Err(OpenError::Storage(error)) => Err(error.into()),
            Err(OpenError::Lengths) => {
                Err(anyhow!("the lengths of segments cannot be worked with"))
            }
        }
    }
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl From<Malformed> for Stop {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

//! All clearing records of an input, and the report of it.

use std::io::{Read as Input, Seek};

use wal::{Lsn, Storage};

use super::input;
use super::record::{Applied, Outcome};
use super::{Clerk, Stop};
use crate::engine::record::BreakRef;
use crate::engine::{Engine, HistoryError, Unavailable};
use crate::reconcile::file::FileError;
use crate::reconcile::record::Read;
use crate::reconcile::{Break, report};
use crate::wire::json::{self, Object};

/// So many refused records are listed at the most; all are counted.
pub const REFUSED_MAX: usize = 100_000;

/// What is asked of an input.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it is called.
    pub name: String,
    /// How many records are listed that were not refused; all are counted.
    pub limit: usize,
}

/// Why there is no report. What was applied stays applied: the same may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum ClearError {
    /// It has none of the forms; nothing was applied.
    #[error("{0}")]
    Unusable(String),
    /// The log takes nothing now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The ledger cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The log failed.
    #[error("the log has failed")]
    Poisoned,
}

/// What became of an input.
#[derive(Debug, Default)]
pub struct Report {
    records: u64,
    applied: u64,
    before: u64,
    refused: u64,
    lines: Vec<Line>,
    quiet: usize,
    /// What was refused, under the name of the input.
    pub found: crate::reconcile::Report,
    /// How many of those breaks were never opened before.
    pub opened: u64,
    /// What must be durable before it is told.
    pub reveals: Lsn,
}

/// One record.
#[derive(Debug)]
struct Line {
    number: u64,
    line: u64,
    reference: String,
    of_type: &'static str,
    applied: Applied,
    /// Its place among what was found, where it was refused.
    found: Option<usize>,
}

/// Applies all records of `input`, each once. Blocks for as long as that takes.
///
/// # Errors
/// When the input cannot be used, in which case nothing was applied; or when the ledger takes or
/// tells nothing now.
pub fn apply<S: Storage>(
    clerk: &Clerk,
    ledger: &Engine<S>,
    mut input: impl Input + Seek,
    asked: &Asked,
) -> Result<Report, ClearError> {
    let currencies = &clerk.currencies;
    // All of it is looked at first, so that of one that was cut short nothing is applied.
    let looked = input::read(&mut input, currencies, |_| Ok::<_, std::convert::Infallible>(()));
    looked.map_err(|error| ClearError::Unusable(error.to_string()))?;
    let mut report = Report::default();
    report.found.name.clone_from(&asked.name);
    let read = input::read(&mut input, currencies, |record| {
        let applied = patiently(clerk, ledger, record)?;
        report.add(record, applied, asked.limit);
        Ok(())
    });
    match read {
        Ok(()) => Ok(report),
        Err(FileError::Unusable(why)) => Err(ClearError::Unusable(why.to_string())),
        Err(FileError::Stopped(error)) => Err(error),
    }
}

/// Applies a record, and waits for what has to be durable first.
fn patiently<S: Storage>(
    clerk: &Clerk,
    ledger: &Engine<S>,
    record: &Read<'_>,
) -> Result<Applied, ClearError> {
    loop {
        let wanted = match clerk.apply(ledger, record) {
            Ok(applied) => return Ok(applied),
            Err(Stop::NotDurable(lsn)) => lsn,
            // What is in flight makes room once it is durable.
            Err(Stop::Unavailable(Unavailable::Overloaded))
                if ledger.appended() > ledger.durable() =>
            {
                ledger.appended()
            }
            Err(Stop::Unavailable(why)) => return Err(why.into()),
            Err(Stop::History(why)) => return Err(why.into()),
        };
        ledger.wait_durable(wanted).map_err(|_| ClearError::Poisoned)?;
    }
}

impl Report {
    fn add(&mut self, record: &Read<'_>, applied: Applied, limit: usize) {
        self.records += 1;
        self.reveals = self.reveals.max(applied.reveals);
        let refused = match &applied.outcome {
            Outcome::Now(_) => {
                self.applied += 1;
                None
            }
            Outcome::Before => {
                self.before += 1;
                None
            }
            Outcome::Refused(refused) => {
                self.refused += 1;
                Some(refused)
            }
        };
        let row = record.row();
        let found = refused.map(|refused| Break {
            transaction: applied.transaction_id.clone(),
            member: refused.member.to_owned(),
            ..Break::new(refused.kind).of_record(&row).saying(&*refused.what)
        });
        let listed = match &found {
            Some(_) => self.found.breaks.len() < REFUSED_MAX,
            None => self.quiet < limit,
        };
        if !listed {
            return;
        }
        self.quiet += usize::from(found.is_none());
        let place = found.is_some().then_some(self.found.breaks.len());
        self.found.breaks.extend(found);
        let (number, line, of_type) = (row.number, row.line, row.of_type.name());
        let reference = row.reference.to_owned();
        self.lines.push(Line { number, line, reference, of_type, applied, found: place });
    }

    /// The report as one object.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let names: Vec<_> = report::named(&self.found).map(|(name, _)| name).collect();
        json::object(|object| {
            object.text("name", &self.found.name);
            object.number("records", self.records);
            object.number("applied", self.applied);
            object.number("already_applied", self.before);
            object.number("refused", self.refused);
            object.number("breaks_opened", self.opened);
            object.number("listed", self.lines.len());
            object.list("data", &self.lines, |object, it| it.write(object, &names));
        })
    }
}

impl Line {
    fn write(&self, object: &mut Object<'_>, names: &[BreakRef]) {
        object.number("record", self.number);
        object.number("line", self.line);
        for (member, text) in [
            ("network_clearing_ref", &*self.reference),
            ("type", self.of_type),
            ("transaction_id", &*self.applied.transaction_id),
        ] {
            if !text.is_empty() {
                object.text(member, text);
            }
        }
        match &self.applied.outcome {
            Outcome::Now(actions) => {
                object.text("outcome", "applied");
                let actions: Vec<_> = actions.iter().map(ToString::to_string).collect();
                object.texts("tenant_action_refs", actions.iter().map(String::as_str));
            }
            Outcome::Before => object.text("outcome", "already_applied"),
            Outcome::Refused(refused) => {
                object.text("outcome", "refused");
                if let Some(name) = self.found.and_then(|place| names.get(place)) {
                    object.display("break_ref", name);
                }
                object.object("error", |object| {
                    object.text("code", refused.code);
                    object.text("message", &refused.what);
                });
            }
        }
    }
}

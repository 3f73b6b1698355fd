//! Records in the log that are linked one to the next, from the newest back: those of an account,
//! all notifications, or what happened under a transaction at no account.

use wal::{Lsn, Storage};

use super::Engine;
use super::account::AccountView;
use super::history::{HistoryError, Stored};
use super::record::{Record, Told};
use crate::ledger::Moment;

/// One chain of records, whose newest must be durable. Reading it blocks.
pub(super) struct Trail<'a, S: Storage> {
    engine: &'a Engine<S>,
    newest: Lsn,
    of: Subject<'a>,
}

/// Whose records a chain is of.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// The account of that name.
    Account(&'a str),
    /// All notifications.
    Notifications,
    /// What happened under a transaction, or one of the same hash, at no account.
    Strays,
}

/// One record of the chain.
pub(super) struct Step {
    /// The record.
    pub stored: Stored,
    /// When it happened.
    pub at: Moment,
    /// The chain's record before it; [`Lsn::ZERO`] where there is none.
    pub previous: Lsn,
    skip: Lsn,
}

impl<'a, S: Storage> Trail<'a, S> {
    pub(super) fn new(engine: &'a Engine<S>, account: &'a AccountView) -> Self {
        Self { engine, newest: account.seen, of: Subject::Account(&account.tenant_account_ref) }
    }

    /// All notifications.
    pub(super) const fn of_notifications(engine: &'a Engine<S>, newest: Lsn) -> Self {
        Self { engine, newest, of: Subject::Notifications }
    }

    /// What happened under a transaction at no account.
    pub(super) const fn of_strays(engine: &'a Engine<S>, newest: Lsn) -> Self {
        Self { engine, newest, of: Subject::Strays }
    }

    /// The newest record that `accepts`, which accepts all that are older than one that it
    /// accepts. A skip whose end is accepted leads too far: what it jumped over is tried a half at
    /// a time, and nothing that is known to be accepted is read to be asked again.
    pub(super) fn newest(
        &self,
        accepts: impl Fn(Lsn, Moment) -> bool,
    ) -> Result<Option<Step>, HistoryError> {
        if self.newest == Lsn::ZERO {
            return Ok(None);
        }
        let mut step = self.read(self.newest)?;
        let mut accepted = Lsn::ZERO;
        while !accepts(step.stored.lsn(), step.at) {
            if step.skip > accepted && step.skip < step.previous {
                let far = self.read(step.skip)?;
                if !accepts(far.stored.lsn(), far.at) {
                    step = far;
                    continue;
                }
                accepted = far.stored.lsn();
            }
            let Some(previous) = self.before(&step)? else { return Ok(None) };
            step = previous;
        }
        Ok(Some(step))
    }

    /// The record before `step`.
    pub(super) fn before(&self, step: &Step) -> Result<Option<Step>, HistoryError> {
        if step.previous == Lsn::ZERO { Ok(None) } else { self.read(step.previous).map(Some) }
    }

    /// What a record tells of the account.
    pub(super) fn told<'s>(&self, record: &'s Record<'_>) -> Option<Told<'s>> {
        match self.of {
            Subject::Account(name) => record.tells(name),
            Subject::Notifications | Subject::Strays => None,
        }
    }

    fn read(&self, lsn: Lsn) -> Result<Step, HistoryError> {
        let stored = self.engine.stored(lsn)?;
        let (record, stamp) = stored.record()?;
        let [previous, skip] =
            self.links(&record, stored.links()).ok_or(HistoryError::Astray(lsn))?;
        let at = stamp.at;
        Ok(Step { at, previous, skip, stored })
    }

    /// The record before one of the chain, and one further back; `None` where it is of another.
    fn links(&self, record: &Record<'_>, links: &[Lsn]) -> Option<[Lsn; 2]> {
        let first = match self.of {
            Subject::Account(name) => record.tells(name)?.links(),
            Subject::Notifications if !matches!(record, Record::Notification(_)) => return None,
            Subject::Notifications => 0,
            Subject::Strays => return Some([stray_before(record, links)?, Lsn::ZERO]),
        };
        links.get(first..)?.first_chunk().copied()
    }
}

/// The record of the transaction before this one that touched no account either. A transfer has the
/// links of both its ends, of which those that are accounts lead elsewhere.
fn stray_before(record: &Record<'_>, links: &[Lsn]) -> Option<Lsn> {
    let Record::Transfer(it) = record else { return links.get(2).copied() };
    let ends = [(it.source_opened, links.get(2)?), (it.destination_opened, links.get(5)?)];
    let strays = ends.into_iter().filter(|(opened, _)| opened.is_none()).map(|(_, link)| *link);
    Some(strays.max().unwrap_or(Lsn::ZERO))
}

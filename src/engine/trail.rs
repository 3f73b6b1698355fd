//! The records of one account in the log, from its newest one back by the links of its chain.

use wal::{Lsn, Storage};

use super::Engine;
use super::account::AccountView;
use super::history::{HistoryError, Stored};
use super::record::{Record, Told};
use crate::ledger::Moment;

/// The chain of one account, whose newest record must be durable. Reading it blocks.
pub(super) struct Trail<'a, S: Storage> {
    engine: &'a Engine<S>,
    account: &'a AccountView,
}

/// One record of the chain.
pub(super) struct Step {
    /// The record.
    pub stored: Stored,
    /// When it happened.
    pub at: Moment,
    /// The account's record before it; [`Lsn::ZERO`] where there is none.
    pub previous: Lsn,
    skip: Lsn,
}

impl<'a, S: Storage> Trail<'a, S> {
    pub(super) const fn new(engine: &'a Engine<S>, account: &'a AccountView) -> Self {
        Self { engine, account }
    }

    /// The newest record that `accepts`, which accepts all that are older than one that it
    /// accepts. A skip whose end is accepted leads too far: what it jumped over is tried a half at
    /// a time, and nothing that is known to be accepted is read to be asked again.
    pub(super) fn newest(
        &self,
        accepts: impl Fn(Lsn, Moment) -> bool,
    ) -> Result<Option<Step>, HistoryError> {
        let mut step = self.read(self.account.seen)?;
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
        record.tells(&self.account.tenant_account_ref)
    }

    fn read(&self, lsn: Lsn) -> Result<Step, HistoryError> {
        let stored = self.engine.stored(lsn)?;
        let (record, stamp) = stored.record()?;
        let told = self.told(&record).ok_or(HistoryError::Astray(lsn))?;
        let links = stored.links().get(told.links()..).unwrap_or_default();
        let [previous, skip, ..] = *links else { return Err(HistoryError::Astray(lsn)) };
        let at = stamp.at;
        Ok(Step { at, previous, skip, stored })
    }
}

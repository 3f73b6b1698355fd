//! An account as it was at a moment of the past, and all that moved it: both read from the log.
//!
//! To the account's newest record at the moment lead O(log n) links of its chain. That record tells
//! one balance as it was then; for the others, the status and the metadata a few more are read, at
//! most [`WHOLE_EVERY`](super::record::standing::WHOLE_EVERY) in all. A refusal tells what it saw,
//! moved nothing, and is passed.

use std::borrow::Cow;

use wal::{Lsn, Storage};

use super::Engine;
use super::account::AccountView;
use super::history::{HistoryError, Stored};
use super::record::{Profile, Record, Whole};
use super::trail::{Step, Trail};
use crate::ledger::{ActionRef, BalanceRef, Moment, Movement, Pocket};

/// A page looks at no more records than this: an account that is refused without end is shown
/// in short pages, not in one that takes for ever.
const LOOKED_AT_MAX: usize = 10_000;

/// Which part of a statement is asked for.
#[derive(Clone, Copy, Debug)]
pub struct StatementAsked {
    /// Not what happened before.
    pub from: Moment,
    /// Only what happened before.
    pub to: Moment,
    /// Only what is older than this record.
    pub before: Option<Lsn>,
    /// How many actions at the most.
    pub limit: usize,
}

/// Some actions that moved an account.
#[derive(Debug)]
pub struct StatementPage {
    /// Newest first.
    pub actions: Vec<Stored>,
    /// The page goes on with what is older than this record, where it goes on.
    pub next: Option<Lsn>,
}

impl<S: Storage> Engine<S> {
    /// The account as it was at a moment that has passed, `None` where it was not opened yet.
    /// `account` is a view of it whose newest record is durable. Blocks.
    ///
    /// # Errors
    /// When a record on the way cannot be read.
    pub fn account_at(
        &self,
        account: &AccountView,
        at: Moment,
    ) -> Result<Option<AccountView>, HistoryError> {
        let trail = Trail::new(self, account);
        let newest =
            if at < account.created_at { None } else { trail.newest(|_, moment| moment <= at)? };
        let Some(newest) = newest else { return Ok(None) };
        let Some(opened) = account.opened() else { return Ok(None) };
        let seen = newest.stored.lsn();
        let whole = whole(&trail, newest)?;
        let profile = self.profile_at(account, whole.described.unwrap_or(opened))?;
        let ordinals = 0_u8..=u8::MAX;
        let names = ordinals.map(|ordinal| BalanceRef::new(opened, ordinal));
        Ok(Some(AccountView {
            tenant_account_ref: account.tenant_account_ref.clone(),
            status: whole.status,
            profile,
            created_at: account.created_at,
            as_of: at,
            balances: names.zip(whole.pockets).collect(),
            seen,
        }))
    }

    /// The actions that moved an account, newest first. `account` is a view of it whose newest
    /// record is durable. Blocks.
    ///
    /// # Errors
    /// When a record on the way cannot be read.
    pub fn statement(
        &self,
        account: &AccountView,
        asked: StatementAsked,
    ) -> Result<StatementPage, HistoryError> {
        let trail = Trail::new(self, account);
        let mut page = StatementPage { actions: Vec::new(), next: None };
        let older = |lsn| asked.before.is_none_or(|before| lsn < before);
        let mut next = trail.newest(|lsn, at| older(lsn) && at < asked.to)?;
        let mut looked_at = 0_usize;
        while let Some(step) = next.filter(|step| step.at >= asked.from) {
            looked_at = looked_at.saturating_add(1);
            next = trail.before(&step)?;
            let lsn = step.stored.lsn();
            if moved(&trail, &step)? {
                if page.actions.len() == asked.limit {
                    page.next = page.actions.last().map(Stored::lsn);
                    break;
                }
                page.actions.push(step.stored);
            }
            if looked_at == LOOKED_AT_MAX {
                page.next = Some(lsn);
                break;
            }
        }
        Ok(page)
    }

    /// What the account said of itself once `told` had told it. Only metadata ever changes.
    fn profile_at(
        &self,
        account: &AccountView,
        told: ActionRef,
    ) -> Result<Option<Box<Profile<'static>>>, HistoryError> {
        let Some(profile) = &account.profile else { return Ok(None) };
        let stored = self.stored(Lsn::new(told.position()))?;
        let metadata = match stored.record()?.0 {
            Record::AccountOpened(opened) => opened.profile.metadata,
            Record::AccountAmended(amended) => amended.metadata,
            _ => return Err(HistoryError::Astray(stored.lsn())),
        };
        let metadata = metadata.map(|text| Cow::Owned(text.into_owned()));
        Ok(Some(Box::new(Profile { metadata, ..(**profile).clone() })))
    }
}

/// The account after `step`, gathered from there back: what is told last is true.
fn whole<S: Storage>(trail: &Trail<'_, S>, mut step: Step) -> Result<Whole, HistoryError> {
    let mut balances: Vec<(u8, Pocket)> = Vec::new();
    loop {
        let (record, stamp) = step.stored.record()?;
        let told = trail.told(&record).ok_or(HistoryError::Astray(stamp.lsn))?;
        if let Some(whole) = told.whole {
            let mut whole = whole.into_owned();
            if matches!(&record, Record::AccountAmended(amended) if amended.metadata.is_some()) {
                whole.described = Some(stamp.action());
            }
            for (ordinal, pocket) in balances.into_iter().rev() {
                let place = whole.pockets.get_mut(usize::from(ordinal));
                place.into_iter().for_each(|place| *place = pocket);
            }
            return Ok(whole);
        }
        balances.extend(told.balance);
        let before = trail.before(&step)?;
        step = before.ok_or_else(|| HistoryError::Astray(step.stored.lsn()))?;
    }
}

/// Whether a record is an action that moved the account.
fn moved<S: Storage>(trail: &Trail<'_, S>, step: &Step) -> Result<bool, HistoryError> {
    let (record, _) = step.stored.record()?;
    Ok(trail.told(&record).and_then(|told| told.movement).is_some_and(Movement::moved))
}

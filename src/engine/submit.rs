//! The six operations: look the key up, decide, append, apply; nothing in between waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::MutexGuard;
use wal::{Lsn, Storage};

use super::Engine;
use super::log::{Stamp, Unavailable};
use super::record::{Action, OperationRequest, Standing};
use super::secret::Digest;
use super::shard::Shard;
use super::state::State;
use super::strays::Strays;
use super::transactions::{Entry, Slot};
use crate::ledger::{
    Account, BalanceRef, Command, HoldRef, Movement, Reference, Ruleset, Status, decide,
};

/// What became of a request.
#[derive(Debug)]
pub enum Submitted<T> {
    /// It was decided now, as the action of that stamp. The answer waits for the log.
    Decided(T, Stamp),
    /// Its key has the hash of one that was used before, by the record at that position. Whether it
    /// is a repeat is told by [`Stored::repeats`](super::Stored::repeats).
    Seen(Lsn),
}

impl<S: Storage> Engine<S> {
    /// Executes an operation once. `others` are records found to be of other keys with the same
    /// hash.
    ///
    /// # Errors
    /// When nothing can be taken now; then certainly nothing was done.
    pub fn submit<'a>(
        &self,
        request: OperationRequest<'a>,
        others: &[Lsn],
    ) -> Result<Submitted<Action<'a>>, Unavailable> {
        let name = self.state.name(request.tenant_account_ref);
        let transaction = self.state.secret.digest(request.transaction_id);

        let mut key = self.state.keys.lock(request.idempotency_key);
        if let Some(lsn) = key.seen(others) {
            return Ok(Submitted::Seen(lsn));
        }
        if !key.reserve() {
            return Err(Unavailable::StorageLow);
        }
        let mut shard = self.state.lock_of(name);
        let slot = shard.find(name);
        // They stay as they are until the record is appended.
        let spender = slot.filter(|_| request.operation.spends());
        let limits = spender.map(|_| self.state.limits.read());
        let action = self.decide(&shard, slot, transaction, request, limits.as_deref());
        let mut seat = Seat::of(&self.state, slot);
        let links = seat.links(&shard, transaction);
        let stamp = self.log.append(&links, &action)?;
        drop(limits);
        // From here the action has happened, and nothing can fail.
        seat.take(&mut shard, transaction, &action, stamp);
        self.count_closed(&shard, slot, &action);
        key.remember(stamp.lsn);
        Ok(Submitted::Decided(action, stamp))
    }

    /// A record of a key of that hash, other than `others`.
    #[must_use]
    pub fn seen_key(&self, key: &str, others: &[Lsn]) -> Option<Lsn> {
        self.state.keys.lock(key).seen(others)
    }

    fn decide<'a>(
        &self,
        shard: &Shard,
        slot: Option<Slot>,
        transaction: Digest,
        request: OperationRequest<'a>,
        limits: Option<&Arc<Ruleset>>,
    ) -> Action<'a> {
        let found = slot.and_then(|slot| shard.resident(slot));
        let account = found.map(|found| &found.account);
        let entry = slot.and_then(|slot| shard.transactions.find(transaction, slot));
        let command = Command {
            operation: request.operation,
            transaction_id: request.transaction_id,
            money: request.money,
            reference: reference(&request),
            linked: request.is_own()
                || entry.is_some_and(Entry::linked)
                || account.is_some_and(|account| account.has_granted(request.transaction_id)),
            grants: request.grants(),
            limits: found
                .zip(limits)
                .and_then(|(found, default)| self.limits_on(found, default, || self.now())),
        };
        let outcome = decide(account, &command, &self.rules);
        let opened = account.map(Account::opened);
        let mut action = Action { request, opened, outcome, standing: Standing::Unsaid };
        action.standing = found.map_or(Standing::Unsaid, |found| found.standing(action.tells()));
        action
    }

    /// What had to post to a closed account is counted: someone should look at it.
    fn count_closed(&self, shard: &Shard, slot: Option<Slot>, action: &Action<'_>) {
        let found = slot.and_then(|slot| shard.resident(slot));
        let closed = found.is_some_and(|found| found.account.status() == Status::Closed);
        if closed && action.outcome.is_ok() {
            self.posted_to_closed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Where an action takes place.
pub(super) enum Seat<'a> {
    /// At an account of the shard that is locked.
    Account(Slot),
    /// Among those who asked for an account that there is not.
    Stray(MutexGuard<'a, Strays>),
}

impl<'a> Seat<'a> {
    pub(super) fn of(state: &'a State, slot: Option<Slot>) -> Self {
        slot.map_or_else(|| Self::Stray(state.lock_strays()), Self::Account)
    }

    pub(super) fn links(&self, shard: &Shard, transaction: Digest) -> [Lsn; 3] {
        match self {
            Self::Account(slot) => shard.links(*slot, Some(transaction)),
            Self::Stray(strays) => strays.links(Some(transaction)),
        }
    }

    /// Makes an action true.
    fn take(&mut self, shard: &mut Shard, transaction: Digest, action: &Action<'_>, stamp: Stamp) {
        let slot = match self {
            Self::Account(slot) => *slot,
            Self::Stray(strays) => return strays.note(Some(transaction), stamp.lsn),
        };
        let movement = action.outcome.as_ref().ok();
        let spender = Some(action.request.transaction_id);
        let links = movement.is_some_and(Movement::moved);
        shard.take(slot, movement, spender, Some((transaction, links)), stamp);
    }
}

/// What the request's own reference names, read as the operation reads it.
pub(super) fn reference(request: &OperationRequest<'_>) -> Reference {
    let Some(text) = request.reference else { return Reference::Absent };
    let known = if request.operation.names_a_hold() {
        HoldRef::parse(text).map(Reference::Hold)
    } else {
        BalanceRef::parse(text).map(Reference::Balance)
    };
    known.unwrap_or(Reference::Unknown)
}

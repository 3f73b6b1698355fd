//! Reservations that nobody used in time, in the order in which they lapse.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::Ordering;

use wal::Storage;

use super::IntegrationMode;
use crate::engine::Engine;
use crate::engine::log::{Stamp, Unavailable};
use crate::engine::record::ReservationLapsed;
use crate::engine::shard::Shard;
use crate::engine::state::{ShardNumber, State};
use crate::engine::transactions::Slot;
use crate::ledger::{ActionRef, Moment, lapse};

/// What is to lapse when.
#[derive(Debug, Default)]
pub struct Lapses(BinaryHeap<Reverse<Due>>);

/// A reservation that lapses at that moment, if it is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When.
    pub at: Moment,
    /// The approval that made it.
    pub approval: ActionRef,
    /// Where its account is.
    pub seat: (ShardNumber, Slot),
}

impl Lapses {
    /// Those of the accounts that are there.
    pub fn of(state: &State) -> Self {
        let mut all = BinaryHeap::new();
        for number in state.numbers() {
            for (n, resident) in state.lock(number).residents().enumerate() {
                let set_aside =
                    resident.account.reservations().iter().filter(|it| !it.reserved.is_zero());
                let seat = (number, Slot::new(n));
                all.extend(
                    set_aside.map(|it| Reverse(Due { at: it.deadline, approval: it.opened, seat })),
                );
            }
        }
        Self(all)
    }

    /// One more is to lapse.
    pub fn add(&mut self, due: Due) {
        self.0.push(Reverse(due));
    }

    /// The first that is to lapse by `now`.
    pub fn next(&mut self, now: Moment) -> Option<Due> {
        let due = self.0.peek().is_some_and(|Reverse(first)| first.at <= now);
        if due { self.0.pop().map(|Reverse(first)| first) } else { None }
    }
}

impl<S: Storage> Engine<S> {
    /// Something is to lapse; not where the ledger posts what it approved.
    pub(super) fn lapses_at(&self, due: Due) {
        if self.mode == IntegrationMode::Ledger {
            self.lapses.lock().add(due);
        }
    }

    /// Gives back what reservations set aside whose time is over; returns how many lapsed. What
    /// cannot be taken now is tried again at the next call.
    pub fn lapse_due(&self) -> usize {
        let now = self.now();
        let mut lapsed: usize = 0;
        loop {
            let Some(due) = self.lapses.lock().next(now) else { return lapsed };
            match self.lapse_at(due.seat, due.approval) {
                Ok(done) => lapsed = lapsed.saturating_add(usize::from(done.is_some())),
                Err(_) => {
                    self.lapses.lock().add(due);
                    return lapsed;
                }
            }
        }
    }

    /// Gives back what is still set aside for `approval`; nothing when nothing is.
    ///
    /// # Errors
    /// When nothing can be taken now; nothing changed.
    pub fn lapse(
        &self,
        tenant_account_ref: &str,
        approval: ActionRef,
    ) -> Result<Option<Stamp>, Unavailable> {
        let name = self.state.name(tenant_account_ref);
        let number = self.state.shard_of(name);
        let Some(slot) = self.state.lock(number).find(name) else { return Ok(None) };
        self.lapse_at((number, slot), approval)
    }

    fn lapse_at(
        &self,
        (number, slot): (ShardNumber, Slot),
        approval: ActionRef,
    ) -> Result<Option<Stamp>, Unavailable> {
        let mut guard = self.state.lock(number);
        let shard: &mut Shard = &mut guard;
        let Some(found) = shard.resident(slot) else { return Ok(None) };
        let Some((ordinal, after)) = lapse(&found.account, approval) else { return Ok(None) };
        let standing = found.standing(Some((ordinal, &after)));
        let name = found.name.clone();
        let links = shard.links(slot, None);
        // Nothing is settled between this and the record's moment.
        let undecided = self.undecided.lock();
        let durable = self.durable();
        let tenant_account_ref = name.as_str();
        let lapsed =
            ReservationLapsed { tenant_account_ref, approval, durable, ordinal, after, standing };
        let stamp = self.log.append(&links, &lapsed)?;
        drop(undecided);
        // From here it has lapsed, and nothing can fail.
        shard.take_lapsed(slot, &lapsed);
        shard.note(slot, None, stamp.lsn);
        self.lapsed.fetch_add(1, Ordering::Relaxed);
        Ok(Some(stamp))
    }
}

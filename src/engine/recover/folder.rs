//! One of those who fold: records into the part of the state that it has alone.

use std::hint::black_box;

use super::batch::{Ahead, Batch, Chunk, Share, Unfolded};
use super::end::{End, known};
use super::error::{Disagreement, Fault, Step};
use crate::engine::currencies::Currencies;
use crate::engine::log::Stamp;
use crate::engine::record::{Action, Malformed, Record, TransferAction};
use crate::engine::secret::Secret;
use crate::engine::shard::Name;
use crate::engine::snapshot::Seen;
use crate::engine::state::{Listed, Part};
use crate::engine::strays::Strays;
use crate::engine::transactions::Slot;
use crate::ledger::{Bucket, Movement, Side, Transfer};

/// One who folds.
pub struct Folder<'a> {
    pub(super) part: Part<'a>,
    pub(super) secret: Secret,
    pub(super) currencies: &'a Currencies,
    pub(super) seen: &'a Seen,
    /// The accounts that were opened.
    pub(super) opened: Vec<Listed>,
}

impl Folder<'_> {
    /// Folds one batch, until something does not fit.
    ///
    /// What the records of a chunk are held against is read before the first of them is folded:
    /// then they wait for memory together, and not one after the other.
    pub fn fold(&mut self, batch: &Batch) -> Result<(), Fault> {
        let seen = self.seen;
        self.part.keys.remember(&batch.keys, |shard, lsn| seen.key(shard, lsn));
        batch.chunks().try_for_each(|chunk| {
            self.warm(chunk);
            chunk.iter().try_for_each(|stored| self.record(&stored))
        })
    }

    /// The accounts that were opened, once all is folded.
    pub fn opened(self) -> Vec<Listed> {
        self.opened
    }

    /// Reads what each action of the chunk is held against.
    fn warm(&mut self, chunk: Chunk<'_>) {
        black_box(chunk.warm());
        let found = chunk.ahead().map(|ahead| {
            let slot = self.part.shard(ahead.name).and_then(|(_, shard)| shard.glimpse(ahead.name));
            (ahead, slot)
        });
        let found = found.collect::<Vec<_>>();
        let warm = |sum, (ahead, slot): (Ahead, Option<Slot>)| {
            let place = slot.zip(self.part.shard(ahead.name));
            sum ^ place.map_or(0, |(slot, (_, shard))| shard.warm(slot, ahead.transaction))
        };
        black_box(found.into_iter().fold(0, warm));
    }

    pub(super) fn name<'t>(&self, text: &'t str) -> Name<'t> {
        Name { text, hash: self.part.names().hash(text) }
    }

    fn record(&mut self, stored: &Unfolded<'_>) -> Result<(), Fault> {
        let malformed =
            |it: Malformed| Fault { lsn: stored.lsn, step: Step::Whole, why: it.into() };
        if let Some(ahead) = stored.ahead
            && let Some((action, at)) = Action::decode_alone(stored.payload).map_err(malformed)?
        {
            let end = End::of_action(&action, ahead.transaction, stored.links);
            return self.ends(&[end], stored.share, Stamp { lsn: stored.lsn, at });
        }
        let (record, at) = Record::decode(stored.payload).map_err(malformed)?;
        self.other(record, stored, Stamp { lsn: stored.lsn, at })
    }

    /// Folds a record of any kind.
    fn other(
        &mut self,
        record: Record<'_>,
        stored: &Unfolded<'_>,
        stamp: Stamp,
    ) -> Result<(), Fault> {
        let (share, links) = (stored.share, stored.links);
        let alone = |done: Result<(), Disagreement>| {
            done.map_err(|why| Fault { lsn: stamp.lsn, step: Step::Source, why })
        };
        match record {
            Record::Action(it) => {
                let transaction = self.secret.digest(it.request.transaction_id);
                self.ends(&[End::of_action(&it, transaction, links)], share, stamp)
            }
            Record::Transfer(it) => {
                let transaction = it.request.transaction_id.map(|text| self.secret.digest(text));
                let end = |side| End::of_transfer(&it, side, transaction, links);
                let ends = [Side::Source, Side::Destination].map(end);
                self.transfer(&it, &ends, share, stamp)
            }
            Record::AccountOpened(it) => alone(self.account_opened(it, links, stamp)),
            Record::AccountAmended(it) => alone(self.account_amended(it, links, stamp)),
            Record::Authorization(it) => alone(self.authorization(&it, share, links, stamp)),
            Record::AuthorizationUndone(it) => alone(self.authorization_undone(&it, links, stamp)),
            Record::ReservationLapsed(it) => alone(self.reservation_lapsed(&it, links, stamp)),
            Record::BreaksOpened(it) => alone(self.breaks_opened(&it, share, links, stamp)),
            Record::BreakResolved(it) => alone(self.break_resolved(&it, share, links, stamp)),
            Record::LimitsSet(it) => alone(self.limits_set(it, share, links, stamp)),
            Record::Notification(it) => alone(self.notification(&it, share, links, stamp)),
        }
    }

    fn transfer(
        &mut self,
        action: &TransferAction<'_>,
        ends: &[End<'_>; 2],
        share: Share,
        stamp: Stamp,
    ) -> Result<(), Fault> {
        let (money, done) = (action.request.money, action.outcome.as_ref().ok());
        let meet = if done.is_none_or(ends_meet) { Ok(()) } else { Err(Disagreement::Ends) };
        let fits = known(money.currency, self.currencies).and(meet);
        fits.map_err(|why| Fault { lsn: stamp.lsn, step: Step::Whole, why })?;
        self.ends(ends, share, stamp)?;
        let [from, to] = ends.each_ref().map(|end| end.system);
        if let (Some(strays), Some((from, to)), Some(_)) =
            (self.strays(share, stamp), from.zip(to), done)
        {
            strays.take(from, to, money);
        }
        Ok(())
    }

    /// Folds each end as far as it is of this share.
    fn ends(&mut self, ends: &[End<'_>], share: Share, stamp: Stamp) -> Result<(), Fault> {
        let wrong = |step| move |why| Fault { lsn: stamp.lsn, step, why };
        let sides = [
            (share.source, Step::Source, Step::SourceAstray),
            (share.destination, Step::Destination, Step::DestinationAstray),
        ];
        for (end, (is_mine, step, astray)) in ends.iter().zip(sides) {
            if is_mine {
                self.at_account(end, stamp).map_err(wrong(step))?;
            }
            if let Some(strays) = self.strays(share, stamp).filter(|_| end.astray) {
                end.same_astray(strays).map_err(wrong(astray))?;
            }
        }
        if let Some(strays) = self.strays(share, stamp) {
            let astray = ends.iter().filter(|end| end.astray);
            astray.for_each(|end| strays.note(end.digest(), stamp.lsn));
        }
        Ok(())
    }

    /// Folds what happened at an account, where there is one.
    fn at_account(&mut self, end: &End<'_>, stamp: Stamp) -> Result<(), Disagreement> {
        let (name, currencies) = (self.name(end.name), self.currencies);
        let place = if end.system.is_some() { None } else { self.part.shard(name.hash) };
        let place = place.and_then(|(_, shard)| {
            let slot = shard.find_for(name, stamp.lsn)?;
            Some((shard, slot))
        });
        let found = place.as_ref().and_then(|(shard, slot)| shard.resident(*slot));
        end.same_account(found, currencies)?;
        match place {
            Some((shard, slot)) if !shard.has_seen(slot, stamp.lsn) => {
                end.same(shard, slot)?;
                shard.take(slot, end.movement, end.spender, end.transaction, stamp);
                Ok(())
            }
            None if !end.astray => end.same_system(),
            _ => Ok(()),
        }
    }

    /// The strays, where they are of this share and have not seen the record.
    pub(super) fn strays(&mut self, share: Share, stamp: Stamp) -> Option<&mut Strays> {
        let strays = self.part.strays.as_deref_mut()?;
        (share.strays && stamp.lsn > self.seen.strays).then_some(strays)
    }
}

/// Whether what one customer's account gives to the other is what that one gets. A system account
/// has no movement of its own: its part is in the other end's postings.
fn ends_meet(done: &Transfer) -> bool {
    let given = |end: &Option<Movement>| {
        end.as_ref().map_or(0, |movement| movement.net(Bucket::Counterparty))
    };
    given(&done.source).wrapping_add(given(&done.destination)) == 0
}

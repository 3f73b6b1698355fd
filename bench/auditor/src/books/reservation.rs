//! Reservations: made where the account could promise them, lapsed once.

use crate::finding::Margin;
use crate::record::{Lapsed, Made, Pocket, Target};

use super::account::Reservation;
use super::rules::may_spend;
use super::{At, Books, Slot};

impl Books {
    pub(super) fn made(&mut self, at: At<'_>, made: &Made<'_>, margin: &mut Margin<'_>) {
        let slot = self.find(made.account);
        let transaction = self.touch(slot, made.transaction);
        at.check_links(&self.links(slot, Some(transaction)), margin);
        self.check_text("transaction_id", made.transaction, margin);
        let place = self.account(slot).and_then(|it| it.place(made.ordinal, Target::Balance));
        let (Some(account), Some(place)) = (self.account(slot), place) else {
            return margin.note("it promises from a balance that is not there");
        };
        if let Err(code) = may_spend(account, &place, made.granted.into()) {
            margin.note(format!("it was approved, and is to be declined: {}", code.text()));
        }
        let reserved = i128::from(place.pocket.reserved).saturating_add(made.granted.into());
        let grant = Reservation {
            approval: at.lsn,
            transaction,
            ordinal: made.ordinal,
            granted: made.granted,
            used: 0,
            reserved: made.granted,
        };
        self.reserve(slot, made.ordinal, reserved, &made.after, margin);
        if let Some(account) = self.account_mut(slot).filter(|_| made.granted > 0) {
            account.reservations.push(grant);
        }
        self.check_standing(slot, true, &made.standing, margin);
        self.note(slot, Some(transaction), at.lsn, made.granted > 0);
    }

    pub(super) fn lapsed(&mut self, at: At<'_>, lapsed: &Lapsed<'_>, margin: &mut Margin<'_>) {
        let slot = self.find(lapsed.account);
        at.check_links(&self.links(slot, None), margin);
        let found = self.account_mut(slot).and_then(|account| {
            let mut all = account.reservations.iter_mut();
            let grant = all.find(|it| it.approval == lapsed.approval && it.reserved > 0)?;
            Some((grant.ordinal, std::mem::take(&mut grant.reserved)))
        });
        let Some((ordinal, freed)) = found else {
            return margin.note("nothing is set aside for what lapses");
        };
        margin.compare("balance of the reservation", &lapsed.ordinal, &ordinal);
        let before = self.account(slot).and_then(|account| account.pocket(ordinal));
        let before = before.map_or(0, |pocket| pocket.reserved);
        let reserved = i128::from(before).saturating_sub(freed.into());
        self.reserve(slot, ordinal, reserved, &lapsed.after, margin);
        self.check_standing(slot, true, &lapsed.standing, margin);
        self.note(slot, None, at.lsn, false);
    }

    /// Sets what is reserved of a balance, and compares it with what the record says is left.
    fn reserve(
        &mut self,
        slot: Slot,
        ordinal: u8,
        reserved: i128,
        stored: &Pocket,
        margin: &mut Margin<'_>,
    ) {
        let Some(account) = slot.and_then(|slot| self.accounts.get_mut(slot)) else { return };
        let Some(pocket) = account.pockets.get_mut(usize::from(ordinal)) else { return };
        let Some(reserved) = i64::try_from(reserved).ok().filter(|sum| *sum >= 0) else {
            return margin.note("it leaves less than nothing, or too much, reserved");
        };
        let before = *pocket;
        pocket.reserved = reserved;
        margin.compare("balance after", stored, pocket);
        let after = *pocket;
        self.totals.of(before.currency).changed(&before, &after);
    }
}

//! Authorizations, decided anew; reservations, lapsed once and undone once.

use crate::finding::Margin;
use crate::record::{Authorization, Declined, Granted, Lapsed, Pocket, Status, Undone};

use super::account::Reservation;
use super::amount::spendable;
use super::{At, Books, Slot};

const ACCOUNT_NOT_FOUND: u8 = 1;
const CURRENCY_MISMATCH: u8 = 4;
const ACCOUNT_CLOSED: u8 = 6;
const ACCOUNT_FROZEN: u8 = 7;
const INSUFFICIENT_FUNDS: u8 = 9;
const LIMIT_EXCEEDED: u8 = 10;
const BALANCE_OVERFLOW: u8 = 11;
const TRANSACTION_KNOWN: u8 = 131;
/// Not found, several of that name, names that contradict each other.
const UNNAMED: [u8; 3] = [ACCOUNT_NOT_FOUND, 129, 130];

impl Books {
    pub(super) fn authorization(
        &mut self,
        at: At<'_>,
        it: &Authorization<'_>,
        margin: &mut Margin<'_>,
    ) {
        let slot = it.account.and_then(|name| self.find(name));
        let transaction = self.touch(slot, it.transaction);
        at.check_links(&self.links(slot, Some(transaction)), margin);
        margin.compare("opening action", &it.opened, &self.account(slot).map(|it| it.opened));
        self.check_text("transaction_id", it.transaction, margin);
        it.message.into_iter().for_each(|it| self.check_text("network_message_ref", it, margin));
        it.asked.iter().for_each(|it| self.check_currency(it.currency, margin));
        let known = !self.authorized.insert(self.touch(None, it.transaction));
        let own = self.decide_authorization(slot, it, known);
        let stored = it.outcome.as_ref().map(|granted| (granted.ordinal, granted.amount));
        let stored = stored.map_err(|declined| declined.number);
        // Why no account was found the record does not say enough to tell.
        let unnamed = slot.is_none() && stored.is_err_and(|it| UNNAMED.contains(&it));
        // Which day it was is not known here; limits are decided before an overflow.
        let limited =
            stored == Err(LIMIT_EXCEEDED) && (own.is_ok() || own == Err(BALANCE_OVERFLOW));
        if stored != own && !unnamed && !limited {
            margin.note(format!("it was decided as {stored:?}, and is to be {own:?}"));
        }
        match &it.outcome {
            Ok(granted) => {
                let counted = self.count_grant(slot, transaction, it, granted, margin);
                self.grant(at, slot, (transaction, counted), granted, margin);
            }
            Err(Declined { rule, seen, .. }) => {
                self.check_rule(slot, rule.as_deref(), margin);
                if let Some((ordinal, seen)) = seen {
                    let own = self.account(slot).and_then(|account| account.pocket(*ordinal));
                    margin.compare("balance seen", &Some(*seen), &own.copied());
                }
            }
        }
        let told = !matches!(it.outcome, Err(Declined { seen: None, .. }));
        self.check_standing(slot, told, &it.standing, margin);
        self.note(slot, Some(transaction), at.lsn, false);
    }

    /// The balance and how much of it is granted, or the number of the decline.
    fn decide_authorization(
        &self,
        slot: Slot,
        it: &Authorization<'_>,
        known: bool,
    ) -> Result<(u8, u64), u8> {
        let account = self.account(slot).ok_or(ACCOUNT_NOT_FOUND)?;
        if known && it.is_final {
            return Err(TRANSACTION_KNOWN);
        }
        let billing = it.asked[0];
        let mut pockets = (0_u8..).zip(&account.pockets);
        let found = pockets.find(|(_, pocket)| pocket.currency == billing.currency);
        let (ordinal, pocket) = found.ok_or(CURRENCY_MISMATCH)?;
        match account.status {
            Status::Closed => return Err(ACCOUNT_CLOSED),
            Status::Frozen => return Err(ACCOUNT_FROZEN),
            Status::Active => {}
        }
        let spendable = u64::try_from(spendable(pocket).max(0)).unwrap_or(u64::MAX);
        let part = if it.partial { spendable } else { 0 };
        let amount = if billing.amount <= spendable { billing.amount } else { part };
        if billing.amount > 0 && amount == 0 {
            return Err(INSUFFICIENT_FUNDS);
        }
        let reserved = i128::from(pocket.reserved).saturating_add(amount.into());
        i64::try_from(reserved).map_err(|_| BALANCE_OVERFLOW)?;
        Ok((ordinal, amount))
    }

    fn grant(
        &mut self,
        at: At<'_>,
        slot: Slot,
        (transaction, counted): (u128, Option<i32>),
        granted: &Granted,
        margin: &mut Margin<'_>,
    ) {
        let Granted { ordinal, amount, .. } = *granted;
        let before = self.account(slot).and_then(|account| account.pocket(ordinal));
        let before = before.map_or(0, |pocket| pocket.reserved);
        let reserved = i128::from(before).saturating_add(amount.into());
        self.reserve(slot, ordinal, reserved, &granted.after, margin);
        if let Some(account) = self.account_mut(slot).filter(|_| amount > 0) {
            account.reservations.push(Reservation {
                approval: at.lsn,
                transaction,
                ordinal,
                granted: amount,
                used: 0,
                reserved: amount,
                counted,
            });
        }
    }

    pub(super) fn undone(&mut self, at: At<'_>, it: &Undone<'_>, margin: &mut Margin<'_>) {
        let slot = self.find(it.account);
        let transaction = self.touch(slot, it.transaction);
        at.check_links(&self.links(slot, Some(transaction)), margin);
        let found = self.account_mut(slot).and_then(|account| {
            let place = account.reservations.iter().position(|own| own.approval == it.approval)?;
            let grant = account.reservations.remove(place);
            account.spending.use_up(&grant, 0);
            Some(grant)
        });
        match (&found, &it.after) {
            (Some(grant), Some((ordinal, after))) => {
                margin.compare("balance of the reservation", ordinal, &grant.ordinal);
                let before = self.account(slot).and_then(|account| account.pocket(*ordinal));
                let before = before.map_or(0, |pocket| pocket.reserved);
                let reserved = i128::from(before).saturating_sub(grant.reserved.into());
                self.reserve(slot, *ordinal, reserved, after, margin);
            }
            (None, None) => {}
            _ => margin.note("what is undone is not what was granted and is left"),
        }
        self.check_standing(slot, it.after.is_some(), &it.standing, margin);
        self.note(slot, Some(transaction), at.lsn, false);
    }

    pub(super) fn lapsed(&mut self, at: At<'_>, lapsed: &Lapsed<'_>, margin: &mut Margin<'_>) {
        let slot = self.find(lapsed.account);
        at.check_links(&self.links(slot, None), margin);
        let found = self.account_mut(slot).and_then(|account| {
            let mut all = account.reservations.iter_mut();
            let grant = all.find(|it| it.approval == lapsed.approval && it.reserved > 0)?;
            account.spending.use_up(grant, 0);
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

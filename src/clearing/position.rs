//! Where one card transaction stands, by all that the log has of it.

use compact_str::CompactString;
use wal::{Lsn, Storage};

use super::Stop;
use super::reversal::{self, Reversal};
use super::sums::Sums;
use crate::engine::record::{Action, Authorization, AuthorizationKind, Notification, Record};
use crate::engine::{Currencies, Engine, Stamp};
use crate::ledger::{Bucket, Currency, HoldRef};
use crate::reconcile::record::Read;
use crate::reconcile::split::Spot;
use crate::wire::notification::kinds::CLEARING_RECORD;

/// One transaction.
#[derive(Debug, Default)]
pub struct Position {
    /// Its account, once one is known.
    pub account: Option<CompactString>,
    /// What it is in, once that is known.
    pub currency: Option<Currency>,
    /// All that was told of it.
    pub sums: Sums,
    /// What its operations took from the customer.
    pub taken: i128,
    /// The holds that it opened, oldest first.
    pub holds: Vec<HoldRef>,
    /// How many operations what was told has wanted.
    pub wanted: u64,
    /// Approvals that stand and are not posted, oldest first.
    pub unposted: Vec<(Lsn, AuthorizationKind)>,
    /// The newest record that says something of it, on each account and on none.
    pub heads: Vec<Lsn>,
    /// Reversals, whose currency was not known when they were read.
    reversals: Vec<Reversal>,
}

impl Position {
    /// Reads it. Blocks.
    ///
    /// # Errors
    /// When not all of it is durable, or it cannot be read.
    pub fn read<S: Storage>(
        ledger: &Engine<S>,
        currencies: &Currencies,
        transaction_id: &str,
    ) -> Result<Self, Stop> {
        // Whoever posts one at once is done before this returns: it is among the heads.
        let unposted = ledger.unposted_of(transaction_id);
        let mut it = Self { heads: ledger.transaction_heads(transaction_id), ..Self::default() };
        let newest = it.newest();
        if newest > ledger.durable() {
            return Err(Stop::NotDurable(newest));
        }
        let records = ledger.transaction(transaction_id, &it.heads, |_| true)?;
        let records: Vec<_> =
            records.into_iter().map(|lsn| ledger.stored(lsn)).collect::<Result<_, _>>()?;
        for stored in &records {
            if let (Record::Authorization(asked), _) = stored.record()? {
                it.authorization(&asked, stored.lsn(), &unposted);
            }
        }
        for stored in &records {
            match stored.record()? {
                (Record::Action(action), stamp) => it.action(&action, stamp),
                (Record::Notification(told), _) => it.notification(&told, currencies),
                _ => {}
            }
        }
        it.reverse();
        Ok(it)
    }

    /// The newest of its records.
    #[must_use]
    pub fn newest(&self) -> Lsn {
        self.heads.iter().copied().max().unwrap_or(Lsn::ZERO)
    }

    /// What its holds on that account have left, oldest first.
    #[must_use]
    pub fn on_hold<S: Storage>(&self, ledger: &Engine<S>, account: &str) -> Vec<(HoldRef, i128)> {
        let left = |hold| ledger.hold(account, hold).map_or(0, |it| it.held().minor().into());
        self.holds.iter().map(|hold| (*hold, left(*hold))).collect()
    }

    /// An operation was done. One of another account, or in another currency, than what was
    /// authorized is none of this.
    pub fn action(&mut self, action: &Action<'_>, stamp: Stamp) {
        let request = &action.request;
        let wanted = request.is_own() && request.posts().is_none();
        self.wanted += u64::from(wanted);
        let Ok(movement) = &action.outcome else { return };
        let (name, moved) = (request.tenant_account_ref, movement.after.pocket.currency);
        let of_this = *self.account.get_or_insert_with(|| name.into()) == name;
        if !of_this || *self.currency.get_or_insert(moved) != moved {
            return;
        }
        self.taken += movement.net(Bucket::Settlement);
        if let Some(hold) = movement.hold(stamp.action()).filter(|it| !self.holds.contains(it)) {
            self.holds.push(hold);
        }
        if !wanted {
            self.sums.operate(request.operation, movement);
        }
    }

    fn authorization(&mut self, asked: &Authorization<'_>, lsn: Lsn, unposted: &[Lsn]) {
        if let (Some(account), Ok(_)) = (asked.tenant_account_ref, &asked.outcome) {
            self.account.get_or_insert_with(|| account.into());
            self.currency.get_or_insert(asked.asked.billing.currency);
            if unposted.contains(&lsn) {
                self.unposted.push((lsn, asked.kind));
            }
        }
    }

    fn notification(&mut self, told: &Notification<'_>, currencies: &Currencies) {
        if told.kind == CLEARING_RECORD {
            let read = Read::new(told.data.as_bytes(), 0, Spot::default(), currencies);
            self.sums.clear(&read.row());
        } else if let Some(reversal) = reversal::of(told) {
            self.reversals.push(reversal);
        }
    }

    fn reverse(&mut self) {
        for reversal in std::mem::take(&mut self.reversals) {
            self.sums.reverse(reversal.minor(self.currency));
        }
    }
}

//! Reservations in the state and the log: made when an authorization is approved, lapsed when no
//! operation used them in time.

use wal::Storage;

use super::Engine;
use super::log::{Stamp, Unavailable};
use super::record::{ReservationLapsed, ReservationMade};
use super::shard::Shard;
use super::transactions::Slot;
use crate::ledger::{ActionRef, Amount, Moment, Money, Refusal, lapse, reserve};

/// Why nothing was reserved, or nothing lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// The domain says no.
    #[error("{0}")]
    Refused(Refusal),
    /// Nothing can be taken now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl<S: Storage> Engine<S> {
    /// Sets `money` aside for a card transaction until `deadline`.
    ///
    /// # Errors
    /// When the account cannot promise it, or when nothing can be taken now; nothing changed.
    pub fn reserve(
        &self,
        tenant_account_ref: &str,
        transaction_id: &str,
        money: Money,
        deadline: Moment,
    ) -> Result<Stamp, ReserveError> {
        let name = self.state.name(tenant_account_ref);
        let transaction = self.state.secret.digest(transaction_id);
        let mut shard = self.state.lock_of(name);
        let nobody = ReserveError::Refused(Refusal::AccountNotFound);
        let slot = shard.find(name).ok_or(nobody)?;
        let found = shard.resident(slot).ok_or(nobody)?;
        let account = &found.account;
        let default = account.default_ordinal(money.currency);
        let ordinal = default.ok_or(ReserveError::Refused(Refusal::CurrencyMismatch))?;
        let reserved = reserve(account, ordinal, money.amount, deadline);
        let reserved = reserved.map_err(ReserveError::Refused)?;
        let links = shard.links(slot, Some(transaction));
        let standing = found.standing(Some((reserved.ordinal, &reserved.after)));
        let made = ReservationMade { tenant_account_ref, transaction_id, reserved, standing };
        let stamp = self.log.append(&links, &made)?;
        // From here the sum is set aside, and nothing can fail.
        shard.take_reserved(slot, &made, stamp);
        let links = made.reserved.granted > Amount::ZERO;
        shard.note(slot, Some((transaction, links)), stamp.lsn);
        Ok(stamp)
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
        let mut shard = self.state.lock_of(name);
        let found = shard.find(name).and_then(|slot| Some((slot, shard.resident(slot)?)));
        let Some((slot, found)) = found else { return Ok(None) };
        let Some((ordinal, after)) = lapse(&found.account, approval) else { return Ok(None) };
        let standing = found.standing(Some((ordinal, &after)));
        let lapsed = ReservationLapsed { tenant_account_ref, approval, ordinal, after, standing };
        let links = shard.links(slot, None);
        let stamp = self.log.append(&links, &lapsed)?;
        // From here it has lapsed, and nothing can fail.
        shard.take_lapsed(slot, &lapsed);
        shard.note(slot, None, stamp.lsn);
        Ok(Some(stamp))
    }
}

impl Shard {
    /// Makes a reservation true.
    pub(super) fn take_reserved(&mut self, slot: Slot, made: &ReservationMade<'_>, stamp: Stamp) {
        let ReservationMade { reserved, transaction_id, .. } = made;
        self.change(slot, reserved.ordinal, None, |account| {
            account.apply_reserved(reserved, transaction_id, stamp.action());
        });
    }

    /// Makes a lapse true.
    pub(super) fn take_lapsed(&mut self, slot: Slot, lapsed: &ReservationLapsed<'_>) {
        self.change(slot, lapsed.ordinal, None, |account| {
            account.apply_lapsed(lapsed.approval, (lapsed.ordinal, lapsed.after));
        });
    }
}

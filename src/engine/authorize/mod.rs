//! Authorizations: decided and set aside in one step, answered in time or undone.
//!
//! ```text
//! message ─► named ─► [transaction's key, account shard: seen? ─► reserve ─► append ─► apply]
//!         ─► durable in time? ─► approved
//!                            └─► declined, and the undoing is appended
//! ```
//!
//! * A message is known by its transaction's place in the idempotency table, under which every
//!   record of an authorization of that transaction is remembered, and every undoing. Whether one
//!   of them is the message is read from the record, outside all locks.
//! * An approval's outcome is settled once, in [`Undecided`]. A decline may leave before its record
//!   is durable, because it promises nothing.

mod lapsing;
mod naming;
mod posting;
mod undecided;

use std::sync::atomic::Ordering;
use std::time::Duration;

use compact_str::CompactString;
use wal::{Lsn, Storage};

pub(super) use lapsing::{Due, Lapses};
pub use naming::{AccountNames, Named};
pub(super) use posting::Unposted;
pub use posting::{IntegrationMode, Posting};
pub(super) use undecided::Waiting;
pub use undecided::{Settled, Undecided};

use super::Engine;
use super::history::{HistoryError, Stored};
use super::log::{Stamp, Unavailable};
use super::record::{
    Asked, Authorization, AuthorizationKind, AuthorizationUndone, Declined, Message, Record,
    Standing, of_transaction,
};
use super::secret::Digest;
use super::shard::{Resident, Shard};
use super::submit::{Seat, Submitted};
use super::transactions::Slot;
use crate::ledger::{
    Account, ActionRef, Ask, Decline, Denied, Merchant, Moment, Refusal, Reserved, Ruleset,
    reserve, undo,
};

/// An authorization as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Final or pre.
    pub kind: AuthorizationKind,
    /// What names it.
    pub message: Message<'a>,
    /// The account that was named, or why none was.
    pub account: Result<&'a str, Decline>,
    /// How much.
    pub asked: Asked,
    /// When the budget for its answer ends.
    pub answer_by: Moment,
    /// For how long what is approved is set aside.
    pub time_to_live: Duration,
    /// Where.
    pub merchant: Merchant<'a>,
    /// The message as it was sent.
    pub content: &'a str,
}

/// What is known of a transaction before a message of it is decided on: the records that are
/// remembered under it and were read.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// Where they are.
    pub read: Vec<Lsn>,
    /// Whether an authorization is among them, and not only those whose hash is the same.
    pub known: bool,
}

/// What a record says of an authorization message.
#[derive(Debug)]
pub enum Told<'a> {
    /// It is that message.
    Same(Box<Authorization<'a>>, Stamp),
    /// It undoes that approval of the transaction.
    Undoes(ActionRef),
    /// It is another message of the transaction.
    SameTransaction,
    /// It is of another transaction, whose hash is the same.
    Other,
}

impl<S: Storage> Engine<S> {
    /// Decides an authorization message once. `earlier` is what was read under its transaction.
    ///
    /// # Errors
    /// When nothing can be taken now; then certainly nothing was done.
    pub fn authorize<'a>(
        &self,
        request: AuthorizationRequest<'a>,
        earlier: &Earlier,
    ) -> Result<Submitted<Authorization<'a>>, Unavailable> {
        let transaction_id = request.message.transaction_id;
        let transaction = self.state.secret.digest(transaction_id);
        let name = self.state.name(request.account.unwrap_or_default());
        let mut key = self.state.keys.lock(&of_transaction(transaction_id));
        if let Some(lsn) = key.seen(&earlier.read) {
            return Ok(Submitted::Seen(lsn));
        }
        if !key.reserve() {
            return Err(Unavailable::StorageLow);
        }
        let mut shard = self.state.lock_of(name);
        let slot = shard.find(name);
        // They stay as they are until the record is appended.
        let limits = slot.map(|_| self.state.limits.read());
        let found = slot.and_then(|slot| shard.resident(slot));
        let found = found.zip(limits.as_deref().map(|limits| &**limits));
        let mut authorization = self.decide_authorization(found, request, earlier.known);
        let mut seat = Seat::of(&self.state, slot);
        let links = seat.links(&shard, transaction);
        let stamp = self.append_authorization(&mut authorization, &links)?;
        drop(limits);
        // From here it has happened, and nothing can fail.
        seat.take_authorization(&mut shard, transaction, &authorization, stamp);
        if let (Some(slot), Ok(reserved)) = (slot, &authorization.outcome) {
            let seat = (self.state.shard_of(name), slot);
            self.lapses_at(Due { at: reserved.deadline, approval: stamp.action(), seat });
        }
        key.remember(stamp.lsn);
        Ok(Submitted::Decided(authorization, stamp))
    }

    fn decide_authorization<'a>(
        &self,
        found: Option<(&Resident, &Ruleset)>,
        request: AuthorizationRequest<'a>,
        known: bool,
    ) -> Authorization<'a> {
        let AuthorizationRequest { kind, message, asked, answer_by, content, .. } = request;
        let outcome = match (request.account, found) {
            (Err(decline), _) => Err(decline.into()),
            (Ok(_), None) => Err(Decline::from(Refusal::AccountNotFound).into()),
            (Ok(_), Some(_)) if known && kind == AuthorizationKind::Final => {
                Err(Decline::TransactionKnown.into())
            }
            (Ok(_), Some((found, default))) => self.promise(found, &request, default),
        };
        let found = found.map(|(found, _)| found);
        let mut authorization = Authorization {
            kind,
            message,
            tenant_account_ref: request.account.ok().filter(|_| found.is_some()),
            opened: found.map(|found| found.account.opened()),
            asked,
            answer_by,
            durable: Lsn::ZERO,
            outcome,
            standing: Standing::Unsaid,
            content,
        };
        let standing = found.map(|found| found.standing(authorization.tells()));
        authorization.standing = standing.unwrap_or_default();
        authorization
    }

    /// Decides how much of what is asked the account can promise.
    fn promise(
        &self,
        found: &Resident,
        request: &AuthorizationRequest<'_>,
        default: &Ruleset,
    ) -> Result<Reserved, Declined> {
        let (account, Asked { billing, amount, partial }) = (&found.account, request.asked);
        let now = self.now();
        let ask = Ask {
            transaction_id: request.message.transaction_id,
            billing,
            amount,
            partial,
            merchant: request.merchant,
            limits: self.limits_on(found, default, || now),
        };
        promise(account, &ask, now.after(request.time_to_live))
    }

    /// Appends it; from then on an approval is undecided.
    fn append_authorization(
        &self,
        authorization: &mut Authorization<'_>,
        links: &[Lsn],
    ) -> Result<Stamp, Unavailable> {
        let mut undecided = self.undecided.lock();
        authorization.durable = self.durable();
        let stamp = self.log.append(links, authorization)?;
        if let Some(waiting) = authorization.waiting(stamp.at) {
            undecided.add(stamp.lsn, waiting);
        }
        Ok(stamp)
    }

    /// Settles an approval, if its outcome is certain: answered in time, or late. One that is late
    /// is undone before this returns, or by the next [`sweep`](Self::sweep). One in time is posted,
    /// where the ledger does that by itself.
    pub fn settle(&self, approval: Lsn) -> Settled {
        let mut unposted = (self.mode == IntegrationMode::Clearing).then(|| self.unposted.lock());
        let (durable, now) = (self.durable(), self.now());
        let (settled, waiting) = self.undecided.lock().settle(approval, durable, now);
        if let Some((unposted, waiting)) = unposted.as_deref_mut().zip(waiting) {
            self.stands(unposted, approval, &waiting);
        }
        drop(unposted);
        if settled == Settled::Late {
            self.sweep();
        }
        settled
    }

    /// Undoes every approval whose budget has ended without an answer; returns how many. What
    /// cannot be taken now is tried again at the next call.
    pub fn sweep(&self) -> usize {
        let late = self.undecided.lock().sweep(self.now());
        let undone = |(approval, waiting): &(Lsn, Waiting)| self.undo(*approval, waiting).is_ok();
        late.iter().filter(|late| undone(late)).count()
    }

    /// A record of an authorization that is remembered under this transaction, other than those
    /// that were read.
    pub fn seen_under(&self, transaction_id: &str, earlier: &Earlier) -> Option<Lsn> {
        self.state.keys.lock(&of_transaction(transaction_id)).seen(&earlier.read)
    }

    /// How many approvals are neither answered nor undone.
    #[must_use]
    pub fn undecided(&self) -> usize {
        self.undecided.lock().count()
    }

    fn undo(&self, approval: Lsn, waiting: &Waiting) -> Result<(), Unavailable> {
        let (name, transaction_id) = (&*waiting.tenant_account_ref, &*waiting.transaction_id);
        let transaction = self.state.secret.digest(transaction_id);
        let mut key = self.state.keys.lock(&of_transaction(transaction_id));
        let name = self.state.name(name);
        let mut shard = self.state.lock_of(name);
        let Some(slot) = shard.find(name) else { return Ok(()) };
        let Some(found) = shard.resident(slot) else { return Ok(()) };
        let mut undecided = self.undecided.lock();
        if !undecided.is_late(approval) {
            return Ok(()); // Another thread was faster.
        }
        let action = ActionRef::new(approval.value());
        let after = undo(&found.account, action);
        let standing = found.standing(after.as_ref().map(|(ordinal, pocket)| (*ordinal, pocket)));
        let undone = AuthorizationUndone {
            tenant_account_ref: name.text,
            transaction_id,
            approval: action,
            durable: self.durable(),
            after,
            standing,
        };
        if !key.reserve() {
            return Err(Unavailable::StorageLow);
        }
        let stamp = self.log.append(&shard.links(slot, Some(transaction)), &undone)?;
        // From here it is undone, and nothing can fail.
        undecided.undone(approval);
        drop(undecided);
        shard.take_undone(slot, &undone);
        shard.note(slot, Some((transaction, false)), stamp.lsn);
        key.remember(stamp.lsn);
        self.undone.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Decides how much of what is asked the account can promise.
pub(super) fn promise(
    account: &Account,
    ask: &Ask<'_>,
    lapses: Moment,
) -> Result<Reserved, Declined> {
    let ordinal = account.default_ordinal(ask.billing.currency);
    let ordinal = ordinal.ok_or(Decline::from(Refusal::CurrencyMismatch))?;
    let seen = account.pocket(ordinal).map(|pocket| (ordinal, *pocket));
    reserve(account, ordinal, ask, lapses).map_err(|denied| {
        let Denied { refusal, rule } = denied;
        Declined { decline: refusal.into(), rule, seen }
    })
}

impl Authorization<'_> {
    /// What is to be known of it, which was decided `at`, until it is answered; nothing where it
    /// was declined.
    pub(super) fn waiting(&self, at: Moment) -> Option<Waiting> {
        self.outcome.as_ref().ok()?;
        Some(Waiting {
            at,
            kind: self.kind,
            answer_by: self.answer_by,
            tenant_account_ref: CompactString::from(self.tenant_account_ref?),
            transaction_id: CompactString::from(self.message.transaction_id),
            late: false,
        })
    }

    /// Whether it is the message: of the same name, or without one of the same content.
    fn is(&self, message: &Message<'_>, content: &str) -> bool {
        let named = self.message == *message;
        named && (message.network_message_ref.is_some() || same_json(self.content, content))
    }
}

/// Whether two texts are the same JSON, whatever their spacing and the order of members.
fn same_json(one: &str, other: &str) -> bool {
    let value = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || value(one).is_some_and(|one| Some(one) == value(other))
}

impl Stored {
    /// What this record, which is remembered under its transaction, says of an authorization
    /// message.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn tells_of(
        &self,
        kind: AuthorizationKind,
        message: &Message<'_>,
        content: &str,
    ) -> Result<Told<'_>, HistoryError> {
        let (record, stamp) = self.record()?;
        if record.transaction_id() != Some(message.transaction_id) {
            return Ok(Told::Other);
        }
        Ok(match record {
            Record::Authorization(it) if it.kind == kind && it.is(message, content) => {
                Told::Same(Box::new(it), stamp)
            }
            Record::Authorization(_) => Told::SameTransaction,
            Record::AuthorizationUndone(it) => Told::Undoes(it.approval),
            _ => Told::Other,
        })
    }
}

impl Seat<'_> {
    /// Makes an authorization true.
    pub(super) fn take_authorization(
        &mut self,
        shard: &mut Shard,
        transaction: Digest,
        authorization: &Authorization<'_>,
        stamp: Stamp,
    ) {
        let slot = match self {
            Self::Account(slot) => *slot,
            Self::Stray(strays) => return strays.note(Some(transaction), stamp.lsn),
        };
        if let Ok(reserved) = &authorization.outcome {
            let transaction_id = authorization.message.transaction_id;
            shard.take_reserved(slot, reserved, transaction_id, stamp);
        }
        shard.note(slot, Some((transaction, false)), stamp.lsn);
    }
}

impl Shard {
    /// Makes a reservation true.
    pub(super) fn take_reserved(
        &mut self,
        slot: Slot,
        reserved: &Reserved,
        transaction_id: &str,
        stamp: Stamp,
    ) {
        self.change(slot, reserved.ordinal, None, |account| {
            account.apply_reserved(reserved, transaction_id, stamp.action());
        });
    }

    /// Makes a lapse true.
    pub(super) fn take_lapsed(
        &mut self,
        slot: Slot,
        lapsed: &super::record::ReservationLapsed<'_>,
    ) {
        self.change(slot, lapsed.ordinal, None, |account| {
            account.apply_lapsed(lapsed.approval, (lapsed.ordinal, lapsed.after));
        });
    }

    /// Makes an undoing true.
    pub(super) fn take_undone(&mut self, slot: Slot, undone: &AuthorizationUndone<'_>) {
        let Some((ordinal, after)) = undone.after else { return };
        self.change(slot, ordinal, None, |account| {
            account.apply_undone(undone.approval, (ordinal, after));
        });
    }
}

//! Recovery: the records of the log, folded into the state from which they were answered.
//!
//! The state that it begins with is nothing, or what a [snapshot](super::snapshot) copied; then a
//! record is taken at each place that it touches and that has not seen it.
//!
//! Every record is checked as it is replayed: the balances that it stored against those that its
//! postings make of the state before it, its links against the chains that it extends, and its
//! currencies against those that the server is configured with. A record that does not fit is
//! never skipped; the server refuses to start.

use wal::{Lsn, RecordRef};

use super::authorize::Undecided;
use super::currencies::Currencies;
use super::log::Stamp;
use super::record::{
    AccountAmended, AccountOpened, Action, Authorization, AuthorizationUndone, Malformed, Record,
    ReservationLapsed, Standing, TransferAction,
};
use super::secret::Digest;
use super::shard::Shard;
use super::snapshot::{Base, Seen};
use super::state::State;
use super::submit::Seat;
use super::transactions::Slot;
use super::transfer::Pair;
use crate::ledger::{
    Bucket, Currency, Moment, Movement, Place, Pocket, Side, Transfer, lapse, undo,
};

/// The log holds a record that does not fit what came before it.
#[derive(Debug, thiserror::Error)]
#[error(
    "record {lsn} of the log: {why}; the log is damaged or of another version: nothing was changed, keep it"
)]
pub struct RecoverError {
    /// The record.
    pub lsn: Lsn,
    /// What does not fit.
    #[source]
    pub why: Disagreement,
}

/// What about a record does not fit.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// Its bytes are not a record.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is about an account that no record opened, or opens one a second time.
    #[error("account {0:?} is not as the record says")]
    Account(Box<str>),
    /// The balance that it stored is not what its postings make.
    #[error("the balance of account {account:?} comes to {found:?}, the record says {stored:?}")]
    Balance {
        /// The account.
        account: Box<str>,
        /// What the record says.
        stored: Box<Place>,
        /// What its postings make of the state before it.
        found: Box<Option<Place>>,
    },
    /// What it tells of an account beyond its balance is not how that account stands.
    #[error("account {0:?} does not stand as the record says")]
    Standing(Box<str>),
    /// Its links do not lead to the records before it.
    #[error("its links are {stored:?}, and should be {found:?}")]
    Links {
        /// What the record says.
        stored: Vec<Lsn>,
        /// Where the records before it are.
        found: Vec<Lsn>,
    },
    /// What leaves the one end of a transfer is not what arrives at the other.
    #[error("what leaves the source of the transfer is not what arrives at its destination")]
    Ends,
    /// Its moment is not after the moment of the record before it.
    #[error("its moment is not after that of the record before it")]
    Moment,
    /// It is in a currency that is not configured, or with another exponent.
    #[error(
        "it is in {0:?} (code/fraction digits), which is not configured so; configure the \
         currency as it was"
    )]
    Currency(Currency),
}

/// A replay under way.
pub(super) struct Replay<'a> {
    state: &'a State,
    seen: &'a Seen,
    currencies: &'a Currencies,
    /// The moment of the last record.
    pub last: Option<Moment>,
    /// Approvals that may not have been answered.
    pub undecided: Undecided,
}

impl<'a> Replay<'a> {
    /// On `base`, from its first record that is to be replayed.
    pub(super) fn new(base: &'a Base, currencies: &'a Currencies) -> Self {
        let undecided = Undecided::default();
        Self { state: &base.state, seen: &base.seen, currencies, last: base.before, undecided }
    }

    /// Replays one record.
    pub(super) fn record(&mut self, record: &RecordRef<'_>) -> Result<(), RecoverError> {
        let lsn = record.lsn;
        self.fold(record).map_err(|why| RecoverError { lsn, why })
    }

    fn fold(&mut self, stored: &RecordRef<'_>) -> Result<(), Disagreement> {
        let (record, at) = Record::decode(stored.payload)?;
        if self.last.is_some_and(|last| at <= last) {
            return Err(Disagreement::Moment);
        }
        self.last = Some(at);
        let stamp = Stamp { lsn: stored.lsn, at };
        let links: Vec<Lsn> = stored.links.iter().collect();
        self.undecided.note(&record, stamp);
        let key = record.key();
        match record {
            Record::Action(action) => self.action(&action, stamp, &links)?,
            Record::Transfer(transfer) => self.transfer(&transfer, stamp, &links)?,
            Record::AccountOpened(opened) => self.opened(opened, stamp, &links)?,
            Record::AccountAmended(amended) => self.amended(amended, stamp, &links)?,
            Record::Authorization(it) => self.authorization(&it, stamp, &links)?,
            Record::AuthorizationUndone(it) => self.undone(&it, stamp, &links)?,
            Record::ReservationLapsed(lapsed) => self.lapsed(&lapsed, stamp, &links)?,
        }
        if let Some(key) = key {
            let key = self.state.keys.lock(&key);
            if !self.seen.key(key.shard(), stamp.lsn) {
                key.remember(stamp.lsn);
            }
        }
        Ok(())
    }

    fn action(&self, action: &Action<'_>, stamp: Stamp, links: &[Lsn]) -> Result<(), Disagreement> {
        let request = &action.request;
        let name = self.state.name(request.tenant_account_ref);
        let transaction = self.state.secret.digest(request.transaction_id);
        let mut shard = self.state.lock_of(name);
        let slot = shard.find_for(name, stamp.lsn);
        let account = slot.and_then(|slot| shard.resident(slot)).map(|found| &found.account);
        if account.map(crate::ledger::Account::opened) != action.opened {
            return Err(Disagreement::Account(name.text.into()));
        }
        if let Some(money) = request.money {
            self.currency(money.currency)?;
        }
        let mut seat = Seat::of(self.state, slot);
        if seat.has_seen(&shard, stamp.lsn, self.seen.strays) {
            return Ok(());
        }
        same_links(links, &seat.links(&shard, transaction))?;
        if let Ok(movement) = &action.outcome {
            same_balance(name.text, account, movement)?;
        }
        let found = slot.and_then(|slot| shard.resident(slot));
        same_standing(name.text, &action.standing, found.map(|it| it.standing(action.tells())))?;
        seat.take(&mut shard, transaction, action, stamp);
        Ok(())
    }

    fn transfer(
        &self,
        action: &TransferAction<'_>,
        stamp: Stamp,
        links: &[Lsn],
    ) -> Result<(), Disagreement> {
        let request = &action.request;
        self.currency(request.money.currency)?;
        if action.outcome.as_ref().is_ok_and(|done| !ends_meet(done)) {
            return Err(Disagreement::Ends);
        }
        let mut pair = Pair::replay(self.state, request, stamp.lsn, self.seen.strays);
        let (of_source, of_destination) = links.split_at(links.len().min(3));
        same_end(&pair, action, Side::Source, of_source)?;
        same_end(&pair, action, Side::Destination, of_destination)?;
        pair.take(action, stamp);
        Ok(())
    }

    fn opened(
        &self,
        opened: AccountOpened<'_>,
        stamp: Stamp,
        links: &[Lsn],
    ) -> Result<(), Disagreement> {
        let name = self.state.name(opened.tenant_account_ref);
        let mut roster = self.state.roster.lock();
        let mut shard = self.state.lock_of(name);
        if let Some(found) = shard.find(name).and_then(|slot| shard.resident(slot)) {
            let copied = found.account.opened() == stamp.action();
            return if copied { Ok(()) } else { Err(Disagreement::Account(name.text.into())) };
        }
        same_links(links, &[Lsn::ZERO; 3])?;
        opened.opening.balances.iter().try_for_each(|(currency, _)| self.currency(*currency))?;
        self.state.admit(&mut roster, &mut shard, opened, stamp);
        Ok(())
    }

    fn amended(
        &self,
        amended: AccountAmended<'_>,
        stamp: Stamp,
        links: &[Lsn],
    ) -> Result<(), Disagreement> {
        let added = &amended.amendment.add_currencies;
        added.iter().try_for_each(|currency| self.currency(*currency))?;
        self.at(amended.tenant_account_ref, (stamp.lsn, None), links, |shard, slot| {
            let found = shard.resident(slot).map(|it| it.amended(&amended.amendment));
            if found.as_ref() != Some(&amended.after) {
                return Err(Disagreement::Standing(amended.tenant_account_ref.into()));
            }
            shard.amend(slot, amended, stamp);
            Ok(())
        })
    }

    fn authorization(
        &self,
        it: &Authorization<'_>,
        stamp: Stamp,
        links: &[Lsn],
    ) -> Result<(), Disagreement> {
        let name = self.state.name(it.tenant_account_ref.unwrap_or_default());
        let transaction = self.state.secret.digest(it.message.transaction_id);
        let mut shard = self.state.lock_of(name);
        let slot = it.tenant_account_ref.and_then(|_| shard.find_for(name, stamp.lsn));
        let found = slot.and_then(|slot| shard.resident(slot));
        if found.map(|found| found.account.opened()) != it.opened {
            return Err(Disagreement::Account(name.text.into()));
        }
        [it.asked.billing, it.asked.amount].iter().try_for_each(|it| self.currency(it.currency))?;
        let mut seat = Seat::of(self.state, slot);
        if seat.has_seen(&shard, stamp.lsn, self.seen.strays) {
            return Ok(());
        }
        same_links(links, &seat.links(&shard, transaction))?;
        let found = slot.and_then(|slot| shard.resident(slot));
        if let Ok(reserved) = &it.outcome {
            let after = found.and_then(|found| found.account.preview_reserved(reserved));
            same_pocket(name.text, reserved.after, after)?;
        }
        same_standing(name.text, &it.standing, found.map(|found| found.standing(it.tells())))?;
        seat.take_authorization(&mut shard, transaction, it, stamp);
        Ok(())
    }

    fn undone(
        &self,
        it: &AuthorizationUndone<'_>,
        stamp: Stamp,
        links: &[Lsn],
    ) -> Result<(), Disagreement> {
        let transaction = self.state.secret.digest(it.transaction_id);
        self.at(it.tenant_account_ref, (stamp.lsn, Some(transaction)), links, |shard, slot| {
            let account = shard.resident(slot).map(|found| &found.account);
            let after = account.and_then(|account| undo(account, it.approval));
            if after.map(|(ordinal, _)| ordinal) != it.after.map(|(ordinal, _)| ordinal) {
                return Err(Disagreement::Account(it.tenant_account_ref.into()));
            }
            if let (Some((_, stored)), Some((_, found))) = (it.after, after) {
                same_pocket(it.tenant_account_ref, stored, Some(found))?;
            }
            let standing = shard.resident(slot).map(|found| found.standing(it.tells()));
            same_standing(it.tenant_account_ref, &it.standing, standing)?;
            shard.take_undone(slot, it);
            shard.note(slot, Some((transaction, false)), stamp.lsn);
            Ok(())
        })
    }

    fn lapsed(
        &self,
        lapsed: &ReservationLapsed<'_>,
        stamp: Stamp,
        links: &[Lsn],
    ) -> Result<(), Disagreement> {
        self.at(lapsed.tenant_account_ref, (stamp.lsn, None), links, |shard, slot| {
            let found = shard.resident(slot).and_then(|it| lapse(&it.account, lapsed.approval));
            let found = found.filter(|(ordinal, _)| *ordinal == lapsed.ordinal);
            same_pocket(lapsed.tenant_account_ref, lapsed.after, found.map(|(_, after)| after))?;
            let told = Some((lapsed.ordinal, &lapsed.after));
            let found = shard.resident(slot).map(|it| it.standing(told));
            same_standing(lapsed.tenant_account_ref, &lapsed.standing, found)?;
            shard.take_lapsed(slot, lapsed);
            shard.note(slot, None, stamp.lsn);
            Ok(())
        })
    }

    /// Does `what` to an account that must be there, by a record that has its links; nothing where
    /// the account has seen that record.
    fn at(
        &self,
        tenant_account_ref: &str,
        (lsn, transaction): (Lsn, Option<Digest>),
        links: &[Lsn],
        what: impl FnOnce(&mut Shard, Slot) -> Result<(), Disagreement>,
    ) -> Result<(), Disagreement> {
        let name = self.state.name(tenant_account_ref);
        let mut shard = self.state.lock_of(name);
        let nobody = || Disagreement::Account(name.text.into());
        let slot = shard.find_for(name, lsn).ok_or_else(nobody)?;
        if shard.has_seen(slot, lsn) {
            return Ok(());
        }
        same_links(links, &shard.links(slot, transaction))?;
        what(&mut shard, slot)
    }

    fn currency(&self, currency: Currency) -> Result<(), Disagreement> {
        let known = self.currencies.knows(currency);
        if known { Ok(()) } else { Err(Disagreement::Currency(currency)) }
    }
}

/// Whether one end of a transfer is as its record says; where a snapshot has seen what it did there,
/// it is.
fn same_end(
    pair: &Pair<'_>,
    action: &TransferAction<'_>,
    side: Side,
    links: &[Lsn],
) -> Result<(), Disagreement> {
    let (ends, done) = (action.request.ends, action.outcome.as_ref().ok());
    let [at_source, at_destination] = &action.standings;
    let (name, opened, movement, standing) = match side {
        Side::Source => {
            let movement = done.and_then(|done| done.source.as_ref());
            (ends.source(), action.source_opened, movement, at_source)
        }
        Side::Destination => {
            let movement = done.and_then(|done| done.destination.as_ref());
            (ends.destination(), action.destination_opened, movement, at_destination)
        }
    };
    let account = pair.account(side);
    if account.map(crate::ledger::Account::opened) != opened {
        return Err(Disagreement::Account(name.into()));
    }
    if pair.has_seen(side) {
        return Ok(());
    }
    same_links(links, &pair.links_of(side))?;
    if let Some(movement) = movement {
        same_balance(name, account, movement)?;
    }
    same_standing(name, standing, Some(pair.standing(action, side)))
}

/// Whether what one customer's account gives to the other is what that one gets. A system account
/// has no movement of its own: its part is in the other end's postings.
fn ends_meet(done: &Transfer) -> bool {
    let given = |end: &Option<Movement>| {
        end.as_ref().map_or(0, |movement| movement.net(Bucket::Counterparty))
    };
    given(&done.source).wrapping_add(given(&done.destination)) == 0
}

fn same_links(stored: &[Lsn], found: &[Lsn]) -> Result<(), Disagreement> {
    if stored == found {
        return Ok(());
    }
    Err(Disagreement::Links { stored: stored.to_vec(), found: found.to_vec() })
}

fn same_balance(
    name: &str,
    account: Option<&crate::ledger::Account>,
    movement: &Movement,
) -> Result<(), Disagreement> {
    let found = account.and_then(|account| account.preview(movement));
    same_place(name, movement.after, found)
}

fn same_pocket(name: &str, stored: Pocket, found: Option<Pocket>) -> Result<(), Disagreement> {
    let place = |pocket| Place { pocket, hold: None };
    same_place(name, place(stored), found.map(place))
}

fn same_standing(
    name: &str,
    stored: &Standing,
    found: Option<Standing>,
) -> Result<(), Disagreement> {
    let same = *stored == found.unwrap_or_default();
    if same { Ok(()) } else { Err(Disagreement::Standing(name.into())) }
}

fn same_place(name: &str, stored: Place, found: Option<Place>) -> Result<(), Disagreement> {
    if found == Some(stored) {
        return Ok(());
    }
    let (stored, found) = (Box::new(stored), Box::new(found));
    Err(Disagreement::Balance { account: name.into(), stored, found })
}

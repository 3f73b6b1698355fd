//! Transfers: two shards, locked in order, and one record.

use parking_lot::MutexGuard;
use wal::{Lsn, Storage};

use super::Engine;
use super::log::{Stamp, Unavailable};
use super::record::{Standing, TransferAction, TransferRequest};
use super::secret::Digest;
use super::shard::{Resident, Shard};
use super::state::State;
use super::strays::Strays;
use super::submit::Submitted;
use super::transactions::Slot;
use crate::ledger::{Account, End, Movement, Side, SystemAccount, transfer};

impl<S: Storage> Engine<S> {
    /// Executes a transfer once. `others` are records found to be of other keys with the same hash.
    ///
    /// # Errors
    /// When nothing can be taken now; then certainly nothing was done.
    pub fn transfer<'a>(
        &self,
        request: TransferRequest<'a>,
        others: &[Lsn],
    ) -> Result<Submitted<TransferAction<'a>>, Unavailable> {
        let mut key = self.state.keys.lock(request.idempotency_key);
        if let Some(lsn) = key.seen(others) {
            return Ok(Submitted::Seen(lsn));
        }
        if !key.reserve() {
            return Err(Unavailable::StorageLow);
        }
        let mut pair = Pair::lock(&self.state, &request);
        let action = pair.decide(request);
        let links = pair.links();
        let stamp = self.log.append(&links, &action)?;
        // From here the transfer has happened, and nothing can fail.
        pair.take(&action, stamp);
        key.remember(stamp.lsn);
        Ok(Submitted::Decided(action, stamp))
    }
}

/// Both ends of a transfer with their shards locked, the lower one first.
struct Pair<'a> {
    first: MutexGuard<'a, Shard>,
    /// `None` when both ends are in one shard.
    second: Option<MutexGuard<'a, Shard>>,
    source: Seat,
    destination: Seat,
    transaction: Option<Digest>,
    /// Locked when something is to be noted there.
    strays: Option<MutexGuard<'a, Strays>>,
}

/// Where one end is.
#[derive(Clone, Copy)]
struct Seat {
    in_second: bool,
    system: Option<SystemAccount>,
    slot: Option<Slot>,
    /// Whether it is noted among the strays: there is no such account, or neither end is a
    /// customer's.
    astray: bool,
}

impl<'a> Pair<'a> {
    /// Locks the shards of both ends. A system account has no shard of its own: its part is kept
    /// where the other end is.
    fn lock(state: &'a State, request: &TransferRequest<'_>) -> Self {
        let ends = request.ends;
        let [source, destination] = [ends.source(), ends.destination()].map(SystemAccount::parse);
        let anchor = |own, system: Option<_>, other| if system.is_some() { other } else { own };
        let (a, b) = (state.name(ends.source()), state.name(ends.destination()));
        let (a_shard, b_shard) = (state.shard_of(a), state.shard_of(b));
        let a_shard = anchor(a_shard, source, b_shard);
        let b_shard = anchor(b_shard, destination, a_shard);
        let (low, high) = (a_shard.min(b_shard), a_shard.max(b_shard));
        let first = state.lock(low);
        let second = (low != high).then(|| state.lock(high));
        let transaction = request.transaction_id.map(|id| state.secret.digest(id));
        let between_systems = source.is_some() && destination.is_some();
        let seat = |shard, system: Option<_>, name| {
            let in_second = shard != low;
            let of = second.as_deref().filter(|_| in_second).unwrap_or(&first);
            let slot = if system.is_some() { None } else { of.find(name) };
            let astray = slot.is_none() && (system.is_none() || between_systems);
            Seat { in_second, system, slot, astray }
        };
        let (source, destination) = (seat(a_shard, source, a), seat(b_shard, destination, b));
        let strays = (source.astray || destination.astray).then(|| state.lock_strays());
        Self { first, second, source, destination, transaction, strays }
    }

    const fn seat(&self, side: Side) -> Seat {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }

    fn shard(&self, seat: Seat) -> &Shard {
        self.second.as_deref().filter(|_| seat.in_second).unwrap_or(&self.first)
    }

    fn shard_mut(&mut self, seat: Seat) -> &mut Shard {
        match &mut self.second {
            Some(second) if seat.in_second => second,
            _ => &mut self.first,
        }
    }

    /// The account at that end, where it is a customer's and there is one.
    fn account(&self, side: Side) -> Option<&Account> {
        self.resident(side).map(|found| &found.account)
    }

    fn resident(&self, side: Side) -> Option<&Resident> {
        let seat = self.seat(side);
        seat.slot.and_then(|slot| self.shard(seat).resident(slot))
    }

    /// How that end stands after what became of a transfer.
    fn standing(&self, action: &TransferAction<'_>, side: Side) -> Standing {
        let found = self.resident(side);
        found.map_or(Standing::Unsaid, |found| found.standing(action.tells(side)))
    }

    fn end(&self, side: Side) -> End<'_> {
        let system = self.seat(side).system;
        system.map_or_else(|| End::Account(self.account(side)), End::System)
    }

    fn decide<'r>(&self, request: TransferRequest<'r>) -> TransferAction<'r> {
        let mut action = TransferAction {
            request,
            source_opened: self.account(Side::Source).map(Account::opened),
            destination_opened: self.account(Side::Destination).map(Account::opened),
            outcome: transfer(self.end(Side::Source), self.end(Side::Destination), request.money),
            standings: [Standing::Unsaid, Standing::Unsaid],
        };
        action.standings =
            [Side::Source, Side::Destination].map(|side| self.standing(&action, side));
        action
    }

    /// The links of the source, then those of the destination.
    fn links(&self) -> [Lsn; 6] {
        let ([a, b, c], [d, e, f]) =
            (self.links_of(Side::Source), self.links_of(Side::Destination));
        [a, b, c, d, e, f]
    }

    /// The links of one end.
    fn links_of(&self, side: Side) -> [Lsn; 3] {
        let seat = self.seat(side);
        match (seat.slot, &self.strays) {
            (Some(slot), _) => self.shard(seat).links(slot, self.transaction),
            (None, Some(strays)) if seat.astray => strays.links(self.transaction),
            _ => [Lsn::ZERO; 3],
        }
    }

    /// Makes a transfer true at both ends.
    fn take(&mut self, action: &TransferAction<'_>, stamp: Stamp) {
        let done = action.outcome.as_ref().ok();
        self.take_end(self.source, done.and_then(|done| done.source.as_ref()), stamp);
        self.take_end(self.destination, done.and_then(|done| done.destination.as_ref()), stamp);
        let between = self.source.system.zip(self.destination.system);
        if let (Some(strays), Some((from, to)), Some(_)) = (&mut self.strays, between, done) {
            strays.take(from, to, action.request.money);
        }
    }

    fn take_end(&mut self, seat: Seat, movement: Option<&Movement>, stamp: Stamp) {
        let transaction = self.transaction;
        if let Some(strays) = self.strays.as_mut().filter(|_| seat.astray) {
            strays.note(transaction, stamp.lsn);
        }
        let Some(slot) = seat.slot else { return };
        let transaction = transaction.map(|digest| (digest, false));
        self.shard_mut(seat).take(slot, movement, None, transaction, stamp);
    }
}

//! One shard: some of the accounts, what their transactions did, and its part of the books.
//!
//! The same methods change a shard when an action is taken and when it is replayed from the log,
//! so recovery cannot come to another state than the one that was answered from.

use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry::{Occupied, Vacant};
use wal::Lsn;

use super::books::Books;
use super::chain::Chain;
use super::log::Stamp;
use super::record::Profile;
use super::rows::Rows;
use super::secret::Digest;
use super::transactions::{Slot, Transactions};
use crate::ledger::{Account, ActionRef, Moment, Movement, Ruleset};

/// With their number they fill a block of 2 KiB.
const ACCOUNTS_IN_A_ROW: usize = 15;

const _: () = assert!(size_of::<Resident>() == size_of::<[u64; 17]>());

/// Some of the accounts, under one lock.
#[derive(Debug, Default)]
pub struct Shard {
    names: HashTable<Slot>,
    accounts: Rows<Resident, ACCOUNTS_IN_A_ROW>,
    /// Which transactions touched them.
    pub transactions: Transactions,
    /// What they add up to.
    pub books: Books,
}

/// An account and what the engine remembers beside it.
#[derive(Debug)]
pub struct Resident {
    /// Its name.
    pub name: CompactString,
    /// Its state.
    pub account: Account,
    /// Where its records are.
    pub chain: Chain,
    /// What it says of itself.
    pub description: Option<Box<Description>>,
    /// When it was opened.
    pub created_at: Moment,
}

/// What an account says of itself, and since when; and what is said of it alone.
#[derive(Debug, Default)]
pub struct Description {
    /// What it says.
    pub profile: Profile<'static>,
    /// The amendment that changed its metadata last; `None` while it is as it was opened.
    pub by: Option<ActionRef>,
    /// Its own spend limits, where it has any.
    pub limits: Option<Arc<Ruleset>>,
}

/// An account's name and where a table keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// As on the wire.
    pub text: &'a str,
    /// Its hash.
    pub hash: u64,
}

impl Shard {
    /// Where the account of that name is.
    #[must_use]
    pub fn find(&self, name: Name<'_>) -> Option<Slot> {
        let same = |slot: &Slot| {
            self.accounts.get(slot.index()).is_some_and(|found| found.name == name.text)
        };
        self.names.find(name.hash, same).copied()
    }

    /// Where the account of that name is for the record at `lsn`, which is replayed: one that a
    /// later record opened is not there for it, though a snapshot may have copied it.
    #[must_use]
    pub fn find_for(&self, name: Name<'_>, lsn: Lsn) -> Option<Slot> {
        let slot = self.find(name)?;
        let opened = self.resident(slot)?.account.opened();
        (opened.position() < lsn.value()).then_some(slot)
    }

    /// Whether the record at `lsn`, which is about the account at `slot`, happened to it already:
    /// then it is replayed on a snapshot that was copied after it.
    #[must_use]
    pub fn has_seen(&self, slot: Slot, lsn: Lsn) -> bool {
        self.resident(slot).is_some_and(|found| lsn <= found.chain.newest())
    }

    /// The account at `slot`.
    #[must_use]
    pub fn resident(&self, slot: Slot) -> Option<&Resident> {
        self.accounts.get(slot.index())
    }

    /// Every account, in the order of their slots.
    pub fn residents(&self) -> impl Iterator<Item = &Resident> {
        self.accounts.iter()
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// The account at `slot`, to be changed.
    pub fn resident_mut(&mut self, slot: Slot) -> Option<&mut Resident> {
        self.accounts.get_mut(slot.index())
    }

    /// The links that the next record about `slot` and the transaction gets: the account's record
    /// before, one further back, and the transaction's record before.
    #[must_use]
    pub fn links(&self, slot: Slot, transaction: Option<Digest>) -> [Lsn; 3] {
        let chain = self.resident(slot).map(|found| found.chain.next());
        let (previous, skip) =
            chain.map_or((Lsn::ZERO, Lsn::ZERO), |links| (links.previous, links.skip));
        [previous, skip, self.transactions.before(transaction, slot)]
    }

    /// Makes true what the record of that stamp did to an account: what moved, if something did,
    /// as the spending of which card transaction, if of one; and that it belongs to a transaction,
    /// and whether it links the two.
    pub fn take(
        &mut self,
        slot: Slot,
        movement: Option<&Movement>,
        spender: Option<&str>,
        transaction: Option<(Digest, bool)>,
        stamp: Stamp,
    ) {
        movement.into_iter().for_each(|it| self.apply(slot, it, spender, stamp.action()));
        self.note(slot, transaction, stamp.lsn);
    }

    /// Where an account of a name of that hash may be. It is not looked at: what is found there is
    /// not known to be the one.
    #[must_use]
    pub fn glimpse(&self, name: u64) -> Option<Slot> {
        self.names.find(name, |_| true).copied()
    }

    /// Reads what the next record about `slot` is held against, so that it is near when it comes.
    #[must_use]
    pub fn warm(&self, slot: Slot, transaction: Digest) -> u64 {
        let Some(found) = self.resident(slot) else { return 0 };
        let hold = found.account.holds().last().map_or(0, |(hold, _)| hold.position());
        let before = self.transactions.before(Some(transaction), slot);
        hold ^ before.value() ^ found.chain.newest().value() ^ u64::from(!found.name.is_empty())
    }

    /// Notes that the record at `lsn` was about `slot` and the transaction, and whether it links
    /// them.
    pub fn note(&mut self, slot: Slot, transaction: Option<(Digest, bool)>, lsn: Lsn) {
        if let Some(found) = self.resident_mut(slot) {
            found.chain.push(lsn);
        }
        if let Some((digest, links)) = transaction {
            self.transactions.note(digest, slot, lsn, links);
        }
    }

    /// Makes a movement true, in the account and in the books. `spender` is the card transaction
    /// whose spending it is, where it is a card's.
    pub fn apply(&mut self, slot: Slot, movement: &Movement, spender: Option<&str>, at: ActionRef) {
        self.change(slot, movement.ordinal, Some(movement), |account| {
            account.apply(movement, at);
            spender.into_iter().for_each(|transaction_id| account.count(movement, transaction_id));
        });
    }

    /// Changes one balance of an account through `make`, and the books with it.
    pub fn change(
        &mut self,
        slot: Slot,
        ordinal: u8,
        movement: Option<&Movement>,
        make: impl FnOnce(&mut Account),
    ) {
        let Some(found) = self.accounts.get_mut(slot.index()) else { return };
        let Some(before) = found.account.pocket(ordinal).copied() else { return };
        make(&mut found.account);
        let after = found.account.pocket(ordinal).copied().unwrap_or(before);
        self.books.note(&before, &after, movement);
    }

    /// Takes in a new account. `hash` hashes names as `name` was hashed.
    pub fn admit(
        &mut self,
        name: Name<'_>,
        resident: Resident,
        hash: impl Fn(&str) -> u64,
    ) -> Slot {
        debug_assert!(self.find(name).is_none(), "an account is admitted once");
        let slot = Slot::new(self.accounts.len());
        self.accounts.push(resident);
        let accounts = &self.accounts;
        let rehash = |slot: &Slot| accounts.get(slot.index()).map_or(0, |found| hash(&found.name));
        self.names.insert_unique(name.hash, slot, rehash);
        slot
    }

    /// Makes room for so many more accounts.
    pub fn reserve(&mut self, accounts: usize, hash: impl Fn(&str) -> u64) {
        let there = &self.accounts;
        let rehash = |slot: &Slot| there.get(slot.index()).map_or(0, |found| hash(&found.name));
        self.names.reserve(accounts, rehash);
    }

    /// Takes in an account that was copied, whose name has that hash, with what it adds to the
    /// books; nothing where there is one of its name.
    pub fn take_in(
        &mut self,
        name: u64,
        resident: Resident,
        hash: impl Fn(&str) -> u64,
    ) -> Option<Slot> {
        let (slot, there) = (Slot::new(self.accounts.len()), &self.accounts);
        let of = |slot: &Slot| there.get(slot.index());
        let same = |slot: &Slot| of(slot).is_some_and(|found| found.name == resident.name);
        let rehash = |slot: &Slot| of(slot).map_or(0, |found| hash(&found.name));
        match self.names.entry(name, same, rehash) {
            Occupied(_) => return None,
            Vacant(place) => place.insert(slot),
        };
        self.books.add_account(&resident.account);
        self.accounts.push(resident);
        Some(slot)
    }

    /// What the balances of the accounts add up to, worked out anew.
    #[must_use]
    pub fn count_up(&self) -> Books {
        let mut books = Books::default();
        self.accounts.iter().for_each(|found| books.add_account(&found.account));
        books
    }
}

//! Which card transactions have touched the accounts of a shard, or no account at all, and how.
//!
//! An entry stands for one transaction on one account: the newest of its records, from which the
//! older ones are linked, and whether money moved under it, so that a debit must post. A transaction is known by 96 bits
//! of a keyed hash together with the account; whoever lists its records compares the text.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry::{Occupied, Vacant};
use wal::Lsn;

use super::secret::Digest;

/// The number of an account in its shard, or [`NOBODY`](Self::NOBODY) for refusals that found no
/// account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    /// No account of the shard.
    pub const NOBODY: Self = Self(u32::MAX);

    /// The account at `index`; a shard is full long before `index` does not fit.
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The account of that number, or [`NOBODY`](Self::NOBODY).
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The index of the account.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The transactions of one shard, or the strays: those that touched no customer's account.
#[derive(Debug, Default)]
pub struct Transactions {
    table: HashTable<Entry>,
}

/// What is known of one transaction on one account.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    hash: u64,
    check: u32,
    slot: Slot,
    /// The newest record's position, doubled; odd when the transaction is linked.
    newest_and_linked: u64,
}

impl Entry {
    /// What is known of a transaction on the account at `slot`.
    #[must_use]
    pub fn new(of: Digest, slot: Slot, newest: Lsn, linked: bool) -> Self {
        let newest_and_linked = (newest.value() << 1) | u64::from(linked);
        Self { hash: of.hash, check: of.check, slot, newest_and_linked }
    }

    /// The same of the account at `slot`.
    #[must_use]
    pub const fn at(self, slot: Slot) -> Self {
        Self { slot, ..self }
    }

    /// The transaction.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        Digest { hash: self.hash, check: self.check }
    }

    /// The account.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot
    }

    /// The newest record's position, doubled; odd when the transaction is linked.
    #[must_use]
    pub const fn newest_and_linked(&self) -> u64 {
        self.newest_and_linked
    }

    /// The transaction's newest record on this account.
    #[must_use]
    pub const fn newest(&self) -> Lsn {
        Lsn::new(self.newest_and_linked >> 1)
    }

    /// Whether, under this transaction, this account has a successful operation that moved money.
    #[must_use]
    pub const fn linked(&self) -> bool {
        self.newest_and_linked & 1 == 1
    }
}

impl Transactions {
    /// What is known of a transaction on one account.
    #[must_use]
    pub fn find(&self, of: Digest, slot: Slot) -> Option<&Entry> {
        self.table.find(of.hash, |entry| entry.is(of) && entry.slot == slot)
    }

    /// Notes a record of the transaction on that account, and whether it links the two.
    pub fn note(&mut self, of: Digest, slot: Slot, lsn: Lsn, links: bool) {
        let fresh = Entry::new(of, slot, lsn, links);
        let same = |entry: &Entry| entry.is(of) && entry.slot == slot;
        let place = self.table.entry(of.hash, same, |entry| entry.hash);
        let mut place = place.or_insert(fresh);
        let linked = place.get().linked() || links;
        *place.get_mut() = Entry::new(of, slot, lsn, linked);
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.table.reserve(more, |entry| entry.hash);
    }

    /// Takes in what was known elsewhere; not where something of it is known here.
    #[must_use]
    pub fn admit(&mut self, entry: Entry) -> bool {
        let same = |known: &Entry| known.is(entry.digest()) && known.slot == entry.slot;
        match self.table.entry(entry.hash, same, |known| known.hash) {
            Occupied(_) => false,
            Vacant(place) => {
                place.insert(entry);
                true
            }
        }
    }

    /// All that is known, in no order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.table.iter()
    }

    /// The newest record of a transaction on one account, [`Lsn::ZERO`] where there is none.
    #[must_use]
    pub fn before(&self, of: Option<Digest>, slot: Slot) -> Lsn {
        of.and_then(|of| self.find(of, slot)).map_or(Lsn::ZERO, Entry::newest)
    }

    /// The transaction's newest record on each account of the shard.
    pub fn newest(&self, of: Digest) -> impl Iterator<Item = Lsn> {
        self.table.iter_hash(of.hash).filter(move |entry| entry.is(of)).map(Entry::newest)
    }
}

impl Entry {
    fn is(&self, of: Digest) -> bool {
        self.hash == of.hash && self.check == of.check
    }
}

//! Which card transactions have touched the accounts of a shard, or no account at all, and how.
//!
//! An entry stands for one transaction on one account: the newest of its records, from which the
//! older ones are linked, and whether a debit under it must post. A transaction is known by 96 bits
//! of a keyed hash together with the account; whoever lists its records compares the text.

use hashbrown::HashTable;
use wal::Lsn;

use super::secret::Digest;

/// The number of an account in its shard, or [`NOBODY`](Self::NOBODY) for refusals that found no
/// account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

impl Slot {
    /// No account of the shard.
    pub const NOBODY: Self = Self(u32::MAX);

    /// The account at `index`; a shard is full long before `index` does not fit.
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
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
    /// The transaction's newest record on this account.
    #[must_use]
    pub const fn newest(&self) -> Lsn {
        Lsn::new(self.newest_and_linked >> 1)
    }

    /// Whether, under this transaction, this account has an approved authorization of more than
    /// zero or a successful operation that moved money.
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
        let same = |entry: &Entry| entry.is(of) && entry.slot == slot;
        let fresh = Entry { hash: of.hash, check: of.check, slot, newest_and_linked: 0 };
        let place = self.table.entry(of.hash, same, |entry| entry.hash);
        let mut place = place.or_insert(fresh);
        let linked = place.get().linked() || links;
        place.get_mut().newest_and_linked = (lsn.value() << 1) | u64::from(linked);
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

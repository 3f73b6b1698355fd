//! All that is in memory: the shards, the idempotency table and the roster of accounts.
//!
//! Locks have one order: roster, key, account shards ascending, strays, log.

use std::hash::BuildHasher;

use crossbeam::utils::CachePadded;
use foldhash::fast::RandomState;
use parking_lot::{Mutex, MutexGuard};
use wal::Lsn;

use super::keys::Keys;
use super::secret::Secret;
use super::shard::{Name, Shard};
use super::strays::Strays;
use super::transactions::Slot;

const SHARDS: usize = 1024;

/// The accounts, the keys and the roster.
#[derive(Debug)]
pub struct State {
    shards: Box<[CachePadded<Mutex<Shard>>]>,
    names: RandomState,
    /// Which keys were used.
    pub keys: Keys,
    /// Every account in the order in which they were opened.
    pub roster: Mutex<Vec<Listed>>,
    /// What happened at no customer's account.
    strays: Mutex<Strays>,
    /// What transactions are hashed with.
    pub secret: Secret,
}

/// Where an account of the roster is.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The record that opened it.
    pub opened: Lsn,
    shard: u16,
    slot: Slot,
}

/// The number of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShardNumber(u16);

impl State {
    /// Nothing yet.
    #[must_use]
    pub fn new(keys: Keys, secret: Secret) -> Self {
        let shards = (0..SHARDS).map(|_| CachePadded::default()).collect();
        let (names, roster, strays) = (RandomState::default(), Mutex::default(), Mutex::default());
        Self { shards, names, keys, roster, strays, secret }
    }

    /// The name with its hash.
    #[must_use]
    pub fn name<'a>(&self, text: &'a str) -> Name<'a> {
        Name { text, hash: self.names.hash_one(text) }
    }

    /// The shard that an account of that name is in, whether there is one or not.
    #[must_use]
    pub fn shard_of(&self, name: Name<'_>) -> ShardNumber {
        // A table finds its buckets by the lowest bits and its tags by the highest: the middle ones
        // are free to choose the shard, and leave the names of one shard spread over its table.
        let [_, _, _, _, a, b, _, _] = name.hash.to_le_bytes();
        let middle = u16::from_le_bytes([a, b]);
        ShardNumber(middle % u16::try_from(SHARDS).unwrap_or(u16::MAX))
    }

    /// Locks one shard.
    pub fn lock(&self, shard: ShardNumber) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(shard.0)].lock()
    }

    /// Locks the shard of `name`.
    pub fn lock_of(&self, name: Name<'_>) -> MutexGuard<'_, Shard> {
        self.lock(self.shard_of(name))
    }

    /// Locks what happened at no customer's account.
    pub fn lock_strays(&self) -> MutexGuard<'_, Strays> {
        self.strays.lock()
    }

    /// Every shard's number, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = ShardNumber> + use<> {
        (0..u16::try_from(SHARDS).unwrap_or(u16::MAX)).map(ShardNumber)
    }

    /// Locks all shards: nothing is half done while they are held.
    pub fn lock_all(&self) -> Vec<MutexGuard<'_, Shard>> {
        self.shards.iter().map(|shard| shard.lock()).collect()
    }

    /// Notes in the roster, which the caller holds, that `name` was opened.
    pub fn list(&self, roster: &mut Vec<Listed>, name: Name<'_>, slot: Slot, opened: Lsn) {
        roster.push(Listed { opened, shard: self.shard_of(name).0, slot });
    }
}

impl Listed {
    /// Where it is.
    #[must_use]
    pub const fn place(&self) -> (ShardNumber, Slot) {
        (ShardNumber(self.shard), self.slot)
    }
}

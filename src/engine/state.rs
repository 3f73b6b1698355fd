//! All that is in memory: the shards, the idempotency table and the roster of accounts.
//!
//! Locks have one order: roster, key, account shards ascending, strays, log.

use crossbeam::utils::CachePadded;
use parking_lot::{Mutex, MutexGuard};
use smallvec::SmallVec;
use wal::Lsn;

use super::aliases::{Alias, Aliases, Seat};
use super::keys::Keys;
use super::names::Names;
use super::record::Profile;
use super::secret::Secret;
use super::shard::{Name, Resident, Shard};
use super::strays::Strays;
use super::transactions::Slot;

/// How many shards there are.
pub const SHARDS: u16 = 1024;

/// The accounts, the keys and the roster.
#[derive(Debug)]
pub struct State {
    shards: Box<[CachePadded<Mutex<Shard>>]>,
    names: Names,
    aliases: Aliases,
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

impl ShardNumber {
    /// The shard of that number, which is below [`SHARDS`].
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number % SHARDS)
    }
}

impl State {
    /// Nothing yet.
    #[must_use]
    pub fn new(keys: Keys, secret: Secret) -> Self {
        let shards = (0..SHARDS).map(|_| CachePadded::default()).collect();
        let (names, roster, strays) = (Names::new(secret), Mutex::default(), Mutex::default());
        Self { shards, names, aliases: Aliases::default(), keys, roster, strays, secret }
    }

    /// The name with its hash.
    #[must_use]
    pub fn name<'a>(&self, text: &'a str) -> Name<'a> {
        Name { text, hash: self.names.hash(text) }
    }

    /// The shard that an account of that name is in, whether there is one or not.
    #[must_use]
    pub fn shard_of(&self, name: Name<'_>) -> ShardNumber {
        // A table finds its buckets by the lowest bits and its tags by the highest: the middle ones
        // are free to choose the shard, and leave the names of one shard spread over its table.
        let [_, _, _, _, a, b, _, _] = name.hash.to_le_bytes();
        let middle = u16::from_le_bytes([a, b]);
        ShardNumber(middle % SHARDS)
    }

    /// Notes by which other names the account at `seat` is known.
    pub fn alias(&self, profile: &Profile<'_>, seat: Seat) {
        self.aliases.note(&self.names, profile, seat);
    }

    /// Where accounts are that may be known by this name.
    #[must_use]
    pub fn seats_of(&self, alias: Alias, text: &str) -> SmallVec<[Seat; 4]> {
        self.aliases.find(&self.names, alias, text)
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
        (0..SHARDS).map(ShardNumber)
    }

    /// Makes room for so many more accounts in a shard, with so many transactions.
    pub fn reserve(&self, number: ShardNumber, accounts: usize, transactions: usize) {
        let mut shard = self.lock(number);
        shard.reserve(accounts, |text| self.names.hash(text));
        shard.transactions.reserve(transactions);
    }

    /// Takes in an account that was copied; nothing where there is one of its name.
    pub fn place(&self, resident: Resident) -> Option<Listed> {
        let hash = self.names.hash(&resident.name);
        let number = self.shard_of(Name { text: &resident.name, hash });
        let opened = Lsn::new(resident.account.opened().position());
        let profile = resident.description.as_ref().map(|it| it.profile.clone());
        let mut shard = self.lock(number);
        let slot = shard.take_in(hash, resident, |text| self.names.hash(text))?;
        drop(shard);
        profile.iter().for_each(|profile| self.alias(profile, (number, slot)));
        Some(Listed { opened, shard: number.0, slot })
    }

    /// Locks all shards: nothing is half done while they are held.
    pub fn lock_all(&self) -> Vec<MutexGuard<'_, Shard>> {
        self.shards.iter().map(|shard| shard.lock()).collect()
    }

    /// Notes in the roster, which the caller holds, that `name` was opened. All that is there was
    /// opened before, but for what a snapshot copied when its roster had been begun.
    pub fn list(&self, roster: &mut Vec<Listed>, name: Name<'_>, slot: Slot, opened: Lsn) {
        let later = roster.iter().rev().take_while(|listed| listed.opened > opened).count();
        let listed = Listed { opened, shard: self.shard_of(name).0, slot };
        roster.insert(roster.len().saturating_sub(later), listed);
    }
}

impl Listed {
    /// Where it is.
    #[must_use]
    pub const fn place(&self) -> (ShardNumber, Slot) {
        (ShardNumber(self.shard), self.slot)
    }
}

//! All that is in memory: the shards, the idempotency table and the roster of accounts.
//!
//! Its locks are taken in the one order that the [engine](super) says.

use crossbeam::utils::CachePadded;
use parking_lot::{Mutex, MutexGuard};
use smallvec::SmallVec;
use wal::Lsn;

use super::aliases::{Alias, Aliases, Whereabouts};
use super::keys::{self, Keys};
use super::limits::DefaultLimits;
use super::names::Names;
use super::roster::{Place, Roster};
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
    pub roster: Mutex<Roster>,
    /// What happened at no customer's account.
    strays: Mutex<Strays>,
    /// The spend limits of every account that has none of its own. Changed only by who holds the
    /// strays, which have seen the change then.
    pub limits: DefaultLimits,
    /// What transactions are hashed with.
    pub secret: Secret,
}

/// Where an account of the roster is.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The record that opened it.
    pub opened: Lsn,
    /// Where it is.
    pub place: Place,
}

/// Some of the shards of accounts and of keys, for one who has them alone.
#[derive(Debug)]
pub struct Part<'a> {
    shards: &'a mut [CachePadded<Mutex<Shard>>],
    /// The number of the first.
    first: usize,
    names: &'a Names,
    /// The spend limits of every account that has none of its own; who has the strays sets them.
    pub limits: &'a DefaultLimits,
    /// Its keys.
    pub keys: keys::Part<'a>,
    /// What happened at no account, where that is of this part.
    pub strays: Option<&'a mut Strays>,
}

/// Which part has what.
#[derive(Clone, Copy, Debug)]
pub struct Owners {
    accounts: usize,
    keys: usize,
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
        let (aliases, limits) = (Aliases::default(), DefaultLimits::default());
        Self { shards, names, aliases, keys, roster, strays, limits, secret }
    }

    /// The name with its hash.
    #[must_use]
    pub fn name<'a>(&self, text: &'a str) -> Name<'a> {
        Name { text, hash: self.names.hash(text) }
    }

    /// How names are hashed.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// The shard that an account of that name is in, whether there is one or not.
    #[must_use]
    pub fn shard_of(&self, name: Name<'_>) -> ShardNumber {
        ShardNumber::of(name.hash)
    }

    /// Divides all that is locked between so many, at the most, who then need no locks; the first
    /// has the strays. And who has what, and how names are hashed.
    pub fn divide(&mut self, into: usize) -> (Vec<Part<'_>>, Owners, &Names) {
        let each = |shards: u16| usize::from(shards).div_ceil(into.max(1));
        let owners = Owners { accounts: each(SHARDS), keys: each(keys::SHARDS) };
        let (names, mut strays) = (&self.names, Some(self.strays.get_mut()));
        let limits = &self.limits;
        let shards = (0_usize..).step_by(owners.accounts);
        let shards = shards.zip(self.shards.chunks_mut(owners.accounts));
        let parts = shards.zip(self.keys.divide(owners.keys));
        let parts = parts.map(|((first, shards), keys)| Part {
            shards,
            first,
            names,
            limits,
            keys,
            strays: strays.take(),
        });
        (parts.collect(), owners, names)
    }

    /// Puts accounts that were opened in their places in the roster, and notes their other names.
    pub fn enlist(&self, opened: Vec<Listed>) {
        for listed in &opened {
            let (number, slot) = listed.place.parts();
            self.note_aliases(&self.lock(number), (number, slot));
        }
        let Some(first) = opened.iter().map(|listed| listed.opened).min() else { return };
        let mut roster = self.roster.lock();
        let before = self.opened_up_to(&roster, first);
        let mut later: Vec<_> = opened.iter().map(|it| (Some(it.opened), it.place)).collect();
        while roster.len() > before {
            later.extend(roster.pop().map(|place| (self.opened_at(place), place)));
        }
        later.sort_unstable();
        roster.extend(later.into_iter().map(|(_, place)| place));
    }

    /// How many accounts of the roster were opened up to that record.
    pub fn opened_up_to(&self, roster: &Roster, lsn: Lsn) -> usize {
        let (mut from, mut to) = (0, roster.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            let opened = roster.get(middle).and_then(|place| self.opened_at(*place));
            if opened.is_some_and(|opened| opened <= lsn) {
                from = middle.saturating_add(1);
            } else {
                to = middle;
            }
        }
        from
    }

    /// When the account at `place` was opened.
    fn opened_at(&self, place: Place) -> Option<Lsn> {
        let (number, slot) = place.parts();
        let shard = self.lock(number);
        Some(Lsn::new(shard.resident(slot)?.account.opened().position()))
    }

    /// Notes by which other names an account of a shard is known, which is that one.
    pub fn note_aliases(&self, shard: &Shard, at: Whereabouts) {
        let (_, slot) = at;
        let described = shard.resident(slot).and_then(|it| it.description.as_deref());
        described.into_iter().for_each(|it| self.aliases.note(&self.names, &it.profile, at));
    }

    /// Where accounts are that may be known by this name.
    #[must_use]
    pub fn whereabouts_of(&self, alias: Alias, text: &str) -> SmallVec<[Whereabouts; 4]> {
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

    /// Looks at an account under the lock of its shard, if there is one of that name.
    pub fn look<T>(
        &self,
        tenant_account_ref: &str,
        look: impl FnOnce(&Shard, Slot, &Resident) -> T,
    ) -> Option<T> {
        let name = self.name(tenant_account_ref);
        let shard = self.lock_of(name);
        let slot = shard.find(name)?;
        Some(look(&shard, slot, shard.resident(slot)?))
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
        let mut shard = self.lock(number);
        let slot = shard.take_in(hash, resident, |text| self.names.hash(text))?;
        self.note_aliases(&shard, (number, slot));
        Some(Listed { opened, place: Place::new(number, slot) })
    }

    /// Locks all shards: nothing is half done while they are held.
    pub fn lock_all(&self) -> Vec<MutexGuard<'_, Shard>> {
        self.shards.iter().map(|shard| shard.lock()).collect()
    }
}

impl ShardNumber {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The shard of a name of that hash.
    fn of(hash: u64) -> Self {
        // A table finds its buckets by the lowest bits and its tags by the highest: the middle ones
        // are free to choose the shard, and leave the names of one shard spread over its table.
        let [_, _, _, _, a, b, _, _] = hash.to_le_bytes();
        Self(u16::from_le_bytes([a, b]) % SHARDS)
    }
}

impl Owners {
    /// Who has the account of a name of that hash.
    #[must_use]
    pub fn of_name(&self, hash: u64) -> usize {
        usize::from(ShardNumber::of(hash).0).checked_div(self.accounts).unwrap_or(0)
    }

    /// Who has that shard of the keys.
    #[must_use]
    pub fn of_key(&self, shard: usize) -> usize {
        shard.checked_div(self.keys).unwrap_or(0)
    }
}

impl<'a> Part<'a> {
    /// How names are hashed.
    #[must_use]
    pub const fn names(&self) -> &'a Names {
        self.names
    }

    /// The shard of a name of that hash, if it is of this part.
    #[must_use]
    pub fn shard(&mut self, hash: u64) -> Option<(ShardNumber, &mut Shard)> {
        let number = ShardNumber::of(hash);
        let shard = self.shards.get_mut(usize::from(number.0).checked_sub(self.first)?)?;
        Some((number, shard.get_mut()))
    }
}

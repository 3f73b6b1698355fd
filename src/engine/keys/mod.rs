//! The idempotency table: a keyed hash and the log position of the action, and nothing more.
//!
//! Whether a key of the same hash is the same key, and was used for the same thing, is read from
//! the record. The table is [`Lines`]. Shards of it are locked before everything else, so that one key used on two
//! accounts at once is executed once.

mod lines;

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam::utils::CachePadded;
use parking_lot::{Mutex, MutexGuard};
use wal::Lsn;

use self::lines::Lines;
use super::secret::Secret;

pub use self::lines::Slot;

/// How many shards there are: the lowest bits of a key's hash choose among them, and are kept
/// nowhere else.
pub const SHARDS: u16 = 256;

/// Every key that was ever used.
#[derive(Debug)]
pub struct Keys {
    shards: Box<[CachePadded<Mutex<Lines>>]>,
    hashing: Hashing,
    count: CachePadded<AtomicU64>,
    max: u64,
}

/// How keys are hashed.
#[derive(Clone, Copy, Debug)]
pub struct Hashing {
    secret: Secret,
    bits: u32,
}

/// A key that the record at a position used.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its hash.
    pub hash: u64,
    /// The record.
    pub lsn: Lsn,
}

/// Some of the shards, for one who has them alone.
#[derive(Debug)]
pub struct Part<'a> {
    shards: &'a mut [CachePadded<Mutex<Lines>>],
    /// The number of the first.
    first: usize,
    count: &'a AtomicU64,
}

/// The shard of one key, locked.
pub struct KeyGuard<'a> {
    shard: MutexGuard<'a, Lines>,
    hash: u64,
    keys: &'a Keys,
    /// Whether a place was counted that is not taken yet.
    reserved: bool,
}

/// A copy of one shard of the table.
#[derive(Debug, Default)]
pub struct Copied {
    lines: Lines,
}

impl Copied {
    /// How many keys there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Every key.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.lines.slots()
    }
}

impl Keys {
    /// An empty table that remembers at most `max` keys. `bits` of the hash are used: 64, or few
    /// where a test wants keys to collide.
    #[must_use]
    pub fn new(secret: Secret, bits: u32, max: u64) -> Self {
        let shards = (0..SHARDS).map(|_| CachePadded::default()).collect();
        Self { shards, hashing: Hashing { secret, bits }, count: CachePadded::default(), max }
    }

    /// How many bits of a key's hash are used.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.hashing.bits
    }

    /// How keys are hashed.
    #[must_use]
    pub const fn hashing(&self) -> Hashing {
        self.hashing
    }

    /// All shards, so many in each part but the last.
    pub fn divide(&mut self, each: usize) -> impl Iterator<Item = Part<'_>> {
        let count = &self.count;
        let firsts = (0_usize..).step_by(each.max(1));
        let parts = firsts.zip(self.shards.chunks_mut(each.max(1)));
        parts.map(move |(first, shards)| Part { shards, first, count })
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Does `work` under the lock of the shard of that number, then copies the shard to `copy`.
    pub fn copy<T>(&self, number: u16, copy: &mut Copied, work: impl FnOnce() -> T) -> T {
        let shard = self.shards[usize::from(number % SHARDS)].lock();
        let done = work();
        shard.copy_to(&mut copy.lines);
        done
    }

    /// Takes keys that were copied into the shard of that number, which had been there.
    pub fn admit(&self, number: u16, slots: impl ExactSizeIterator<Item = Slot>) {
        let more = u64::try_from(slots.len()).unwrap_or(u64::MAX);
        self.count.fetch_add(more, Ordering::Relaxed);
        self.shards[usize::from(number % SHARDS)].lock().admit(slots);
    }

    /// Locks the shard of `key`.
    pub fn lock(&self, key: &str) -> KeyGuard<'_> {
        let hash = self.hashing.hash(key.as_bytes());
        let number = shard(hash);
        KeyGuard { shard: self.shards[number].lock(), hash, keys: self, reserved: false }
    }
}

/// The table does not keep the lowest bits of a hash: they choose the shard.
fn shard(hash: u64) -> usize {
    usize::from(u16::from(hash.to_le_bytes()[0]) % SHARDS)
}

impl Hashing {
    /// The hash of a key.
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.secret.hash(key) >> 64_u32.saturating_sub(self.bits).min(63)
    }
}

impl Key {
    /// The shard that it is in.
    #[must_use]
    pub fn shard(&self) -> usize {
        shard(self.hash)
    }
}

impl Part<'_> {
    /// Remembers keys of these shards, but for those that `seen` says are there.
    pub fn remember(&mut self, keys: &[Key], seen: impl Fn(usize, Lsn) -> bool) {
        // All lines are on their way from memory before the first is changed.
        let warm = |sum: u32, key| sum ^ self.lines(key).map_or(0, |lines| lines.warm(key.hash));
        black_box(keys.iter().fold(0, warm));
        let mut count = 0_u64;
        for key in keys.iter().filter(|key| !seen(key.shard(), key.lsn)) {
            if let Some(lines) = self.lines(key) {
                lines.insert(key.hash, key.lsn);
                count = count.saturating_add(1);
            }
        }
        self.count.fetch_add(count, Ordering::Relaxed);
    }

    fn lines(&mut self, key: &Key) -> Option<&mut Lines> {
        let shard = self.shards.get_mut(key.shard().checked_sub(self.first)?)?;
        Some(shard.get_mut())
    }
}

impl KeyGuard<'_> {
    /// An action whose key has the same hash, other than those in `others`, which were found to
    /// have different keys.
    #[must_use]
    pub fn seen(&self, others: &[Lsn]) -> Option<Lsn> {
        self.shard.find(self.hash, |lsn| !others.contains(&lsn))
    }

    /// Whether the table has the action at `lsn` under this hash.
    #[must_use]
    pub fn knows(&self, lsn: Lsn) -> bool {
        self.shard.find(self.hash, |found| found == lsn).is_some()
    }

    /// Counts one more key, if one more may be remembered. It is uncounted again unless it is
    /// remembered.
    #[must_use]
    pub fn reserve(&mut self) -> bool {
        let before = self.keys.count.fetch_add(1, Ordering::Relaxed);
        self.reserved = true;
        before < self.keys.max
    }

    /// Remembers that the key, for which a place was counted, was used by the action at `lsn`.
    pub fn remember(mut self, lsn: Lsn) {
        self.reserved = false;
        let hash = self.hash;
        self.shard.insert(hash, lsn);
    }
}

impl Drop for KeyGuard<'_> {
    fn drop(&mut self) {
        if self.reserved {
            self.keys.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

//! The idempotency table: a keyed hash and the log position of the action, and nothing more.
//!
//! Whether a key of the same hash is the same key, and was used for the same thing, is read from
//! the record. The table is [`Lines`]. Shards of it are locked before everything else, so that one key used on two
//! accounts at once is executed once.

mod lines;

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam::utils::CachePadded;
use parking_lot::{Mutex, MutexGuard};
use wal::Lsn;

use self::lines::Lines;
use super::secret::Secret;

const SHARDS: usize = 256;

/// Every key that was ever used.
#[derive(Debug)]
pub struct Keys {
    shards: Box<[CachePadded<Mutex<Lines>>]>,
    secret: Secret,
    bits: u32,
    count: AtomicU64,
    max: u64,
}

/// The shard of one key, locked.
pub struct KeyGuard<'a> {
    shard: MutexGuard<'a, Lines>,
    hash: u64,
    keys: &'a Keys,
    /// Whether a place was counted that is not taken yet.
    reserved: bool,
}

impl Keys {
    /// An empty table that remembers at most `max` keys. `bits` of the hash are used: 64, or few
    /// where a test wants keys to collide.
    #[must_use]
    pub fn new(secret: Secret, bits: u32, max: u64) -> Self {
        let shards = (0..SHARDS).map(|_| CachePadded::default()).collect();
        Self { shards, secret, bits, count: AtomicU64::new(0), max }
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Locks the shard of `key`.
    pub fn lock(&self, key: &str) -> KeyGuard<'_> {
        let hash = self.secret.digest(key).hash;
        let hash = hash >> 64_u32.saturating_sub(self.bits).min(63);
        // The table does not keep the lowest bits: they choose the shard.
        let n = usize::from(hash.to_le_bytes()[0]) % SHARDS;
        KeyGuard { shard: self.shards[n].lock(), hash, keys: self, reserved: false }
    }
}

impl KeyGuard<'_> {
    /// An action whose key has the same hash, other than those in `others`, which were found to
    /// have different keys.
    #[must_use]
    pub fn seen(&self, others: &[Lsn]) -> Option<Lsn> {
        self.shard.find(self.hash, |lsn| !others.contains(&lsn))
    }

    /// Counts one more key, if one more may be remembered. It is uncounted again unless it is
    /// remembered.
    #[must_use]
    pub fn reserve(&mut self) -> bool {
        let before = self.keys.count.fetch_add(1, Ordering::Relaxed);
        self.reserved = true;
        before < self.keys.max
    }

    /// Remembers that the key was used by the action at `lsn`. Recovery does so without asking
    /// for a place: no key is forgotten.
    pub fn remember(mut self, lsn: Lsn) {
        if !std::mem::take(&mut self.reserved) {
            self.keys.count.fetch_add(1, Ordering::Relaxed);
        }
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

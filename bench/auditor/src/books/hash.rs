//! Texts remembered by 128 bits of a keyed hash: they come from outside, and would fill the memory.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

/// Two secret hashes side by side.
#[derive(Debug, Default)]
pub(super) struct Hash(RandomState, RandomState);

impl Hash {
    pub(super) fn text(&self, text: &str) -> u128 {
        join(self.0.hash_one(text), self.1.hash_one(text))
    }

    /// The same text at another account is another.
    pub(super) fn text_at(&self, slot: Option<usize>, text: &str) -> u128 {
        join(self.0.hash_one((slot, text)), self.1.hash_one((slot, text)))
    }
}

fn join(high: u64, low: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

/// For tables whose keys are hashes already.
pub(super) type Known = BuildHasherDefault<Half>;

/// Half of a hash.
#[derive(Debug, Default)]
pub(super) struct Half(u64);

impl Hasher for Half {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(half) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*half);
        }
    }
}

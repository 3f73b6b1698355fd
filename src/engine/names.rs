//! How the names of accounts are hashed: fast, and by the secret, so that nobody can choose names
//! that collide.
//!
//! A life that begins on a snapshot goes on with its secret, so it finds every account in the shard
//! that it was in. Nothing depends on that but the speed of loading: should the hash become another
//! one, accounts land elsewhere.

use std::hash::Hasher;

use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

use super::secret::Secret;

/// The hash of names in one life.
#[derive(Debug)]
pub struct Names {
    own: u64,
    shared: SharedSeed,
}

impl Names {
    /// The hash that `secret` keys.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        let seed = |of| secret.digest(of).hash;
        Self { own: seed("names of accounts"), shared: SharedSeed::from_u64(seed("shared seed")) }
    }

    /// The hash of a name.
    #[must_use]
    pub fn hash(&self, name: impl AsRef<[u8]>) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.own, &self.shared);
        hasher.write(name.as_ref());
        hasher.finish()
    }
}

//! A keyed hash of texts that come from outside, so that nobody can choose texts that collide.

use std::hash::{BuildHasher, RandomState};

use siphasher::sip128::SipHasher13;

/// A secret of this process, and the hash (SipHash-1-3, 128 bits) that it keys.
#[derive(Clone, Copy, Debug)]
pub struct Secret {
    hasher: SipHasher13,
}

impl Secret {
    /// A new secret, drawn from the operating system.
    #[must_use]
    pub fn random() -> Self {
        let draw = |n: u8| RandomState::new().hash_one(n);
        Self { hasher: SipHasher13::new_with_keys(draw(0), draw(1)) }
    }

    /// The secret of another life.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 16]) -> Self {
        Self { hasher: SipHasher13::new_with_key(bytes) }
    }

    /// What another life needs to hash alike.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.hasher.key()
    }

    /// 64 bits of the hash of some bytes.
    #[must_use]
    pub fn hash(&self, bytes: &[u8]) -> u64 {
        self.hasher.hash(bytes).h1
    }

    /// The hash of `text`: 64 bits to find it by, and 32 more to tell it from others.
    #[must_use]
    pub fn digest(&self, text: impl AsRef<[u8]>) -> Digest {
        let hash = self.hasher.hash(text.as_ref());
        let check = hash.h2.to_le_bytes();
        Digest {
            hash: hash.h1,
            check: u32::from_le_bytes([check[0], check[1], check[2], check[3]]),
        }
    }
}

/// 96 bits that stand for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Where a table keeps it.
    pub hash: u64,
    /// What tells it from others of the same hash.
    pub check: u32,
}

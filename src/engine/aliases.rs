//! By which other names accounts are known: Open Fabric's `account_id`, and the customer's
//! `tenant_customer_ref`, which several accounts may share.
//!
//! The table keeps hashes and places. Whether an account really has the name is told by its own
//! profile, which whoever asks compares.

use hashbrown::HashTable;
use parking_lot::RwLock;
use smallvec::SmallVec;

use super::names::Names;
use super::record::Profile;
use super::state::ShardNumber;
use super::transactions::Slot;

/// What kind of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias {
    /// `account_id`
    AccountId,
    /// `tenant_customer_ref`
    TenantCustomerRef,
}

/// Where an account is.
pub type Whereabouts = (ShardNumber, Slot);

/// The other names of all accounts.
#[derive(Debug, Default)]
pub struct Aliases(RwLock<HashTable<Entry>>);

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    at: Whereabouts,
}

impl Alias {
    /// The name of this kind that a profile says.
    #[must_use]
    pub fn of<'a>(self, profile: &'a Profile<'_>) -> Option<&'a str> {
        match self {
            Self::AccountId => profile.account_id.as_deref(),
            Self::TenantCustomerRef => profile.tenant_customer_ref.as_deref(),
        }
    }

    /// One kind's names are never taken for the other's.
    fn hash(self, names: &Names, text: &str) -> u64 {
        let hash = names.hash(text);
        match self {
            Self::AccountId => hash,
            Self::TenantCustomerRef => hash.rotate_left(32),
        }
    }
}

impl Aliases {
    /// Notes the names of the account that is there. They never change.
    pub fn note(&self, names: &Names, profile: &Profile<'_>, at: Whereabouts) {
        for alias in [Alias::AccountId, Alias::TenantCustomerRef] {
            let Some(text) = alias.of(profile) else { continue };
            let entry = Entry { hash: alias.hash(names, text), at };
            self.0.write().insert_unique(entry.hash, entry, |entry| entry.hash);
        }
    }

    /// Where accounts are that may have this name.
    #[must_use]
    pub fn find(&self, names: &Names, alias: Alias, text: &str) -> SmallVec<[Whereabouts; 4]> {
        let hash = alias.hash(names, text);
        let table = self.0.read();
        table.iter_hash(hash).filter(|entry| entry.hash == hash).map(|entry| entry.at).collect()
    }
}

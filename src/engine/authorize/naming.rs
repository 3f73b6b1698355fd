//! Which account an authorization is about: by `tenant_account_ref`, else `account_id`, else
//! `tenant_customer_ref`. Of several the currency tells; names that contradict each other name none.

use compact_str::CompactString;
use wal::Storage;

use crate::engine::Engine;
use crate::engine::aliases::{Alias, Whereabouts};
use crate::engine::shard::Resident;
use crate::ledger::{Currency, Decline, Refusal};

/// The names that an authorization gives; at least one is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountNames<'a> {
    /// The tenant's own.
    pub tenant_account_ref: Option<&'a str>,
    /// Open Fabric's.
    pub account_id: Option<&'a str>,
    /// The customer's.
    pub tenant_customer_ref: Option<&'a str>,
}

/// The account that was named.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub tenant_account_ref: CompactString,
    /// The currency of its only balance; `None` where it has several.
    pub currency: Option<Currency>,
}

impl<S: Storage> Engine<S> {
    /// Finds the account of these names, which has a balance in `currency` where that is given and
    /// several accounts have the name.
    ///
    /// # Errors
    /// When there is none, when there are several, or when the names contradict each other.
    pub fn named(
        &self,
        names: &AccountNames<'_>,
        currency: Option<Currency>,
    ) -> Result<Named, Decline> {
        let none = Decline::Refused(Refusal::AccountNotFound);
        let (alias, text) = match (names.account_id, names.tenant_customer_ref) {
            _ if names.tenant_account_ref.is_some() => {
                let found = names.tenant_account_ref.and_then(|text| self.whereabouts_of(text));
                return self.unless_others(names, self.look(found.ok_or(none)?, names)?);
            }
            (Some(text), _) => (Alias::AccountId, text),
            (None, Some(text)) => (Alias::TenantCustomerRef, text),
            (None, None) => return Err(none),
        };
        let candidates = self.candidates(alias, text);
        if candidates.is_empty() {
            return Err(none);
        }
        let at = self.only(&candidates, currency).ok_or(Decline::AccountAmbiguous)?;
        self.look(at, names)
    }

    fn whereabouts_of(&self, tenant_account_ref: &str) -> Option<Whereabouts> {
        let name = self.state.name(tenant_account_ref);
        let number = self.state.shard_of(name);
        Some((number, self.state.lock(number).find(name)?))
    }

    /// Where the accounts are that have this name.
    fn candidates(&self, alias: Alias, text: &str) -> Vec<Whereabouts> {
        let mut candidates = self.state.whereabouts_of(alias, text).to_vec();
        candidates.retain(|at| self.at(*at, |it| it.alias(alias) == Some(text)) == Some(true));
        candidates
    }

    /// The one account of several that has a balance in `currency`.
    fn only(&self, candidates: &[Whereabouts], currency: Option<Currency>) -> Option<Whereabouts> {
        if let [at] = candidates {
            return Some(*at);
        }
        let currency = currency?;
        let has = |at: &&Whereabouts| self.at(**at, |it| it.account.has(currency)) == Some(true);
        let mut having = candidates.iter().filter(has);
        having.next().filter(|_| having.next().is_none()).copied()
    }

    /// The account there, unless it says of itself another name than was given.
    fn look(&self, at: Whereabouts, names: &AccountNames<'_>) -> Result<Named, Decline> {
        let named = self.at(at, |it| {
            let agrees = |alias, given: Option<&str>| {
                given.is_none_or(|given| it.alias(alias).is_none_or(|own| own == given))
            };
            let agree = agrees(Alias::AccountId, names.account_id)
                && agrees(Alias::TenantCustomerRef, names.tenant_customer_ref);
            let mut pockets = it.account.balances().map(|(_, pocket)| pocket.currency);
            let currency = pockets.next().filter(|_| pockets.next().is_none());
            agree.then(|| Named { tenant_account_ref: it.name.clone(), currency })
        });
        named.flatten().ok_or(Decline::NamesContradict)
    }

    /// The account, unless a name that it does not say of itself is that of another.
    fn unless_others(&self, names: &AccountNames<'_>, named: Named) -> Result<Named, Decline> {
        let given = [
            (Alias::AccountId, names.account_id),
            (Alias::TenantCustomerRef, names.tenant_customer_ref),
        ];
        for (alias, text) in given {
            let candidates = text.map(|text| self.candidates(alias, text)).unwrap_or_default();
            let own = |at: &Whereabouts| self.at(*at, |it| it.name == named.tenant_account_ref);
            if !candidates.is_empty() && !candidates.iter().any(|at| own(at) == Some(true)) {
                return Err(Decline::NamesContradict);
            }
        }
        Ok(named)
    }

    fn at<T>(&self, (shard, slot): Whereabouts, look: impl FnOnce(&Resident) -> T) -> Option<T> {
        self.state.lock(shard).resident(slot).map(look)
    }
}

impl Resident {
    fn alias(&self, alias: Alias) -> Option<&str> {
        self.description.as_ref().and_then(|description| alias.of(&description.profile))
    }
}

//! Accounts as the operator sees them: opened, amended, looked at, listed.

use std::borrow::Cow;

use compact_str::CompactString;
use wal::{Lsn, Storage};

use super::Engine;
use super::log::{Stamp, Unavailable};
use super::names::Names;
use super::record::{AccountAmended, AccountOpened, Profile};
use super::roster::Place;
use super::shard::{Description, Name, Resident, Shard};
use super::transactions::Slot;
use crate::ledger::{
    Account, ActionRef, Amendment, BalanceRef, Hold, HoldRef, Moment, Opening, Pocket, Status,
};

/// An account as it was at one moment.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// Its name.
    pub tenant_account_ref: CompactString,
    /// Whether it may be spent from.
    pub status: Status,
    /// What it says of itself.
    pub profile: Option<Box<Profile<'static>>>,
    /// When it was opened.
    pub created_at: Moment,
    /// The moment of the view.
    pub as_of: Moment,
    /// Its balances.
    pub balances: Vec<(BalanceRef, Pocket)>,
    /// The newest record that the view reveals.
    pub seen: Lsn,
}

/// What became of a request to open an account.
#[derive(Debug)]
pub enum Opened {
    /// It was opened now.
    New(AccountView),
    /// There is one of that name, which this record opened.
    Exists(Lsn),
}

/// Why an account was not amended. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// There is none of that name.
    #[error("there is no such account")]
    NotFound,
    /// Only an empty account can be closed; this record is the newest that the refusal reveals.
    #[error("only an account with nothing owned, held or reserved can be closed")]
    NotEmpty(Lsn),
    /// A limit is for a currency that the account does not have; this record is the newest that
    /// the refusal reveals.
    #[error("the account has no balance in {0}")]
    NoSuchCurrency(crate::ledger::Currency, Lsn),
    /// An account has at most so many balances; this record is the newest that the refusal reveals.
    #[error("an account has at most {} balances", Account::BALANCES_MAX)]
    TooManyBalances(Lsn),
    /// Nothing can be taken now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Which holds of an account are asked for.
#[derive(Clone, Copy, Debug)]
pub struct HoldsAsked {
    /// Those at zero too.
    pub all: bool,
    /// Only those after this one.
    pub after: Option<HoldRef>,
    /// How many at the most.
    pub limit: usize,
}

/// Some holds of an account at one moment.
#[derive(Clone, Debug)]
pub struct HoldsPage {
    /// Oldest first.
    pub holds: Vec<HoldView>,
    /// Whether there are more behind them.
    pub more: bool,
    /// The newest record that they reveal.
    pub seen: Lsn,
}

/// A hold as it was at one moment.
#[derive(Clone, Debug)]
pub struct HoldView {
    /// Its name.
    pub hold: HoldRef,
    /// The balance that it is set aside from.
    pub balance: BalanceRef,
    /// What the balance is in.
    pub pocket: Pocket,
    /// Its sums.
    pub sums: Hold,
}

impl AccountView {
    /// The action that opened it, which its balances are named by.
    #[must_use]
    pub fn opened(&self) -> Option<ActionRef> {
        self.balances.first().map(|(balance, _)| balance.opened())
    }
}

impl AmendError {
    /// The position that the log must have reached before this may be told, where it reveals
    /// something. That there is no account reveals nothing: accounts never go away.
    #[must_use]
    pub const fn reveals(&self) -> Option<Lsn> {
        match self {
            Self::NotEmpty(seen) | Self::TooManyBalances(seen) | Self::NoSuchCurrency(_, seen) => {
                Some(*seen)
            }
            _ => None,
        }
    }
}

impl<S: Storage> Engine<S> {
    /// Opens an account, unless there is one of that name.
    ///
    /// # Errors
    /// When nothing can be taken now, or when it is larger than a record; then certainly nothing
    /// was done.
    pub fn open_account(
        &self,
        tenant_account_ref: &str,
        opening: Opening,
        profile: Profile<'_>,
    ) -> Result<Opened, Unavailable> {
        let name = self.state.name(tenant_account_ref);
        let mut roster = self.state.roster.lock();
        let mut shard = self.state.lock_of(name);
        if let Some(found) = shard.find(name).and_then(|slot| shard.resident(slot)) {
            return Ok(Opened::Exists(Lsn::new(found.account.opened().position())));
        }
        let opened = AccountOpened { tenant_account_ref, opening, profile };
        let stamp = self.log.append(&[Lsn::ZERO; 3], &opened)?;
        // From here the account is open, and nothing can fail.
        let slot = shard.take_opened(name, opened, stamp, self.state.names());
        let number = self.state.shard_of(name);
        roster.push(Place::new(number, slot));
        self.state.note_aliases(&shard, (number, slot));
        let found = shard.resident(slot).map(|found| view(found, stamp.at));
        Ok(Opened::New(found.unwrap_or_else(|| unreachable!("it was admitted above"))))
    }

    /// Changes an account.
    ///
    /// # Errors
    /// When there is no such account, when it may not be changed so, or when nothing can be taken
    /// now. Nothing changed.
    pub fn amend_account(
        &self,
        tenant_account_ref: &str,
        amendment: Amendment,
        metadata: Option<&str>,
    ) -> Result<AccountView, AmendError> {
        let name = self.state.name(tenant_account_ref);
        let mut shard = self.state.lock_of(name);
        let slot = shard.find(name).ok_or(AmendError::NotFound)?;
        let found = shard.resident(slot).ok_or(AmendError::NotFound)?;
        check(found, &amendment)?;
        let (after, metadata) = (found.amended(&amendment), metadata.map(Cow::Borrowed));
        let amended = AccountAmended { tenant_account_ref, amendment, metadata, after };
        let links = shard.links(slot, None);
        let stamp = self.log.append(&links, &amended)?;
        // From here the account is amended, and nothing can fail.
        shard.amend(slot, amended, stamp);
        shard.resident(slot).map(|found| view(found, stamp.at)).ok_or(AmendError::NotFound)
    }

    /// An account as it is now. That there is none reveals nothing: accounts never go away.
    pub fn account(&self, tenant_account_ref: &str) -> Option<AccountView> {
        self.state.look(tenant_account_ref, |_, _, found| view(found, self.log.clock.tick()))
    }

    /// Holds of an account, oldest first.
    pub fn holds(&self, tenant_account_ref: &str, asked: HoldsAsked) -> Option<HoldsPage> {
        self.state.look(tenant_account_ref, |_, _, found| holds(found, asked))
    }

    /// Up to `limit` accounts in the order in which they were opened, after the one that the
    /// record `after` opened, of those that `wanted` accepts; and whether there may be more.
    pub fn accounts(
        &self,
        after: Lsn,
        limit: usize,
        wanted: impl Fn(&AccountView) -> bool,
    ) -> (Vec<AccountView>, bool) {
        let mut from = self.state.opened_up_to(&self.state.roster.lock(), after);
        let mut page = Vec::new();
        loop {
            let chunk = self.places_from(from);
            if chunk.is_empty() {
                return (page, false);
            }
            from = from.saturating_add(chunk.len());
            for place in chunk {
                if page.len() == limit {
                    return (page, true);
                }
                page.extend(self.listed(place).filter(&wanted));
            }
        }
    }

    fn places_from(&self, from: usize) -> Vec<Place> {
        const CHUNK: usize = 1024;
        let roster = self.state.roster.lock();
        (from..).take(CHUNK).map_while(|n| roster.get(n).copied()).collect()
    }

    fn listed(&self, place: Place) -> Option<AccountView> {
        let (shard, slot) = place.parts();
        let shard = self.state.lock(shard);
        shard.resident(slot).map(|found| view(found, self.log.clock.tick()))
    }
}

impl Shard {
    /// Takes in an account that was opened.
    pub(super) fn take_opened(
        &mut self,
        name: Name<'_>,
        opened: AccountOpened<'_>,
        stamp: Stamp,
        names: &Names,
    ) -> Slot {
        let profile = opened.profile.into_owned();
        let described = profile != Profile::default();
        let description =
            described.then(|| Box::new(Description { profile, ..Description::default() }));
        let mut resident = Resident {
            name: name.text.into(),
            account: Account::open(&opened.opening, stamp.action()),
            chain: super::chain::Chain::default(),
            description,
            created_at: stamp.at,
        };
        resident.chain.push(stamp.lsn);
        self.admit(name, resident, |text| names.hash(text))
    }

    /// Makes an amendment true.
    pub(super) fn amend(&mut self, slot: Slot, amended: AccountAmended<'_>, stamp: Stamp) {
        let Some(found) = self.resident_mut(slot) else { return };
        found.account.amend(&amended.amendment);
        if let Some(metadata) = amended.metadata {
            let description = found.description.get_or_insert_default();
            description.profile.metadata = Some(Cow::Owned(metadata.into_owned()));
            description.by = Some(stamp.action());
        }
        self.note(slot, None, stamp.lsn);
    }
}

fn check(found: &Resident, amendment: &Amendment) -> Result<(), AmendError> {
    let account = &found.account;
    if amendment.status == Some(Status::Closed) && !account.is_empty() {
        return Err(AmendError::NotEmpty(found.chain.newest()));
    }
    let added = amendment.add_currencies.iter().filter(|currency| !account.has(**currency));
    let balances = account.balances().count().saturating_add(added.count());
    let named = amendment.add_currencies.len().max(amendment.overdraft_limits.len());
    if balances.max(named) > Account::BALANCES_MAX {
        return Err(AmendError::TooManyBalances(found.chain.newest()));
    }
    let known = |currency| account.has(currency) || amendment.add_currencies.contains(&currency);
    let limits = amendment.overdraft_limits.iter().map(|(currency, _)| *currency);
    let unknown = limits.into_iter().find(|currency| !known(*currency));
    let seen = found.chain.newest();
    unknown.map_or(Ok(()), |currency| Err(AmendError::NoSuchCurrency(currency, seen)))
}

fn holds(found: &Resident, asked: HoldsAsked) -> HoldsPage {
    let account = &found.account;
    let holds = account.holds();
    let from = holds.partition_point(|(hold, _)| Some(*hold) <= asked.after);
    let wanted = |(_, sums): &&(HoldRef, Hold)| asked.all || !sums.held().is_zero();
    let mut shown = holds.iter().skip(from).filter(wanted);
    let view = |(hold, sums): &(HoldRef, Hold)| {
        let balance = BalanceRef::new(account.opened(), sums.ordinal);
        let pocket = *account.pocket(sums.ordinal)?;
        Some(HoldView { hold: *hold, balance, pocket, sums: *sums })
    };
    let holds = shown.by_ref().take(asked.limit).filter_map(view).collect();
    HoldsPage { holds, more: shown.next().is_some(), seen: found.chain.newest() }
}

fn view(found: &Resident, as_of: Moment) -> AccountView {
    AccountView {
        tenant_account_ref: found.name.clone(),
        status: found.account.status(),
        profile: found.description.as_ref().map(|it| Box::new(it.profile.clone())),
        created_at: found.created_at,
        as_of,
        balances: found.account.balances().map(|(name, pocket)| (name, *pocket)).collect(),
        seen: found.chain.newest(),
    }
}

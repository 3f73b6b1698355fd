//! A snapshot read back: the state that it is a copy of, and what each part of it has seen.
//!
//! Every unit is checked by itself while it is read, all of them together at the end. Nothing of a
//! snapshot that is not right is used.

use std::sync::Arc;

use wal::Lsn;

use super::account::ACCOUNT_MIN;
use super::parts::{ENTRY, Foot, Head};
use super::sections::Joiner;
use super::unit::{Shards, Unit};
use crate::engine::books::Books;
use crate::engine::currencies::Currencies;
use crate::engine::keys::{self, Keys};
use crate::engine::record::{Malformed, Reader};
use crate::engine::secret::Secret;
use crate::engine::shard::Resident;
use crate::engine::state::{Listed, ShardNumber, State};
use crate::engine::transactions::Slot;
use crate::ledger::{Moment, Ruleset};

/// Why a snapshot is not used. The log is not to blame: an older snapshot or none is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot has a bad {part} in section {section}")]
pub struct BadSnapshot {
    /// The section, from zero.
    pub section: u64,
    /// What of it.
    pub part: &'static str,
}

/// What a snapshot must agree with to be used.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The currencies that accounts may be in.
    pub currencies: &'a Currencies,
    /// How many bits of a key's hash are used.
    pub key_bits: u32,
    /// How many keys are remembered before new actions are refused.
    pub max_keys: u64,
}

/// A state that the log is replayed on.
#[derive(Debug)]
pub struct Base {
    /// The state.
    pub state: State,
    /// What it has seen of the log.
    pub seen: Seen,
    /// The first record that is to be replayed.
    pub from: Lsn,
    /// The newest record that any part of it has seen.
    pub upto: Lsn,
    /// Before that first record and all behind it.
    pub before: Option<Moment>,
    /// Not before any record that any part of it has seen.
    pub last: Option<Moment>,
}

/// The newest record that the parts which are not accounts have seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Each shard of the keys.
    pub keys: Vec<Lsn>,
    /// The strays.
    pub strays: Lsn,
}

impl Seen {
    /// Whether that shard of the keys has seen the record at `lsn`.
    #[must_use]
    pub fn key(&self, shard: usize, lsn: Lsn) -> bool {
        self.keys.get(shard).is_some_and(|seen| lsn <= *seen)
    }
}

impl Base {
    /// Nothing yet: all of the log is replayed on it.
    #[must_use]
    pub fn nothing(limits: &Limits<'_>) -> Self {
        let nothing = vec![Lsn::ZERO; usize::from(keys::SHARDS)];
        Self {
            state: state(Secret::random(), limits),
            seen: Seen { keys: nothing, strays: Lsn::ZERO },
            from: Lsn::ZERO.next(),
            upto: Lsn::ZERO,
            before: None,
            last: None,
        }
    }
}

fn state(secret: Secret, limits: &Limits<'_>) -> State {
    State::new(Keys::new(secret, limits.key_bits, limits.max_keys), secret)
}

/// A snapshot that is being read.
pub struct Loader<'a> {
    limits: Limits<'a>,
    joiner: Joiner,
    /// How many sections were read.
    sections: u64,
    /// The unit that the next section belongs to.
    unit: Option<Unit>,
    head: Option<(Head, State)>,
    seen: Seen,
    roster: Vec<Listed>,
    newest: Lsn,
    foot: Option<Foot>,
}

impl<'a> Loader<'a> {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(limits: Limits<'a>) -> Self {
        Self {
            limits,
            joiner: Joiner::default(),
            sections: 0,
            unit: Some(Unit::Head),
            head: None,
            seen: Seen { keys: Vec::new(), strays: Lsn::ZERO },
            roster: Vec::new(),
            newest: Lsn::ZERO,
            foot: None,
        }
    }

    /// Reads the next section.
    ///
    /// # Errors
    /// When it is not right. Then no more may be read.
    pub fn section(&mut self, section: &[u8]) -> Result<(), BadSnapshot> {
        let read = self.read(section).map_err(|malformed| self.bad(malformed));
        self.sections = self.sections.saturating_add(1);
        read
    }

    /// The state, once all sections were read.
    ///
    /// # Errors
    /// When there were too few of them, or they do not fit each other.
    pub fn finish(mut self) -> Result<Base, BadSnapshot> {
        let bad = self.bad(Malformed("end"));
        let (Some((head, state)), Some(foot)) = (self.head.take(), self.foot) else {
            return Err(bad);
        };
        self.fit(&head, &foot, &state).map_err(|malformed| self.bad(malformed))?;
        state.roster.lock().extend(self.roster.into_iter().map(|listed| listed.place));
        Ok(Base {
            state,
            seen: self.seen,
            from: head.from,
            upto: foot.upto,
            before: Some(head.before),
            last: Some(foot.last),
        })
    }

    const fn bad(&self, Malformed(part): Malformed) -> BadSnapshot {
        BadSnapshot { section: self.sections, part }
    }

    fn read(&mut self, section: &[u8]) -> Result<(), Malformed> {
        let unit = self.unit.ok_or(Malformed("end"))?;
        let Some(body) = self.joiner.join(unit, section)? else { return Ok(()) };
        let r = Reader(&body);
        match (unit, &self.head) {
            (Unit::Head, _) => self.head = Some(self.read_head(r)?),
            (Unit::Keys(number), Some((_, state))) => {
                self.seen.keys.push(read_keys(state, number, r)?);
            }
            (Unit::Strays, Some((_, state))) => {
                self.seen.strays = read_strays(state, &self.limits, r)?;
            }
            (Unit::Accounts(number), Some((_, state))) => {
                let newest = read_accounts(state, number, &self.limits, r, &mut self.roster)?;
                self.newest = self.newest.max(newest);
            }
            (Unit::Foot, Some(_)) => self.foot = Some(read_whole(r, Reader::foot)?),
            (_, None) => return Err(Malformed("kind")),
        }
        self.unit = self.head.as_ref().and_then(|(head, _)| unit.next(head.shards));
        Ok(())
    }

    fn read_head(&self, r: Reader<'_>) -> Result<(Head, State), Malformed> {
        let head = read_whole(r, Reader::head)?;
        let Shards { keys, .. } = head.shards;
        if (keys, head.key_bits) != (keys::SHARDS, self.limits.key_bits) {
            return Err(Malformed("layout of the keys"));
        }
        Ok((head, state(head.secret, &self.limits)))
    }

    /// Whether the units are of one snapshot.
    fn fit(&mut self, head: &Head, foot: &Foot, state: &State) -> Result<(), Malformed> {
        let fits = |fits: bool, part| if fits { Ok(()) } else { Err(Malformed(part)) };
        self.roster.sort_unstable_by_key(|listed| listed.opened);
        let accounts = u64::try_from(self.roster.len()).unwrap_or(u64::MAX);
        fits(accounts == foot.accounts, "number of accounts")?;
        fits(state.keys.count() == foot.keys, "number of keys")?;
        fits(self.roster.is_sorted_by(|a, b| a.opened < b.opened), "order of accounts")?;
        fits(self.newest <= foot.upto && head.before <= foot.last, "end")?;
        let known = head.from.previous()..=foot.upto;
        let mut seen = self.seen.keys.iter().chain([&self.seen.strays]);
        fits(head.from > Lsn::ZERO && seen.all(|lsn| known.contains(lsn)), "position")
    }
}

fn read_whole<'a, T>(
    mut r: Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    let part = read(&mut r)?;
    r.end()?;
    Ok(part)
}

/// What the shard has seen.
fn read_keys(state: &State, number: u16, mut r: Reader<'_>) -> Result<Lsn, Malformed> {
    let seen = r.lsn()?;
    let keys = r.keys()?;
    if !keys.clone().all(|key| is_seen(key.position(), seen)) {
        return Err(Malformed("position"));
    }
    state.keys.admit(number, keys);
    Ok(seen)
}

/// What the strays have seen.
fn read_strays(state: &State, limits: &Limits<'_>, mut r: Reader<'_>) -> Result<Lsn, Malformed> {
    let seen = r.lsn()?;
    let mut strays = state.lock_strays();
    for _ in 0..r.u32()? {
        let entry = r.entry()?;
        let stray = entry.slot() == Slot::NOBODY && is_seen(entry.newest(), seen);
        if !stray || !strays.transactions.admit(entry) {
            return Err(Malformed("transaction"));
        }
    }
    read_books(&mut strays.books, limits, &mut r)?;
    strays.notifications = r.chain()?.unwrap_or_default();
    let rules = r.ruleset()?;
    for it in r.breaks()? {
        let known = it.opened.max(it.resolved) <= seen && it.opened > Lsn::ZERO;
        if !known || !strays.breaks.admit(it) {
            return Err(Malformed("break"));
        }
    }
    r.end()?;
    known_rules(&rules, limits)?;
    *state.limits.write() = Arc::new(rules);
    let fits = strays.notifications.newest() <= seen;
    if fits { Ok(seen) } else { Err(Malformed("position")) }
}

/// The newest record of any of the accounts, most or all of which are in the shard of that number
/// again.
fn read_accounts(
    state: &State,
    number: u16,
    limits: &Limits<'_>,
    mut r: Reader<'_>,
    roster: &mut Vec<Listed>,
) -> Result<Lsn, Malformed> {
    let number = ShardNumber::new(number);
    let accounts = r.u32()?;
    state.reserve(number, r.at_most(accounts, ACCOUNT_MIN), 0);
    let mut placed = Vec::new();
    for _ in 0..accounts {
        let resident = r.resident()?;
        known(&resident, limits)?;
        let newest = resident.chain.newest();
        placed.push((state.place(resident).ok_or(Malformed("account"))?, newest));
    }
    read_entries(state, number, &placed, &mut r)?;
    read_books(&mut state.lock(number).books, limits, &mut r)?;
    r.end()?;
    roster.extend(placed.iter().map(|(listed, _)| *listed));
    Ok(placed.iter().map(|(_, newest)| *newest).max().unwrap_or(Lsn::ZERO))
}

/// The transactions of accounts that are where `placed` says, each with its newest record.
fn read_entries(
    state: &State,
    number: ShardNumber,
    placed: &[(Listed, Lsn)],
    r: &mut Reader<'_>,
) -> Result<(), Malformed> {
    let entries = r.u32()?;
    state.reserve(number, 0, r.at_most(entries, ENTRY));
    for _ in 0..entries {
        let entry = r.entry()?;
        let of = placed.get(entry.slot().index());
        let of = of.filter(|(_, newest)| is_seen(entry.newest(), *newest));
        let (number, slot) = of.ok_or(Malformed("transaction"))?.0.place.parts();
        if !state.lock(number).transactions.admit(entry.at(slot)) {
            return Err(Malformed("transaction"));
        }
    }
    Ok(())
}

fn is_seen(lsn: Lsn, seen: Lsn) -> bool {
    Lsn::ZERO < lsn && lsn <= seen
}

/// Whether the account is in currencies that are configured as they were.
fn known(resident: &Resident, limits: &Limits<'_>) -> Result<(), Malformed> {
    let mut pockets = resident.account.balances().map(|(_, pocket)| pocket.currency);
    let known = pockets.all(|currency| limits.currencies.knows(currency));
    let own = resident.description.as_ref().and_then(|it| it.limits.as_deref());
    own.map_or(Ok(()), |rules| known_rules(rules, limits))?;
    if known { Ok(()) } else { Err(Malformed("currency")) }
}

/// Whether rules are in such currencies.
fn known_rules(rules: &Ruleset, limits: &Limits<'_>) -> Result<(), Malformed> {
    let mut currencies = rules.rules().iter().filter_map(|rule| rule.what.currency());
    let known = currencies.all(|currency| limits.currencies.knows(currency));
    if known { Ok(()) } else { Err(Malformed("currency")) }
}

/// Adds this unit's part of the system accounts, which may be kept anywhere.
fn read_books(books: &mut Books, limits: &Limits<'_>, r: &mut Reader<'_>) -> Result<(), Malformed> {
    for (currency, totals) in r.books()? {
        if !limits.currencies.knows(currency) {
            return Err(Malformed("currency"));
        }
        books.of(currency).add(&totals);
    }
    Ok(())
}

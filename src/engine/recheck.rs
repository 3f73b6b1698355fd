//! A second look at the log, against what it was replayed into: whether each key is remembered
//! under its hash and was used once, and whether the records of an account are found from its
//! newest one back.

use std::collections::BTreeMap;

use wal::{Lsn, RecordRef};

use super::record::Record;
use super::replayed::Replayed;

/// A second look under way.
pub struct Recheck<'a> {
    replayed: &'a Replayed,
    chains: BTreeMap<Box<str>, Vec<Link>>,
    found: Rechecked,
}

/// What a second look found.
#[derive(Clone, Debug, Default)]
pub struct Rechecked {
    /// Records with an idempotency key.
    pub keyed: u64,
    /// How many accounts had all their records walked.
    pub walked: usize,
    /// How many records those were.
    pub walked_records: usize,
    /// Two records whose keys have one hash, and the key of the second: the first is to be read to
    /// tell whether it has the same.
    pub alike: Vec<(Lsn, Lsn, Box<str>)>,
    /// All that is wrong, in words.
    pub wrong: Vec<String>,
}

/// A record of an account, and where its links lead.
#[derive(Clone, Copy)]
struct Link {
    lsn: Lsn,
    previous: Lsn,
    skip: Lsn,
}

impl<'a> Recheck<'a> {
    /// Of all keys, and of the records of `accounts` accounts, spread over all there are.
    #[must_use]
    pub fn new(replayed: &'a Replayed, accounts: usize) -> Self {
        let names = replayed.names(accounts);
        let chains = names.into_iter().map(|name| (name, Vec::new())).collect();
        Self { replayed, chains, found: Rechecked::default() }
    }

    /// Looks at one record; all are to be shown, in order.
    pub fn record(&mut self, stored: &RecordRef<'_>) {
        let lsn = stored.lsn;
        let Ok((record, _)) = Record::decode(stored.payload) else {
            self.found.wrong.push(format!("record {lsn} is not one that this version knows"));
            return;
        };
        if let Some(key) = record.key() {
            let many = matches!(record, Record::Authorization(_) | Record::AuthorizationUndone(_));
            self.key(&key, lsn, !many);
        }
        let (one, other) = record.accounts();
        for name in [one, other].into_iter().flatten() {
            let Some(chain) = self.chains.get_mut(name) else { continue };
            let Some(told) = record.tells(name) else { continue };
            let link = |n: usize| stored.links.at(told.links().saturating_add(n));
            let [previous, skip] = [0, 1].map(|n| link(n).unwrap_or(Lsn::ZERO));
            chain.push(Link { lsn, previous, skip });
        }
    }

    /// What was found, once all records were shown.
    #[must_use]
    pub fn finish(mut self) -> Rechecked {
        let (keyed, remembered) = (self.found.keyed, self.replayed.keys());
        if keyed != remembered {
            let text = format!("{keyed} records have a key, and {remembered} keys are remembered");
            self.found.wrong.push(text);
        }
        for (name, chain) in &self.chains {
            self.found.walked = self.found.walked.saturating_add(1);
            self.found.walked_records = self.found.walked_records.saturating_add(chain.len());
            if let Some(why) = wrong(chain, self.replayed.newest(name)) {
                self.found.wrong.push(format!("account {name:?}: {why}"));
            }
        }
        self.found
    }

    /// An idempotency key is used once, and so is a notification's name; a transaction has many
    /// authorizations.
    fn key(&mut self, key: &str, lsn: Lsn, once: bool) {
        self.found.keyed = self.found.keyed.saturating_add(1);
        let keys = self.replayed.state.keys.lock(key);
        if !keys.knows(lsn) {
            self.found.wrong.push(format!("the key of record {lsn} is not remembered"));
        }
        let mut others = vec![lsn];
        while let Some(other) = keys.seen(&others) {
            if once && other < lsn {
                self.found.alike.push((other, lsn, key.into()));
            }
            others.push(other);
        }
    }
}

/// What is wrong with the records of an account, whose newest is remembered to be `newest`.
fn wrong(chain: &[Link], newest: Option<(Lsn, u32)>) -> Option<String> {
    let last = chain.last().map_or(Lsn::ZERO, |link| link.lsn);
    let count = u32::try_from(chain.len()).unwrap_or(u32::MAX);
    if newest != Some((last, count)) {
        return Some(format!("{newest:?} is remembered, and the log has {count} up to {last}"));
    }
    let mut before = Lsn::ZERO;
    for (n, link) in chain.iter().enumerate() {
        if link.previous != before {
            return Some(format!("record {} leads back to {}", link.lsn, link.previous));
        }
        let earlier = &chain[..n];
        let known = earlier.binary_search_by_key(&link.skip, |link| link.lsn).is_ok();
        if link.skip != Lsn::ZERO && !known {
            return Some(format!("record {} skips to {}", link.lsn, link.skip));
        }
        before = link.lsn;
    }
    None
}

impl Replayed {
    /// Names of at most so many accounts, spread over all there are.
    fn names(&self, accounts: usize) -> Vec<Box<str>> {
        let roster = self.state.roster.lock();
        let step = roster.len().div_ceil(accounts.max(1)).max(1);
        let places = roster.iter().step_by(step).map(|place| place.parts());
        let name =
            |(shard, slot)| Some(self.state.lock(shard).resident(slot)?.name.as_str().into());
        places.filter_map(name).collect()
    }

    /// An account's newest record and the number of its records, as they are remembered.
    fn newest(&self, name: &str) -> Option<(Lsn, u32)> {
        self.state.look(name, |_, _, found| (found.chain.newest(), found.chain.length()))
    }
}

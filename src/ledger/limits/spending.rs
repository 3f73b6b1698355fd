//! What an account has spent in the day, the week and the month that it spent in last.

use alloc::vec::Vec;
use core::hash::{BuildHasherDefault, Hash, Hasher};

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use siphasher::sip128::SipHasher13;
use smallvec::SmallVec;

use super::{Day, Frequency};
use crate::ledger::Amount;

/// What an account has spent.
///
/// Always: the sums are those of the transactions' parts whose day is in the period of `day`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// The latest day that anything was counted on: it says which periods the sums are of.
    day: Day,
    /// How many transactions, by frequency.
    counts: [u64; 3],
    /// How much, by balance and frequency. Not even the largest requests, one a second for a month,
    /// fill one; what would be more than full stays full.
    sums: SmallVec<[[u64; 3]; 1]>,
    /// What may still be taken back, by transaction.
    transactions: HashMap<Id, Counted, BuildHasherDefault<OwnHash>>,
}

/// Stands for a card transaction of the account: 128 bits of a hash that is the same in every
/// ledger, so that an account with many of them keeps no text of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub [u64; 2]);

/// Takes an [`Id`], which is a hash, for its own hash.
#[derive(Clone, Copy, Debug, Default)]
struct OwnHash(u64);

/// What a transaction counts. One that counts nothing is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The day on which it counts as a transaction.
    pub first: Day,
    /// Different balances and days, none of them empty.
    pub parts: SmallVec<[Part; 1]>,
}

/// What a transaction counts on one balance and one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which balance of the account.
    pub ordinal: u8,
    /// When.
    pub day: Day,
    /// How much, never zero.
    pub amount: Amount,
}

impl Spending {
    /// The latest day that anything was counted on.
    #[must_use]
    pub const fn day(&self) -> Day {
        self.day
    }

    /// How much was spent out of a balance in the period that `today` is in.
    #[must_use]
    pub fn spent(&self, ordinal: u8, frequency: Frequency, today: Day) -> u64 {
        let sums = self.sums.get(usize::from(ordinal)).filter(|_| self.lasts(frequency, today));
        sums.map_or(0, |sums| sums[place(frequency)])
    }

    /// How many transactions were made in the period that `today` is in.
    #[must_use]
    pub fn count(&self, frequency: Frequency, today: Day) -> u64 {
        if self.lasts(frequency, today) { self.counts[place(frequency)] } else { 0 }
    }

    /// Whether a transaction counts already, and still will when `today` is counted on.
    #[must_use]
    pub fn knows(&self, transaction_id: &str, today: Day) -> bool {
        let counted = self.transactions.get(&Id::of(transaction_id));
        let mut parts = counted.into_iter().flat_map(|counted| &counted.parts);
        parts.any(|part| is_within_any(self.day.max(today), part.day))
    }

    /// What each transaction counts, in order.
    #[must_use]
    pub fn transactions(&self) -> Vec<(Id, &Counted)> {
        let all = self.transactions.iter().map(|(id, counted)| (*id, counted));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Counts a spend on `today`, or on the latest day where that is later: days never go back.
    /// Returns the day.
    pub fn add(&mut self, transaction_id: &str, ordinal: u8, today: Day, amount: Amount) -> Day {
        if today > self.day {
            self.turn(today);
        }
        self.add_on(transaction_id, ordinal, self.day, amount);
        self.day
    }

    /// Counts what was spent on a day that was counted on before; nothing once no period that the
    /// day is in lasts.
    pub(in crate::ledger) fn add_on(
        &mut self,
        transaction_id: &str,
        ordinal: u8,
        day: Day,
        amount: Amount,
    ) {
        if amount.is_zero() || !is_within_any(self.day, day) {
            return;
        }
        let (first, more) = match self.transactions.entry(Id::of(transaction_id)) {
            Entry::Occupied(mut known) => {
                let counted = known.get_mut();
                let first = counted.first;
                counted.first = first.min(day);
                (Some(first), counted.add(Part { ordinal, day, amount }))
            }
            Entry::Vacant(place) => {
                let parts = [Part { ordinal, day, amount }].into_iter().collect();
                place.insert(Counted { first: day, parts });
                (None, amount)
            }
        };
        if first.is_none_or(|first| day < first) {
            first.into_iter().for_each(|first| self.shift_counts(first, |it| it.saturating_sub(1)));
            self.shift_counts(day, |count| count.saturating_add(1));
        }
        self.shift(ordinal, day, |sum| sum.saturating_add(more.minor()));
    }

    /// Takes back what a transaction counts on one balance and day, at most so much.
    pub(in crate::ledger) fn take_on(
        &mut self,
        transaction_id: &str,
        ordinal: u8,
        day: Day,
        amount: Amount,
    ) {
        if amount.is_zero() {
            return;
        }
        let Entry::Occupied(mut known) = self.transactions.entry(Id::of(transaction_id)) else {
            return;
        };
        let counted = known.get_mut();
        let (first, less) = (counted.first, counted.take(ordinal, day, amount));
        if counted.parts.is_empty() {
            known.remove();
            self.shift_counts(first, |count| count.saturating_sub(1));
        }
        self.shift(ordinal, day, |sum| sum.saturating_sub(less.minor()));
    }

    /// Takes back what a transaction counts on one balance, the newest first, at most so much.
    pub(in crate::ledger) fn take(&mut self, transaction_id: &str, ordinal: u8, amount: Amount) {
        let mut rest = amount;
        while !rest.is_zero() {
            let counted = self.transactions.get(&Id::of(transaction_id));
            let parts = counted.into_iter().flat_map(|counted| &counted.parts);
            let newest = parts.filter(|part| part.ordinal == ordinal).max_by_key(|part| part.day);
            let Some(part) = newest.copied() else { return };
            self.take_on(transaction_id, ordinal, part.day, rest);
            rest = rest.beyond(part.amount);
        }
    }

    /// What these transactions, which are in order, come to; `None` where no account ever came to
    /// it. The last of them was counted on `day` or before.
    #[must_use]
    pub fn from_parts(day: Day, transactions: Vec<(Id, Counted)>, balances: usize) -> Option<Self> {
        let sound = |(_, counted): &(_, Counted)| counted.is_sound(day, balances);
        let sorted = transactions.is_sorted_by(|(a, _), (b, _)| a < b);
        if !sorted || !transactions.iter().all(sound) {
            return None;
        }
        let mut spending = Self { day, ..Self::default() };
        for (id, counted) in transactions {
            spending.shift_counts(counted.first, |count| count.saturating_add(1));
            for part in &counted.parts {
                let minor = part.amount.minor();
                spending.shift(part.ordinal, part.day, |sum| sum.saturating_add(minor));
            }
            spending.transactions.insert(id, counted);
        }
        Some(spending)
    }

    fn lasts(&self, frequency: Frequency, today: Day) -> bool {
        today <= self.day || frequency.joins(self.day, today)
    }

    /// A new day: the periods that it is not in are over, and what only they knew is forgotten.
    fn turn(&mut self, today: Day) {
        for frequency in Frequency::ALL.into_iter().filter(|it| !it.joins(self.day, today)) {
            self.counts[place(frequency)] = 0;
            self.sums.iter_mut().for_each(|sums| sums[place(frequency)] = 0);
        }
        self.day = today;
        self.transactions.retain(|_, counted| {
            counted.parts.retain(|part| is_within_any(today, part.day));
            !counted.parts.is_empty()
        });
    }

    /// Changes the sums of the periods that last and that `day` is in.
    fn shift(&mut self, ordinal: u8, day: Day, change: impl Fn(u64) -> u64) {
        let n = usize::from(ordinal);
        if self.sums.len() <= n {
            self.sums.resize(n.saturating_add(1), [0; 3]);
        }
        let Some(sums) = self.sums.get_mut(n) else { return };
        for frequency in Frequency::ALL.into_iter().filter(|it| it.joins(self.day, day)) {
            sums[place(frequency)] = change(sums[place(frequency)]);
        }
    }

    fn shift_counts(&mut self, day: Day, change: impl Fn(u64) -> u64) {
        for frequency in Frequency::ALL.into_iter().filter(|it| it.joins(self.day, day)) {
            let count = &mut self.counts[place(frequency)];
            *count = change(*count);
        }
    }
}

impl Id {
    fn of(transaction_id: &str) -> Self {
        let hash = SipHasher13::new().hash(transaction_id.as_bytes());
        Self([hash.h1, hash.h2])
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0[0]);
    }
}

impl Hasher for OwnHash {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Counted {
    /// How much more it counts then: all of it, unless that is more than a sum can be.
    fn add(&mut self, more: Part) -> Amount {
        let same = |part: &&mut Part| (part.ordinal, part.day) == (more.ordinal, more.day);
        let Some(part) = self.parts.iter_mut().find(same) else {
            self.parts.push(more);
            return more.amount;
        };
        let before = part.amount;
        part.amount = before.saturating_plus(more.amount);
        part.amount.beyond(before)
    }

    /// How much less it counts then.
    fn take(&mut self, ordinal: u8, day: Day, amount: Amount) -> Amount {
        let same = |part: &Part| (part.ordinal, part.day) == (ordinal, day);
        let Some(n) = self.parts.iter().position(same) else { return Amount::ZERO };
        let Some(part) = self.parts.get_mut(n) else { return Amount::ZERO };
        let less = part.amount.min(amount);
        part.amount = part.amount.beyond(less);
        if part.amount.is_zero() {
            self.parts.remove(n);
        }
        less
    }

    fn is_sound(&self, day: Day, balances: usize) -> bool {
        let sound = |(n, part): (usize, &Part)| {
            let same = |other: &Part| (other.ordinal, other.day) == (part.ordinal, part.day);
            usize::from(part.ordinal) < balances
                && (self.first..=day).contains(&part.day)
                && !part.amount.is_zero()
                && is_within_any(day, part.day)
                && !self.parts.iter().take(n).any(same)
        };
        !self.parts.is_empty() && self.parts.iter().enumerate().all(sound)
    }
}

const fn place(frequency: Frequency) -> usize {
    match frequency {
        Frequency::Daily => 0,
        Frequency::Weekly => 1,
        Frequency::Monthly => 2,
    }
}

/// Whether a day is in a period of `today`.
fn is_within_any(today: Day, day: Day) -> bool {
    Frequency::ALL.into_iter().any(|frequency| frequency.joins(today, day))
}

#[cfg(test)]
mod tests;

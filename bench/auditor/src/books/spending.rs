//! What an account spent in every period, counted anew: sums that are never reset, by the period
//! itself.

use std::collections::HashMap;

use crate::record::Period;

use super::account::Reservation;

/// A period: a day, a week or a month, and which.
type Which = (Period, i32);

const PERIODS: [Period; 3] = [Period::Day, Period::Week, Period::Month];

/// What an account spent.
#[derive(Debug, Default)]
pub(super) struct Spending {
    /// The latest day.
    day: i32,
    sums: HashMap<(u8, Which), i128>,
    counts: HashMap<Which, i64>,
    transactions: HashMap<u128, Counted>,
}

/// What a transaction counts.
#[derive(Debug)]
struct Counted {
    first: i32,
    /// Balance, day, how much.
    parts: Vec<(u8, i32, u64)>,
}

impl Spending {
    /// The day that something of `day` counts on: they never go back.
    pub(super) fn turn(&mut self, day: i32) -> i32 {
        self.day = self.day.max(day);
        self.day
    }

    /// What was spent in the period that it is.
    pub(super) fn spent(&self, ordinal: u8, period: Period) -> i128 {
        let which = (period, number(period, self.day));
        self.sums.get(&(ordinal, which)).copied().unwrap_or(0)
    }

    /// How many transactions there were in the period that it is.
    pub(super) fn count(&self, period: Period) -> i64 {
        self.counts.get(&(period, number(period, self.day))).copied().unwrap_or(0)
    }

    /// Whether a transaction counts already.
    pub(super) fn knows(&mut self, transaction: u128) -> bool {
        self.forget(transaction);
        self.transactions.contains_key(&transaction)
    }

    /// More, on a day that is no later than the latest.
    pub(super) fn add(&mut self, transaction: u128, ordinal: u8, day: i32, amount: u64) {
        if amount == 0 || !joins(self.day, day) {
            return;
        }
        if !self.knows(transaction) {
            self.transactions.insert(transaction, Counted { first: day, parts: Vec::new() });
            self.transacted(day, 1);
        }
        let Some(counted) = self.transactions.get_mut(&transaction) else { return };
        match counted.parts.iter_mut().find(|(o, d, _)| (*o, *d) == (ordinal, day)) {
            Some(part) => part.2 = part.2.saturating_add(amount),
            None => counted.parts.push((ordinal, day, amount)),
        }
        let first = counted.first;
        if day < first {
            counted.first = day;
            self.transacted(first, -1);
            self.transacted(day, 1);
        }
        self.moved(ordinal, day, amount.into());
    }

    /// Less of what a transaction counts on a balance, of that day or of the newest, at most so
    /// much.
    pub(super) fn take(&mut self, transaction: u128, ordinal: u8, day: Option<i32>, amount: u64) {
        let mut rest = amount;
        while rest > 0 {
            self.forget(transaction);
            let Some(counted) = self.transactions.get_mut(&transaction) else { return };
            let theirs = counted.parts.iter_mut();
            let theirs =
                theirs.filter(|(o, d, _)| *o == ordinal && day.is_none_or(|day| *d == day));
            let Some((_, day, part)) = theirs.max_by_key(|(_, day, _)| *day) else { return };
            let (day, less) = (*day, rest.min(*part));
            *part = part.saturating_sub(less);
            rest = rest.saturating_sub(less);
            counted.parts.retain(|(_, _, part)| *part > 0);
            let ended = counted.parts.is_empty().then_some(counted.first);
            if let Some(first) = ended {
                self.transactions.remove(&transaction);
                self.transacted(first, -1);
            }
            self.moved(ordinal, day, -i128::from(less));
        }
    }

    /// So much of a grant is used, and nothing is set aside for it any more.
    pub(super) fn use_up(&mut self, grant: &Reservation, used: u64) {
        let Some(day) = grant.counted else { return };
        let more = used.saturating_sub(grant.reserved);
        let less = grant.reserved.saturating_sub(used);
        self.add(grant.transaction, grant.ordinal, day, more);
        self.take(grant.transaction, grant.ordinal, Some(day), less);
    }

    /// Forgets of a transaction what is in no period that lasts.
    fn forget(&mut self, transaction: u128) {
        let today = self.day;
        let Some(counted) = self.transactions.get_mut(&transaction) else { return };
        counted.parts.retain(|(_, day, _)| joins(today, *day));
        if counted.parts.is_empty() {
            self.transactions.remove(&transaction);
        }
    }

    fn moved(&mut self, ordinal: u8, day: i32, by: i128) {
        for period in PERIODS {
            let sum = self.sums.entry((ordinal, (period, number(period, day)))).or_default();
            *sum = sum.saturating_add(by);
        }
    }

    fn transacted(&mut self, day: i32, by: i64) {
        for period in PERIODS {
            let count = self.counts.entry((period, number(period, day))).or_default();
            *count = count.saturating_add(by);
        }
    }
}

/// Whether two days share a period.
fn joins(a: i32, b: i32) -> bool {
    PERIODS.into_iter().any(|period| number(period, a) == number(period, b))
}

/// Which period a day is in, counted from some period on.
fn number(period: Period, day: i32) -> i32 {
    match period {
        Period::Day => day,
        // 1969-12-29 was a Monday.
        Period::Week => day.saturating_add(3).div_euclid(7),
        Period::Month => month(day),
    }
}

/// Months since 1970, counted on the fingers.
fn month(day: i32) -> i32 {
    let (mut year, mut rest) = (1970_i32, day);
    while rest < 0 {
        year = year.saturating_sub(1);
        rest = rest.saturating_add(lengths(year).iter().sum());
    }
    loop {
        for (month, length) in (0_i32..).zip(lengths(year)) {
            if rest < length {
                return year.saturating_sub(1970).saturating_mul(12).saturating_add(month);
            }
            rest = rest.saturating_sub(length);
        }
        year = year.saturating_add(1);
    }
}

/// How many days the months of a year have.
const fn lengths(year: i32) -> [i32; 12] {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_through_leap_years_and_back() {
        for (day, of) in [(0, 0), (-1, -1), (-365, -12), (30, 0), (31, 1), (58, 1), (59, 2)] {
            assert_eq!(month(day), of, "{day}");
        }
        // 2000-02-29, 2000-03-01, 2026-01-31 and the day after.
        let of = [11_016, 11_017, 20_484, 20_485].map(month);
        assert_eq!(of, [30 * 12 + 1, 30 * 12 + 2, 56 * 12, 56 * 12 + 1]);
    }

    #[test]
    fn what_is_taken_back_leaves_the_periods_that_it_was_in() {
        let mut spending = Spending::default();
        assert_eq!(spending.turn(20_484), 20_484);
        spending.add(1, 0, 20_484, 10);
        spending.turn(20_485);
        spending.add(1, 0, 20_485, 5);
        assert_eq!(PERIODS.map(|it| spending.spent(0, it)), [5, 15, 5]);
        assert_eq!(PERIODS.map(|it| spending.count(it)), [0, 1, 0]);
        spending.take(1, 0, None, 7);
        assert_eq!(PERIODS.map(|it| spending.spent(0, it)), [0, 8, 0]);
        spending.take(1, 0, Some(20_484), 100);
        assert_eq!(PERIODS.map(|it| spending.spent(0, it)), [0, 0, 0]);
        assert_eq!(spending.count(Period::Week), 0);
        assert!(!spending.knows(1));
    }
}

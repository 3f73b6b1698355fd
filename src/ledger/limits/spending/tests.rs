//! What is counted, against a naive recount and example by example.

#![expect(clippy::arithmetic_side_effects, reason = "a recount of small numbers")]

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::*;

fn amount(minor: u64) -> Amount {
    Amount::new(minor).unwrap()
}

/// Numbers that look drawn, the same for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % bound
    }
}

/// All parts by transaction, added up anew for every question.
#[derive(Default)]
struct Naive {
    day: i32,
    first: BTreeMap<String, i32>,
    parts: BTreeMap<(String, u8, i32), u64>,
}

/// Whether two days are in one period, by their dates alone.
fn same(n: usize, a: i32, b: i32) -> bool {
    let month = |day: i32| (Day::new(day).date().0, Day::new(day).date().1);
    match n {
        0 => a == b,
        1 => (a + 3).div_euclid(7) == (b + 3).div_euclid(7),
        _ => month(a) == month(b),
    }
}

impl Naive {
    fn add(&mut self, name: &str, ordinal: u8, day: i32, minor: u64) {
        self.day = self.day.max(day);
        self.forget();
        if minor > 0 && (0..3).any(|n| same(n, day, self.day)) {
            *self.parts.entry((name.into(), ordinal, day)).or_default() += minor;
            let first = self.first.entry(name.into()).or_insert(day);
            *first = day.min(*first);
        }
    }

    fn take_on(&mut self, name: &str, ordinal: u8, day: i32, minor: u64) {
        if let Some(part) = self.parts.get_mut(&(name.into(), ordinal, day)) {
            *part = part.saturating_sub(minor);
        }
        self.forget();
    }

    fn take(&mut self, name: &str, ordinal: u8, minor: u64) {
        for _ in 0..minor {
            let mut theirs = self.parts.iter_mut().rev();
            let newest = theirs.find(|((n, o, _), _)| (&**n, *o) == (name, ordinal));
            let Some((_, part)) = newest else { return };
            *part -= 1;
            self.forget();
        }
    }

    /// What is at zero, and what is in no period any more.
    fn forget(&mut self) {
        let today = self.day;
        let lasts = |day| (0..3).any(|n| same(n, day, today));
        self.parts.retain(|(_, _, day), minor| *minor > 0 && lasts(*day));
        let Self { parts, first, .. } = self;
        first.retain(|name, _| parts.keys().any(|(other, ..)| other == name));
    }

    fn sum(&self, n: usize, ordinal: u8) -> u64 {
        let within = |(_, o, day): &(String, u8, i32)| *o == ordinal && same(n, *day, self.day);
        self.parts.iter().filter(|(part, _)| within(part)).map(|(_, it)| *it).sum()
    }

    fn count(&self, n: usize) -> u64 {
        let counted = self.first.values().filter(|day| same(n, **day, self.day));
        u64::try_from(counted.count()).unwrap()
    }
}

#[test]
fn what_is_counted_is_what_a_naive_recount_comes_to() {
    for seed in 0..300 {
        let mut draw = Draw(seed);
        let (mut spending, mut naive) = (Spending::default(), Naive::default());
        let mut today = 20_400 + i32::try_from(draw.below(400)).unwrap();
        for step in 0..120 {
            let name = format!("t{}", draw.below(6));
            let ordinal = u8::try_from(draw.below(2)).unwrap();
            let minor = draw.below(8);
            let ago = today - i32::try_from(draw.below(9)).unwrap();
            match draw.below(8) {
                0 => today += i32::try_from(draw.below(12)).unwrap(),
                1..4 => {
                    spending.add(&name, ordinal, Day::new(today), amount(minor));
                    naive.add(&name, ordinal, today, minor);
                }
                4 if ago <= naive.day => {
                    spending.add_on(&name, ordinal, Day::new(ago), amount(minor));
                    naive.add(&name, ordinal, ago, minor);
                }
                5 => {
                    spending.take_on(&name, ordinal, Day::new(ago), amount(minor));
                    naive.take_on(&name, ordinal, ago, minor);
                }
                _ => {
                    spending.take(&name, ordinal, amount(minor));
                    naive.take(&name, ordinal, minor);
                }
            }
            agree(&spending, &naive, &format!("seed {seed}, step {step}"));
        }
    }
}

fn agree(spending: &Spending, naive: &Naive, place: &str) {
    let today = Day::new(naive.day);
    for (n, frequency) in Frequency::ALL.into_iter().enumerate() {
        for ordinal in 0..2 {
            let spent = spending.spent(ordinal, frequency, today);
            assert_eq!(spent, naive.sum(n, ordinal), "{frequency:?}, {place}");
        }
        assert_eq!(spending.count(frequency, today), naive.count(n), "{frequency:?}, {place}");
    }
    let parts = spending.transactions();
    let parts = parts.into_iter().map(|(id, counted)| (id, counted.clone()));
    let again = Spending::from_parts(spending.day(), parts.collect(), 2).unwrap();
    for frequency in Frequency::ALL {
        assert_eq!(again.count(frequency, today), spending.count(frequency, today), "{place}");
        let spent = |it: &Spending| [0, 1].map(|ordinal| it.spent(ordinal, frequency, today));
        assert_eq!(spent(&again), spent(spending), "{place}");
    }
}

#[test]
fn what_is_taken_back_leaves_only_the_periods_that_it_was_in() {
    // 2026-01-31 is a Saturday.
    let saturday = Day::new(20_484);
    let (sunday, monday) = (Day::new(20_485), Day::new(20_486));
    let mut spending = Spending::default();
    let sums = |it: &Spending, day| Frequency::ALL.map(|frequency| it.spent(0, frequency, day));
    spending.add("a", 0, saturday, amount(10));
    spending.add("b", 0, sunday, amount(3));
    assert_eq!(sums(&spending, sunday), [3, 13, 3], "a day, a week and a month each by itself");
    spending.take("a", 0, amount(4));
    assert_eq!(sums(&spending, sunday), [3, 9, 3]);
    spending.add("c", 0, monday, amount(1));
    spending.take("a", 0, amount(6));
    assert_eq!(sums(&spending, monday), [1, 1, 4], "its week is over");
    assert_eq!(sums(&spending, Day::new(20_600)), [0, 0, 0]);
    assert!(!spending.knows("a", monday) && spending.knows("b", monday));
    assert!(!spending.knows("b", Day::new(20_600)), "it would count anew");
}

#[test]
fn no_more_is_taken_back_than_a_transaction_counts_and_the_newest_first() {
    let (day, next) = (Day::new(20_490), Day::new(20_491));
    let mut spending = Spending::default();
    spending.add("a", 0, day, amount(10));
    spending.add("b", 0, day, amount(5));
    spending.add("a", 0, next, amount(7));
    assert_eq!(spending.count(Frequency::Daily, next), 0, "it counts with its first day");
    assert_eq!(spending.count(Frequency::Weekly, next), 2);
    spending.take("a", 0, amount(8));
    assert_eq!(spending.spent(0, Frequency::Daily, next), 0);
    assert_eq!(spending.spent(0, Frequency::Weekly, next), 14);
    spending.take("a", 0, amount(100));
    spending.take("unknown", 0, amount(100));
    assert_eq!(spending.spent(0, Frequency::Weekly, next), 5);
    assert_eq!(spending.count(Frequency::Weekly, next), 1);
}

#[test]
fn a_day_that_comes_before_the_latest_is_the_latest() {
    let mut spending = Spending::default();
    assert_eq!(spending.add("a", 0, Day::new(9), amount(1)), Day::new(9));
    assert_eq!(spending.add("b", 0, Day::new(8), amount(1)), Day::new(9));
    assert_eq!(spending.spent(0, Frequency::Daily, Day::new(8)), 2);
}

#[test]
fn parts_that_nobody_counted_are_no_spending() {
    let part = |ordinal, day, minor| Part { ordinal, day: Day::new(day), amount: amount(minor) };
    let counted = |parts: &[Part]| Counted { first: Day::new(8), parts: parts.into() };
    let from = |all: Vec<(Id, Counted)>| Spending::from_parts(Day::new(9), all, 1);
    let [a, b] = [1, 2].map(|id| Id([id, 0]));
    let good = counted(&[part(0, 8, 1), part(0, 9, 1)]);
    assert!(from([(a, good.clone())].into()).is_some());
    assert!(from([(b, good.clone()), (a, good)].into()).is_none());
    let bad = [
        counted(&[]),
        counted(&[part(0, 8, 0)]),
        counted(&[part(1, 8, 1)]),
        counted(&[part(0, 10, 1)]),
        counted(&[part(0, 7, 1)]),
        counted(&[part(0, 8, 1), part(0, 8, 1)]),
    ];
    for counted in bad {
        assert!(from([(a, counted)].into()).is_none());
    }
}

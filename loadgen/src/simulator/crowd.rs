//! Many that ask one account at once: what one of them can know of what the others left.
//!
//! Each member keeps books of its own, which are exact: what it was granted, it moved. What the
//! account has available is the sum over all members, and while others have requests on the way,
//! that is known between two bounds only:
//!
//! | a request of another that | counts |
//! | --- | --- |
//! | was answered before this one was asked | as it was answered |
//! | was on the way while this one was | as done, or as not |
//! | was asked after this one was answered | not at all |

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::books::Between;

/// The members, by number.
#[derive(Debug)]
pub struct Crowd {
    /// What each member's own books leave available, as last answered.
    own: Vec<Decimal>,
    sum: Decimal,
    on_the_way: BTreeMap<usize, OnTheWay>,
}

#[derive(Debug)]
struct OnTheWay {
    /// What is left by the others.
    others: Between,
    stake: Between,
}

impl Crowd {
    /// Members whose own books leave so much available each.
    #[must_use]
    pub fn new(own: Vec<Decimal>) -> Self {
        Self { sum: own.iter().sum(), own, on_the_way: BTreeMap::new() }
    }

    /// Notes that `member` asks for something that would change what is available by `stake`. A
    /// request that is asked again is still the same one.
    pub fn ask(&mut self, member: usize, stake: Decimal) {
        if self.on_the_way.contains_key(&member) {
            return;
        }
        let none = Decimal::ZERO;
        let stake = Between { least: stake.min(none), most: stake.max(none) };
        let mut others = Between::exactly(self.sum - self.own[member]);
        for other in self.on_the_way.values_mut() {
            others = others + other.stake;
            other.others = other.others + stake;
        }
        self.on_the_way.insert(member, OnTheWay { others, stake });
    }

    /// What the others left available while the request of `member` was on the way.
    #[must_use]
    pub fn others(&self, member: usize) -> Between {
        let on_the_way = self.on_the_way.get(&member);
        on_the_way.map_or(Between::exactly(self.sum - self.own[member]), |it| it.others)
    }

    /// Notes that the request of `member` was answered, and what its own books leave available.
    pub fn settle(&mut self, member: usize, available: Decimal) {
        self.on_the_way.remove(&member);
        self.sum += available - self.own[member];
        self.own[member] = available;
    }
}

#[cfg(test)]
mod tests {
    use super::Crowd;
    use crate::{seed::Seed, simulator::books::Between};
    use rust_decimal::Decimal;

    fn units(units: i64) -> Decimal {
        Decimal::from(units)
    }

    fn between(least: i64, most: i64) -> Between {
        Between { least: units(least), most: units(most) }
    }

    #[test]
    fn what_is_answered_before_counts_as_answered_and_what_is_on_the_way_either_way() {
        let mut crowd = Crowd::new(vec![units(10), units(20), units(30)]);
        crowd.ask(0, units(-5));
        crowd.ask(1, units(7));
        assert_eq!(crowd.others(0), between(50, 57));
        assert_eq!(crowd.others(1), between(35, 40));
        crowd.settle(0, units(5));
        assert_eq!(crowd.others(1), between(35, 40), "it was on the way");
        crowd.ask(2, units(-1));
        assert_eq!(crowd.others(2), between(25, 32), "the first was answered before");
        crowd.settle(1, units(20));
        crowd.ask(0, units(1));
        assert_eq!(crowd.others(0), between(49, 50), "the second was refused");
    }

    #[test]
    fn whatever_the_order_in_which_it_was_done_the_truth_lies_within() {
        for number in 0..200 {
            let mut seed = Seed::new(number);
            let mut crowd = Crowd::new(vec![units(100); 8]);
            let (mut own, mut waiting) =
                (vec![100_i64; 8], Vec::<(usize, i64, Option<i64>)>::new());
            for _ in 0..500 {
                let member = usize::try_from(seed.below(8)).unwrap();
                match waiting.iter().position(|(it, ..)| *it == member) {
                    None => {
                        let stake = i64::from(seed.below(40)) - 20;
                        crowd.ask(member, units(stake));
                        waiting.push((member, stake, None));
                    }
                    // The server does it, or not, and sees what the others have just then.
                    Some(at) if waiting[at].2.is_none() => {
                        own[member] += if seed.below(4) == 0 { 0 } else { waiting[at].1 };
                        waiting[at].2 = Some(own.iter().sum::<i64>() - own[member]);
                    }
                    Some(at) => {
                        let (.., seen) = waiting.swap_remove(at);
                        let (seen, others) = (units(seen.unwrap()), crowd.others(member));
                        let within = others.least <= seen && seen <= others.most;
                        assert!(within, "seed {number}: {seen} is not within {others:?}");
                        crowd.settle(member, units(own[member]));
                    }
                }
            }
        }
    }
}

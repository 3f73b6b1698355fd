//! Draws one of many, each with a weight of its own, among those that are present.
//!
//! A Fenwick tree (P. M. Fenwick, A new data structure for cumulative frequency tables, 1994): to
//! draw, to take one out and to put it back each take a step for every doubling of how many there
//! are. The weights are whole numbers, so that a seed draws the same on every machine.

use crate::seed::Seed;

/// The weight of the heaviest.
const HEAVIEST: u32 = 1 << 31;

/// Weights, and which of them are present.
#[derive(Debug)]
pub struct Weights {
    weights: Vec<u64>,
    /// At `n - 1`, the sum of the present weights from `n - lowest bit of n` to `n - 1`.
    tree: Vec<u64>,
    sum: u64,
}

impl Weights {
    /// The weights of Zipf's law with `exponent` at these ranks, the first of which is 1. All are
    /// present.
    #[must_use]
    #[expect(clippy::float_arithmetic, reason = "a power; it draws an account and no money")]
    pub fn zipf(ranks: impl IntoIterator<Item = u32>, exponent: f64) -> Self {
        let weight = |rank: u32| {
            let weight = f64::from(HEAVIEST) * f64::from(rank).powf(-exponent);
            std::time::Duration::from_secs_f64(weight).as_secs().max(1)
        };
        Self::new(ranks.into_iter().map(weight).collect())
    }

    fn new(weights: Vec<u64>) -> Self {
        let absent = vec![0; weights.len()];
        let mut all = Self { tree: absent, sum: 0, weights };
        (0..all.weights.len()).for_each(|index| all.put_back(index));
        all
    }

    /// Draws one of those present, and takes it out. `None` when there is none.
    pub fn take(&mut self, seed: &mut Seed) -> Option<usize> {
        if self.sum == 0 {
            return None;
        }
        // The bias of a remainder is less than 2^-20 for sums below 2^44.
        let index = self.reaching(seed.next_u64() % self.sum);
        let weight = self.weights[index];
        self.walk(index, |sum| *sum -= weight);
        self.sum -= weight;
        Some(index)
    }

    /// Makes one present that was taken out.
    pub fn put_back(&mut self, index: usize) {
        let weight = self.weights[index];
        self.walk(index, |sum| *sum += weight);
        self.sum += weight;
    }

    fn walk(&mut self, index: usize, change: impl Fn(&mut u64)) {
        let mut at = index + 1;
        while at <= self.tree.len() {
            change(&mut self.tree[at - 1]);
            at += at & at.wrapping_neg();
        }
    }

    /// The first one at which the sum of the present ones is more than `below`.
    fn reaching(&self, mut below: u64) -> usize {
        let mut at = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            let next = at + step;
            if let Some(sum) = self.tree.get(next - 1).filter(|sum| **sum <= below) {
                (at, below) = (next, below - sum);
            }
            step /= 2;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;
    use crate::seed::Seed;

    #[test]
    fn each_is_drawn_as_often_as_its_weight_says() {
        let (mut weights, mut seed) = (Weights::zipf(1..=5, 1.0), Seed::new(3));
        let mut drawn = [0_u32; 5];
        for _ in 0..137_000 {
            let index = weights.take(&mut seed).unwrap();
            drawn[index] += 1;
            weights.put_back(index);
        }
        // 60 : 30 : 20 : 15 : 12, and six standard deviations.
        for (drawn, expected) in drawn.into_iter().zip([60_000, 30_000, 20_000, 15_000, 12_000]) {
            assert!(drawn.abs_diff(expected) < 1_200, "seed 3: {drawn}, and not {expected}");
        }
    }

    #[test]
    fn what_was_taken_out_is_not_drawn_again_and_the_rest_by_its_weight() {
        for number in 0..50 {
            let (mut weights, mut seed) = (Weights::zipf(1..=20, 1.3), Seed::new(number));
            let mut taken: Vec<_> = (0..20).map(|_| weights.take(&mut seed).unwrap()).collect();
            assert_eq!(weights.take(&mut seed), None);
            taken.sort_unstable();
            assert_eq!(taken, (0..20).collect::<Vec<_>>(), "seed {number}");
            weights.put_back(7);
            assert_eq!(weights.take(&mut seed), Some(7));
        }
    }
}

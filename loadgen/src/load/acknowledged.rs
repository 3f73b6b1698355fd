//! A sample of what was acknowledged, to be asked for again when the server has died in between.
//!
//! Of all answers each has the same chance to be in it (R, J. S. Vitter, Random sampling with a
//! reservoir, 1985); of few, all are.

use hyper::body::Bytes;

use crate::{
    seed::Seed,
    simulator::step::Operation,
    wire::{Decision, Reply},
};

/// How many a thread keeps at most.
pub const KEPT_MAX: u32 = 20_000;

/// A request and the answer that it got.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "see above")]
pub struct Acknowledged {
    pub operation: Operation,
    pub body: Bytes,
    pub reply: Reply,
}

/// Some of what one thread was told.
#[derive(Debug)]
pub struct Sample {
    kept: Vec<Acknowledged>,
    seen: u64,
    seed: Seed,
    kept_max: u32,
}

impl Sample {
    /// An empty one that keeps so many, drawn by `seed`.
    #[must_use]
    pub fn new(seed: Seed, kept_max: u32) -> Self {
        Self { kept: Vec::new(), seen: 0, seed, kept_max }
    }

    /// Takes in one more. An authorization that was declined because it came too late is none: its
    /// answer may leave before its record is durable.
    pub fn take_in(&mut self, told: Acknowledged) {
        let is_undecided = told.operation.is_authorization()
            && Decision::parse(&told.reply.body).is_ok_and(|decision| decision.is_undecided());
        if is_undecided || self.kept_max == 0 {
            return;
        }
        self.seen += 1;
        if self.seen <= u64::from(self.kept_max) {
            return self.kept.push(told);
        }
        let drawn = usize::try_from(self.seed.next_u64() % self.seen).unwrap_or(usize::MAX);
        if let Some(replaced) = self.kept.get_mut(drawn) {
            *replaced = told;
        }
    }

    /// What was kept.
    #[must_use]
    pub fn into_kept(self) -> Vec<Acknowledged> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::{Acknowledged, Sample};
    use crate::{seed::Seed, simulator::step::Operation, wire::Reply};
    use hyper::{StatusCode, body::Bytes};

    #[test]
    fn of_few_all_are_kept_and_of_many_each_as_likely() {
        let mut quarters = [0_u32; 4];
        for number in 0..50 {
            let mut sample = Sample::new(Seed::new(number), 100);
            for index in 0..1_000_u32 {
                let body = Bytes::from(index.to_string());
                let reply = Reply { status: StatusCode::OK, replayed: false, body: Bytes::new() };
                sample.take_in(Acknowledged { operation: Operation::DebitBalance, body, reply });
                assert_eq!(sample.kept.len(), usize::try_from(index + 1).unwrap().min(100));
            }
            for kept in sample.into_kept() {
                let index: usize = std::str::from_utf8(&kept.body).unwrap().parse().unwrap();
                quarters[index / 250] += 1;
            }
        }
        // 1,250 each, and six standard deviations.
        assert!(quarters.iter().all(|count| count.abs_diff(1_250) < 190), "{quarters:?}");
    }
}

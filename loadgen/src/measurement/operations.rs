//! What was measured of each operation of the network API by itself.

use std::time::Duration;

use super::{Moments, Times};
use crate::simulator::step::Operation;

/// The operations that were sent, in the order in which they first were.
#[derive(Debug, Clone, Default)]
pub struct Operations(Vec<(Operation, Measured)>);

/// Counts and times of one operation. Which request counts where is told at
/// [`Measurement`](super::Measurement).
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names are those of `Measurement`")]
pub struct Measured {
    pub sent: u64,
    pub answered: u64,
    pub failed: u64,
    pub response: Times,
    pub service: Times,
    pub server: Sums,
}

/// What the server said it spent on one operation, added up, by the metrics of `Server-Timing`.
#[derive(Debug, Clone, Default)]
pub struct Sums(Vec<(String, Duration)>);

impl Operations {
    /// Each operation and what was measured of it.
    pub fn iter(&self) -> impl Iterator<Item = (Operation, &Measured)> {
        self.0.iter().map(|(operation, measured)| (*operation, measured))
    }

    pub(super) fn of(&mut self, operation: Operation) -> &mut Measured {
        let found = self.0.iter().position(|(known, _)| *known == operation);
        let index = found.unwrap_or_else(|| {
            self.0.push((operation, Measured::default()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (operation, more) in &other.0 {
            self.of(*operation).add(more);
        }
    }
}

impl Measured {
    pub(super) fn times(&mut self, at: Moments) {
        self.service.record(at.done - at.sent);
        self.response.record(at.done - at.due);
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.failed += other.failed;
        self.response.add(&other.response);
        self.service.add(&other.service);
        other.server.iter().for_each(|(name, time)| self.server.add(name, time));
    }
}

impl Sums {
    /// Each metric and its sum.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.0.iter().map(|(name, sum)| (name.as_str(), *sum))
    }

    pub(super) fn add(&mut self, name: &str, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum = sum.saturating_add(time),
            None => self.0.push((name.to_owned(), time)),
        }
    }
}

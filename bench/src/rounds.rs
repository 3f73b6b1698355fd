//! Rounds of servers that are asked by turns: how often, how long, and how a table tells of them.
//!
//! A server is told by the medians and ranges of its rounds; its ratio to another is of two figures
//! of one round, since the machine is not the same from one to the next.

use std::time::Duration;

use crate::generator::{Load, Round};
use crate::statistics::{Ratio, Samples, micros};

/// How servers are asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Rounds {
    /// How often each is asked
    #[arg(long = "rounds", value_name = "N", default_value_t = 7)]
    pub count: usize,
    /// How long each is asked in a round, in milliseconds
    #[arg(long = "round-ms", value_name = "MS", default_value_t = 1000)]
    ms: u64,
}

impl Rounds {
    /// What each is asked in a round.
    #[must_use]
    pub const fn load(&self, connections: usize) -> Load {
        Load { connections, lasts: Duration::from_millis(self.ms) }
    }
}

/// What stands over the [`cells`] of each server, where `ratio` says of what the ratio is.
#[must_use]
pub const fn head<'a>(name: &'a str, ratio: &'a str) -> [&'a str; 7] {
    [name, "holds/s", "range", "p50", "p99", ratio, "range"]
}

/// What a table says of a server, by its rounds and the ratio in each.
#[must_use]
pub fn cells(name: &str, rounds: impl Iterator<Item = (Round, Ratio)>) -> [String; 7] {
    let rounds: Vec<_> = rounds.collect();
    let rates = Samples::new(rounds.iter().map(|(round, _)| round.per_second));
    let ratios = Samples::new(rounds.iter().map(|(_, ratio)| *ratio));
    let median = |of: fn(&Round) -> Duration| {
        micros(Samples::new(rounds.iter().map(|(round, _)| of(round))).median())
    };
    [
        name.to_owned(),
        rates.median().to_string(),
        format!("{}..{}", rates.least(), rates.most()),
        median(|round| round.p50),
        median(|round| round.p99),
        ratios.median().to_string(),
        format!("{}..{}", ratios.least(), ratios.most()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_told_of_its_own_round_and_not_of_the_medians() {
        let round = |per_second| Round {
            per_second,
            p50: Duration::from_micros(per_second),
            p99: Duration::from_micros(2 * per_second),
        };
        let rounds = [(100, 200), (300, 100), (200, 300)].map(|(of, to)| (round(of), round(to)));
        let told = cells("it", rounds.iter().map(|(of, to)| (*of, of.of(to))));
        let wanted = ["it", "200", "100..300", "200 µs", "400 µs", "0.666", "0.500..3.000"];
        assert_eq!(told, wanted);
    }
}

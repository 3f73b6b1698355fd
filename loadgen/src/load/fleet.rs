//! The accounts of one thread: which are idle, which wait to be asked again, which are out.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::hot::Hot;
use crate::{
    account::{Account, Difference, Standing},
    seed::Seed,
    simulator::weights::Weights,
};

/// How long an account rests after an exchange whose outcome is unknown.
const REST: Duration = Duration::from_millis(500);

/// The accounts that one thread plays.
#[derive(Debug)]
pub struct Fleet {
    /// Each at its place, unless it was taken or is out.
    accounts: Vec<Option<Account>>,
    idle: Idle,
    resting: VecDeque<(Instant, usize)>,
    seed: Seed,
    out: Out,
}

/// The places of idle accounts.
#[derive(Debug)]
enum Idle {
    Even(Vec<usize>),
    Weighted(Weights),
}

/// An account that was taken from its place.
#[derive(Debug)]
pub struct Taken {
    place: usize,
    /// The account.
    pub account: Account,
}

/// The accounts that left the fleet, and why.
#[derive(Debug, Default)]
pub struct Out {
    /// Names of accounts with a request whose outcome stayed unknown.
    pub given_up: Vec<String>,
    /// What accounts were told that is not so.
    pub differences: Vec<Difference>,
}

impl Fleet {
    /// A fleet of idle accounts, which are drawn by `seed` and as `hot` says. They are every
    /// `threads`-th of all accounts.
    #[must_use]
    pub fn new(
        accounts: Vec<Account>,
        seed: Seed,
        hot: Hot,
        (thread, threads): (usize, usize),
    ) -> Self {
        let places = 0..accounts.len();
        let idle = match hot {
            Hot::Even | Hot::One => Idle::Even(places.collect()),
            Hot::Zipf(exponent) => {
                let rank = |place| u32::try_from(place * threads + thread + 1).unwrap_or(u32::MAX);
                Idle::Weighted(Weights::zipf(places.map(rank), exponent))
            }
        };
        let accounts = accounts.into_iter().map(Some).collect();
        Self { accounts, idle, resting: VecDeque::new(), seed, out: Out::default() }
    }

    /// Takes an idle account out.
    pub fn take(&mut self, at: Instant) -> Option<Taken> {
        while let Some((_, rested)) = self.resting.pop_front_if(|(until, _)| *until <= at) {
            self.idle.put_back(rested);
        }
        let place = self.idle.take(&mut self.seed)?;
        self.accounts[place].take().map(|account| Taken { place, account })
    }

    /// Puts an account back, or out, as it stands after an exchange.
    pub fn put_back(&mut self, Taken { place, account }: Taken, standing: Standing, at: Instant) {
        match standing {
            Standing::Settled => self.idle.put_back(place),
            Standing::Unknown => self.resting.push_back((at + REST, place)),
            Standing::GivenUp => return self.out.given_up.push(account.name().to_owned()),
            Standing::Different(difference) => return self.out.differences.push(difference),
        }
        self.accounts[place] = Some(account);
    }

    /// Ends the play: the accounts that are still in, and those that are out.
    #[must_use]
    pub fn disband(self) -> (Vec<Account>, Out) {
        (self.accounts.into_iter().flatten().collect(), self.out)
    }
}

impl Idle {
    fn take(&mut self, seed: &mut Seed) -> Option<usize> {
        match self {
            Self::Weighted(weights) => weights.take(seed),
            Self::Even(places) => {
                let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let index = usize::try_from(seed.below(count)).ok()?;
                (index < places.len()).then(|| places.swap_remove(index))
            }
        }
    }

    fn put_back(&mut self, place: usize) {
        match self {
            Self::Weighted(weights) => weights.put_back(place),
            Self::Even(places) => places.push(place),
        }
    }
}

//! The accounts of one thread: which are idle, which wait to be asked again, which are out.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{
    account::{Account, Difference, Standing},
    seed::Seed,
};

/// How long an account rests after an exchange whose outcome is unknown.
const REST: Duration = Duration::from_millis(500);

/// The accounts that one thread plays.
#[derive(Debug)]
pub struct Fleet {
    idle: Vec<Account>,
    resting: VecDeque<(Instant, Account)>,
    seed: Seed,
    out: Out,
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
    /// A fleet of idle accounts, which are drawn by `seed`.
    #[must_use]
    pub fn new(accounts: Vec<Account>, seed: Seed) -> Self {
        Self { idle: accounts, resting: VecDeque::new(), seed, out: Out::default() }
    }

    /// Takes an idle account out, any with the same probability.
    pub fn take(&mut self, at: Instant) -> Option<Account> {
        while let Some((_, rested)) = self.resting.pop_front_if(|(until, _)| *until <= at) {
            self.idle.push(rested);
        }
        let count = u32::try_from(self.idle.len()).unwrap_or(u32::MAX);
        let index = usize::try_from(self.seed.below(count)).ok()?;
        (index < self.idle.len()).then(|| self.idle.swap_remove(index))
    }

    /// Puts an account back, or out, as it stands after an exchange.
    pub fn put_back(&mut self, account: Account, standing: Standing, at: Instant) {
        match standing {
            Standing::Settled => self.idle.push(account),
            Standing::Unknown => self.resting.push_back((at + REST, account)),
            Standing::GivenUp => self.out.given_up.push(account.name().to_owned()),
            Standing::Different(difference) => self.out.differences.push(difference),
        }
    }

    /// Ends the play: the accounts that are still in, and those that are out.
    #[must_use]
    pub fn disband(self) -> (Vec<Account>, Out) {
        let rested = self.resting.into_iter().map(|(_, account)| account);
        let accounts = self.idle.into_iter().chain(rested).collect();
        (accounts, self.out)
    }
}

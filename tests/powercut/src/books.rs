//! The books as the rig keeps them, and as the server tells them.

use crate::http::{Client, Reply, get};
use crate::wrong::Wrong;

/// How many accounts there are.
pub const ACCOUNTS: usize = 3;
const SETTLEMENT: usize = 2 * ACCOUNTS;
const FUNDING: usize = SETTLEMENT + 1;
const PLACES: usize = FUNDING + 1;

/// What each account owns and holds and what the system's accounts stand at, in minor units; or
/// by how much something moves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books([i64; PLACES]);

/// The name of an account.
#[must_use]
pub fn name_of(account: usize) -> String {
    format!("account-{account}")
}

impl Books {
    /// Money from the network to an account, or back.
    #[must_use]
    pub fn posted(mut self, account: usize, amount: i64) -> Self {
        self.0[2 * account] += amount;
        self.0[SETTLEMENT] -= amount;
        self
    }

    /// Money from outside to an account.
    #[must_use]
    pub fn funded(mut self, account: usize, amount: i64) -> Self {
        self.0[2 * account] += amount;
        self.0[FUNDING] -= amount;
        self
    }

    /// Money from one account to another.
    #[must_use]
    pub fn moved(mut self, source: usize, destination: usize, amount: i64) -> Self {
        self.0[2 * source] -= amount;
        self.0[2 * destination] += amount;
        self
    }

    /// Money set aside in an account, or given back.
    #[must_use]
    pub fn held(mut self, account: usize, amount: i64) -> Self {
        self.0[2 * account + 1] += amount;
        self
    }

    /// By how much the holds of an account are moved.
    #[must_use]
    pub const fn held_of(&self, account: usize) -> i64 {
        self.0[2 * account + 1]
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(place, more)| *place += more);
        self
    }

    /// What the server says they are, after it has added them up itself.
    ///
    /// # Errors
    /// When it does not say, or its own sums are not right.
    pub fn told_by(operator: &mut Client) -> Result<Self, Wrong> {
        let mut books = Self::default();
        for account in 0..ACCOUNTS {
            let reply = read(operator, &format!("/v1/accounts/{}", name_of(account)))?;
            books.0[2 * account] = amount(&reply, "posted")?;
            books.0[2 * account + 1] = amount(&reply, "held")?;
        }
        let reply = read(operator, "/v1/trial-balance")?;
        books.0[SETTLEMENT] = amount(&reply, "settlement")?;
        books.0[FUNDING] = amount(&reply, "funding")?;
        let customers: i64 = (0..ACCOUNTS).map(|account| books.0[2 * account]).sum();
        let owned = amount(&reply, "posted")?;
        if (amount(&reply, "sum")?, owned) != (0, customers) {
            return Err(Wrong::new(format!(
                "the accounts own {customers}, the trial balance says {}",
                reply.body
            )));
        }
        Ok(books)
    }
}

fn read(operator: &mut Client, path: &str) -> Result<Reply, Wrong> {
    let reply = operator.ask(&get(path)).map_err(|error| Wrong::new(format!("{path}: {error}")))?;
    if reply.status == 200 {
        return Ok(reply);
    }
    Err(Wrong::new(format!("{path} is answered {} {}", reply.status, reply.body)))
}

fn amount(reply: &Reply, name: &str) -> Result<i64, Wrong> {
    let amount = reply.amount(name);
    amount.ok_or_else(|| Wrong::new(format!("no amount {name} in {}", reply.body)))
}

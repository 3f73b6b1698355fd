//! What holdfast is compared with, one file each: servers that take the same hold.
//!
//! A hold finds the account, sees whether available covers it (with the overdraft), is done exactly
//! once for its idempotency key (asked again it gets the first answer, asked for something else it
//! is refused), writes down the hold and what is held on the account in all, appends what happened
//! to a journal, and tells the available balance. It is answered when it is on the disk.
//!
//! | peer | where the hold is | what makes it durable |
//! | --- | --- | --- |
//! | [`holdfast`] | `POST /api/pba/ledger/hold_balance` | its log |
//! | [`bare`] | nowhere: it reads the request and answers | nothing |
//! | [`redis`] | a Lua script, `redis/hold.lua` | `appendonly yes`, `appendfsync always` |
//! | [`postgres`] | a PL/pgSQL function, `postgres/hold.sql` | `fsync`, `synchronous_commit` |
//! | [`tigerbeetle`] | its own benchmark | its own log |
//!
//! Each is a process that the bench starts on a directory and a port of its own, asks whether it is
//! durable indeed, and ends. All are reached over TCP on the loopback, so that none is spared what
//! another pays.

pub mod bare;
pub mod conversation;
pub mod daemon;
pub mod holdfast;
pub mod postgres;
pub mod program;
pub mod redis;
pub mod tigerbeetle;

use anyhow::{Context, ensure};

use crate::generator::Generator;
use crate::template::HOLD_MINOR;

/// A server that holds.
pub trait Peer {
    /// What it is and how it was set up, in a line.
    fn about(&self) -> String;

    /// Load on it, from the first key.
    fn generator(&self) -> Generator;

    /// What it says is held in all, in minor units, by every sum that it keeps; nothing when it
    /// keeps none.
    ///
    /// # Errors
    /// When it does not say, or its sums differ.
    fn held(&mut self) -> anyhow::Result<Option<u64>>;
}

/// A peer that takes part, or why it does not.
pub type Entry = Result<Box<dyn Peer>, LeftOut>;

/// Why a peer takes no part, and what would let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut(pub String);

/// What is held, out of three numbers: what the accounts say is held, how many holds there are, and
/// how many are in the journal. Each hold is of [`HOLD_MINOR`].
///
/// # Errors
/// When they do not agree.
fn agreed(sums: &str) -> anyhow::Result<u64> {
    let mut numbers = sums.split(' ').map(str::parse::<u64>);
    let mut next = || numbers.next().context("a number is missing")?.context("it is no number");
    let (held, holds, journal) = (next()?, next()?, next()?);
    ensure!(holds == journal, "there are {holds} holds, and {journal} in the journal");
    ensure!(held == holds * HOLD_MINOR, "{holds} holds do not come to the {held} that are held");
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_differ_are_told() {
        assert_eq!(agreed("2500 2 2").unwrap(), 2500);
        assert!(
            ["2500 2 3", "2500 1 1", "2500 2", "2500 2 x", ""].iter().all(|s| agreed(s).is_err())
        );
    }
}

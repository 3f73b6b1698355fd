//! A transfer, done or refused.
//!
//! | part | bytes |
//! | --- | --- |
//! | key, source, destination | three texts |
//! | money | money |
//! | transaction | option of text |
//! | description, metadata | two options of long text |
//! | the opening actions of source and destination | two options of `u64` |
//! | outcome | 0 and two options of movement; or 1 (source) or 2 (destination) and a refusal |
//! | standings of source and destination | two standings |

use crate::bytes::{Bytes, Malformed};

use super::operation::{Refused, refused};
use super::parts::{Money, Movement};
use super::standing::Standing;

/// An end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the money leaves.
    Source,
    /// Where it arrives.
    Destination,
}

/// A transfer. What there is of each end comes in pairs, the source first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// Its idempotency key.
    pub key: &'a str,
    /// The names of the accounts.
    pub ends: [&'a str; 2],
    /// How much.
    pub money: Money,
    /// The card transaction.
    pub transaction: Option<&'a str>,
    /// The actions that opened the accounts.
    pub opened: [Option<u64>; 2],
    /// What became of it.
    pub outcome: Result<[Option<Movement>; 2], (Side, Refused)>,
    /// What the server tells of the accounts beyond that.
    pub standings: [Standing; 2],
}

impl<'a> Transfer<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        let (key, ends, money) = (b.text()?, [b.text()?, b.text()?], b.money()?);
        let transaction = b.option(Bytes::text)?;
        let (_description, _metadata) = (b.option(Bytes::long_text)?, b.option(Bytes::long_text)?);
        let opened = [b.option(Bytes::u64)?, b.option(Bytes::u64)?];
        let outcome = match b.u8()? {
            0 => Ok([b.option(Bytes::movement)?, b.option(Bytes::movement)?]),
            1 => Err((Side::Source, read_refused(b)?)),
            2 => Err((Side::Destination, read_refused(b)?)),
            _ => return Err(Malformed("outcome")),
        };
        let standings = [b.standing()?, b.standing()?];
        Ok(Self { key, ends, money, transaction, opened, outcome, standings })
    }
}

fn read_refused(b: &mut Bytes<'_>) -> Result<Refused, Malformed> {
    let number = b.u8()?;
    refused(number, b)
}

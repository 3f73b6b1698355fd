//! An authorization message, the undoing of an approval that came too late, and the lapse of what
//! was set aside.
//!
//! | part of an authorization | bytes |
//! | --- | --- |
//! | kind | `u8`: 1 final, 2 pre |
//! | transaction | text |
//! | the network's name of the message | option of text |
//! | account, its opening action | option of text, option of `u64` |
//! | to be decided on, and as the merchant has it | two of money |
//! | whether a part is welcome | `u8`, 0 or 1 |
//! | when the budget for its answer ends | `i64` |
//! | how far the log was durable | `u64` |
//! | outcome | 0, ordinal `u8`, granted `u64`, when it lapses `i64`, pocket, option of day; or a decline's number, for 10 the rule's name, a text, and an option of ordinal and pocket |
//! | standing | standing |
//! | the message | long text |
//!
//! | part of an undoing | bytes |
//! | --- | --- |
//! | account, transaction | two texts |
//! | approval | `u64` |
//! | how far the log was durable | `u64` |
//! | the balance after | option of ordinal `u8` and pocket |
//! | standing | standing |
//!
//! | part of a lapse | bytes |
//! | --- | --- |
//! | account | text |
//! | approval | `u64` |
//! | how far the log was durable | `u64` |
//! | balance | ordinal `u8` |
//! | the balance after | pocket |
//! | standing | standing |

use crate::bytes::{Bytes, Malformed};

use super::operation::rule_of;
use super::parts::{Money, Pocket};
use super::standing::Standing;

/// A balance by its place in the account, as the server says that it is.
pub type Stored = (u8, Pocket);

/// An authorization message and what was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// Whether it is a final one.
    pub is_final: bool,
    /// The card transaction.
    pub transaction: &'a str,
    /// The network's name of the message.
    pub message: Option<&'a str>,
    /// The account, where one was found.
    pub account: Option<&'a str>,
    /// The action that opened it.
    pub opened: Option<u64>,
    /// What is decided on, and the amount as the merchant has it.
    pub asked: [Money; 2],
    /// Whether a part is welcome.
    pub partial: bool,
    /// When the budget for its answer ends.
    pub answer_by: i64,
    /// How far the log was durable.
    pub durable: u64,
    /// What was granted, or why nothing was.
    pub outcome: Result<Granted, Declined>,
    /// What the server tells of the account beyond that.
    pub standing: Standing,
}

/// A sum was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Which balance.
    pub ordinal: u8,
    /// How much.
    pub amount: u64,
    /// When it lapses.
    pub deadline: i64,
    /// What the server says was there afterwards.
    pub after: Pocket,
    /// The day that it counts on for spend limits.
    pub counted: Option<i32>,
}

/// Nothing was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// Why.
    pub number: u8,
    /// The spend limit that says so.
    pub rule: Option<Box<str>>,
    /// What was seen.
    pub seen: Option<Stored>,
}

/// An approval is as if it had not been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone<'a> {
    /// The account's name.
    pub account: &'a str,
    /// The card transaction.
    pub transaction: &'a str,
    /// The action that granted it.
    pub approval: u64,
    /// How far the log was durable.
    pub durable: u64,
    /// What the server says was there afterwards; nothing where nothing was left to undo.
    pub after: Option<Stored>,
    /// What the server tells of the account beyond that.
    pub standing: Standing,
}

/// What was still set aside returned to available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapsed<'a> {
    /// The account's name.
    pub account: &'a str,
    /// The action that set it aside.
    pub approval: u64,
    /// How far the log was durable.
    pub durable: u64,
    /// Which balance.
    pub ordinal: u8,
    /// What the server says was there afterwards.
    pub after: Pocket,
    /// What the server tells of the account beyond that.
    pub standing: Standing,
}

impl<'a> Authorization<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        let read = Self {
            is_final: one_of(b, [2, 1], "kind of authorization")?,
            transaction: b.text()?,
            message: b.option(Bytes::text)?,
            account: b.option(Bytes::text)?,
            opened: b.option(Bytes::u64)?,
            asked: [b.money()?, b.money()?],
            partial: one_of(b, [0, 1], "flag")?,
            answer_by: b.i64()?,
            durable: b.u64()?,
            outcome: outcome(b)?,
            standing: b.standing()?,
        };
        b.long_text()?;
        Ok(read)
    }
}

/// Whether the next byte is the second of two.
pub(super) fn one_of(
    b: &mut Bytes<'_>,
    two: [u8; 2],
    what: &'static str,
) -> Result<bool, Malformed> {
    let byte = b.u8()?;
    if two.contains(&byte) { Ok(byte == two[1]) } else { Err(Malformed(what)) }
}

fn outcome(b: &mut Bytes<'_>) -> Result<Result<Granted, Declined>, Malformed> {
    let number = b.u8()?;
    if number != 0 {
        let rule = rule_of(number, b)?;
        return Ok(Err(Declined { number, rule, seen: b.option(stored)? }));
    }
    let (ordinal, amount, deadline) = (b.u8()?, b.amount()?, b.i64()?);
    let (after, counted) = (b.pocket()?, b.option(Bytes::day)?);
    Ok(Ok(Granted { ordinal, amount, deadline, after, counted }))
}

fn stored(b: &mut Bytes<'_>) -> Result<Stored, Malformed> {
    Ok((b.u8()?, b.pocket()?))
}

impl<'a> Undone<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        let (account, transaction) = (b.text()?, b.text()?);
        let (approval, durable) = (b.u64()?, b.u64()?);
        let (after, standing) = (b.option(stored)?, b.standing()?);
        Ok(Self { account, transaction, approval, durable, after, standing })
    }
}

impl<'a> Lapsed<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        let (account, approval, durable, ordinal) = (b.text()?, b.u64()?, b.u64()?, b.u8()?);
        let (after, standing) = (b.pocket()?, b.standing()?);
        Ok(Self { account, approval, durable, ordinal, after, standing })
    }
}

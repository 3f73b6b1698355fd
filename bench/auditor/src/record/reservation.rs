//! A sum that an approved authorization set aside, and its lapse.
//!
//! | part of a reservation | bytes |
//! | --- | --- |
//! | account, transaction | two texts |
//! | balance | ordinal `u8` |
//! | granted | `u64` |
//! | deadline | `i64` |
//! | the balance after | pocket |
//! | standing | standing |
//!
//! | part of a lapse | bytes |
//! | --- | --- |
//! | account | text |
//! | approval | `u64` |
//! | balance | ordinal `u8` |
//! | the balance after | pocket |
//! | standing | standing |

use crate::bytes::{Bytes, Malformed};

use super::parts::Pocket;
use super::standing::Standing;

/// A sum was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made<'a> {
    /// The account's name.
    pub account: &'a str,
    /// The card transaction.
    pub transaction: &'a str,
    /// Which balance.
    pub ordinal: u8,
    /// How much.
    pub granted: u64,
    /// When it lapses.
    pub deadline: i64,
    /// What the server says was there afterwards.
    pub after: Pocket,
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
    /// Which balance.
    pub ordinal: u8,
    /// What the server says was there afterwards.
    pub after: Pocket,
    /// What the server tells of the account beyond that.
    pub standing: Standing,
}

impl<'a> Made<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            account: b.text()?,
            transaction: b.text()?,
            ordinal: b.u8()?,
            granted: b.amount()?,
            deadline: b.i64()?,
            after: b.pocket()?,
            standing: b.standing()?,
        })
    }
}

impl<'a> Lapsed<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        let (account, approval, ordinal) = (b.text()?, b.u64()?, b.u8()?);
        Ok(Self { account, approval, ordinal, after: b.pocket()?, standing: b.standing()? })
    }
}

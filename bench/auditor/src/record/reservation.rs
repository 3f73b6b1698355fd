//! A sum that an approved authorization set aside, and its lapse.
//!
//! | part of a reservation | bytes |
//! | --- | --- |
//! | account, transaction | two texts |
//! | balance | ordinal `u8` |
//! | granted | `u64` |
//! | deadline | `i64` |
//! | the balance after | pocket |
//!
//! | part of a lapse | bytes |
//! | --- | --- |
//! | account | text |
//! | approval | `u64` |
//! | balance | ordinal `u8` |
//! | the balance after | pocket |

use crate::bytes::{Bytes, Malformed};

use super::parts::Pocket;

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
        })
    }
}

impl<'a> Lapsed<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        Ok(Self { account: b.text()?, approval: b.u64()?, ordinal: b.u8()?, after: b.pocket()? })
    }
}

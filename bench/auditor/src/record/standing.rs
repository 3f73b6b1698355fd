//! How an account stands after a record, beyond the one balance that the record is about.
//!
//! | standing | bytes |
//! | --- | --- |
//! | unsaid | 0 |
//! | alone | 1 |
//! | whole | 2 and a whole |
//!
//! | part of a whole | bytes |
//! | --- | --- |
//! | status | `u8`: 1 active, 2 frozen, 3 closed |
//! | the amendment that changed its metadata last | option of `u64` |
//! | balances | list of pocket |

use crate::bytes::{Bytes, Malformed};

use super::account::Status;
use super::parts::Pocket;

const BALANCES_MAX: u8 = 64;

/// What a record tells of its account beyond the balance that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Unsaid,
    /// That there is nothing more: one balance, active, described as it was opened.
    Alone,
    /// Everything.
    Whole(Whole),
}

/// All of an account that is not a hold or a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Whether it may be spent from.
    pub status: Status,
    /// The amendment that changed its metadata last.
    pub described: Option<u64>,
    /// Its balances.
    pub pockets: Vec<Pocket>,
}

impl Bytes<'_> {
    pub(super) fn standing(&mut self) -> Result<Standing, Malformed> {
        match self.u8()? {
            0 => Ok(Standing::Unsaid),
            1 => Ok(Standing::Alone),
            2 => self.whole().map(Standing::Whole),
            _ => Err(Malformed("standing")),
        }
    }

    pub(super) fn whole(&mut self) -> Result<Whole, Malformed> {
        Ok(Whole {
            status: self.status()?.ok_or(Malformed("status"))?,
            described: self.option(Self::u64)?,
            pockets: self.list(BALANCES_MAX, Self::pocket)?,
        })
    }
}

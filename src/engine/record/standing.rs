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
//!
//! A view of the past is read from the log: from the account's newest record at that moment
//! back until its status, its profile and every balance are told. A record tells one balance, and
//! another may have rested for a million records. So the account's opening and amendments tell
//! the whole account, and so does every [`WHOLE_EVERY`]th record of it: a view reads that many at
//! the most, and a balance that rests costs a fraction of itself a record. Nearly every account
//! has one balance, is active, and is described as it was opened: each of its records that tells
//! the balance tells everything, and says so in the one byte that it pays for this.

use super::bytes::{Malformed, Reader, Writer};
use crate::ledger::{Account, ActionRef, Pocket, Status};

/// Of so many records of an account in a row at least one tells the whole account.
pub const WHOLE_EVERY: u32 = 8;

/// What a record tells of its account beyond the balance that it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: an earlier record of the account does.
    #[default]
    Unsaid,
    /// That there is nothing more: one balance, active, described as it was opened.
    Alone,
    /// Everything.
    Whole(Box<Whole>),
}

/// All of an account that is not a hold or a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Whether it may be spent from.
    pub status: Status,
    /// The amendment that changed its metadata last; `None` while it is as it was opened.
    pub described: Option<ActionRef>,
    /// Its balances in order.
    pub pockets: Vec<Pocket>,
}

impl Writer<'_> {
    pub(super) fn standing(&mut self, standing: &Standing) {
        match standing {
            Standing::Unsaid => self.u8(0),
            Standing::Alone => self.u8(1),
            Standing::Whole(whole) => {
                self.u8(2);
                self.whole(whole);
            }
        }
    }

    pub(super) fn whole(&mut self, whole: &Whole) {
        self.status(Some(whole.status));
        self.option(whole.described, |w, described| w.u64(described.position()));
        self.list(&whole.pockets, Self::pocket);
    }
}

impl Reader<'_> {
    pub(super) fn standing(&mut self) -> Result<Standing, Malformed> {
        match self.u8()? {
            0 => Ok(Standing::Unsaid),
            1 => Ok(Standing::Alone),
            2 => self.whole().map(Box::new).map(Standing::Whole),
            _ => Err(Malformed("standing")),
        }
    }

    pub(super) fn whole(&mut self) -> Result<Whole, Malformed> {
        let balances_max = u8::try_from(Account::BALANCES_MAX).unwrap_or(u8::MAX);
        Ok(Whole {
            status: self.status()?.ok_or(Malformed("status"))?,
            described: self.option(Self::action_ref)?,
            pockets: self.list(balances_max, Self::pocket)?,
        })
    }
}

//! The parts that several kinds of record have.
//!
//! | part | bytes |
//! | --- | --- |
//! | currency | 3 of its code, 1 of its exponent |
//! | money | currency, amount `u64` |
//! | pocket | currency; posted, held, reserved `i64`; overdraft limit `u64` |
//! | hold | ordinal `u8`; placed, captured, restored `i64` |
//! | place | pocket, option of hold |
//! | target | 0 balance; 1 new hold; 2 hold and its reference `u64` |
//! | posting | from `u8`, to `u8`, amount `u64` |
//! | draw | approval `u64`, used `u64` |
//! | movement | ordinal `u8`, target, list of at most 2 postings, long list of draws, place, option of day |
//! | day | `i32`, days since 1970-01-01 |

use crate::bytes::{Bytes, Malformed, length};
use crate::money::Currency;

const AMOUNT_MAX: u64 = i64::MAX.unsigned_abs();

/// So much of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Of what.
    pub currency: Currency,
    /// In minor units.
    pub amount: u64,
}

/// A balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pocket {
    /// Of what.
    pub currency: Currency,
    /// What the customer owns.
    pub posted: i64,
    /// The sum of its holds.
    pub held: i64,
    /// The sum of its reservations.
    pub reserved: i64,
    /// How far below zero may be spent.
    pub limit: u64,
}

/// A hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// The balance that it is set aside from.
    pub ordinal: u8,
    /// What was ever put in.
    pub placed: i64,
    /// What was captured.
    pub captured: i64,
    /// What was given back.
    pub restored: i64,
}

/// A balance and one of its holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The balance.
    pub pocket: Pocket,
    /// The hold.
    pub hold: Option<Hold>,
}

/// What of a balance a movement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The balance alone.
    Balance,
    /// A hold that it opens.
    NewHold,
    /// The hold that this action opened.
    Hold(u64),
}

/// Where money can be, seen from one account; in the order of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// The balance, free to spend.
    Available,
    /// The hold.
    Hold,
    /// `@settlement`.
    Settlement,
    /// `@funding`.
    Funding,
    /// The other side of a transfer.
    Counterparty,
}

/// So much went from here to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Where it left.
    pub from: Bucket,
    /// Where it arrived.
    pub to: Bucket,
    /// In minor units.
    pub amount: u64,
}

/// So much of what an authorization granted was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The approval.
    pub approval: u64,
    /// In minor units.
    pub used: u64,
}

/// What happened to one balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Which of the account's.
    pub ordinal: u8,
    /// What of it.
    pub target: Target,
    /// What went where.
    pub postings: Vec<Posting>,
    /// What was used of reservations.
    pub draws: Vec<Draw>,
    /// What the server says was there afterwards.
    pub after: Place,
    /// The day that what it takes beyond grants counts on for spend limits.
    pub counted: Option<i32>,
}

impl<'a> Bytes<'a> {
    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        let len = self.u8()?;
        self.utf8(usize::from(len))
    }

    pub(super) fn long_text(&mut self) -> Result<&'a str, Malformed> {
        let len = self.u32()?;
        self.utf8(length(u64::from(len)))
    }

    fn utf8(&mut self, len: usize) -> Result<&'a str, Malformed> {
        str::from_utf8(self.take(len)?).map_err(|_| Malformed("text"))
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed("option")),
        }
    }

    pub(super) fn list<T>(
        &mut self,
        at_most: u8,
        read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let len = self.u8()?;
        if len > at_most {
            return Err(Malformed("list"));
        }
        self.times(u32::from(len), read)
    }

    pub(super) fn times<T>(
        &mut self,
        len: u32,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        (0..len).map(|_| read(self)).collect()
    }

    pub(super) fn currency(&mut self) -> Result<Currency, Malformed> {
        Currency::of_bytes(self.array()?).ok_or(Malformed("currency"))
    }

    pub(super) fn amount(&mut self) -> Result<u64, Malformed> {
        let amount = self.u64()?;
        if amount <= AMOUNT_MAX { Ok(amount) } else { Err(Malformed("amount")) }
    }

    pub(super) fn money(&mut self) -> Result<Money, Malformed> {
        Ok(Money { currency: self.currency()?, amount: self.amount()? })
    }

    pub(super) fn pocket(&mut self) -> Result<Pocket, Malformed> {
        Ok(Pocket {
            currency: self.currency()?,
            posted: self.i64()?,
            held: self.i64()?,
            reserved: self.i64()?,
            limit: self.amount()?,
        })
    }

    fn hold(&mut self) -> Result<Hold, Malformed> {
        Ok(Hold {
            ordinal: self.u8()?,
            placed: self.i64()?,
            captured: self.i64()?,
            restored: self.i64()?,
        })
    }

    pub(super) fn place(&mut self) -> Result<Place, Malformed> {
        Ok(Place { pocket: self.pocket()?, hold: self.option(Self::hold)? })
    }

    pub(super) fn target(&mut self) -> Result<Target, Malformed> {
        match self.u8()? {
            0 => Ok(Target::Balance),
            1 => Ok(Target::NewHold),
            2 => Ok(Target::Hold(self.u64()?)),
            _ => Err(Malformed("target")),
        }
    }

    fn bucket(&mut self) -> Result<Bucket, Malformed> {
        Ok(match self.u8()? {
            0 => Bucket::Available,
            1 => Bucket::Hold,
            2 => Bucket::Settlement,
            3 => Bucket::Funding,
            4 => Bucket::Counterparty,
            _ => return Err(Malformed("bucket")),
        })
    }

    fn posting(&mut self) -> Result<Posting, Malformed> {
        Ok(Posting { from: self.bucket()?, to: self.bucket()?, amount: self.amount()? })
    }

    fn draw(&mut self) -> Result<Draw, Malformed> {
        Ok(Draw { approval: self.u64()?, used: self.amount()? })
    }

    pub(super) fn movement(&mut self) -> Result<Movement, Malformed> {
        let (ordinal, target) = (self.u8()?, self.target()?);
        let postings = self.list(2, Self::posting)?;
        let draws = self.u32()?;
        let draws = self.times(draws, Self::draw)?;
        let (after, counted) = (self.place()?, self.option(Self::day)?);
        Ok(Movement { ordinal, target, postings, draws, after, counted })
    }
}

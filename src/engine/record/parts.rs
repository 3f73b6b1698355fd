//! The parts of the ledger that several kinds of record carry.
//!
//! | part | bytes |
//! | --- | --- |
//! | currency | 3 of its code, 1 of its exponent |
//! | money | currency, amount `u64` |
//! | pocket | currency; posted, held, reserved `i64`; overdraft limit `u64` |
//! | hold | ordinal `u8`; placed, captured, restored `i64` |
//! | place | pocket, option of hold |
//! | target | 0 balance; 1 new hold; 2 hold and its reference `u64` |
//! | posting | from `u8`, to `u8`, amount `u64`; the buckets are numbered in [`BUCKETS`] |
//! | draw | approval `u64`, used `u64` |
//! | movement | ordinal `u8`, target, list of postings, long list of draws, place, option of [day](super::limits) |
//! | seen | ordinal `u8`, target, place |
//! | status | `u8`: 1 active, 2 frozen, 3 closed, 0 none of them |

use super::bytes::{Malformed, Reader, Writer};
use crate::ledger::{
    ActionRef, Amount, Balance, Bucket, Currency, Draw, Hold, HoldRef, Money, Movement, Place,
    Pocket, Posting, Refusal, Status, Target,
};

/// A bucket's number in a record is its place here.
const BUCKETS: [Bucket; 5] =
    [Bucket::Available, Bucket::Hold, Bucket::Settlement, Bucket::Funding, Bucket::Counterparty];

/// A status's number in a record is its place here, counted from one.
const STATUSES: [Status; 3] = [Status::Active, Status::Frozen, Status::Closed];

impl Writer<'_> {
    pub(in crate::engine) fn currency(&mut self, currency: Currency) {
        self.raw(&currency.to_bytes());
    }

    pub(in crate::engine) fn amount(&mut self, amount: Amount) {
        self.u64(amount.minor());
    }

    pub(in crate::engine) fn money(&mut self, money: Money) {
        self.currency(money.currency);
        self.amount(money.amount);
    }

    pub(in crate::engine) fn pocket(&mut self, pocket: &Pocket) {
        self.currency(pocket.currency);
        for balance in [pocket.posted, pocket.held, pocket.reserved] {
            self.i64(balance.minor());
        }
        self.amount(pocket.overdraft_limit);
    }

    fn place(&mut self, place: &Place) {
        self.pocket(&place.pocket);
        self.option(place.hold.as_ref(), Self::hold);
    }

    pub(in crate::engine) fn hold(&mut self, hold: &Hold) {
        self.u8(hold.ordinal);
        for balance in [hold.placed, hold.captured, hold.restored] {
            self.i64(balance.minor());
        }
    }

    fn target(&mut self, target: Target) {
        match target {
            Target::Balance => self.u8(0),
            Target::NewHold => self.u8(1),
            Target::Hold(hold) => {
                self.u8(2);
                self.u64(hold.position());
            }
        }
    }

    fn posting(&mut self, posting: &Posting) {
        for bucket in [posting.from, posting.to] {
            let number = BUCKETS.iter().position(|known| *known == bucket);
            self.u8(number.and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX));
        }
        self.amount(posting.amount);
    }

    pub(in crate::engine) fn movement(&mut self, movement: &Movement) {
        self.u8(movement.ordinal);
        self.target(movement.target);
        self.list(&movement.postings, |w, posting| w.posting(posting));
        self.long_list(&movement.draws, |w, draw| {
            w.u64(draw.reservation.position());
            w.amount(draw.used);
        });
        self.place(&movement.after);
        self.option(movement.counted, Self::day);
    }

    pub(in crate::engine) fn status(&mut self, status: Option<Status>) {
        let position = STATUSES.iter().position(|known| Some(*known) == status);
        self.u8(position.and_then(|n| u8::try_from(n).ok()).map_or(0, |n| n.saturating_add(1)));
    }

    pub(in crate::engine) fn seen(&mut self, (ordinal, target, place): &(u8, Target, Place)) {
        self.u8(*ordinal);
        self.target(*target);
        self.place(place);
    }
}

impl Reader<'_> {
    pub(in crate::engine) fn currency(&mut self) -> Result<Currency, Malformed> {
        Currency::from_bytes(self.array()?).ok_or(Malformed("currency"))
    }

    pub(in crate::engine) fn amount(&mut self) -> Result<Amount, Malformed> {
        Amount::new(self.u64()?).ok_or(Malformed("amount"))
    }

    fn balance(&mut self) -> Result<Balance, Malformed> {
        self.i64().map(Balance::new)
    }

    pub(in crate::engine) fn money(&mut self) -> Result<Money, Malformed> {
        Ok(Money { currency: self.currency()?, amount: self.amount()? })
    }

    pub(in crate::engine) fn action_ref(&mut self) -> Result<ActionRef, Malformed> {
        self.u64().map(ActionRef::new)
    }

    pub(in crate::engine) fn refusal(&mut self) -> Result<Refusal, Malformed> {
        Refusal::from_number(self.u8()?).ok_or(Malformed("refusal"))
    }

    pub(in crate::engine) fn pocket(&mut self) -> Result<Pocket, Malformed> {
        Ok(Pocket {
            currency: self.currency()?,
            posted: self.balance()?,
            held: self.balance()?,
            reserved: self.balance()?,
            overdraft_limit: self.amount()?,
        })
    }

    pub(in crate::engine) fn hold(&mut self) -> Result<Hold, Malformed> {
        Ok(Hold {
            ordinal: self.u8()?,
            placed: self.balance()?,
            captured: self.balance()?,
            restored: self.balance()?,
        })
    }

    #[inline]
    fn place(&mut self) -> Result<Place, Malformed> {
        Ok(Place { pocket: self.pocket()?, hold: self.option(Self::hold)? })
    }

    fn target(&mut self) -> Result<Target, Malformed> {
        match self.u8()? {
            0 => Ok(Target::Balance),
            1 => Ok(Target::NewHold),
            2 => Ok(Target::Hold(HoldRef::opened_by(self.action_ref()?))),
            _ => Err(Malformed("target")),
        }
    }

    fn bucket(&mut self) -> Result<Bucket, Malformed> {
        let number = usize::from(self.u8()?);
        BUCKETS.get(number).copied().ok_or(Malformed("bucket"))
    }

    fn posting(&mut self) -> Result<Posting, Malformed> {
        Ok(Posting { from: self.bucket()?, to: self.bucket()?, amount: self.amount()? })
    }

    fn draw(&mut self) -> Result<Draw, Malformed> {
        Ok(Draw { reservation: self.action_ref()?, used: self.amount()? })
    }

    #[inline]
    pub(in crate::engine) fn movement(&mut self) -> Result<Movement, Malformed> {
        Ok(Movement {
            ordinal: self.u8()?,
            target: self.target()?,
            postings: self.list(2, Self::posting)?,
            draws: self.long_list(Self::draw)?,
            after: self.place()?,
            counted: self.option(Self::day)?,
        })
    }

    pub(in crate::engine) fn status(&mut self) -> Result<Option<Status>, Malformed> {
        let Some(n) = self.u8()?.checked_sub(1) else { return Ok(None) };
        STATUSES.get(usize::from(n)).copied().map(Some).ok_or(Malformed("status"))
    }

    pub(in crate::engine) fn seen(&mut self) -> Result<(u8, Target, Place), Malformed> {
        Ok((self.u8()?, self.target()?, self.place()?))
    }
}

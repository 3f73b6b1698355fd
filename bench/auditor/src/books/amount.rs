//! What postings make of a balance and a hold, in numbers wide enough that nothing overflows on the
//! way; only what is left must fit.

use crate::record::{Bucket, Hold, Place, Pocket, Posting};

/// The sums of a place.
#[derive(Clone, Copy)]
struct Sums {
    posted: i128,
    held: i128,
    reserved: i128,
    placed: i128,
    captured: i128,
    restored: i128,
}

/// What may be spent, the overdraft limit included.
pub(super) fn spendable(pocket: &Pocket) -> i128 {
    available(pocket).saturating_add(i128::from(pocket.limit))
}

/// What may be spent without it.
pub(super) fn available(pocket: &Pocket) -> i128 {
    let [posted, held, reserved] = [pocket.posted, pocket.held, pocket.reserved].map(i128::from);
    posted.saturating_sub(held).saturating_sub(reserved)
}

/// What is set aside in a hold.
#[must_use]
pub fn held(hold: &Hold) -> i128 {
    let [placed, captured, restored] = [hold.placed, hold.captured, hold.restored].map(i128::from);
    placed.saturating_sub(captured).saturating_sub(restored)
}

/// The place as it is once `freed` is no longer reserved and the postings are done; `None` where a
/// number of it does not fit.
pub(super) fn carry(place: &Place, freed: i128, postings: &[Posting]) -> Option<Place> {
    let hold = place.hold.unwrap_or_default();
    let mut sums = Sums {
        posted: place.pocket.posted.into(),
        held: place.pocket.held.into(),
        reserved: i128::from(place.pocket.reserved).saturating_sub(freed),
        placed: hold.placed.into(),
        captured: hold.captured.into(),
        restored: hold.restored.into(),
    };
    postings.iter().for_each(|posting| sums.carry(posting));
    let [posted, held, reserved] = [sums.posted, sums.held, sums.reserved].map(narrow);
    let [placed, captured, restored] = [sums.placed, sums.captured, sums.restored].map(narrow);
    let pocket = Pocket { posted: posted?, held: held?, reserved: reserved?, ..place.pocket };
    narrow(available(&pocket))?;
    let hold = Hold { placed: placed?, captured: captured?, restored: restored?, ..hold };
    Some(Place { pocket, hold: place.hold.map(|_| hold) })
}

impl Sums {
    fn carry(&mut self, posting: &Posting) {
        let amount = i128::from(posting.amount);
        let owned = |bucket| matches!(bucket, Bucket::Available | Bucket::Hold);
        if owned(posting.from) {
            self.posted = self.posted.saturating_sub(amount);
        }
        if owned(posting.to) {
            self.posted = self.posted.saturating_add(amount);
        }
        if posting.to == Bucket::Hold {
            self.held = self.held.saturating_add(amount);
            self.placed = self.placed.saturating_add(amount);
        }
        if posting.from == Bucket::Hold {
            self.held = self.held.saturating_sub(amount);
            let gone = match posting.to {
                Bucket::Available => &mut self.restored,
                _ => &mut self.captured,
            };
            *gone = gone.saturating_add(amount);
        }
    }
}

fn narrow(sum: i128) -> Option<i64> {
    i64::try_from(sum).ok()
}

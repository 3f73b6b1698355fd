//! An account put together from its parts, as something that copied it kept them.

use alloc::boxed::Box;

use smallvec::SmallVec;
use thin_vec::ThinVec;

use super::account::{Account, Aside, Hold, Origin, Pocket, Reservation, Status};
use super::pockets::Pockets;
use super::{ActionRef, Amount, HoldRef, Spending};

/// All that an account is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The action that opened it.
    pub opened: ActionRef,
    /// Whether it may be spent from.
    pub status: Status,
    /// Its balances, in order.
    pub pockets: Pockets,
    /// Its holds, oldest first.
    pub holds: ThinVec<(HoldRef, Hold)>,
    /// Its reservations that have something unused, oldest first.
    pub reservations: SmallVec<[Reservation; 1]>,
    /// What it has spent, where that is counted.
    pub spending: Option<Box<Spending>>,
}

impl Account {
    /// The account that is made of these parts; `None` where no account ever was, because what
    /// always holds of one does not hold of them.
    #[must_use]
    pub fn from_parts(parts: Parts) -> Option<Self> {
        Some(Self::sketch(parts)).filter(Self::is_sound)
    }

    /// An account of whose holds and reservations only some are known: to look at, and never to be
    /// kept.
    #[must_use]
    pub fn sketch(parts: Parts) -> Self {
        let Parts { opened, status, pockets, holds, reservations, spending } = parts;
        let aside = Box::new(Aside { reservations, spending }).keep();
        Self { origin: Origin::new(opened, status), pockets, holds, aside }
    }

    /// Takes its status and its balances to be these: as an amendment leaves them, or as a
    /// [`sketch`](Self::sketch) had them.
    pub fn see(&mut self, status: Status, pockets: Pockets) {
        self.origin = Origin::new(self.opened(), status);
        self.pockets = pockets;
    }

    fn is_sound(&self) -> bool {
        let (balances, opened) = (self.pockets.len(), self.opened().position());
        let holds = self.holds.iter().map(|(name, _)| name.position());
        let approvals = self.reservations().iter().map(|made| made.opened.position());
        let mut pockets = (0_u8..=u8::MAX).zip(self.pockets.iter());
        (1..=Self::BALANCES_MAX).contains(&balances)
            && ascends(opened, holds)
            && ascends(opened, approvals)
            && self.holds.iter().all(|(_, hold)| hold_is_sound(hold, balances))
            && self.reservations().iter().all(|made| reservation_is_sound(made, balances))
            && pockets.all(|(ordinal, pocket)| self.adds_up(ordinal, pocket))
    }

    /// Whether what is held and reserved of a balance is what its holds and reservations say.
    fn adds_up(&self, ordinal: u8, pocket: &Pocket) -> bool {
        let holds = self.holds.iter().filter(|(_, hold)| hold.ordinal == ordinal);
        let held = holds.map(|(_, hold)| i128::from(hold.held().minor()));
        let made = self.reservations().iter().filter(|made| made.ordinal == ordinal);
        let reserved = made.map(|made| i128::from(made.reserved.minor()));
        held.fold(0, i128::saturating_add) == i128::from(pocket.held.minor())
            && reserved.fold(0, i128::saturating_add) == i128::from(pocket.reserved.minor())
            && i64::try_from(pocket.available()).is_ok()
    }
}

/// Whether all are after the opening, each after the one before.
fn ascends(opened: u64, mut positions: impl Iterator<Item = u64>) -> bool {
    let mut before = opened;
    positions.all(|position| core::mem::replace(&mut before, position) < position)
}

fn hold_is_sound(hold: &Hold, balances: usize) -> bool {
    let [placed, captured, restored] =
        [hold.placed, hold.captured, hold.restored].map(|sum| sum.minor());
    let gone = i128::from(captured).saturating_add(i128::from(restored));
    let left = i128::from(placed).saturating_sub(gone);
    usize::from(hold.ordinal) < balances && captured >= 0 && restored >= 0 && left >= 0
}

/// Something of it is unused, and what is set aside for it is all that was granted or nothing.
fn reservation_is_sound(made: &Reservation, balances: usize) -> bool {
    let whole = made.used.is_zero() && made.reserved == made.granted;
    usize::from(made.ordinal) < balances
        && made.used < made.granted
        && (whole || made.reserved == Amount::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Balance, Currency, Moment};

    fn parts() -> Parts {
        let currency = Currency::new(*b"SGD", 2).unwrap();
        let amount = |minor| Amount::new(minor).unwrap();
        let hold = |placed, captured| Hold {
            placed: Balance::new(placed),
            captured: Balance::new(captured),
            ..Hold::default()
        };
        let made = |opened, used, reserved| Reservation {
            opened: ActionRef::new(opened),
            transaction_id: Box::from("t"),
            ordinal: 0,
            granted: amount(9),
            used: amount(used),
            reserved: amount(reserved),
            deadline: Moment::default(),
            counted: None,
        };
        let name = |position| HoldRef::opened_by(ActionRef::new(position));
        let mut pocket = Pocket::new(currency, Amount::ZERO);
        (pocket.held, pocket.reserved) = (Balance::new(12), Balance::new(9));
        Parts {
            opened: ActionRef::new(1),
            status: Status::Active,
            pockets: [pocket].into_iter().collect(),
            holds: [(name(2), hold(10, 3)), (name(4), hold(5, 0))].into_iter().collect(),
            reservations: [made(3, 0, 9), made(5, 2, 0)].into_iter().collect(),
            spending: None,
        }
    }

    #[test]
    fn parts_of_an_account_are_that_account() {
        let account = Account::from_parts(parts()).unwrap();
        assert_eq!((account.holds().len(), account.reservations().len()), (2, 2));
        assert_eq!(account.pocket(0).unwrap().available(), -21);
    }

    #[test]
    fn an_account_keeps_who_opened_it_and_its_status_apart() {
        for status in [Status::Active, Status::Frozen, Status::Closed] {
            for opened in [1, 2, 1 << 60] {
                let opened = ActionRef::new(opened);
                let (holds, reservations) = (ThinVec::new(), SmallVec::new());
                let account =
                    Account::sketch(Parts { opened, status, holds, reservations, ..parts() });
                assert_eq!((account.opened(), account.status()), (opened, status));
            }
        }
    }

    #[test]
    fn balances_are_kept_in_order_however_many_they_are() {
        for count in 0..=5 {
            let pocket = |n| Pocket { posted: Balance::new(n), ..parts().pockets[0] };
            let pockets: Pockets = (0..count).map(pocket).collect();
            assert!(pockets.iter().copied().eq((0..count).map(pocket)), "{count}");
        }
    }

    #[test]
    fn parts_that_do_not_add_up_are_no_account() {
        let damages: [fn(&mut Parts); 9] = [
            |parts| parts.pockets = Pockets::new(),
            |parts| parts.pockets[0].held = Balance::new(11),
            |parts| parts.pockets[0].reserved = Balance::new(0),
            |parts| parts.pockets[0].posted = Balance::new(i64::MIN),
            |parts| parts.holds.swap(0, 1),
            |parts| parts.holds[0].1.captured = Balance::new(-1),
            |parts| parts.holds[0].1.ordinal = 1,
            |parts| parts.reservations[1].used = parts.reservations[1].granted,
            |parts| parts.opened = ActionRef::new(2),
        ];
        for damage in damages {
            let mut parts = parts();
            damage(&mut parts);
            assert_eq!(Account::from_parts(parts), None);
        }
    }
}

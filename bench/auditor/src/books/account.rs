//! An account in these books.

use std::rc::Rc;

use crate::record::{Draw, Hold, Place, Pocket, Rule, Status, Target};

use super::amount::{available, held};
use super::links::Trail;
use super::spending::Spending;

/// An account.
#[derive(Debug, Default)]
pub struct Account {
    /// Its name.
    pub name: Box<str>,
    /// The action that opened it.
    pub opened: u64,
    /// Whether it may be spent from.
    pub status: Status,
    /// The amendment that changed its metadata last.
    pub(super) described: Option<u64>,
    /// What it says of itself, where that is anything.
    pub profile: Option<Box<Profile>>,
    /// Its balances.
    pub pockets: Vec<Pocket>,
    /// Its holds with the actions that opened them, oldest first.
    pub(super) holds: Vec<(u64, Hold)>,
    /// Grants that are not used up, oldest first.
    pub(super) reservations: Vec<Reservation>,
    /// Its own spend limits.
    pub(super) limits: Option<Rc<[Rule]>>,
    pub(super) spending: Spending,
    pub(super) trail: Trail,
}

/// What an account says of itself that no rule reads.
#[derive(Debug, Default)]
pub struct Profile {
    /// Open Fabric's name of it.
    pub account_id: Option<Box<str>>,
    /// The tenant's name of the customer.
    pub customer: Option<Box<str>>,
}

/// What an approved authorization granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reservation {
    pub(super) approval: u64,
    /// Stands for the transaction on this account.
    pub(super) transaction: u128,
    pub(super) ordinal: u8,
    pub(super) granted: u64,
    pub(super) used: u64,
    /// What is set aside for it now.
    pub(super) reserved: u64,
    /// The day that it counts on for spend limits.
    pub(super) counted: Option<i32>,
}

impl Reservation {
    pub(super) const fn unused(&self) -> u64 {
        self.granted.saturating_sub(self.used)
    }
}

impl Account {
    /// What may be spent of a balance without its overdraft limit.
    #[must_use]
    pub fn available(pocket: &Pocket) -> i128 {
        available(pocket)
    }

    pub(super) fn pocket(&self, ordinal: u8) -> Option<&Pocket> {
        self.pockets.get(usize::from(ordinal))
    }

    pub(super) fn hold(&self, opened_by: u64) -> Option<&Hold> {
        let n = self.holds.binary_search_by_key(&opened_by, |(name, _)| *name).ok()?;
        self.holds.get(n).map(|(_, hold)| hold)
    }

    /// What a movement of that balance and target starts from.
    pub(super) fn place(&self, ordinal: u8, target: Target) -> Option<Place> {
        let pocket = *self.pocket(ordinal)?;
        let hold = match target {
            Target::Balance => None,
            Target::NewHold => Some(Hold { ordinal, ..Hold::default() }),
            Target::Hold(name) => Some(*self.hold(name).filter(|it| it.ordinal == ordinal)?),
        };
        Some(Place { pocket, hold })
    }

    /// Grants to that transaction on that balance of which something is unused.
    pub(super) fn granted(
        &self,
        transaction: u128,
        ordinal: u8,
    ) -> impl Iterator<Item = &Reservation> {
        let theirs = move |it: &&Reservation| {
            it.transaction == transaction && it.ordinal == ordinal && it.unused() > 0
        };
        self.reservations.iter().filter(theirs)
    }

    /// What that approval granted, and how much of it was used.
    pub(super) fn granted_by(&self, approval: u64) -> Option<(u64, u64)> {
        let made = self.reservations.iter().find(|it| it.approval == approval);
        made.map(|it| (it.granted, it.used))
    }

    /// Whether something is granted to that transaction and not used.
    pub(super) fn has_granted(&self, transaction: u128) -> bool {
        self.reservations.iter().any(|it| it.transaction == transaction)
    }

    /// What is set aside for the grants that are drawn on; `None` where one has not so much left.
    pub(super) fn freed(&self, draws: &[Draw]) -> Option<i128> {
        let mut freed = 0_i128;
        for draw in draws {
            let grant = self.reservations.iter().find(|it| it.approval == draw.approval)?;
            if draw.used > grant.unused() {
                return None;
            }
            freed = freed.saturating_add(i128::from(grant.reserved));
        }
        Some(freed)
    }

    /// Uses grants; those that are used up are forgotten.
    pub(super) fn draw(&mut self, draws: &[Draw]) {
        for draw in draws {
            let grant = self.reservations.iter_mut().find(|it| it.approval == draw.approval);
            if let Some(grant) = grant {
                self.spending.use_up(grant, draw.used);
                grant.used = grant.used.saturating_add(draw.used);
                grant.reserved = 0;
            }
        }
        if !draws.is_empty() {
            self.reservations.retain(|it| it.unused() > 0);
        }
    }

    /// Puts what is there now; a new hold has the name of the action `lsn`.
    pub(super) fn put(&mut self, ordinal: u8, target: Target, place: Place, lsn: u64) {
        if let Some(pocket) = self.pockets.get_mut(usize::from(ordinal)) {
            *pocket = place.pocket;
        }
        let Some(hold) = place.hold else { return };
        let name = if let Target::Hold(name) = target { name } else { lsn };
        match self.holds.binary_search_by_key(&name, |(name, _)| *name) {
            Ok(n) => {
                if let Some(slot) = self.holds.get_mut(n) {
                    slot.1 = hold;
                }
            }
            Err(n) => self.holds.insert(n, (name, hold)),
        }
    }

    /// What the holds of a balance add up to.
    pub(super) fn held(&self, ordinal: u8) -> i128 {
        let theirs = self.holds.iter().filter(|(_, hold)| hold.ordinal == ordinal);
        theirs.map(|(_, hold)| held(hold)).fold(0, i128::saturating_add)
    }

    /// What the reservations of a balance add up to.
    pub(super) fn reserved(&self, ordinal: u8) -> i128 {
        let theirs = self.reservations.iter().filter(|it| it.ordinal == ordinal);
        theirs.map(|it| i128::from(it.reserved)).fold(0, i128::saturating_add)
    }
}

//! What an approved authorization sets aside, who may draw on it, and how it lapses.
//!
//! A reservation is no posting: `posted` stays, `available` falls by what is reserved. An operation
//! of the same transaction draws on the oldest first; what that one still reserved beyond the use
//! returns to available, while what it granted beyond the use stays promised.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::account::Account;
use super::movement::Draw;
use super::{ActionRef, Amount, Moment, Pocket, Refusal, Reservation, Status};

/// An approval happened: so much of one balance is promised to one card transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// Which balance of the account.
    pub ordinal: u8,
    /// How much was granted and set aside.
    pub granted: Amount,
    /// When it lapses.
    pub deadline: Moment,
    /// The balance afterwards.
    pub after: Pocket,
}

/// Decides whether `amount` of the balance at `ordinal` can be promised.
///
/// # Errors
/// The first refusal that applies; nothing has changed.
pub fn reserve(
    account: &Account,
    ordinal: u8,
    amount: Amount,
    deadline: Moment,
) -> Result<Reserved, Refusal> {
    let pocket = account.pocket(ordinal).ok_or(Refusal::BalanceNotFound)?;
    match account.status() {
        Status::Closed => return Err(Refusal::AccountClosed),
        Status::Frozen => return Err(Refusal::AccountFrozen),
        Status::Active => {}
    }
    if !amount.is_zero() && pocket.spendable() < i128::from(amount.minor()) {
        return Err(Refusal::InsufficientFunds);
    }
    let reserved = pocket.reserved.credit(amount).ok_or(Refusal::BalanceOverflow)?;
    Ok(Reserved { ordinal, granted: amount, deadline, after: Pocket { reserved, ..*pocket } })
}

/// The balance as it is once the reservation that `approval` made has lapsed; `None` when there is
/// none, or nothing is set aside for it any more.
#[must_use]
pub fn lapse(account: &Account, approval: ActionRef) -> Option<(u8, Pocket)> {
    let reservation = account.reservations.iter().find(|r| r.opened == approval)?;
    let pocket = account.pocket(reservation.ordinal)?;
    let reserved = pocket.reserved.debit(reservation.reserved)?;
    let lapses = !reservation.reserved.is_zero();
    lapses.then_some((reservation.ordinal, Pocket { reserved, ..*pocket }))
}

impl Account {
    /// The balance as it is once `reserved` is set aside, worked out anew; `None` when it does not
    /// fit this account. It equals [`Reserved::after`] for every approval decided on this state.
    #[must_use]
    pub fn preview_reserved(&self, reserved: &Reserved) -> Option<Pocket> {
        let pocket = self.pocket(reserved.ordinal)?;
        Some(Pocket { reserved: pocket.reserved.credit(reserved.granted)?, ..*pocket })
    }

    /// Makes an approval by the action `at` true. Cannot fail.
    pub fn apply_reserved(&mut self, reserved: &Reserved, transaction_id: &str, at: ActionRef) {
        self.put_pocket(reserved.ordinal, reserved.after);
        if reserved.granted.is_zero() {
            return; // An account check promises nothing.
        }
        self.reservations.push(Reservation {
            opened: at,
            transaction_id: Box::from(transaction_id),
            ordinal: reserved.ordinal,
            granted: reserved.granted,
            used: Amount::ZERO,
            reserved: reserved.granted,
            deadline: reserved.deadline,
        });
    }

    /// Makes a lapse that [`lapse`] worked out true. Cannot fail.
    pub fn apply_lapsed(&mut self, approval: ActionRef, (ordinal, after): (u8, Pocket)) {
        self.put_pocket(ordinal, after);
        if let Some(reservation) = self.reservations.iter_mut().find(|r| r.opened == approval) {
            reservation.reserved = Amount::ZERO;
        }
    }

    /// What approved authorizations granted to this transaction on this balance and no operation
    /// has used yet.
    pub(super) fn promised(&self, transaction_id: &str, ordinal: u8) -> Amount {
        let unused = self.granted_to(transaction_id, ordinal).map(Reservation::unused);
        unused.fold(Amount::ZERO, Amount::saturating_plus)
    }

    /// How `amount` is drawn from what was granted, oldest first.
    pub(super) fn draws(&self, transaction_id: &str, ordinal: u8, amount: Amount) -> Vec<Draw> {
        let mut rest = amount;
        let mut draws = Vec::new();
        for reservation in self.granted_to(transaction_id, ordinal) {
            let used = rest.min(reservation.unused());
            if used.is_zero() {
                break;
            }
            rest = rest.beyond(used);
            draws.push(Draw { reservation: reservation.opened, used });
        }
        draws
    }

    /// What is set aside for the reservations drawn on: all of it is free afterwards.
    pub(super) fn freed(&self, draws: &[Draw]) -> Amount {
        let drawn_on =
            |r: &&Reservation| draws.iter().any(|draw: &Draw| draw.reservation == r.opened);
        let reserved = self.reservations.iter().filter(drawn_on).map(|r| r.reserved);
        reserved.fold(Amount::ZERO, Amount::saturating_plus)
    }

    /// Notes the use of a grant. A reservation with nothing unused is forgotten.
    pub(super) fn draw(&mut self, approval: ActionRef, used: Amount) {
        if let Some(reservation) = self.reservations.iter_mut().find(|r| r.opened == approval) {
            reservation.used = reservation.used.saturating_plus(used);
            reservation.reserved = Amount::ZERO;
        }
        self.reservations.retain(|r| !r.unused().is_zero());
    }

    fn granted_to<'a>(
        &'a self,
        transaction_id: &'a str,
        ordinal: u8,
    ) -> impl Iterator<Item = &'a Reservation> {
        let of_this = move |r: &&Reservation| {
            r.ordinal == ordinal && *r.transaction_id == *transaction_id && !r.unused().is_zero()
        };
        self.reservations.iter().filter(of_this)
    }

    fn put_pocket(&mut self, ordinal: u8, after: Pocket) {
        if let Some(pocket) = self.pockets.get_mut(usize::from(ordinal)) {
            *pocket = after;
        }
    }
}

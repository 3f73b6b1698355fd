//! What an approved authorization sets aside, who may draw on it, how it lapses and is undone.
//!
//! A reservation is no posting: `posted` stays, `available` falls by what is reserved. An operation
//! of the same transaction draws on the oldest first; what that one still reserved beyond the use
//! returns to available, while what it granted beyond the use stays promised.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::account::Account;
use super::movement::Draw;
use super::{
    ActionRef, Amount, Day, Grants, Limits, Merchant, Moment, Money, Pocket, Refusal, Reservation,
    Spend, Status,
};

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
    /// The day that it counts on for spend limits, where it does.
    pub counted: Option<Day>,
}

/// What an authorization asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The card transaction.
    pub transaction_id: &'a str,
    /// How much the customer is billed, which is what is decided on; zero is an account check.
    pub billing: Money,
    /// The same as the merchant has it.
    pub amount: Money,
    /// Whether less is welcome where there is less.
    pub partial: bool,
    /// Where.
    pub merchant: Merchant<'a>,
    /// The spend limits that apply, where there are any.
    pub limits: Option<Limits<'a>>,
}

/// Why nothing is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The first reason that applies.
    pub refusal: Refusal,
    /// The spend limit that says so, where one does.
    pub rule: Option<Box<str>>,
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, rule: None }
    }
}

/// Decides how much of what is asked of the balance at `ordinal` can be promised.
///
/// # Errors
/// The first refusal that applies; nothing has changed.
pub fn reserve(
    account: &Account,
    ordinal: u8,
    ask: &Ask<'_>,
    deadline: Moment,
) -> Result<Reserved, Denied> {
    let pocket = account.pocket(ordinal).ok_or(Refusal::BalanceNotFound)?;
    match account.status() {
        Status::Closed => return Err(Refusal::AccountClosed.into()),
        Status::Frozen => return Err(Refusal::AccountFrozen.into()),
        Status::Active => {}
    }
    let granted = ask.within(pocket).ok_or(Refusal::InsufficientFunds)?;
    if let Some(rule) = ask.exceeded(account, ordinal, granted) {
        return Err(Denied { refusal: Refusal::LimitExceeded, rule: Some(rule.into()) });
    }
    let reserved = pocket.reserved.credit(granted).ok_or(Refusal::BalanceOverflow)?;
    let counted = ask.limits.and_then(|limits| limits.counted(granted));
    Ok(Reserved { ordinal, granted, deadline, after: Pocket { reserved, ..*pocket }, counted })
}

impl<'a> Ask<'a> {
    /// The spend limit that says no to so much.
    fn exceeded(&self, account: &Account, ordinal: u8, granted: Amount) -> Option<&'a str> {
        let spend = Spend {
            transaction_id: self.transaction_id,
            ordinal,
            amount: Money { amount: granted, ..self.billing },
            asked: [self.amount, self.billing],
            merchant: Some(self.merchant),
        };
        let rule = self.limits.as_ref()?.exceeded(&spend, account.spending())?;
        Some(&*rule.name)
    }

    /// As much of it as the balance can promise: all, or, where that is welcome, what there is.
    fn within(&self, pocket: &Pocket) -> Option<Amount> {
        let asked = self.billing.amount;
        let spendable = u64::try_from(pocket.spendable().max(0)).unwrap_or(u64::MAX);
        if asked.minor() <= spendable {
            return Some(asked);
        }
        let rest = Amount::new(spendable).filter(|rest| self.partial && !rest.is_zero());
        rest.map(|rest| rest.min(asked))
    }
}

/// The balance as it is once the reservation that `approval` made has lapsed; `None` when there is
/// none, or nothing is set aside for it any more.
#[must_use]
pub fn lapse(account: &Account, approval: ActionRef) -> Option<(u8, Pocket)> {
    let reservation = account.reservations().iter().find(|r| r.opened == approval)?;
    let pocket = account.pocket(reservation.ordinal)?;
    let reserved = pocket.reserved.debit(reservation.reserved)?;
    let lapses = !reservation.reserved.is_zero();
    lapses.then_some((reservation.ordinal, Pocket { reserved, ..*pocket }))
}

/// The balance as it is once the approval is undone: what it granted and no operation has used is
/// neither set aside nor promised any more. `None` when there is nothing of the kind.
#[must_use]
pub fn undo(account: &Account, approval: ActionRef) -> Option<(u8, Pocket)> {
    let reservation = account.reservations().iter().find(|r| r.opened == approval)?;
    let pocket = account.pocket(reservation.ordinal)?;
    let reserved = pocket.reserved.debit(reservation.reserved)?;
    Some((reservation.ordinal, Pocket { reserved, ..*pocket }))
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
        let (ordinal, granted) = (reserved.ordinal, reserved.granted);
        let counted =
            reserved.counted.map(|day| self.count_spend(transaction_id, ordinal, day, granted));
        self.aside.get_or_insert_default().reservations.push(Reservation {
            opened: at,
            transaction_id: Box::from(transaction_id),
            ordinal,
            granted,
            used: Amount::ZERO,
            reserved: granted,
            deadline: reserved.deadline,
            counted,
        });
    }

    /// Makes a lapse that [`lapse`] worked out true. Cannot fail.
    pub fn apply_lapsed(&mut self, approval: ActionRef, (ordinal, after): (u8, Pocket)) {
        self.put_pocket(ordinal, after);
        let Some(aside) = self.aside.as_deref_mut() else { return };
        if let Some(reservation) = aside.reservations.iter_mut().find(|r| r.opened == approval) {
            let spending = aside.spending.as_deref_mut();
            spending.into_iter().for_each(|it| it.use_up(reservation, Amount::ZERO));
            reservation.reserved = Amount::ZERO;
        }
    }

    /// Makes what [`undo`] worked out true. Cannot fail.
    pub fn apply_undone(&mut self, approval: ActionRef, (ordinal, after): (u8, Pocket)) {
        self.put_pocket(ordinal, after);
        let Some(mut aside) = self.aside.take() else { return };
        if let Some(reservation) = aside.reservations.iter().find(|r| r.opened == approval) {
            let spending = aside.spending.as_deref_mut();
            spending.into_iter().for_each(|it| it.use_up(reservation, Amount::ZERO));
        }
        aside.reservations.retain(|r| r.opened != approval);
        self.aside = aside.keep();
    }

    /// Whether an approved authorization granted this transaction something that no operation has
    /// used yet.
    #[must_use]
    pub fn has_granted(&self, transaction_id: &str) -> bool {
        self.reservations().iter().any(|r| *r.transaction_id == *transaction_id)
    }

    /// What approved authorizations granted to this transaction on this balance and no operation
    /// has used yet.
    pub(super) fn promised(&self, transaction_id: &str, ordinal: u8) -> Amount {
        let unused = self.granted_to(transaction_id, ordinal).map(Reservation::unused);
        unused.fold(Amount::ZERO, Amount::saturating_plus)
    }

    /// How `amount` is drawn from what was granted, oldest first.
    pub(super) fn draws(
        &self,
        transaction_id: &str,
        grants: Grants,
        ordinal: u8,
        amount: Amount,
    ) -> Vec<Draw> {
        let wanted = |r: &&Reservation| match grants {
            Grants::Oldest => true,
            Grants::Of(approval) => r.opened == approval,
            Grants::Unused => false,
        };
        let mut rest = amount;
        let mut draws = Vec::new();
        for reservation in self.granted_to(transaction_id, ordinal).filter(wanted) {
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
        let reserved = self.reservations().iter().filter(drawn_on).map(|r| r.reserved);
        reserved.fold(Amount::ZERO, Amount::saturating_plus)
    }

    /// Notes the use of grants. A reservation with nothing unused is forgotten.
    pub(super) fn draw(&mut self, draws: &[Draw]) {
        if draws.is_empty() {
            return;
        }
        let Some(mut aside) = self.aside.take() else { return };
        for draw in draws {
            let drawn_on = |r: &&mut Reservation| r.opened == draw.reservation;
            if let Some(reservation) = aside.reservations.iter_mut().find(drawn_on) {
                let spending = aside.spending.as_deref_mut();
                spending.into_iter().for_each(|it| it.use_up(reservation, draw.used));
                reservation.used = reservation.used.saturating_plus(draw.used);
                reservation.reserved = Amount::ZERO;
            }
        }
        aside.reservations.retain(|r| !r.unused().is_zero());
        self.aside = aside.keep();
    }

    fn granted_to<'a>(
        &'a self,
        transaction_id: &'a str,
        ordinal: u8,
    ) -> impl Iterator<Item = &'a Reservation> {
        let of_this = move |r: &&Reservation| {
            r.ordinal == ordinal && *r.transaction_id == *transaction_id && !r.unused().is_zero()
        };
        self.reservations().iter().filter(of_this)
    }

    fn put_pocket(&mut self, ordinal: u8, after: Pocket) {
        if let Some(pocket) = self.pockets.get_mut(usize::from(ordinal)) {
            *pocket = after;
        }
    }
}

//! What a record tells of one account.

use std::borrow::Cow;

use super::{Record, Standing, Whole};
use crate::ledger::{ActionRef, Movement, Pocket, Side, Status};

/// What one record tells of one account.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    side: Side,
    /// What was done to it, where that is what the record is about.
    pub movement: Option<&'a Movement>,
    /// One balance of it as it is after the record, by its place.
    pub balance: Option<(u8, Pocket)>,
    /// All of it as it is after the record.
    pub whole: Option<Cow<'a, Whole>>,
}

impl Told<'_> {
    /// Where among the record's links those of the account begin.
    #[must_use]
    pub const fn links(&self) -> usize {
        match self.side {
            Side::Source => 0,
            Side::Destination => 3,
        }
    }
}

impl Record<'_> {
    /// What it tells of that account; `None` where it is about others.
    #[must_use]
    pub fn tells(&self, tenant_account_ref: &str) -> Option<Told<'_>> {
        let side = self.side(tenant_account_ref)?;
        let movement = match self {
            Self::Action(it) => it.outcome.as_ref().ok(),
            Self::Transfer(it) => it.movement(side),
            _ => None,
        };
        let (balance, standing) = match self {
            Self::Action(it) => (it.tells(), &it.standing),
            Self::Transfer(it) => (it.tells(side), it.standing(side)),
            Self::Authorization(it) => (it.tells(), &it.standing),
            Self::AuthorizationUndone(it) => (it.tells(), &it.standing),
            Self::ReservationLapsed(it) => (Some((it.ordinal, &it.after)), &it.standing),
            Self::LimitsSet(it) => (None, &it.standing),
            Self::AccountOpened(_)
            | Self::AccountAmended(_)
            | Self::Notification(_)
            | Self::BreaksOpened(_)
            | Self::BreakResolved(_) => (None, &Standing::Unsaid),
        };
        let whole = match (self, standing, balance) {
            (Self::AccountOpened(it), ..) => Some(Cow::Owned(it.whole())),
            (Self::AccountAmended(it), ..) => Some(Cow::Borrowed(&it.after)),
            (_, Standing::Whole(whole), _) => Some(Cow::Borrowed(&**whole)),
            (_, Standing::Alone, Some((_, pocket))) => Some(Cow::Owned(Whole::alone(*pocket))),
            _ => None,
        };
        let balance = balance.map(|(ordinal, pocket)| (ordinal, *pocket));
        Some(Told { side, movement, balance, whole })
    }

    /// The side on which the account is: a record about one account has only a source.
    fn side(&self, tenant_account_ref: &str) -> Option<Side> {
        let name = match self {
            Self::Action(it) => it.request.tenant_account_ref,
            Self::Transfer(it) if it.request.ends.destination() == tenant_account_ref => {
                return Some(Side::Destination);
            }
            Self::Transfer(it) => it.request.ends.source(),
            Self::AccountOpened(it) => it.tenant_account_ref,
            Self::AccountAmended(it) => it.tenant_account_ref,
            Self::Authorization(it) => it.tenant_account_ref?,
            Self::AuthorizationUndone(it) => it.tenant_account_ref,
            Self::ReservationLapsed(it) => it.tenant_account_ref,
            Self::LimitsSet(it) => it.tenant_account_ref?,
            Self::Notification(_) | Self::BreaksOpened(_) | Self::BreakResolved(_) => return None,
        };
        (name == tenant_account_ref).then_some(Side::Source)
    }
}

impl Whole {
    /// An account with one balance, active, and described as it was opened.
    fn alone(pocket: Pocket) -> Self {
        Self { status: Status::Active, described: None, pockets: vec![pocket] }
    }
}

impl super::AccountOpened<'_> {
    /// The account as it was opened.
    fn whole(&self) -> Whole {
        let pockets =
            self.opening.balances.iter().map(|&(currency, limit)| Pocket::new(currency, limit));
        Whole { status: Status::Active, described: None::<ActionRef>, pockets: pockets.collect() }
    }
}

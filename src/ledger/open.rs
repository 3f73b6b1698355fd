//! How an account comes to be, and what an operator may change of it.

use alloc::vec::Vec;

use thin_vec::ThinVec;

use super::account::{Account, Origin, Pocket, Status};
use super::pockets::Pockets;
use super::{ActionRef, Amount, Currency};

/// An account came to be: its balances in order, each with its overdraft limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// A currency for each balance, all different.
    pub balances: Vec<(Currency, Amount)>,
}

/// What an operator asks to change; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// A new status.
    pub status: Option<Status>,
    /// New overdraft limits, by currency.
    pub overdraft_limits: Vec<(Currency, Amount)>,
    /// Currencies to have from now on; one that is there already changes nothing.
    pub add_currencies: Vec<Currency>,
}

impl Account {
    /// The most balances that one account can have.
    pub const BALANCES_MAX: usize = 64;

    /// The account that the action `at` opened.
    #[must_use]
    pub fn open(opening: &Opening, at: ActionRef) -> Self {
        let pocket = |&(currency, limit): &(Currency, Amount)| Pocket::new(currency, limit);
        Self {
            origin: Origin::new(at, Status::Active),
            pockets: opening.balances.iter().map(pocket).collect(),
            holds: ThinVec::new(),
            aside: None,
        }
    }

    /// Whether nothing is owned, held or reserved on any balance. Only then can it be closed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pockets.iter().all(Pocket::is_empty)
    }

    /// Whether it has a balance in `currency`.
    #[must_use]
    pub fn has(&self, currency: Currency) -> bool {
        self.default_ordinal(currency).is_some()
    }

    /// Makes an amendment true. A limit for a currency that the account does not have changes
    /// nothing: whoever decides on an amendment refuses it before.
    pub fn amend(&mut self, amendment: &Amendment) {
        let (status, pockets) = self.amended(amendment);
        self.see(status, pockets);
    }

    /// The status and the balances as they are after an amendment.
    #[must_use]
    pub fn amended(&self, amendment: &Amendment) -> (Status, Pockets) {
        let mut pockets = self.pockets.clone();
        for &currency in &amendment.add_currencies {
            if !pockets.iter().any(|pocket| pocket.currency == currency) {
                pockets.push(Pocket::new(currency, Amount::ZERO));
            }
        }
        for &(currency, limit) in &amendment.overdraft_limits {
            if let Some(pocket) = pockets.iter_mut().find(|p| p.currency == currency) {
                pocket.overdraft_limit = limit;
            }
        }
        (amendment.status.unwrap_or(self.status()), pockets)
    }
}

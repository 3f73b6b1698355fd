//! An account of the model: nothing is kept that can be added up.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{BalanceView, HoldView};

#[derive(Clone, Debug)]
pub(super) struct Account {
    /// The action that opened it.
    pub(super) opened: u64,
    pub(super) status: String,
    pub(super) balances: Vec<Balance>,
    /// By name, which is in the order in which they were opened.
    pub(super) holds: BTreeMap<String, Hold>,
    pub(super) reservations: Vec<Reservation>,
    /// The transactions under which a debit must post.
    pub(super) linked: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Balance {
    pub(super) currency: String,
    pub(super) posted: i128,
    pub(super) limit: i128,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Hold {
    /// Which of the account's balances it is set aside from.
    pub(super) of: usize,
    pub(super) placed: i128,
    pub(super) captured: i128,
    pub(super) restored: i128,
}

#[derive(Clone, Debug)]
pub(super) struct Reservation {
    pub(super) approval: u64,
    pub(super) transaction: String,
    pub(super) of: usize,
    pub(super) granted: i128,
    pub(super) used: i128,
    /// What is set aside still.
    pub(super) left: i128,
}

impl Hold {
    pub(super) fn held(&self) -> i128 {
        self.placed - self.captured - self.restored
    }
}

impl Account {
    pub(super) fn balance_of(&self, currency: &str) -> Option<usize> {
        self.balances.iter().position(|balance| balance.currency == currency)
    }

    pub(super) fn balance_name(&self, of: usize) -> String {
        format!("bal_{:016x}_{of}", self.opened)
    }

    pub(super) fn balance_named(&self, name: &str) -> Option<usize> {
        (0..self.balances.len()).find(|of| self.balance_name(*of) == name)
    }

    pub(super) fn held(&self, of: usize) -> i128 {
        self.holds.values().filter(|hold| hold.of == of).map(Hold::held).sum()
    }

    pub(super) fn reserved(&self, of: usize) -> i128 {
        self.reservations.iter().filter(|made| made.of == of).map(|made| made.left).sum()
    }

    pub(super) fn available(&self, of: usize) -> i128 {
        self.balances[of].posted - self.held(of) - self.reserved(of)
    }

    pub(super) fn spendable(&self, of: usize) -> i128 {
        self.available(of) + self.balances[of].limit
    }

    pub(super) fn is_empty(&self) -> bool {
        (0..self.balances.len())
            .all(|of| self.balances[of].posted == 0 && self.held(of) == 0 && self.reserved(of) == 0)
    }

    /// What approved authorizations of the transaction granted and no operation has used yet.
    pub(super) fn promised(&self, transaction: &str, of: usize) -> i128 {
        let ours = self.reservations.iter().filter(|r| r.transaction == transaction && r.of == of);
        ours.map(|made| made.granted - made.used).sum()
    }

    /// Uses the oldest first; what is left of one that is used returns to available.
    pub(super) fn draw(&mut self, transaction: &str, of: usize, amount: i128) {
        let mut rest = amount;
        for made in &mut self.reservations {
            let unused = made.granted - made.used;
            if made.transaction != transaction || made.of != of || unused == 0 || rest == 0 {
                continue;
            }
            let used = rest.min(unused);
            made.used += used;
            made.left = 0;
            rest -= used;
        }
    }

    /// Whether each of its numbers can be kept.
    pub(super) fn fits(&self) -> bool {
        let fits = |number: i128| i64::try_from(number).is_ok();
        let balances = (0..self.balances.len()).all(|of| {
            fits(self.balances[of].posted)
                && fits(self.held(of))
                && fits(self.reserved(of))
                && fits(self.available(of))
        });
        balances && self.holds.values().all(|hold| fits(hold.placed))
    }

    pub(super) fn view(&self, of: usize) -> BalanceView {
        BalanceView {
            name: self.balance_name(of),
            currency: self.balances[of].currency.clone(),
            posted: self.balances[of].posted,
            held: self.held(of),
            reserved: self.reserved(of),
            available: self.available(of),
            limit: self.balances[of].limit,
            shortfall: (-self.spendable(of)).max(0),
        }
    }

    pub(super) fn views(&self) -> Vec<BalanceView> {
        (0..self.balances.len()).map(|of| self.view(of)).collect()
    }

    pub(super) fn hold_view(&self, name: &str) -> HoldView {
        let hold = &self.holds[name];
        HoldView {
            name: name.to_owned(),
            balance: self.balance_name(hold.of),
            held: hold.held(),
            placed: hold.placed,
            captured: hold.captured,
            restored: hold.restored,
        }
    }
}

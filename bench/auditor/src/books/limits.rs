//! Spend limits: which are in force, and that nothing that they were asked about exceeds one.
//!
//! The log says on which day something counts, and not where days begin: so a refusal by a limit
//! cannot be decided anew. What was let through can: it is counted, and every sum is held to every
//! rule. Of merchants these books know nothing.

use std::rc::Rc;

use crate::finding::Margin;
use crate::record::{
    Authorization, Bucket, Granted, Kind, Limit, LimitsSet, Money, Movement, Rule,
};

use super::rules::Unlinked;
use super::{At, Books, Slot};

/// What somebody spent, and was let to.
struct Spent<'a> {
    transaction: u128,
    ordinal: u8,
    /// What counts.
    amount: u64,
    /// The day that it counts on, as the record says.
    counted: Option<i32>,
    /// What was asked for, as sold and as billed; `None` where no limit was asked.
    asked: Option<&'a [Money; 2]>,
}

impl Books {
    pub(super) fn limits_set(&mut self, at: At<'_>, set: &LimitsSet<'_>, margin: &mut Margin<'_>) {
        for rule in set.rules.iter().flatten() {
            if let Limit::Sold(money) | Limit::Billed(money) | Limit::Spent(money, _) = rule.limit {
                self.check_currency(money.currency, margin);
            }
        }
        let rules: Option<Rc<[Rule]>> = set.rules.clone().map(Rc::from);
        let Some(name) = set.account else {
            at.check_links(&[0; 3], margin);
            self.limits = rules.unwrap_or_default();
            return;
        };
        let slot = self.find(name);
        at.check_links(&self.links(slot, None), margin);
        if slot.is_none() {
            margin.note("it limits an account that is not there");
        }
        self.check_standing(slot, false, &set.standing, margin);
        if let Some(account) = self.account_mut(slot) {
            account.limits = rules;
        }
        self.note(slot, None, at.lsn, false);
    }

    /// Counts what an authorization granted; the day that it counts on.
    pub(super) fn count_grant(
        &mut self,
        slot: Slot,
        transaction: u128,
        it: &Authorization<'_>,
        granted: &Granted,
        margin: &mut Margin<'_>,
    ) -> Option<i32> {
        let Granted { ordinal, amount, counted, .. } = *granted;
        let [billed, sold] = it.asked;
        let asked = Some(&[sold, billed]);
        self.count_spent(slot, &Spent { transaction, ordinal, amount, counted, asked }, margin)
    }

    /// Counts what an operation took beyond grants, and what it gave back.
    pub(super) fn count_moved(
        &mut self,
        slot: Slot,
        transaction: u128,
        (kind, linked): (Kind, bool),
        movement: &Movement,
        margin: &mut Margin<'_>,
    ) {
        let (ordinal, counted) = (movement.ordinal, movement.counted);
        let sum = |amounts: &mut dyn Iterator<Item = u64>| amounts.fold(0, u64::saturating_add);
        let from = movement.postings.iter().filter(|it| it.from == Bucket::Available);
        let used = sum(&mut movement.draws.iter().map(|draw| draw.used));
        let amount = sum(&mut from.map(|it| it.amount)).saturating_sub(used);
        let checked = match kind {
            Kind::Debit => !linked && matches!(self.rules.unlinked, Unlinked::Refuse),
            kind => kind == Kind::Hold && !linked,
        };
        let money = Money { currency: movement.after.pocket.currency, amount };
        let (both, asked) = ([money, money], checked);
        let asked = asked.then_some(&both);
        self.count_spent(slot, &Spent { transaction, ordinal, amount, counted, asked }, margin);
        let to = movement.postings.iter().filter(|it| it.to == Bucket::Available);
        let back = sum(&mut to.map(|it| it.amount));
        if let Some(account) = self.account_mut(slot) {
            account.spending.take(transaction, ordinal, None, back);
        }
    }

    /// Whether a limit of that name may have said no.
    pub(super) fn check_rule(&self, slot: Slot, rule: Option<&str>, margin: &mut Margin<'_>) {
        let Some(name) = rule else { return };
        if !self.in_force(slot).iter().any(|rule| *rule.name == *name) {
            margin.note(format!("no spend limit {name:?} is in force"));
        }
    }

    fn in_force(&self, slot: Slot) -> Rc<[Rule]> {
        let own = self.account(slot).and_then(|account| account.limits.as_ref());
        Rc::clone(own.unwrap_or(&self.limits))
    }

    fn count_spent(
        &mut self,
        slot: Slot,
        spent: &Spent<'_>,
        margin: &mut Margin<'_>,
    ) -> Option<i32> {
        let rules = self.in_force(slot);
        let counts = rules.iter().any(|rule| rule.limit.is_on_a_period());
        if spent.counted.is_some() != (counts && spent.amount > 0) {
            margin.note("it counts for a limit that is not in force, or for none of one that is");
        }
        let Spent { transaction, ordinal, amount, .. } = *spent;
        let account = self.account_mut(slot)?;
        let day = spent.counted.map(|day| account.spending.turn(day));
        let known = account.spending.knows(transaction);
        day.into_iter().for_each(|day| account.spending.add(transaction, ordinal, day, amount));
        let currency = account.pocket(ordinal)?.currency;
        let asked = spent.asked.filter(|_| amount > 0);
        for (rule, [sold, billed]) in rules.iter().zip(std::iter::repeat(asked?)) {
            let within = |asked: &Money, limit: Money| {
                asked.currency != limit.currency || asked.amount <= limit.amount
            };
            let keeps = match rule.limit {
                Limit::Sold(limit) => within(sold, limit),
                Limit::Billed(limit) => within(billed, limit),
                Limit::Spent(limit, period) => {
                    let sum = account.spending.spent(ordinal, period);
                    currency != limit.currency || sum <= i128::from(limit.amount)
                }
                Limit::Count(limit, period) => {
                    let count = u64::try_from(account.spending.count(period)).unwrap_or(0);
                    known || count <= limit
                }
                Limit::Merchant => true,
            };
            if !keeps {
                margin.note(format!("it exceeds the spend limit {:?}", rule.name));
            }
        }
        day
    }
}

impl Limit {
    const fn is_on_a_period(self) -> bool {
        matches!(self, Self::Spent(..) | Self::Count(..))
    }
}

//! What holds of every request, and of the books as a whole.

use crate::finding::{Findings, Margin};
use crate::money::Currency;
use crate::record::{Kind, Opened, Operation, Transfer};

use super::Books;
use super::operation::lacks_reference;

const TEXT_MAX: usize = 128;
const NAME_MAX: usize = 64;

impl Books {
    pub(super) fn check_request(&self, asked: &Operation<'_>, margin: &mut Margin<'_>) {
        if asked.is_own() {
            self.check_own(asked, margin);
        } else {
            self.check_text("idempotency_key", asked.key, margin);
        }
        let texts = [("transaction_id", asked.transaction), ("of_action_ref", asked.of_action)];
        for (what, text) in texts {
            self.check_text(what, text, margin);
        }
        self.check_name(asked.account, margin);
        if let Some(money) = asked.money {
            self.check_amount(money.amount, margin);
            self.check_currency(money.currency, margin);
        }
        if lacks_reference(asked) {
            margin.note("it names no hold, and cannot do without");
        }
    }

    /// Whether the ledger may have asked it of itself: under a key of its own, for an approval of
    /// which nothing was used.
    fn check_own(&self, asked: &Operation<'_>, margin: &mut Margin<'_>) {
        if !asked.key_is_own() {
            margin.note(format!("its key {:?} is none that the ledger gives itself", asked.key));
        }
        let Some(approval) = asked.posts() else { return };
        let account = self.account(self.find(asked.account));
        let kinds = matches!(asked.kind, Kind::Debit | Kind::Hold);
        let whole = asked.money.map(|money| (money.amount, 0));
        let granted = account.and_then(|it| it.granted_by(approval));
        if !kinds || whole.is_none() || granted != whole {
            margin.note("it posts an approval, and not all that was granted, once");
        }
    }

    pub(super) fn check_transfer(&self, asked: &Transfer<'_>, margin: &mut Margin<'_>) {
        self.check_text("idempotency_key", asked.key, margin);
        asked.ends.iter().for_each(|name| self.check_name(name, margin));
        if asked.ends[0] == asked.ends[1] {
            margin.note("it goes from an account to itself");
        }
        self.check_amount(asked.money.amount, margin);
        self.check_currency(asked.money.currency, margin);
    }

    pub(super) fn check_opening(&self, opened: &Opened<'_>, margin: &mut Margin<'_>) {
        self.check_name(opened.account, margin);
        if opened.account.starts_with('@') {
            margin.note("its name is one of the system's");
        }
        let currencies: Vec<Currency> = opened.balances.iter().map(|it| it.currency).collect();
        for (n, currency) in currencies.iter().enumerate() {
            self.check_currency(*currency, margin);
            if currencies.iter().take(n).any(|other| other.code() == currency.code()) {
                margin.note(format!("it has two balances in {currency:?}"));
            }
        }
        if currencies.is_empty() {
            margin.note("it has no balance");
        }
    }

    pub(super) fn check_text(&self, what: &str, text: &str, margin: &mut Margin<'_>) {
        if !is_text(text, TEXT_MAX) {
            margin.note(format!("its {what} {text:?} is none that may be given"));
        }
    }

    fn check_name(&self, name: &str, margin: &mut Margin<'_>) {
        if !is_text(name, NAME_MAX) {
            margin.note(format!("no account may be named {name:?}"));
        }
    }

    fn check_amount(&self, amount: u64, margin: &mut Margin<'_>) {
        if amount > self.rules.request_max {
            margin.note(format!("{amount} is more than one request may move"));
        }
    }

    pub(super) fn check_currency(&self, currency: Currency, margin: &mut Margin<'_>) {
        if let Some(other) = self.totals.contradicts(currency) {
            margin.note(format!("it is in {currency:?}, and records before it in {other:?}"));
        }
    }

    /// Notes an outcome in its currency.
    pub(super) fn count_outcome(&mut self, currency: Option<Currency>, done: bool, limit: bool) {
        let none = &mut self.totals.unattributed;
        if limit {
            none.limits = none.limits.saturating_add(1);
        }
        let Some(currency) = currency else {
            none.refusals = none.refusals.saturating_add(1);
            return;
        };
        let totals = self.totals.of(currency);
        let count = if done { &mut totals.actions } else { &mut totals.refusals };
        *count = count.saturating_add(1);
    }

    /// Whether all postings of a currency add up to zero behind this record.
    pub(super) fn is_even(&mut self, currency: Currency, margin: &mut Margin<'_>) {
        let totals = *self.totals.of(currency);
        if !totals.is_even() {
            let (sum, between) = (totals.sum(), totals.between);
            let code = currency.code();
            margin.note(format!("{code} adds up to {sum}, and {between} is on no account"));
        }
    }

    /// Adds all accounts up, at the end.
    pub fn close(&self, findings: &mut Findings) {
        for account in &self.accounts {
            for (ordinal, pocket) in (0_u8..=u8::MAX).zip(&account.pockets) {
                let own = (account.held(ordinal), account.reserved(ordinal));
                let sums = (i128::from(pocket.held), i128::from(pocket.reserved));
                if own != sums {
                    let what = format!("holds and reservations are {own:?}, and not {sums:?}");
                    findings.add(account.opened, &account.name, what);
                }
            }
        }
        for totals in &self.totals() {
            let mut pockets = self.accounts.iter().flat_map(|account| &account.pockets);
            let counted = pockets.by_ref().filter(|it| it.currency == totals.currency);
            let posted: i128 = counted.map(|it| i128::from(it.posted)).sum();
            if posted != totals.posted || !totals.is_even() {
                let what = format!("accounts add up to {posted}, and not {}", totals.posted);
                findings.add(0, totals.currency.code(), what);
            }
        }
    }
}

/// Whether it is a text that may be given: not empty, not too long, no control characters.
fn is_text(text: &str, at_most: usize) -> bool {
    (1..=at_most).contains(&text.len()) && !text.chars().any(char::is_control)
}

//! What operators do: accounts opened and amended.

use crate::finding::Margin;
use crate::record::{Amended, Opened, Pocket, Status};

use super::account::{Account, Profile};
use super::{At, Books};

const BALANCES_MAX: usize = 64;

impl Books {
    pub(super) fn opened(&mut self, at: At<'_>, opened: &Opened<'_>, margin: &mut Margin<'_>) {
        at.check_links(&[0; 3], margin);
        self.check_opening(opened, margin);
        if self.find(opened.account).is_some() {
            return margin.note(format!("account {:?} was opened before", opened.account));
        }
        let pocket = |money: &crate::record::Money| Pocket {
            currency: money.currency,
            posted: 0,
            held: 0,
            reserved: 0,
            limit: money.amount,
        };
        let (account_id, customer) = (opened.account_id, opened.customer);
        let profile =
            Profile { account_id: account_id.map(Into::into), customer: customer.map(Into::into) };
        let speaks = account_id.is_some() || customer.is_some();
        let account = Account {
            name: opened.account.into(),
            opened: at.lsn,
            profile: speaks.then(|| Box::new(profile)),
            pockets: opened.balances.iter().map(pocket).collect(),
            ..Account::default()
        };
        for pocket in &account.pockets {
            let totals = self.totals.of(pocket.currency);
            totals.accounts = totals.accounts.saturating_add(1);
        }
        let slot = self.accounts.len();
        self.names.insert(account.name.clone(), slot);
        self.accounts.push(account);
        self.note(Some(slot), None, at.lsn, false);
    }

    pub(super) fn amended(&mut self, at: At<'_>, amended: &Amended<'_>, margin: &mut Margin<'_>) {
        let slot = self.find(amended.account);
        at.check_links(&self.links(slot, None), margin);
        for currency in &amended.added {
            self.check_currency(*currency, margin);
        }
        let Some(account) = slot.and_then(|slot| self.accounts.get_mut(slot)) else {
            return margin.note("it amends an account that is not there");
        };
        if amended.status == Some(Status::Closed) && !account.is_empty() {
            margin.note("it closes an account that is not empty");
        }
        account.status = amended.status.unwrap_or(account.status);
        for currency in &amended.added {
            if account.pockets.iter().all(|pocket| pocket.currency != *currency) {
                let (posted, held, reserved, limit) = (0, 0, 0, 0);
                account.pockets.push(Pocket { currency: *currency, posted, held, reserved, limit });
                let totals = self.totals.of(*currency);
                totals.accounts = totals.accounts.saturating_add(1);
            }
        }
        if account.pockets.len() > BALANCES_MAX {
            margin.note("the account has more balances than one may have");
        }
        for limit in &amended.limits {
            let mut pockets = account.pockets.iter_mut();
            match pockets.find(|pocket| pocket.currency == limit.currency) {
                Some(pocket) => pocket.limit = limit.amount,
                None => margin.note("it limits a currency that the account does not have"),
            }
        }
        margin.compare("account after", &amended.after, &account.whole());
        if amended.metadata.is_some() {
            account.described = Some(at.lsn);
        }
        self.note(slot, None, at.lsn, false);
    }
}

impl Account {
    fn is_empty(&self) -> bool {
        self.pockets.iter().all(|it| it.posted == 0 && it.held == 0 && it.reserved == 0)
    }
}

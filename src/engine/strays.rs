//! What happened at no customer's account: refusals of those who asked for one that there is not,
//! transfers between the system's own accounts, and notifications.
//!
//! It is in one place, under one lock, because the shards change from one life to the next, and a
//! record's links must not.

use wal::Lsn;

use super::books::Books;
use super::breaks::Breaks;
use super::chain::{Chain, Links};
use super::secret::Digest;
use super::transactions::{Slot, Transactions};
use crate::ledger::{Money, SystemAccount};

/// All that happened at no customer's account.
#[derive(Debug, Default)]
pub struct Strays {
    /// Which transactions did.
    pub transactions: Transactions,
    /// What went from one system account to the other.
    pub books: Books,
    /// Where the notifications are.
    pub notifications: Chain,
    /// The breaks that reconciliations opened.
    pub breaks: Breaks,
}

impl Strays {
    /// The links of the next record that touches no account: the transaction's record before that
    /// did so too.
    #[must_use]
    pub fn links(&self, of: Option<Digest>) -> [Lsn; 3] {
        [Lsn::ZERO, Lsn::ZERO, self.transactions.before(of, Slot::NOBODY)]
    }

    /// Notes a record that touched no account.
    pub fn note(&mut self, of: Option<Digest>, lsn: Lsn) {
        if let Some(of) = of {
            self.transactions.note(of, Slot::NOBODY, lsn, false);
        }
    }

    /// Moves money from one system account to the other. Nothing but the books changes.
    pub fn take(&mut self, from: SystemAccount, to: SystemAccount, money: Money) {
        let totals = self.books.of(money.currency);
        let amount = i128::from(money.amount.minor());
        for (system, part) in [(from, amount.wrapping_neg()), (to, amount)] {
            let total = match system {
                SystemAccount::Settlement => &mut totals.settlement,
                SystemAccount::Funding => &mut totals.funding,
            };
            *total = total.wrapping_add(part);
        }
    }

    /// The links of the next notification: the one before, one further back, and what its
    /// transaction's next record that touches no account gets.
    #[must_use]
    pub fn notification_links(&self, of: Option<Digest>) -> [Lsn; 3] {
        let Links { previous, skip } = self.notifications.next();
        let [_, _, before] = self.links(of);
        [previous, skip, before]
    }

    /// Notes a notification.
    pub fn note_notification(&mut self, of: Option<Digest>, lsn: Lsn) {
        self.notifications.push(lsn);
        self.note(of, lsn);
    }
}

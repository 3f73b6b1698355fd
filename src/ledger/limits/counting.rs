//! What happens to an account, as it is counted.

use super::{Day, Spending};
use crate::ledger::movement::{Bucket, Movement};
use crate::ledger::{Account, Amount, Reservation};

impl Movement {
    /// How much it takes from available beyond what was granted.
    #[must_use]
    pub fn ungranted(&self) -> Amount {
        let used = self.draws.iter().map(|draw| draw.used);
        let used = used.fold(Amount::ZERO, Amount::saturating_plus);
        self.leaving(Bucket::Available).beyond(used)
    }

    fn leaving(&self, bucket: Bucket) -> Amount {
        let from = self.postings.iter().filter(|posting| posting.from == bucket);
        from.map(|posting| posting.amount).fold(Amount::ZERO, Amount::saturating_plus)
    }

    fn arriving(&self, bucket: Bucket) -> Amount {
        let to = self.postings.iter().filter(|posting| posting.to == bucket);
        to.map(|posting| posting.amount).fold(Amount::ZERO, Amount::saturating_plus)
    }
}

impl Account {
    /// What it has spent, where that is counted.
    #[must_use]
    pub fn spending(&self) -> Option<&Spending> {
        self.aside.as_deref()?.spending.as_deref()
    }

    /// Counts what an operation under that transaction, which was applied, did beyond its use of
    /// grants.
    pub fn count(&mut self, movement: &Movement, transaction_id: &str) {
        let ordinal = movement.ordinal;
        if let Some(day) = movement.counted {
            self.count_spend(transaction_id, ordinal, day, movement.ungranted());
        }
        if let Some(spending) = self.aside.as_mut().and_then(|it| it.spending.as_deref_mut()) {
            spending.take(transaction_id, ordinal, movement.arriving(Bucket::Available));
        }
    }

    /// Counts a spend on that day, or on the latest where that is later. Returns the day.
    pub(in crate::ledger) fn count_spend(
        &mut self,
        transaction_id: &str,
        ordinal: u8,
        day: Day,
        amount: Amount,
    ) -> Day {
        let aside = self.aside.get_or_insert_default();
        let spending = aside.spending.get_or_insert_default();
        spending.add(transaction_id, ordinal, day, amount)
    }
}

impl Spending {
    /// So much of a reservation is used, and nothing is set aside for it any more.
    pub(in crate::ledger) fn use_up(&mut self, reservation: &Reservation, used: Amount) {
        let Reservation { transaction_id, ordinal, reserved, counted, .. } = reservation;
        let Some(day) = *counted else { return };
        let (more, less) = (used.beyond(*reserved), reserved.beyond(used));
        self.add_on(transaction_id, *ordinal, day, more);
        self.take_on(transaction_id, *ordinal, day, less);
    }
}

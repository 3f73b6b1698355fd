//! What a record must tell of its account beyond the balance that it is about, so that the account
//! as it was can be read from a few records.
//!
//! Of an active account with one balance and its first metadata a record that tells the balance
//! tells everything. Of any other every eighth record tells everything, and the others nothing.

use crate::finding::Margin;
use crate::record::{Standing, Status, Whole};

use super::account::Account;
use super::{Books, Slot};

const WHOLE_EVERY: u64 = 8;

impl Books {
    /// Compares what a record tells of an account with how that stands here, behind the record.
    pub(super) fn check_standing(
        &self,
        slot: Slot,
        tells_balance: bool,
        stored: &Standing,
        margin: &mut Margin<'_>,
    ) {
        let account = self.account(slot);
        let own = account.map_or(Standing::Unsaid, |account| account.standing(tells_balance));
        margin.compare("standing", stored, &own);
    }
}

impl Account {
    /// What a record that is not yet noted must tell.
    fn standing(&self, tells_balance: bool) -> Standing {
        let plain =
            self.status == Status::Active && self.pockets.len() == 1 && self.described.is_none();
        if plain && tells_balance {
            Standing::Alone
        } else if self.trail.count().saturating_add(1).is_multiple_of(WHOLE_EVERY) {
            Standing::Whole(self.whole())
        } else {
            Standing::Unsaid
        }
    }

    pub(super) fn whole(&self) -> Whole {
        let (status, described) = (self.status, self.described);
        Whole { status, described, pockets: self.pockets.clone() }
    }
}

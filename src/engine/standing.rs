//! What a record tells of its account beyond the balance that it is about: decided here, for the
//! record that is appended and for the one that is replayed alike.
//!
//! [`record::standing`](super::record::standing) says why.

use super::record::standing::WHOLE_EVERY;
use super::record::{Standing, Whole};
use super::shard::Resident;
use crate::ledger::{ActionRef, Amendment, Pocket, Status};

impl Resident {
    /// What its next record has to tell, when that tells this balance by itself, as it is
    /// afterwards.
    #[must_use]
    pub fn standing(&self, told: Option<(u8, &Pocket)>) -> Standing {
        let account = &self.account;
        let plain = account.status() == Status::Active && account.balances().len() == 1;
        if plain && told.is_some() && self.described().is_none() {
            return Standing::Alone;
        }
        if !self.chain.length().saturating_add(1).is_multiple_of(WHOLE_EVERY) {
            return Standing::Unsaid;
        }
        let mut pockets: Vec<Pocket> = account.balances().map(|(_, pocket)| *pocket).collect();
        if let Some((ordinal, after)) = told
            && let Some(pocket) = pockets.get_mut(usize::from(ordinal))
        {
            *pocket = *after;
        }
        let (status, described) = (account.status(), self.described());
        Standing::Whole(Box::new(Whole { status, described, pockets }))
    }

    /// All of it as it is after an amendment.
    #[must_use]
    pub fn amended(&self, amendment: &Amendment) -> Whole {
        let (status, pockets) = self.account.amended(amendment);
        Whole { status, described: self.described(), pockets: pockets.to_vec() }
    }

    /// The amendment that changed its metadata last.
    fn described(&self) -> Option<ActionRef> {
        self.description.as_ref().and_then(|description| description.by)
    }
}

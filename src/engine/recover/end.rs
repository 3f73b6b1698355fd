//! One end of a record, held against the state before it.

use wal::Lsn;

use super::batch::Links;
use super::error::Disagreement;
use crate::engine::currencies::Currencies;
use crate::engine::record::{Action, Standing, TransferAction};
use crate::engine::secret::Digest;
use crate::engine::shard::{Resident, Shard};
use crate::engine::strays::Strays;
use crate::engine::transactions::Slot;
use crate::ledger::{Account, ActionRef, Currency, Movement, Place, Pocket, Side, SystemAccount};

/// What an action says of its account, or a transfer of one of its accounts.
pub struct End<'r> {
    pub name: &'r str,
    pub opened: Option<ActionRef>,
    /// Which of the system's accounts it is, if it is one: no shard has them.
    pub system: Option<SystemAccount>,
    /// Whether it is kept among the strays.
    pub astray: bool,
    pub movement: Option<&'r Movement>,
    /// The card transaction whose spending it is, where it is a card's.
    pub spender: Option<&'r str>,
    /// The card transaction, and whether this links it and the account.
    pub transaction: Option<(Digest, bool)>,
    /// To be looked at once the account was found.
    currency: Option<Currency>,
    tells: Option<(u8, &'r Pocket)>,
    standing: &'r Standing,
    links: Links<'r>,
}

impl<'r> End<'r> {
    pub fn of_action(action: &'r Action<'_>, transaction: Digest, links: Links<'r>) -> Self {
        let movement = action.outcome.as_ref().ok();
        let moved = movement.is_some_and(Movement::moved);
        Self {
            name: action.request.tenant_account_ref,
            opened: action.opened,
            system: None,
            astray: action.opened.is_none(),
            movement,
            spender: Some(action.request.transaction_id),
            transaction: Some((transaction, moved)),
            currency: action.request.money.map(|money| money.currency),
            tells: action.tells(),
            standing: &action.standing,
            links,
        }
    }

    pub fn of_transfer(
        action: &'r TransferAction<'_>,
        side: Side,
        transaction: Option<Digest>,
        links: Links<'r>,
    ) -> Self {
        let ends = action.request.ends;
        let [of_source, of_destination] = links.split();
        let (name, other, opened, links) = match side {
            Side::Source => (ends.source(), ends.destination(), action.source_opened, of_source),
            Side::Destination => {
                (ends.destination(), ends.source(), action.destination_opened, of_destination)
            }
        };
        let [system, other] = [name, other].map(SystemAccount::parse);
        Self {
            name,
            opened,
            system,
            astray: opened.is_none() && (system.is_none() || other.is_some()),
            movement: action.movement(side),
            spender: None,
            transaction: transaction.map(|digest| (digest, false)),
            currency: None,
            tells: action.tells(side),
            standing: action.standing(side),
            links,
        }
    }

    /// The card transaction.
    pub fn digest(&self) -> Option<Digest> {
        self.transaction.map(|(digest, _)| digest)
    }

    /// Whether the account that was found, if one was, is the one that it speaks of.
    pub fn same_account(
        &self,
        found: Option<&Resident>,
        currencies: &Currencies,
    ) -> Result<(), Disagreement> {
        if found.map(|found| found.account.opened()) != self.opened {
            return Err(Disagreement::Account(self.name.into()));
        }
        self.currency.map_or(Ok(()), |currency| known(currency, currencies))
    }

    /// Whether the account at `slot` is as it says.
    pub fn same(&self, shard: &Shard, slot: Slot) -> Result<(), Disagreement> {
        same_links(self.links, &shard.links(slot, self.digest()))?;
        let found = shard.resident(slot);
        self.same_balance(found.map(|found| &found.account))?;
        same_standing(self.name, self.standing, found.map(|found| found.standing(self.tells)))
    }

    /// Whether the strays are as it says.
    pub fn same_astray(&self, strays: &Strays) -> Result<(), Disagreement> {
        self.same_nowhere(&strays.links(self.digest()))
    }

    /// Whether it says nothing: no shard has a system account.
    pub fn same_system(&self) -> Result<(), Disagreement> {
        self.same_nowhere(&[Lsn::ZERO; 3])
    }

    fn same_nowhere(&self, links: &[Lsn]) -> Result<(), Disagreement> {
        same_links(self.links, links)?;
        self.same_balance(None)?;
        same_standing(self.name, self.standing, None)
    }

    fn same_balance(&self, account: Option<&Account>) -> Result<(), Disagreement> {
        let Some(movement) = self.movement else { return Ok(()) };
        same_place(self.name, movement.after, account.and_then(|it| it.preview(movement)))
    }
}

pub fn known(currency: Currency, currencies: &Currencies) -> Result<(), Disagreement> {
    if currencies.knows(currency) { Ok(()) } else { Err(Disagreement::Currency(currency)) }
}

pub fn same_links(stored: Links<'_>, found: &[Lsn]) -> Result<(), Disagreement> {
    if stored.iter().eq(found.iter().copied()) {
        return Ok(());
    }
    Err(Disagreement::Links { stored: stored.iter().collect(), found: found.to_vec() })
}

pub fn same_pocket(name: &str, stored: Pocket, found: Option<Pocket>) -> Result<(), Disagreement> {
    let place = |pocket| Place { pocket, hold: None };
    same_place(name, place(stored), found.map(place))
}

pub fn same_standing(
    name: &str,
    stored: &Standing,
    found: Option<Standing>,
) -> Result<(), Disagreement> {
    let same = *stored == found.unwrap_or_default();
    if same { Ok(()) } else { Err(Disagreement::Standing(name.into())) }
}

fn same_place(name: &str, stored: Place, found: Option<Place>) -> Result<(), Disagreement> {
    if found == Some(stored) {
        return Ok(());
    }
    let (stored, found) = (Box::new(stored), Box::new(found));
    Err(Disagreement::Balance { account: name.into(), stored, found })
}

//! Records about one account that are not actions.

use wal::Lsn;

use super::batch::Links;
use super::end::{known, same_links, same_pocket, same_standing};
use super::error::Disagreement;
use super::folder::Folder;
use crate::engine::log::Stamp;
use crate::engine::record::{AccountAmended, AccountOpened, ReservationLapsed};
use crate::engine::roster::Place;
use crate::engine::secret::Digest;
use crate::engine::shard::Shard;
use crate::engine::state::Listed;
use crate::engine::transactions::Slot;
use crate::ledger::lapse;

impl Folder<'_> {
    pub(super) fn account_opened(
        &mut self,
        opened: AccountOpened<'_>,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let (name, names) = (self.name(opened.tenant_account_ref), self.part.names());
        let Some((number, shard)) = self.part.shard(name.hash) else { return Ok(()) };
        if let Some(found) = shard.find(name).and_then(|slot| shard.resident(slot)) {
            let copied = found.account.opened() == stamp.action();
            return if copied { Ok(()) } else { Err(Disagreement::Account(name.text.into())) };
        }
        same_links(links, &[Lsn::ZERO; 3])?;
        let mut currencies = opened.opening.balances.iter().map(|(currency, _)| *currency);
        currencies.try_for_each(|currency| known(currency, self.currencies))?;
        let slot = shard.take_opened(name, opened, stamp, names);
        self.opened.push(Listed { opened: stamp.lsn, place: Place::new(number, slot) });
        Ok(())
    }

    pub(super) fn account_amended(
        &mut self,
        amended: AccountAmended<'_>,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let mut added = amended.amendment.add_currencies.iter();
        added.try_for_each(|currency| known(*currency, self.currencies))?;
        self.at(amended.tenant_account_ref, None, links, stamp, |shard, slot| {
            let found = shard.resident(slot).map(|it| it.amended(&amended.amendment));
            if found.as_ref() != Some(&amended.after) {
                return Err(Disagreement::Standing(amended.tenant_account_ref.into()));
            }
            shard.amend(slot, amended, stamp);
            Ok(())
        })
    }

    pub(super) fn reservation_lapsed(
        &mut self,
        lapsed: &ReservationLapsed<'_>,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let name = lapsed.tenant_account_ref;
        self.at(name, None, links, stamp, |shard, slot| {
            let found = shard.resident(slot).and_then(|it| lapse(&it.account, lapsed.approval));
            let found = found.filter(|(ordinal, _)| *ordinal == lapsed.ordinal);
            same_pocket(name, lapsed.after, found.map(|(_, after)| after))?;
            let told = Some((lapsed.ordinal, &lapsed.after));
            let found = shard.resident(slot).map(|it| it.standing(told));
            same_standing(name, &lapsed.standing, found)?;
            shard.take_lapsed(slot, lapsed);
            shard.note(slot, None, stamp.lsn);
            Ok(())
        })
    }

    /// Does `what` to an account that must be there, by a record that has its links; nothing where
    /// the account has seen that record.
    pub(super) fn at(
        &mut self,
        name: &str,
        transaction: Option<Digest>,
        links: Links<'_>,
        stamp: Stamp,
        what: impl FnOnce(&mut Shard, Slot) -> Result<(), Disagreement>,
    ) -> Result<(), Disagreement> {
        let name = self.name(name);
        let Some((_, shard)) = self.part.shard(name.hash) else { return Ok(()) };
        let nobody = || Disagreement::Account(name.text.into());
        let slot = shard.find_for(name, stamp.lsn).ok_or_else(nobody)?;
        if shard.has_seen(slot, stamp.lsn) {
            return Ok(());
        }
        same_links(links, &shard.links(slot, transaction))?;
        what(shard, slot)
    }
}

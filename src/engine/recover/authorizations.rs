//! Records of authorizations, and of those that were undone.

use super::batch::{Links, Share};
use super::end::{known, same_links, same_pocket, same_standing};
use super::error::Disagreement;
use super::folder::Folder;
use crate::engine::log::Stamp;
use crate::engine::record::{Authorization, AuthorizationUndone};
use crate::engine::shard::Shard;
use crate::engine::transactions::Slot;
use crate::ledger::undo;

impl Folder<'_> {
    pub(super) fn authorization(
        &mut self,
        it: &Authorization<'_>,
        share: Share,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        known(it.asked.billing.currency, self.currencies)?;
        known(it.asked.amount.currency, self.currencies)?;
        let transaction = Some(self.secret.digest(it.message.transaction_id));
        let Some(name) = it.tenant_account_ref.filter(|_| it.opened.is_some()) else {
            let Some(strays) = self.strays(share, stamp) else { return Ok(()) };
            same_links(links, &strays.links(transaction))?;
            same_standing("", &it.standing, None)?;
            strays.note(transaction, stamp.lsn);
            return Ok(());
        };
        self.at(name, transaction, links, stamp, |shard, slot| {
            same_decision(it, name, shard, slot)?;
            if let Ok(reserved) = &it.outcome {
                shard.take_reserved(slot, reserved, it.message.transaction_id, stamp);
            }
            shard.note(slot, transaction.map(|digest| (digest, false)), stamp.lsn);
            Ok(())
        })
    }

    pub(super) fn authorization_undone(
        &mut self,
        it: &AuthorizationUndone<'_>,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let name = it.tenant_account_ref;
        let transaction = Some(self.secret.digest(it.transaction_id));
        self.at(name, transaction, links, stamp, |shard, slot| {
            let found = shard.resident(slot);
            let after = found.and_then(|found| undo(&found.account, it.approval));
            if after.map(|(ordinal, _)| ordinal) != it.after.map(|(ordinal, _)| ordinal) {
                return Err(Disagreement::Account(name.into()));
            }
            if let (Some((_, stored)), Some((_, found))) = (it.after, after) {
                same_pocket(name, stored, Some(found))?;
            }
            same_standing(name, &it.standing, found.map(|found| found.standing(it.tells())))?;
            shard.take_undone(slot, it);
            shard.note(slot, transaction.map(|digest| (digest, false)), stamp.lsn);
            Ok(())
        })
    }
}

/// Whether the account is the one that was decided on, and stands as the record says.
fn same_decision(
    it: &Authorization<'_>,
    name: &str,
    shard: &Shard,
    slot: Slot,
) -> Result<(), Disagreement> {
    let found = shard.resident(slot);
    if found.map(|found| found.account.opened()) != it.opened {
        return Err(Disagreement::Account(name.into()));
    }
    if let Ok(reserved) = &it.outcome {
        let after = found.and_then(|found| found.account.preview_reserved(reserved));
        same_pocket(name, reserved.after, after)?;
    }
    same_standing(name, &it.standing, found.map(|found| found.standing(it.tells())))
}

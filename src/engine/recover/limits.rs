//! Records of spend limits that an operator set.

use super::batch::{Links, Share};
use super::end::{known, same_links, same_standing};
use super::error::Disagreement;
use super::folder::Folder;
use crate::engine::log::Stamp;
use crate::engine::record::LimitsSet;

impl Folder<'_> {
    pub(super) fn limits_set(
        &mut self,
        set: LimitsSet<'_>,
        share: Share,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let rules = set.rules.iter().flat_map(|rules| rules.rules());
        let mut currencies = rules.filter_map(|rule| rule.what.currency());
        currencies.try_for_each(|currency| known(currency, self.currencies))?;
        let Some(name) = set.tenant_account_ref else {
            let Some(strays) = self.strays(share, stamp) else { return Ok(()) };
            same_links(links, &strays.links(None))?;
            set.rules.into_iter().for_each(|rules| *self.part.limits.write() = rules);
            return Ok(());
        };
        self.at(name, None, links, stamp, |shard, slot| {
            let found = shard.resident(slot).map(|it| it.standing(None));
            same_standing(name, &set.standing, found)?;
            shard.take_limits(slot, set, stamp);
            Ok(())
        })
    }
}

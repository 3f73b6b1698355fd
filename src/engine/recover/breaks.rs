//! Records of breaks, which are kept among the strays.

use super::batch::{Links, Share};
use super::end::same_links;
use super::error::Disagreement;
use super::folder::Folder;
use crate::engine::log::Stamp;
use crate::engine::record::{BreakResolved, BreaksOpened};

impl Folder<'_> {
    pub(super) fn breaks_opened(
        &mut self,
        opened: &BreaksOpened<'_>,
        share: Share,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let Some(strays) = self.strays(share, stamp) else { return Ok(()) };
        same_links(links, &[])?;
        let fresh = strays.breaks.open(opened, stamp.lsn);
        if fresh { Ok(()) } else { Err(Disagreement::Break) }
    }

    pub(super) fn break_resolved(
        &mut self,
        resolved: &BreakResolved<'_>,
        share: Share,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let Some(strays) = self.strays(share, stamp) else { return Ok(()) };
        let opened = strays.breaks.find(resolved.name).map(|found| found.opened);
        same_links(links, opened.as_slice())?;
        let open = strays.breaks.resolve(resolved.name, stamp.lsn);
        if open { Ok(()) } else { Err(Disagreement::Break) }
    }
}

//! Records of notifications, which are kept among the strays.

use super::batch::{Links, Share};
use super::end::same_links;
use super::error::Disagreement;
use super::folder::Folder;
use crate::engine::log::Stamp;
use crate::engine::record::Notification;

impl Folder<'_> {
    pub(super) fn notification(
        &mut self,
        it: &Notification<'_>,
        share: Share,
        links: Links<'_>,
        stamp: Stamp,
    ) -> Result<(), Disagreement> {
        let of = it.transaction_id.as_deref().map(|id| self.secret.digest(id));
        let Some(strays) = self.strays(share, stamp) else { return Ok(()) };
        same_links(links, &strays.notification_links(of))?;
        strays.note_notification(of, stamp.lsn);
        Ok(())
    }
}

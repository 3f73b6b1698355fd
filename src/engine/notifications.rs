//! Notifications: recorded once by name, and listed newest first by the links between them.
//!
//! They touch no account. Each is in the chain of all notifications, and among the records of its
//! transaction that touched no account ([`Strays`](super::strays::Strays)), so that neither list
//! needs an index in memory.

use wal::{Lsn, Storage};

use super::Engine;
use super::history::{HistoryError, Stored};
use super::log::Unavailable;
use super::record::{Notification, NotificationName, Record};
use super::submit::Submitted;
use super::trail::{Step, Trail};
use crate::ledger::Moment;

/// A page looks at no more records than this: where few of many are wanted, pages are short.
const LOOKED_AT_MAX: usize = 10_000;

/// Which notifications are asked for.
#[derive(Clone, Debug)]
pub struct NotificationsAsked {
    /// Only those of this type.
    pub kind: Option<String>,
    /// Only those of this card transaction.
    pub transaction_id: Option<String>,
    /// Not what was received before.
    pub from: Moment,
    /// Only what was received before.
    pub to: Moment,
    /// Only what is older than this record, at which a page ended.
    pub before: Option<Lsn>,
    /// How many at the most.
    pub limit: usize,
}

/// Some notifications.
#[derive(Debug, Default)]
pub struct NotificationsPage {
    /// Newest first.
    pub notifications: Vec<Stored>,
    /// The page goes on with what is older than this record, where it goes on.
    pub next: Option<Lsn>,
}

impl<S: Storage> Engine<S> {
    /// Records a notification once. `others` are records found to be of other names with the same
    /// hash.
    ///
    /// # Errors
    /// When nothing can be taken now; then certainly nothing was done.
    pub fn notify(
        &self,
        notification: &Notification<'_>,
        others: &[Lsn],
    ) -> Result<Submitted<()>, Unavailable> {
        let mut key = self.state.keys.lock(&notification.name.key());
        if let Some(lsn) = key.seen(others) {
            return Ok(Submitted::Seen(lsn));
        }
        if !key.reserve() {
            return Err(Unavailable::StorageLow);
        }
        let of = notification.transaction_id.as_deref().map(|id| self.state.secret.digest(id));
        let mut strays = self.state.lock_strays();
        let stamp = self.log.append(&strays.notification_links(of), notification)?;
        // From here it is recorded, and nothing can fail.
        strays.note_notification(of, stamp.lsn);
        key.remember(stamp.lsn);
        Ok(Submitted::Decided((), stamp))
    }

    /// A record under whose hash that name is remembered, other than `others`.
    #[must_use]
    pub fn seen_notification(&self, name: &NotificationName<'_>, others: &[Lsn]) -> Option<Lsn> {
        self.state.keys.lock(&name.key()).seen(others)
    }

    /// The record from which notifications are listed, of all or of one card transaction:
    /// [`Lsn::ZERO`] where there are none.
    #[must_use]
    pub fn notifications_head(&self, transaction_id: Option<&str>) -> Lsn {
        let strays = self.state.lock_strays();
        match transaction_id.map(|id| self.state.secret.digest(id)) {
            Some(of) => strays.links(Some(of))[2],
            None => strays.notifications.newest(),
        }
    }

    /// The notifications that are asked for, from `head` back, which must be durable. Blocks.
    ///
    /// # Errors
    /// When a record on the way cannot be read.
    pub fn notifications(
        &self,
        head: Lsn,
        asked: &NotificationsAsked,
    ) -> Result<NotificationsPage, HistoryError> {
        let mut page = NotificationsPage::default();
        let trail = match (&asked.transaction_id, asked.before) {
            (None, _) => Trail::of_notifications(self, head),
            (Some(_), before) => Trail::of_strays(self, before.map_or(head, |it| it.min(head))),
        };
        let mut looked_at = 0_usize;
        let mut next = asked.first(&trail)?;
        while let Some(step) = next.filter(|step| step.at >= asked.from) {
            looked_at = looked_at.saturating_add(1);
            next = trail.before(&step)?;
            let lsn = step.stored.lsn();
            if asked.wants(&step)? {
                if page.notifications.len() == asked.limit {
                    page.next = page.notifications.last().map(Stored::lsn);
                    break;
                }
                page.notifications.push(step.stored);
            }
            if looked_at == LOOKED_AT_MAX {
                page.next = Some(lsn);
                break;
            }
        }
        Ok(page)
    }
}

impl NotificationsAsked {
    /// Where the page begins. What is too new is jumped over where links lead over it; of one
    /// transaction it is walked over.
    fn first<S: Storage>(&self, trail: &Trail<'_, S>) -> Result<Option<Step>, HistoryError> {
        let older = |lsn| self.before.is_none_or(|before| lsn < before);
        let of_one = self.transaction_id.is_some();
        trail.newest(|lsn, at| older(lsn) && (of_one || at < self.to))
    }

    fn wants(&self, step: &Step) -> Result<bool, HistoryError> {
        let (record, stamp) = step.stored.record()?;
        let Record::Notification(it) = record else { return Ok(false) };
        let same = |asked: &Option<String>, found: Option<&str>| {
            asked.as_deref().is_none_or(|asked| found == Some(asked))
        };
        Ok(stamp.at < self.to
            && same(&self.kind, Some(&it.kind))
            && same(&self.transaction_id, it.transaction_id.as_deref()))
    }
}

impl Stored {
    /// Whether this is the notification of that name.
    ///
    /// # Errors
    /// When it is not a record that this version knows.
    pub fn is_notification(&self, name: &NotificationName<'_>) -> Result<bool, HistoryError> {
        let (record, _) = self.record()?;
        Ok(matches!(record, Record::Notification(it) if it.name == *name))
    }
}

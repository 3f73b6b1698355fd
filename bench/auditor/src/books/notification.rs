//! Notifications: each recorded once, linked to the one before and to what its transaction did at no
//! account.

use crate::finding::Margin;
use crate::record::Notification;

use super::{At, Books};

impl Books {
    pub(super) fn notification(
        &mut self,
        at: At<'_>,
        it: &Notification<'_>,
        margin: &mut Margin<'_>,
    ) {
        let transaction = it.transaction.map(|transaction| self.touch(None, transaction));
        let [previous, skip] = self.notifications.next();
        let newest = self.touched(transaction).newest;
        at.check_links(&[previous, skip, newest], margin);
        // A name may say a type beside what its sender named it.
        let texts = [("type", Some(it.kind)), ("created_at", it.created_at)];
        let named = [("transaction_id", it.transaction), ("tenant_reference_id", it.reference)];
        for (what, text) in texts.into_iter().chain(named) {
            text.into_iter().for_each(|text| self.check_text(what, text, margin));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(it.data).is_err() {
            margin.note("what it says is no JSON");
        }
        if !self.notified.insert(self.hash.text_at(Some(usize::from(it.hashed)), it.name)) {
            margin.note(format!("the notification {:?} was recorded before", it.name));
        }
        self.notifications.push(at.lsn);
        self.note(None, transaction, at.lsn, false);
    }
}

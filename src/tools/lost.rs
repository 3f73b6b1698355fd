//! What a cut drops, as far as it can still be read.

use wal::RecordRef;

use super::line::moment;
use crate::engine::Lsn;
use crate::engine::record::{Record, mark};
use crate::print::{count, plural};

/// Records that are, or would be, dropped.
#[derive(Clone, Debug, Default)]
pub struct Lost {
    /// How many of them can be read.
    pub readable: u64,
    /// How many of those are actions, which are answered.
    pub actions: u64,
    /// The moments of the first and of the last that can be read.
    pub moments: Option<(u64, u64)>,
}

impl Lost {
    /// Counts a record.
    pub fn note(&mut self, record: &RecordRef<'_>) {
        let is_action = Record::decode(record.payload)
            .is_ok_and(|(record, _)| record.idempotency_key().is_some());
        let mark = mark(record.payload);
        self.readable = self.readable.saturating_add(1);
        self.actions = self.actions.saturating_add(u64::from(is_action));
        self.moments = Some((self.moments.map_or(mark, |(first, _)| first), mark));
    }

    /// The records from `from` on, before `next`: how many, and what is known of them.
    #[must_use]
    pub fn told(&self, from: Lsn, next: Lsn) -> String {
        let all = next.value().saturating_sub(from.value());
        if all == 0 {
            return "nothing that any file speaks of".to_owned();
        }
        let last = next.previous();
        let mut told = format!("{}, {from} to {last}", plural(all, "record"));
        if let Some((first, last)) = self.moments {
            let (first, last) = (moment(first), moment(last));
            let actions = plural(self.actions, "action");
            told = format!(
                "{told}; {} can be read, {first} to {last}, {actions} that may have been answered",
                count(self.readable)
            );
        }
        told
    }
}

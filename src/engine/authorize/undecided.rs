//! The approvals that are not answered yet: each one's outcome is settled here, once.
//!
//! ```text
//! appended ─► waiting ─► answered     durable, and its budget lasts
//!                    └─► late ─► undone     its budget has ended: the network was told no
//! ```
//!
//! Whoever waits asks [`settle`](Undecided::settle): the request itself, a repeat of it, and the
//! sweeper, for those that nobody waits for any more. The first to find that an approval is durable
//! in time, or that its time is over, has settled it for all. An approval that is late stays here
//! until the record that undoes it is in the log.
//!
//! # After a crash
//!
//! Records of authorizations, lapses and undoings carry how far the log was durable when they were
//! appended. Of an approval in the log that no record undoes:
//!
//! | the log has behind it | it was | it is |
//! | --- | --- | --- |
//! | a record within its budget, when it was durable | durable in time | as it was answered; it lapses like any other |
//! | a record behind its budget, when it was not durable | provably late | undone before the first answer |
//! | neither | maybe answered, maybe not | as its record says; it lapses like any other |
//!
//! So a [snapshot](crate::engine::snapshot) goes back to the oldest approval that is here when it
//! begins: the records from there on are replayed, though the rest of the snapshot has seen them.

use std::collections::BTreeMap;

use compact_str::CompactString;
use wal::Lsn;

use crate::engine::log::Stamp;
use crate::engine::record::{AuthorizationKind, Record};
use crate::ledger::Moment;

/// The approvals that are not answered yet.
#[derive(Debug, Default)]
pub struct Undecided {
    waiting: BTreeMap<Lsn, Waiting>,
}

/// An approval that is not answered yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// When it was decided.
    pub at: Moment,
    /// Final or pre.
    pub kind: AuthorizationKind,
    /// When its budget ends.
    pub answer_by: Moment,
    /// The account.
    pub tenant_account_ref: CompactString,
    /// The card transaction.
    pub transaction_id: CompactString,
    /// Whether its budget has ended, and the network was or will be told no.
    pub late: bool,
}

/// What became of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It may be answered: it is durable, and in time.
    InTime,
    /// It was answered before, or was undone: the log tells.
    Before,
    /// It must not be answered as an approval.
    Late,
    /// Neither is certain yet.
    NotYet,
}

impl Undecided {
    /// An approval was appended, behind all others.
    pub fn add(&mut self, approval: Lsn, waiting: Waiting) {
        self.waiting.insert(approval, waiting);
    }

    /// Settles an approval, if it can be settled when the log is durable up to `durable`.
    /// One that is settled in time is here no more, and handed out.
    pub fn settle(
        &mut self,
        approval: Lsn,
        durable: Lsn,
        now: Moment,
    ) -> (Settled, Option<Waiting>) {
        let Some(waiting) = self.waiting.get_mut(&approval) else {
            return (Settled::Before, None);
        };
        if waiting.late || now > waiting.answer_by {
            waiting.late = true;
            return (Settled::Late, None);
        }
        if approval > durable {
            return (Settled::NotYet, None);
        }
        (Settled::InTime, self.waiting.remove(&approval))
    }

    /// Those whose budget has ended by `now`, which are now settled as late.
    pub fn sweep(&mut self, now: Moment) -> Vec<(Lsn, Waiting)> {
        let over = |waiting: &Waiting| waiting.late || now > waiting.answer_by;
        let over = self.waiting.iter_mut().filter(|(_, waiting)| over(waiting));
        let late = over.map(|(approval, waiting)| {
            waiting.late = true;
            (*approval, waiting.clone())
        });
        late.collect()
    }

    /// Whether an approval was late, and is not undone yet.
    #[must_use]
    pub fn is_late(&self, approval: Lsn) -> bool {
        self.waiting.get(&approval).is_some_and(|waiting| waiting.late)
    }

    /// An approval that was late is undone in the log.
    pub fn undone(&mut self, approval: Lsn) {
        self.waiting.remove(&approval);
    }

    /// The oldest, and when it was decided.
    #[must_use]
    pub fn oldest(&self) -> Option<(Lsn, Moment)> {
        self.waiting.first_key_value().map(|(approval, waiting)| (*approval, waiting.at))
    }

    /// How many are neither answered nor undone.
    #[must_use]
    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Notes what a record that is replayed tells.
    pub fn note(&mut self, record: &Record<'_>, stamp: Stamp) {
        match record {
            Record::Authorization(it) => {
                self.replay(it.durable, stamp.at);
                it.waiting(stamp.at).into_iter().for_each(|waiting| self.add(stamp.lsn, waiting));
            }
            Record::AuthorizationUndone(it) => {
                self.replay(it.durable, stamp.at);
                self.undone(Lsn::new(it.approval.position()));
            }
            Record::ReservationLapsed(it) => self.replay(it.durable, stamp.at),
            _ => {}
        }
    }

    /// A record that is replayed says how far the log was durable at its moment. What was not, and
    /// whose budget had ended by then, was late; what was can not be proven to have been.
    fn replay(&mut self, durable: Lsn, at: Moment) {
        self.waiting.retain(|approval, waiting| waiting.late || *approval > durable);
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.answer_by < at) {
            waiting.late = true;
        }
    }

    /// All was replayed: what cannot be proven to have been late stands.
    pub fn replayed(&mut self) {
        self.waiting.retain(|_, waiting| waiting.late);
    }
}

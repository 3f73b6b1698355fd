//! Approvals that the ledger posts by itself, where no operation of the network follows.
//!
//! ```text
//! settled in time ─► unposted ─► posted     a final one: a debit
//!                                           a pre one: a hold
//! ```
//!
//! An approval is here from the moment at which it is certain that it stands until the operation
//! that posts it is in the log; so long its reservation keeps what it granted, and never lapses. One
//! that is late is undone and never gets here. After a crash the reservations tell: what is still
//! set aside for an approval that stands was not posted.
//!
//! Each is posted once, because the operation uses up the approval's own grant, and because whoever
//! posts holds the lock of this table. At once it is posted where nothing else is known of its
//! transaction; else whoever knows what was told of the transaction has to look first
//! ([`clearing`](crate::clearing)).

use std::collections::BTreeMap;

use compact_str::CompactString;
use wal::{Lsn, Storage};

use super::Waiting;
use crate::engine::Engine;
use crate::engine::log::Unavailable;
use crate::engine::record::{AuthorizationKind, OperationRequest, key_of_approval};
use crate::engine::state::State;
use crate::engine::submit::Submitted;
use crate::engine::transactions::Entry;
use crate::ledger::{Account, ActionRef, AuthorizationRef, Hold, HoldRef, Money, Operation};

/// Who moves money for an authorization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntegrationMode {
    /// The network, by operations of its own.
    #[default]
    Ledger,
    /// The ledger, by what it is told.
    Clearing,
}

/// Approvals that stand and are not posted yet, with the transaction of each.
#[derive(Debug, Default)]
pub struct Unposted(BTreeMap<Lsn, CompactString>);

/// An approval that stands, as it is posted.
#[derive(Clone, Copy, Debug)]
pub struct Posting<'a> {
    /// The approval.
    pub approval: Lsn,
    /// Final or pre.
    pub kind: AuthorizationKind,
    /// The account.
    pub tenant_account_ref: &'a str,
    /// The card transaction.
    pub transaction_id: &'a str,
    /// What is set aside for it.
    pub money: Money,
}

impl Posting<'_> {
    /// Asks for its operation: a hold raises `hold`, where the transaction has one.
    pub fn ask<T>(
        &self,
        hold: Option<HoldRef>,
        submit: impl FnOnce(OperationRequest<'_>) -> T,
    ) -> T {
        let action = ActionRef::new(self.approval.value());
        let (key, name) = (key_of_approval(action), AuthorizationRef::decided_as(action));
        let operation = self.kind.posted_by();
        let hold = hold.filter(|_| operation.names_a_hold()).map(|hold| hold.to_string());
        submit(OperationRequest {
            operation,
            idempotency_key: &key,
            transaction_id: self.transaction_id,
            tenant_account_ref: self.tenant_account_ref,
            of_action_ref: &name.to_string(),
            reference: hold.as_deref(),
            money: Some(self.money),
        })
    }
}

impl Unposted {
    /// Those of the accounts that are there, but for those that were late and are to be undone.
    pub fn of(state: &State, is_late: impl Fn(Lsn) -> bool) -> Self {
        let mut all = BTreeMap::new();
        for number in state.numbers() {
            for resident in state.lock(number).residents() {
                let set_aside = resident.account.reservations().iter();
                for it in set_aside.filter(|it| !it.reserved.is_zero()) {
                    let approval = Lsn::new(it.opened.position());
                    if !is_late(approval) {
                        all.insert(approval, CompactString::from(&*it.transaction_id));
                    }
                }
            }
        }
        Self(all)
    }
}

impl AuthorizationKind {
    /// What posts an approval of this kind.
    const fn posted_by(self) -> Operation {
        match self {
            Self::Final => Operation::DebitBalance,
            Self::Pre => Operation::HoldBalance,
        }
    }
}

impl<S: Storage> Engine<S> {
    /// Who moves money for an authorization.
    #[must_use]
    pub const fn integration_mode(&self) -> IntegrationMode {
        self.mode
    }

    /// The approvals of a transaction that stand and are not posted, oldest first. Whoever posts one
    /// is done with it before this returns.
    #[must_use]
    pub fn unposted_of(&self, transaction_id: &str) -> Vec<Lsn> {
        if self.mode == IntegrationMode::Ledger {
            return Vec::new();
        }
        let unposted = self.unposted.lock();
        let of_this = unposted.0.iter().filter(|(_, of)| **of == transaction_id);
        of_this.map(|(approval, _)| *approval).collect()
    }

    /// How many such approvals there are.
    pub fn unposted_count(&self) -> usize {
        self.unposted.lock().0.len()
    }

    /// The transactions that have such approvals.
    #[must_use]
    pub fn unposted(&self) -> Vec<CompactString> {
        let mut all: Vec<_> = self.unposted.lock().0.values().cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// An approval is posted, or there is nothing of it to post.
    pub fn posted(&self, approval: Lsn) {
        self.unposted.lock().0.remove(&approval);
    }

    /// What is still set aside for an approval on that account.
    pub fn set_aside(&self, tenant_account_ref: &str, approval: Lsn) -> Option<Money> {
        let approval = ActionRef::new(approval.value());
        let set_aside = |account: &Account| {
            let made = account.reservations().iter().find(|it| it.opened == approval)?;
            let currency = account.pocket(made.ordinal)?.currency;
            (!made.reserved.is_zero()).then_some(Money { amount: made.reserved, currency })
        };
        self.state.look(tenant_account_ref, |_, _, found| set_aside(&found.account)).flatten()
    }

    /// A hold of an account.
    pub fn hold(&self, tenant_account_ref: &str, hold: HoldRef) -> Option<Hold> {
        let hold = |account: &Account| account.hold(hold).copied();
        self.state.look(tenant_account_ref, |_, _, found| hold(&found.account)).flatten()
    }

    /// An approval stands: posts it, if nothing else is known of its transaction.
    pub(super) fn stands(&self, unposted: &mut Unposted, approval: Lsn, waiting: &Waiting) {
        let (account, transaction_id) = (&*waiting.tenant_account_ref, &waiting.transaction_id);
        let Some(money) = self.set_aside(account, approval) else { return };
        let others = unposted.0.insert(approval, transaction_id.clone());
        debug_assert_eq!(others, None, "it is settled once");
        let alone = unposted.0.values().filter(|of| *of == transaction_id).count() == 1;
        if alone && self.is_first(account, transaction_id) {
            let kind = waiting.kind;
            let posting =
                Posting { approval, kind, tenant_account_ref: account, transaction_id, money };
            if posting.ask(None, |request| self.post(request)).is_ok() {
                unposted.0.remove(&approval);
            }
        }
    }

    /// Whether no money moved under a transaction yet, and nothing was told of it.
    fn is_first(&self, tenant_account_ref: &str, transaction_id: &str) -> bool {
        let transaction = self.state.secret.digest(transaction_id);
        let first = self.state.look(tenant_account_ref, |shard, slot, _| {
            let moved = shard.transactions.find(transaction, slot).is_some_and(Entry::linked);
            let told = self.state.lock_strays().links(Some(transaction))[2];
            !moved && told == Lsn::ZERO
        });
        first.unwrap_or(false)
    }

    fn post(&self, request: OperationRequest<'_>) -> Result<(), Unavailable> {
        let mut others = Vec::new();
        // What it uses is there, so it was not posted before: another key has the same hash.
        while let Submitted::Seen(lsn) = self.submit(request, &others)? {
            others.push(lsn);
        }
        Ok(())
    }
}

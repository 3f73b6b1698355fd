//! One card transaction explained: each record of it, what the decision saw, and whether the same
//! comes out when it is decided once more.
//!
//! What a decision saw is read from the log: the balances and the status from the account's records
//! before it, the holds, the grants and what moved from the transaction's own. An account that is
//! known so far is a sketch: its balances are whole, and of its holds and reservations it has those
//! of this transaction. That is all that a decision under this transaction looks at, but for a hold
//! that another transaction opened, of which it says so.

use std::collections::BTreeMap;

use compact_str::CompactString;
use smallvec::SmallVec;
use wal::{Lsn, Storage};

use super::Engine;
use super::account::AccountView;
use super::authorize::promise;
use super::history::{HistoryError, Stored};
use super::log::Stamp;
use super::record::{Action, Asked, Authorization, Record};
use super::submit::reference;
use super::trail::Trail;
use crate::ledger::{
    Account, ActionRef, Ask, Command, Decline, Hold, Merchant, Parts, Pocket, Pockets, Refusal,
    Status, decide,
};

/// A record of a transaction, and what is to be said of it.
#[derive(Debug)]
pub struct Explained {
    /// The record.
    pub stored: Stored,
    /// What the decision saw; `None` where nothing was decided on an account.
    pub saw: Option<Saw>,
    /// Whether the same comes out again.
    pub verdict: Verdict,
}

/// What a decision saw of its account.
#[derive(Clone, Debug)]
pub struct Saw {
    /// Whether it might be spent from.
    pub status: Status,
    /// Its balances, in order.
    pub pockets: Vec<Pocket>,
    /// The holds of this transaction, by the action that opened each.
    pub holds: Vec<(ActionRef, Hold)>,
    /// What approvals of this transaction promised and no operation had used, in minor units.
    pub promised: u64,
    /// Whether money had moved under this transaction, or was promised to it.
    pub linked: bool,
}

/// Whether what was answered is what comes out when it is decided once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Agrees,
    /// It is not: what comes out now.
    Differs(String),
    /// It was not decided once more, and why.
    NotDecided(&'static str),
}

/// What is known of one account from the records of the transaction.
struct Sketch {
    account: Account,
    linked: bool,
}

impl<S: Storage> Engine<S> {
    /// Explains a transaction from the `heads` of its records, which must be durable. Blocks.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn explain(
        &self,
        transaction_id: &str,
        heads: &[Lsn],
    ) -> Result<Vec<Explained>, HistoryError> {
        let records = self.transaction(transaction_id, heads, |_| true)?;
        let mut sketches = BTreeMap::new();
        records.into_iter().map(|lsn| self.explain_one(lsn, &mut sketches)).collect()
    }

    fn explain_one(
        &self,
        lsn: Lsn,
        sketches: &mut BTreeMap<CompactString, Sketch>,
    ) -> Result<Explained, HistoryError> {
        let stored = self.stored(lsn)?;
        let (record, stamp) = stored.record()?;
        let (saw, verdict) = match &record {
            Record::Action(it) => {
                let name = it.request.tenant_account_ref;
                self.again(name, lsn, sketches, |sketch| self.action_again(it, sketch, stamp))?
            }
            Record::Authorization(it) => {
                let name = it.tenant_account_ref.unwrap_or_default();
                self.again(name, lsn, sketches, |sketch| authorization_again(it, sketch, stamp))?
            }
            Record::AuthorizationUndone(it) => {
                if let Some((sketch, after)) = sketches.get_mut(it.tenant_account_ref).zip(it.after)
                {
                    sketch.account.apply_undone(it.approval, after);
                }
                (None, Verdict::NotDecided("its budget had ended"))
            }
            _ => (None, Verdict::NotDecided("nothing was decided on this transaction")),
        };
        Ok(Explained { stored, saw, verdict })
    }

    /// Decides once more on the account as it was before the record at `lsn`.
    fn again(
        &self,
        name: &str,
        lsn: Lsn,
        sketches: &mut BTreeMap<CompactString, Sketch>,
        decide: impl FnOnce(&mut Sketch) -> Verdict,
    ) -> Result<(Option<Saw>, Verdict), HistoryError> {
        let Some(view) = self.account(name) else {
            return Ok((None, Verdict::NotDecided("there was no such account")));
        };
        let Some(before) = self.account_before(&view, lsn)? else {
            return Ok((None, Verdict::NotDecided("the account was not opened yet")));
        };
        let opened = view.opened().unwrap_or(ActionRef::new(0));
        let empty = || Sketch { account: sketch(opened), linked: false };
        let sketch = sketches.entry(name.into()).or_insert_with(empty);
        let pockets = before.balances.iter().map(|(_, pocket)| *pocket).collect();
        sketch.account.see(before.status, pockets);
        let saw = sketch.saw();
        Ok((Some(saw), decide(sketch)))
    }

    /// The account as it was before the record at `lsn`.
    fn account_before(
        &self,
        view: &AccountView,
        lsn: Lsn,
    ) -> Result<Option<AccountView>, HistoryError> {
        let newest = Trail::new(self, view).newest(|record, _| record < lsn)?;
        newest.map_or(Ok(None), |newest| self.account_at(view, newest.at))
    }

    fn action_again(&self, it: &Action<'_>, sketch: &mut Sketch, stamp: Stamp) -> Verdict {
        let request = &it.request;
        let command = Command {
            operation: request.operation,
            transaction_id: request.transaction_id,
            money: request.money,
            reference: reference(request),
            linked: request.is_own()
                || sketch.linked
                || sketch.account.has_granted(request.transaction_id),
            grants: request.grants(),
            limits: None,
        };
        let again = decide(Some(&sketch.account), &command, &self.rules);
        let of_another = matches!(&again, Err(it) if it.refusal == Refusal::HoldNotFound);
        let verdict = match (&it.outcome, &again) {
            (Ok(_), Err(_)) if of_another => {
                Verdict::NotDecided("the hold was opened by another transaction")
            }
            (Ok(done), Ok(again)) if done.after.hold != again.after.hold => {
                Verdict::Differs(format!("the hold comes to {:?}", again.after.hold))
            }
            // A reservation may have lapsed before: what is set aside for others is not known.
            (Ok(done), Ok(again)) if done.postings == again.postings => Verdict::Agrees,
            (Err(refused), Err(again)) if refused.refusal == again.refusal => Verdict::Agrees,
            (Err(refused), _) if refused.refusal == Refusal::LimitExceeded => {
                Verdict::NotDecided("a spend limit said no")
            }
            (_, Ok(_)) => Verdict::Differs("it is done".to_owned()),
            (_, Err(again)) => Verdict::Differs(again.refusal.code().to_owned()),
        };
        if let Ok(movement) = &it.outcome {
            sketch.account.apply(movement, stamp.action());
            sketch.linked |= movement.moved();
        }
        verdict
    }
}

fn authorization_again(it: &Authorization<'_>, sketch: &mut Sketch, stamp: Stamp) -> Verdict {
    let Asked { billing, amount, partial } = it.asked;
    let ask = Ask {
        transaction_id: it.message.transaction_id,
        billing,
        amount,
        partial,
        merchant: Merchant::default(),
        limits: None,
    };
    let again = promise(&sketch.account, &ask, stamp.at);
    let again = again.map(|reserved| reserved.granted).map_err(|declined| declined.decline);
    let stored = it.outcome.as_ref().map(|reserved| reserved.granted);
    let stored = stored.map_err(|declined| declined.decline);
    if let Ok(reserved) = &it.outcome {
        let transaction_id = it.message.transaction_id;
        sketch.account.apply_reserved(reserved, transaction_id, stamp.action());
    }
    match (stored, again) {
        (stored, again) if stored == again => Verdict::Agrees,
        (Err(Decline::TransactionKnown), _) => {
            Verdict::NotDecided("another message of this transaction had been decided")
        }
        (Err(Decline::Refused(Refusal::LimitExceeded)), _) => {
            Verdict::NotDecided("a spend limit said no")
        }
        (_, Ok(granted)) => {
            Verdict::Differs(format!("{} minor units are granted", granted.minor()))
        }
        (_, Err(decline)) => Verdict::Differs(decline.code().to_owned()),
    }
}

/// An account of which nothing is known yet.
fn sketch(opened: ActionRef) -> Account {
    Account::sketch(Parts {
        opened,
        status: Status::Active,
        pockets: Pockets::new(),
        holds: thin_vec::ThinVec::new(),
        reservations: SmallVec::new(),
        spending: None,
    })
}

impl Sketch {
    fn saw(&self) -> Saw {
        let account = &self.account;
        let holds = account.holds().iter();
        let unused = account.reservations().iter().map(|it| it.unused().minor());
        Saw {
            status: account.status(),
            pockets: account.balances().map(|(_, pocket)| *pocket).collect(),
            holds: holds.map(|(name, hold)| (ActionRef::new(name.position()), *hold)).collect(),
            promised: unused.fold(0, u64::saturating_add),
            linked: self.linked || !account.reservations().is_empty(),
        }
    }
}

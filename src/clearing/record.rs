//! One clearing record: recorded once, applied, or refused.
//!
//! It is known by its type and its `network_clearing_ref`: the same again is a repeat, and another
//! record of that name is refused. What is refused is not recorded, and may be sent again once what
//! was wrong is put right.

use std::borrow::Cow;

use serde::Deserialize;
use wal::{Lsn, Storage};

use super::position::Position;
use super::{Cause, Clerk, Settled, Stop, go_on, naming};
use crate::engine::record::{Notification, NotificationName, Record};
use crate::engine::{Engine, Stored, Submitted, Unavailable};
use crate::ledger::{ActionRef, OverCapture, Refusal};
use crate::reconcile::Kind;
use crate::reconcile::clearing_type::ClearingType;
use crate::reconcile::record::Read;
use crate::reconcile::row::{FileRow, Part};
use crate::reconcile::split::Spot;
use crate::wire::notification::is_name;
use crate::wire::notification::kinds::CLEARING_RECORD;

/// What became of a record.
#[derive(Debug)]
pub struct Applied {
    /// Its transaction; empty where none was looked for.
    pub transaction_id: String,
    /// What was done.
    pub outcome: Outcome,
    /// What must be durable before this is told.
    pub reveals: Lsn,
}

/// Whether a record was applied.
#[derive(Debug)]
pub enum Outcome {
    /// Now, by these operations: none where nothing had to move.
    Now(Vec<ActionRef>),
    /// It was before.
    Before,
    /// It was not.
    Refused(Refused),
}

/// Why a record was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The break that it is.
    pub kind: Kind,
    /// The code of the ledger's refusal, or of what is wrong with the record.
    pub code: &'static str,
    /// The same for people.
    pub what: String,
    /// The member that is wrong, where it is one.
    pub member: &'static str,
}

impl Refused {
    /// The ledger says no.
    pub(super) fn by(refusal: Refusal, what: impl Into<String>) -> Self {
        let kind = match refusal {
            Refusal::CurrencyMismatch => Kind::WrongCurrency,
            _ => Kind::RefusedByLedger,
        };
        Self { kind, code: refusal.code(), what: what.into(), member: "" }
    }

    pub(super) fn wrong_account(what: String) -> Self {
        Self { kind: Kind::WrongAccount, code: "WRONG_ACCOUNT", what, member: "" }
    }

    fn reused() -> Self {
        let what = "another record of this type had this network_clearing_ref";
        let (kind, code) = (Kind::ReferenceReused, "CLEARING_REF_REUSED");
        Self { kind, code, what: what.to_owned(), member: "network_clearing_ref" }
    }

    fn unusable(member: &'static str, what: impl Into<String>) -> Self {
        let kind = Kind::UnusableRecord;
        Self { kind, code: "UNUSABLE_RECORD", what: what.into(), member }
    }
}

#[derive(Default, Deserialize)]
struct Customer<'a> {
    #[serde(borrow, default)]
    tenant_customer_ref: Option<Cow<'a, str>>,
}

impl Clerk {
    /// Applies a clearing record once. Blocks.
    ///
    /// # Errors
    /// When something has to be durable first, or nothing can be taken now. The same may be tried
    /// again.
    pub fn apply<S: Storage>(
        &self,
        ledger: &Engine<S>,
        record: &Read<'_>,
    ) -> Result<Applied, Stop> {
        let row = record.row();
        if let Err(refused) = usable(record, &row) {
            return Ok(Applied::refused("", refused, Lsn::ZERO));
        }
        let id = format!("clearing:{}:{}", row.of_type.name(), row.reference);
        let name = NotificationName { id: id.into(), hashed: false };
        let mut others = Vec::new();
        loop {
            if let Some(stored) = known(ledger, &name, &mut others)? {
                return self.again(ledger, &row, &stored);
            }
            let transaction_id = naming::transaction(ledger, &row)?;
            if let Some(applied) = self.anew(ledger, record, &name, &others, transaction_id)? {
                return Ok(applied);
            }
        }
    }

    /// One that was recorded before: what it wants is done, if a crash left it undone.
    fn again<S: Storage>(
        &self,
        ledger: &Engine<S>,
        row: &FileRow<'_>,
        stored: &Stored,
    ) -> Result<Applied, Stop> {
        let (lsn, record) = (stored.lsn(), stored.record()?.0);
        let first = match record {
            Record::Notification(first) if first.kind == CLEARING_RECORD => first,
            _ => return Ok(Applied::refused("", Refused::reused(), lsn)),
        };
        let transaction_id = first.transaction_id.as_deref().unwrap_or_default();
        let read = Read::new(first.data.as_bytes(), 0, Spot::default(), &self.currencies);
        if !read.row().repeats(row) {
            return Ok(Applied::refused(transaction_id, Refused::reused(), lsn));
        }
        let settled = self.settle(ledger, transaction_id, lsn, row.reference)?;
        let reveals = settled.last.unwrap_or(lsn);
        let outcome = if settled.actions.is_empty() && settled.refusal.is_none() {
            Outcome::Before
        } else {
            settled.outcome()
        };
        Ok(Applied { transaction_id: transaction_id.to_owned(), outcome, reveals })
    }

    /// One that is not known; nothing where somebody was faster.
    fn anew<S: Storage>(
        &self,
        ledger: &Engine<S>,
        record: &Read<'_>,
        name: &NotificationName<'_>,
        others: &[Lsn],
        transaction_id: String,
    ) -> Result<Option<Applied>, Stop> {
        let row = record.row();
        let _turn = self.turn(&transaction_id);
        let mut position = Position::read(ledger, &self.currencies, &transaction_id)?;
        let seen = position.newest();
        if let Err(refused) = place(ledger, record, &mut position) {
            return Ok(Some(Applied::refused(&transaction_id, refused, seen)));
        }
        position.sums.clear(&row);
        let told = Notification {
            name: name.clone(),
            kind: CLEARING_RECORD.into(),
            created_at: None,
            transaction_id: Some(Cow::Borrowed(&transaction_id)),
            tenant_reference_id: None,
            data: String::from_utf8_lossy(record.sent),
        };
        let told = match ledger.notify(&told, others) {
            Ok(Submitted::Decided((), stamp)) => stamp.lsn,
            Ok(Submitted::Seen(_)) => return Ok(None),
            Err(Unavailable::TooLarge) => {
                let refused = Refused::unusable("", "the record is larger than the log takes");
                return Ok(Some(Applied::refused(&transaction_id, refused, seen)));
            }
            Err(why) => return Err(why.into()),
        };
        let cause = Cause { transaction_id: &transaction_id, told, of_action_ref: row.reference };
        // An approval may have been posted before this was told.
        let _ = ledger.unposted_of(&transaction_id);
        let mut heads = match &position.account {
            Some(account) => ledger.transaction_heads_at(account, &transaction_id),
            None => ledger.transaction_heads(&transaction_id),
        };
        heads.retain(|head| *head != told && !position.heads.contains(head));
        if !heads.is_empty() {
            return Err(Stop::NotDurable(told));
        }
        let settled = go_on(ledger, position, cause)?;
        let reveals = settled.last.unwrap_or(told);
        Ok(Some(Applied { outcome: settled.outcome(), transaction_id, reveals }))
    }
}

impl Applied {
    fn refused(transaction_id: &str, refused: Refused, reveals: Lsn) -> Self {
        let outcome = Outcome::Refused(refused);
        Self { transaction_id: transaction_id.to_owned(), outcome, reveals }
    }
}

impl Settled {
    fn outcome(self) -> Outcome {
        match self.refusal {
            None => Outcome::Now(self.actions),
            Some(refusal) => Outcome::Refused(Refused::by(refusal, "the ledger refused this")),
        }
    }
}

/// Whether a record is one of clearing, and can be known again.
fn usable(record: &Read<'_>, row: &FileRow<'_>) -> Result<(), Refused> {
    if let Some(bad) = &record.bad {
        let member = bad.member.unwrap_or_default();
        let space = if member.is_empty() { "the record" } else { member };
        return Err(Refused::unusable(member, format!("{space} {}", bad.what)));
    }
    if record.is_settlement {
        let what = "a settlement record moves nothing: reconcile its file";
        return Err(Refused::unusable("network_settlement_ref", what));
    }
    if row.of_type == ClearingType::NONE {
        return Err(Refused::unusable("type", "type is missing"));
    }
    for (member, text, wanted) in [
        ("network_clearing_ref", row.reference, true),
        ("transaction_id", row.transaction, false),
        ("original_transaction_id", row.original, false),
    ] {
        if (wanted || !text.is_empty()) && !is_name(text) {
            let what = format!("{member} is not 1 to 128 bytes without control characters");
            return Err(Refused::unusable(member, what));
        }
    }
    Ok(())
}

/// Finds where it belongs; one between the network and the issuer belongs nowhere.
fn place<S: Storage>(
    ledger: &Engine<S>,
    record: &Read<'_>,
    position: &mut Position,
) -> Result<(), Refused> {
    let row = record.row();
    let Some(currency) = row.currency.filter(|_| row.part == Part::Customer) else {
        return Ok(());
    };
    let customer: Customer<'_> = serde_json::from_slice(record.sent).unwrap_or_default();
    let customer = customer.tenant_customer_ref.as_deref();
    let account = naming::account(ledger, &row, customer, position, currency)?;
    let held: i128 = position.on_hold(ledger, &account).iter().map(|(_, left)| left).sum();
    let captures = ["pre_auth_partial", "pre_auth_final"].contains(&row.of_type.name());
    let exceeds = captures && !position.holds.is_empty() && i128::from(row.minor) > held;
    if exceeds && ledger.rules().over_capture == OverCapture::Refuse {
        let what = "the hold has less left, and over_capture is refuse";
        return Err(Refused::by(Refusal::HoldAmountExceeded, what));
    }
    (position.account, position.currency) = (Some(account), Some(currency));
    Ok(())
}

/// The record of that name, once it is durable. Found on the way are `others`, whose names have the
/// same hash.
fn known<S: Storage>(
    ledger: &Engine<S>,
    name: &NotificationName<'_>,
    others: &mut Vec<Lsn>,
) -> Result<Option<Stored>, Stop> {
    while let Some(lsn) = ledger.seen_notification(name, others) {
        if lsn > ledger.durable() {
            return Err(Stop::NotDurable(lsn));
        }
        let stored = ledger.stored(lsn)?;
        if stored.is_notification(name)? {
            return Ok(Some(stored));
        }
        others.push(lsn);
    }
    Ok(None)
}

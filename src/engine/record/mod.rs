//! What the log carries: one record for each thing that happened, with all that is needed to
//! answer a repeat, to rebuild every balance, and to show it to a person.
//!
//! Every record begins with the same sixteen bytes. Numbers are little-endian.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 1 | version of the format, 1 |
//! | 1 | 1 | kind, the tables of [`action`], [`transfer`], [`account`], [`authorization`], [`lapse`], [`limits`], [`notification`] and [`breaks`] |
//! | 2 | 2 | tenant, 0 |
//! | 4 | 4 | zero |
//! | 8 | 8 | when, microseconds since 1970 by the log's clock |
//!
//! A text is its length (one byte, or four for a long text) and its UTF-8 bytes. An optional part
//! is a byte 0, or a byte 1 and the part. A list is its length (one byte, or four
//! for a long list) and its parts. Each amount of money names its currency with the exponent it was
//! logged under, so a changed exponent is noticed and never reinterprets the past.

pub mod account;
pub mod action;
pub mod authorization;
pub mod breaks;
mod bytes;
pub mod lapse;
pub mod limits;
pub mod notification;
pub mod own;
mod parts;
mod skim;
pub mod standing;
mod told;
pub mod transfer;

pub use account::{AccountAmended, AccountOpened, Profile};
pub use action::{Action, Located, OperationRequest};
pub use authorization::{
    Asked, Authorization, AuthorizationKind, AuthorizationUndone, Declined, Message,
};
pub use breaks::{BreakRef, BreakResolved, BreaksOpened, OpenedBreak};
pub use lapse::ReservationLapsed;
pub use limits::LimitsSet;
pub use notification::{Notification, NotificationName};
pub use own::{key_of_approval, key_of_told};
pub use standing::{Standing, Whole};
pub use told::Told;
pub use transfer::{Ends, TransferAction, TransferRequest};

pub(super) use bytes::Reader;
pub use bytes::{Body, Malformed, Writer};
pub(super) use skim::Skimmed;

use std::borrow::Cow;
use std::ops::Range;

use crate::ledger::Moment;

const VERSION: u8 = 1;
const DEFAULT_TENANT: u16 = 0;
/// Where a record says when it happened.
const MOMENT: Range<usize> = 8..16;

/// Appends the record of something that happened `at` to `out`.
pub fn encode<B: Body>(body: &B, at: Moment, out: &mut Vec<u8>) {
    let mut w = Writer(out);
    w.u8(VERSION);
    w.u8(B::KIND);
    w.u16(DEFAULT_TENANT);
    w.u32(0);
    w.i64(at.micros());
    body.encode(&mut w);
}

/// Writes into a record when it happened.
pub fn date(record: &mut [u8], at: Moment) {
    if let Some(moment) = record.get_mut(MOMENT) {
        moment.copy_from_slice(&at.micros().to_le_bytes());
    }
}

/// The moment of a record, as a number that never falls from one record to the next: what the log
/// says of a stretch of them. Zero where the bytes are no record.
#[must_use]
pub fn mark(bytes: &[u8]) -> u64 {
    let moment = bytes.get(MOMENT).and_then(|moment| moment.try_into().ok());
    moment.map_or(0, |moment| u64::try_from(i64::from_le_bytes(moment)).unwrap_or(0))
}

/// What authorizations of a transaction are remembered under, among idempotency keys: no key has a
/// control character.
pub fn of_transaction(transaction_id: &str) -> Cow<'static, str> {
    Cow::Owned(format!("\u{1}{transaction_id}"))
}

/// Something that happened, as it is read from the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Record<'a> {
    /// One of the six operations, done or refused.
    Action(Action<'a>),
    /// A transfer, done or refused.
    Transfer(Box<TransferAction<'a>>),
    /// An account came to be.
    AccountOpened(AccountOpened<'a>),
    /// An operator changed an account.
    AccountAmended(AccountAmended<'a>),
    /// An authorization, approved or declined.
    Authorization(Authorization<'a>),
    /// An approval that was not answered in time was undone.
    AuthorizationUndone(AuthorizationUndone<'a>),
    /// What no operation used in time returned to available.
    ReservationLapsed(ReservationLapsed<'a>),
    /// Open Fabric told something.
    Notification(Notification<'a>),
    /// An operator set spend limits.
    LimitsSet(LimitsSet<'a>),
    /// A reconciliation opened breaks.
    BreaksOpened(BreaksOpened<'a>),
    /// Somebody resolved a break.
    BreakResolved(BreakResolved<'a>),
}

impl<'a> Record<'a> {
    /// The key that its sender gave it, where it has one.
    #[must_use]
    pub const fn idempotency_key(&self) -> Option<&'a str> {
        match self {
            Self::Action(action) => Some(action.request.idempotency_key),
            Self::Transfer(transfer) => Some(transfer.request.idempotency_key),
            _ => None,
        }
    }

    /// What it is remembered under, beside others that are remembered under the same: its
    /// idempotency key, its card transaction where it is about an authorization, or its own name.
    #[must_use]
    pub fn key(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Authorization(it) => Some(of_transaction(it.message.transaction_id)),
            Self::AuthorizationUndone(it) => Some(of_transaction(it.transaction_id)),
            Self::Notification(it) => Some(Cow::Owned(it.name.key())),
            _ => self.idempotency_key().map(Cow::Borrowed),
        }
    }

    /// The account that it is about, where it is about one, and the other one where it is a
    /// transfer.
    #[must_use]
    pub const fn accounts(&self) -> (Option<&'a str>, Option<&'a str>) {
        match self {
            Self::Action(it) => (Some(it.request.tenant_account_ref), None),
            Self::Transfer(it) => {
                (Some(it.request.ends.source()), Some(it.request.ends.destination()))
            }
            Self::AccountOpened(it) => (Some(it.tenant_account_ref), None),
            Self::AccountAmended(it) => (Some(it.tenant_account_ref), None),
            Self::Authorization(it) => (it.tenant_account_ref, None),
            Self::AuthorizationUndone(it) => (Some(it.tenant_account_ref), None),
            Self::ReservationLapsed(it) => (Some(it.tenant_account_ref), None),
            Self::LimitsSet(it) => (it.tenant_account_ref, None),
            Self::BreaksOpened(_) | Self::BreakResolved(_) => (None, None),
            Self::Notification(_) => (None, None),
        }
    }

    /// The card transaction that it belongs to, where it has one.
    #[must_use]
    pub fn transaction_id(&self) -> Option<&str> {
        match self {
            Self::Action(action) => Some(action.request.transaction_id),
            Self::Transfer(transfer) => transfer.request.transaction_id,
            Self::Authorization(it) => Some(it.message.transaction_id),
            Self::AuthorizationUndone(it) => Some(it.transaction_id),
            Self::Notification(it) => it.transaction_id.as_deref(),
            _ => None,
        }
    }

    /// Appends the record, of what happened `at`, to `out`.
    pub fn encode(&self, at: Moment, out: &mut Vec<u8>) {
        match self {
            Self::Action(it) => encode(it, at, out),
            Self::Transfer(it) => encode(&**it, at, out),
            Self::AccountOpened(it) => encode(it, at, out),
            Self::AccountAmended(it) => encode(it, at, out),
            Self::Authorization(it) => encode(it, at, out),
            Self::AuthorizationUndone(it) => encode(it, at, out),
            Self::ReservationLapsed(it) => encode(it, at, out),
            Self::Notification(it) => encode(it, at, out),
            Self::LimitsSet(it) => encode(it, at, out),
            Self::BreaksOpened(it) => encode(it, at, out),
            Self::BreakResolved(it) => encode(it, at, out),
        }
    }

    /// Reads a record and when it happened.
    ///
    /// # Errors
    /// When the bytes are not a record that this version knows; the error names the part.
    pub fn decode(bytes: &'a [u8]) -> Result<(Self, Moment), Malformed> {
        let (kind, at, mut r) = begin(bytes)?;
        let record = match kind {
            Action::KIND => Self::Action(Action::decode(&mut r)?),
            TransferAction::KIND => Self::Transfer(Box::new(TransferAction::decode(&mut r)?)),
            AccountOpened::KIND => Self::AccountOpened(AccountOpened::decode(&mut r)?),
            AccountAmended::KIND => Self::AccountAmended(AccountAmended::decode(&mut r)?),
            Authorization::KIND => Self::Authorization(Authorization::decode(&mut r)?),
            AuthorizationUndone::KIND => {
                Self::AuthorizationUndone(AuthorizationUndone::decode(&mut r)?)
            }
            ReservationLapsed::KIND => Self::ReservationLapsed(ReservationLapsed::decode(&mut r)?),
            Notification::KIND => Self::Notification(Notification::decode(&mut r)?),
            LimitsSet::KIND => Self::LimitsSet(LimitsSet::decode(&mut r)?),
            BreaksOpened::KIND => Self::BreaksOpened(BreaksOpened::decode(&mut r)?),
            BreakResolved::KIND => Self::BreakResolved(BreakResolved::decode(&mut r)?),
            _ => return Err(Malformed("kind of record")),
        };
        r.end()?;
        Ok((record, at))
    }
}

impl<'a> Action<'a> {
    /// Reads an action and when it happened; nothing where the record is of another kind. An action
    /// is far smaller than the largest of the records, and need not be moved about as one.
    #[inline]
    pub(super) fn decode_alone(bytes: &'a [u8]) -> Result<Option<(Self, Moment)>, Malformed> {
        let (kind, at, mut r) = begin(bytes)?;
        if kind != Self::KIND {
            return Ok(None);
        }
        let action = Self::decode(&mut r)?;
        r.end()?;
        Ok(Some((action, at)))
    }
}

/// The kind of a record, when it happened, and the rest of it.
fn begin(bytes: &[u8]) -> Result<(u8, Moment, Reader<'_>), Malformed> {
    let mut r = Reader(bytes);
    r.expect(u64::from(VERSION), Reader::u8, "version of the record")?;
    let kind = r.u8()?;
    r.expect(u64::from(DEFAULT_TENANT), Reader::u16, "tenant")?;
    r.expect(0, Reader::u32, "unused bytes")?;
    Ok((kind, Moment::from_micros(r.i64()?), r))
}

//! What a record says, as values.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 1 | version, 1 |
//! | 1 | 1 | kind: 1 to 9, 16, 17, in the order of [`Event`] |
//! | 2 | 2 | tenant, 0 |
//! | 4 | 4 | zero |
//! | 8 | 8 | moment, microseconds since 1970 |
//! | 16 | | the event |
//!
//! A text is its length (one byte, or four for a long text) and UTF-8. An option is a byte 0, or a
//! byte 1 and the part. A list is its length (one byte, or four for a long list) and its parts.

mod account;
mod authorization;
mod breaks;
mod limits;
mod notification;
mod operation;
mod parts;
mod standing;
mod transfer;

use crate::bytes::{Bytes, Malformed};

pub use account::{Amended, Opened, Status};
pub use authorization::{Authorization, Declined, Granted, Lapsed, Stored, Undone};
pub use breaks::{BreakResolved, BreaksOpened};
pub use limits::{Limit, LimitsSet, Period, Rule};
pub use notification::Notification;
pub use operation::{Code, Kind, Operation, Refused, Seen};
pub use parts::{Bucket, Draw, Hold, Money, Movement, Place, Pocket, Posting, Target};
pub use standing::{Standing, Whole};
pub use transfer::{Side, Transfer};

/// A record: when what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The moment, microseconds since 1970.
    pub at: i64,
    /// What happened.
    pub event: Event<'a>,
}

/// What happened, in the order of the kinds' numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// One of the six operations was done or refused.
    Operation(Operation<'a>),
    /// A transfer was done or refused.
    Transfer(Transfer<'a>),
    /// An account came to be.
    Opened(Opened<'a>),
    /// An operator changed an account.
    Amended(Amended<'a>),
    /// An authorization was approved or declined.
    Authorization(Authorization<'a>),
    /// What was set aside returned to available.
    Lapsed(Lapsed<'a>),
    /// An approval that was too late was undone.
    Undone(Undone<'a>),
    /// An operator set spend limits.
    LimitsSet(LimitsSet<'a>),
    /// The network told something.
    Notification(Notification<'a>),
    /// A reconciliation opened breaks.
    BreaksOpened(BreaksOpened),
    /// A break was resolved.
    BreakResolved(BreakResolved),
}

impl<'a> Record<'a> {
    /// Reads a record.
    ///
    /// # Errors
    /// When the bytes are none; names the part.
    pub fn read(payload: &'a [u8]) -> Result<Self, Malformed> {
        let mut b = Bytes::new(payload);
        let version = b.u8()?;
        let kind = b.u8()?;
        let tenant = b.u16()?;
        let zero = b.u32()?;
        if (version, tenant, zero) != (1, 0, 0) {
            return Err(Malformed("version, tenant or unused bytes"));
        }
        let at = b.i64()?;
        let event = match kind {
            1 => Event::Operation(Operation::read(&mut b)?),
            2 => Event::Transfer(Transfer::read(&mut b)?),
            3 => Event::Opened(Opened::read(&mut b)?),
            4 => Event::Amended(Amended::read(&mut b)?),
            5 => Event::Authorization(Authorization::read(&mut b)?),
            6 => Event::Lapsed(Lapsed::read(&mut b)?),
            7 => Event::Undone(Undone::read(&mut b)?),
            8 => Event::LimitsSet(LimitsSet::read(&mut b)?),
            9 => Event::Notification(Notification::read(&mut b)?),
            16 => Event::BreaksOpened(BreaksOpened::read(&mut b)?),
            17 => Event::BreakResolved(BreakResolved::read(&mut b)?),
            _ => return Err(Malformed("kind")),
        };
        if b.rest().is_empty() { Ok(Self { at, event }) } else { Err(Malformed("end")) }
    }

    /// The key that the sender gave it.
    #[must_use]
    pub const fn key(&self) -> Option<&'a str> {
        match &self.event {
            Event::Operation(it) => Some(it.key),
            Event::Transfer(it) => Some(it.key),
            _ => None,
        }
    }
}

//! The lapse of a reservation.
//!
//! | part | bytes |
//! | --- | --- |
//! | account | text |
//! | approval | `u64` |
//! | how far the log was durable when it was appended | `u64`, see [`authorization`](super::authorization) |
//! | balance | ordinal `u8` |
//! | the balance after | pocket |
//! | standing | standing |

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Standing;
use crate::engine::Lsn;
use crate::ledger::{ActionRef, Pocket};

/// What no operation used in time returned to available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationLapsed<'a> {
    /// The account.
    pub tenant_account_ref: &'a str,
    /// The approval that made the reservation.
    pub approval: ActionRef,
    /// How far the log was durable when this was appended.
    pub durable: Lsn,
    /// Which balance of the account.
    pub ordinal: u8,
    /// The balance afterwards.
    pub after: Pocket,
    /// How the account stands after it.
    pub standing: Standing,
}

impl Body for ReservationLapsed<'_> {
    const KIND: u8 = 6;

    fn fits(&self) -> bool {
        texts_fit([self.tenant_account_ref])
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.tenant_account_ref);
        w.u64(self.approval.position());
        w.u64(self.durable.value());
        w.u8(self.ordinal);
        w.pocket(&self.after);
        w.standing(&self.standing);
    }
}

impl<'a> ReservationLapsed<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            tenant_account_ref: r.text()?,
            approval: r.action_ref()?,
            durable: Lsn::new(r.u64()?),
            ordinal: r.u8()?,
            after: r.pocket()?,
            standing: r.standing()?,
        })
    }
}

//! A sum that an approved authorization set aside, and its lapse.
//!
//! | part of a reservation | bytes |
//! | --- | --- |
//! | account, transaction | two texts |
//! | balance | ordinal `u8` |
//! | granted | `u64` |
//! | deadline | `i64`, microseconds |
//! | the balance after | pocket |
//! | standing | standing |
//!
//! | part of a lapse | bytes |
//! | --- | --- |
//! | account | text |
//! | approval | `u64` |
//! | balance | ordinal `u8` |
//! | the balance after | pocket |
//! | standing | standing |

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Standing;
use crate::ledger::{ActionRef, Moment, Pocket, Reserved};

/// An approved authorization set a sum aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationMade<'a> {
    /// The account.
    pub tenant_account_ref: &'a str,
    /// The card transaction that may use it.
    pub transaction_id: &'a str,
    /// How much of what until when.
    pub reserved: Reserved,
    /// How the account stands after it.
    pub standing: Standing,
}

/// What no operation used in time returned to available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationLapsed<'a> {
    /// The account.
    pub tenant_account_ref: &'a str,
    /// The approval that made the reservation.
    pub approval: ActionRef,
    /// Which balance of the account.
    pub ordinal: u8,
    /// The balance afterwards.
    pub after: Pocket,
    /// How the account stands after it.
    pub standing: Standing,
}

impl Body for ReservationMade<'_> {
    const KIND: u8 = 5;

    fn fits(&self) -> bool {
        texts_fit([self.tenant_account_ref, self.transaction_id])
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.tenant_account_ref);
        w.text(self.transaction_id);
        w.u8(self.reserved.ordinal);
        w.amount(self.reserved.granted);
        w.i64(self.reserved.deadline.micros());
        w.pocket(&self.reserved.after);
        w.standing(&self.standing);
    }
}

impl<'a> ReservationMade<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            tenant_account_ref: r.text()?,
            transaction_id: r.text()?,
            reserved: Reserved {
                ordinal: r.u8()?,
                granted: r.amount()?,
                deadline: Moment::from_micros(r.i64()?),
                after: r.pocket()?,
            },
            standing: r.standing()?,
        })
    }
}

impl Body for ReservationLapsed<'_> {
    const KIND: u8 = 6;

    fn fits(&self) -> bool {
        texts_fit([self.tenant_account_ref])
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.tenant_account_ref);
        w.u64(self.approval.position());
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
            ordinal: r.u8()?,
            after: r.pocket()?,
            standing: r.standing()?,
        })
    }
}

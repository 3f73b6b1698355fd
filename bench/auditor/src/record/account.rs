//! An account that came to be, or that an operator changed.
//!
//! | part of an opening | bytes |
//! | --- | --- |
//! | account | text |
//! | balances | list of currency and overdraft limit `u64` |
//! | `account_id`, `tenant_customer_ref` | two options of text |
//! | metadata | option of long text |
//!
//! | part of an amendment | bytes |
//! | --- | --- |
//! | account | text |
//! | status | `u8`: 0 as before, 1 active, 2 frozen, 3 closed |
//! | overdraft limits | list of currency and `u64` |
//! | added currencies | list of currency |
//! | metadata | option of long text |
//! | the account after | whole |

use crate::bytes::{Bytes, Malformed};
use crate::money::Currency;

use super::parts::Money;
use super::standing::Whole;

const BALANCES_MAX: u8 = 64;

/// Whether an account may be spent from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It may.
    #[default]
    Active,
    /// What is checked is refused.
    Frozen,
    /// So are transfers.
    Closed,
}

/// An account came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// Its name.
    pub account: &'a str,
    /// Its balances' currencies and overdraft limits.
    pub balances: Vec<Money>,
    /// Open Fabric's name of it.
    pub account_id: Option<&'a str>,
    /// The tenant's name of the customer.
    pub customer: Option<&'a str>,
    /// A JSON object.
    pub metadata: Option<&'a str>,
}

/// An account was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended<'a> {
    /// Its name.
    pub account: &'a str,
    /// Its new status.
    pub status: Option<Status>,
    /// New overdraft limits.
    pub limits: Vec<Money>,
    /// Currencies to have.
    pub added: Vec<Currency>,
    /// New metadata.
    pub metadata: Option<&'a str>,
    /// What the server says the account is afterwards, described as it was before.
    pub after: Whole,
}

impl<'a> Opened<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            account: b.text()?,
            balances: b.list(BALANCES_MAX, Bytes::money)?,
            account_id: b.option(Bytes::text)?,
            customer: b.option(Bytes::text)?,
            metadata: b.option(Bytes::long_text)?,
        })
    }
}

impl<'a> Amended<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            account: b.text()?,
            status: b.status()?,
            limits: b.list(BALANCES_MAX, Bytes::money)?,
            added: b.list(BALANCES_MAX, Bytes::currency)?,
            metadata: b.option(Bytes::long_text)?,
            after: b.whole()?,
        })
    }
}

impl Bytes<'_> {
    /// A status, 0 for none.
    pub(super) fn status(&mut self) -> Result<Option<Status>, Malformed> {
        Ok(match self.u8()? {
            0 => None,
            1 => Some(Status::Active),
            2 => Some(Status::Frozen),
            3 => Some(Status::Closed),
            _ => return Err(Malformed("status")),
        })
    }
}

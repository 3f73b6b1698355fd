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

use std::borrow::Cow;

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Whole;
use crate::ledger::{Account, Amendment, Amount, Currency, Opening};

/// What an account says of itself that no rule reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile<'a> {
    /// Open Fabric's own name of the account.
    pub account_id: Option<Cow<'a, str>>,
    /// The tenant's name of the customer.
    pub tenant_customer_ref: Option<Cow<'a, str>>,
    /// A JSON object of the operator's, kept as it was given.
    pub metadata: Option<Cow<'a, str>>,
}

impl Profile<'_> {
    /// The same, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Profile<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Profile {
            account_id: own(self.account_id),
            tenant_customer_ref: own(self.tenant_customer_ref),
            metadata: own(self.metadata),
        }
    }
}

/// An account came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountOpened<'a> {
    /// Its name.
    pub tenant_account_ref: &'a str,
    /// Its balances.
    pub opening: Opening,
    /// What it says of itself.
    pub profile: Profile<'a>,
}

/// An operator changed an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAmended<'a> {
    /// Its name.
    pub tenant_account_ref: &'a str,
    /// What changed for the ledger.
    pub amendment: Amendment,
    /// New metadata.
    pub metadata: Option<Cow<'a, str>>,
    /// The account afterwards. New metadata is not yet what it was described by last: this record
    /// has no position before it is written.
    pub after: Whole,
}

impl Body for AccountOpened<'_> {
    const KIND: u8 = 3;

    fn fits(&self) -> bool {
        let profile = [&self.profile.account_id, &self.profile.tenant_customer_ref];
        let names = profile.into_iter().filter_map(Option::as_deref);
        let balances = 1..=Account::BALANCES_MAX;
        texts_fit(names.chain([self.tenant_account_ref]))
            && balances.contains(&self.opening.balances.len())
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.tenant_account_ref);
        w.list(&self.opening.balances, limit);
        w.option(self.profile.account_id.as_deref(), Writer::text);
        w.option(self.profile.tenant_customer_ref.as_deref(), Writer::text);
        w.option(self.profile.metadata.as_deref(), Writer::long_text);
    }
}

impl<'a> AccountOpened<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            tenant_account_ref: r.text()?,
            opening: Opening { balances: r.list(balances_max(), read_limit)? },
            profile: Profile {
                account_id: r.option(Reader::text)?.map(Cow::Borrowed),
                tenant_customer_ref: r.option(Reader::text)?.map(Cow::Borrowed),
                metadata: r.option(Reader::long_text)?.map(Cow::Borrowed),
            },
        })
    }
}

impl Body for AccountAmended<'_> {
    const KIND: u8 = 4;

    fn fits(&self) -> bool {
        let amendment = &self.amendment;
        texts_fit([self.tenant_account_ref])
            && amendment.overdraft_limits.len() <= Account::BALANCES_MAX
            && amendment.add_currencies.len() <= Account::BALANCES_MAX
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.tenant_account_ref);
        w.status(self.amendment.status);
        w.list(&self.amendment.overdraft_limits, limit);
        w.list(&self.amendment.add_currencies, |w, currency| w.currency(*currency));
        w.option(self.metadata.as_deref(), Writer::long_text);
        w.whole(&self.after);
    }
}

impl<'a> AccountAmended<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            tenant_account_ref: r.text()?,
            amendment: Amendment {
                status: r.status()?,
                overdraft_limits: r.list(balances_max(), read_limit)?,
                add_currencies: r.list(balances_max(), Reader::currency)?,
            },
            metadata: r.option(Reader::long_text)?.map(Cow::Borrowed),
            after: r.whole()?,
        })
    }
}

fn limit(w: &mut Writer<'_>, (currency, limit): &(Currency, Amount)) {
    w.currency(*currency);
    w.amount(*limit);
}

fn read_limit(r: &mut Reader<'_>) -> Result<(Currency, Amount), Malformed> {
    Ok((r.currency()?, r.amount()?))
}

fn balances_max() -> u8 {
    u8::try_from(Account::BALANCES_MAX).unwrap_or(u8::MAX)
}

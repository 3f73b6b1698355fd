//! Reversal notifications: how much of an authorization they undo.
//!
//! | type | undoes |
//! | --- | --- |
//! | `v1:pba:transaction:final_auth_reversed` | all of it |
//! | `v1:pba:transaction:pre_auth_reversed` | `billing_amount` in `billing_currency_code`, else `amount` in `currency`; all where neither is in the currency of the hold |

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::engine::record::Notification;
use crate::ledger::Currency;
use crate::wire::money;

const FINAL: &str = "v1:pba:transaction:final_auth_reversed";
const PRE: &str = "v1:pba:transaction:pre_auth_reversed";

/// What a reversal undoes.
#[derive(Debug)]
pub enum Reversal {
    /// All of the authorization.
    All,
    /// An amount, as it was written, and the code of its currency.
    Part(Vec<(String, String)>),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    billing_amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    billing_currency_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    currency: Option<&'a RawValue>,
}

/// What a notification undoes; `None` where it is no reversal.
#[must_use]
pub fn of(told: &Notification<'_>) -> Option<Reversal> {
    match &*told.kind {
        FINAL => Some(Reversal::All),
        PRE => {
            let wire: Option<Wire<'_>> = serde_json::from_str(&told.data).ok();
            let sums = wire.map(|it| {
                let pairs =
                    [(it.billing_amount, it.billing_currency_code), (it.amount, it.currency)];
                let pairs = pairs.into_iter().filter_map(|(amount, code)| amount.zip(code));
                pairs.map(|(amount, code)| (amount.get().to_owned(), text(code))).collect()
            });
            Some(Reversal::Part(sums.unwrap_or_default()))
        }
        _ => None,
    }
}

fn text(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

impl Reversal {
    /// How much of it is in that currency; `None` for all of the authorization.
    #[must_use]
    pub fn minor(&self, currency: Option<Currency>) -> Option<i128> {
        let (Self::Part(sums), Some(currency)) = (self, currency) else { return None };
        let (amount, _) = sums.iter().find(|(_, code)| code == currency.code())?;
        money::parse(amount, currency).ok().map(|amount| i128::from(amount.minor()))
    }
}

//! The server's answers as a statement shows them: amounts by their own text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Of a statement.
pub(super) const COLUMNS: usize = 9;
const NOTHING: &str = "-";

/// `GET /v1/accounts/{ref}/statement`
#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) data: Vec<&'a RawValue>,
    pub(super) next_cursor: Option<String>,
}

/// An action that moved the account.
#[derive(Deserialize)]
pub(super) struct Action<'a> {
    at: &'a str,
    tenant_action_ref: &'a str,
    operation: &'a str,
    #[serde(borrow, default)]
    transaction_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow)]
    amount: Money<'a>,
    #[serde(borrow)]
    balances_after: &'a RawValue,
}

/// `balances_after` of a transfer. Of the other account nothing is shown.
#[derive(Deserialize)]
struct Ends<'a> {
    #[serde(borrow)]
    source: &'a RawValue,
    #[serde(borrow)]
    destination: &'a RawValue,
}

/// What is there after an action.
#[derive(Deserialize)]
struct After<'a> {
    #[serde(borrow)]
    posted: Money<'a>,
    #[serde(borrow)]
    held: Money<'a>,
    #[serde(borrow)]
    available: Money<'a>,
}

/// `GET /v1/accounts/{ref}`
#[derive(Deserialize)]
pub(super) struct Account<'a> {
    #[serde(borrow)]
    tenant_account_ref: Cow<'a, str>,
    status: &'a str,
    as_of: &'a str,
    #[serde(borrow)]
    balances: Vec<Balance<'a>>,
}

#[derive(Deserialize)]
struct Balance<'a> {
    tenant_balance_ref: &'a str,
    currency: &'a str,
    #[serde(borrow)]
    posted: Money<'a>,
    #[serde(borrow)]
    held: Money<'a>,
    #[serde(borrow)]
    reserved: Money<'a>,
    #[serde(borrow)]
    available: Money<'a>,
    #[serde(borrow)]
    overdraft_limit: Money<'a>,
    #[serde(borrow)]
    shortfall: Money<'a>,
}

#[derive(Clone, Copy, Deserialize)]
struct Money<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    currency: &'a str,
}

impl Money<'_> {
    fn text(self) -> String {
        self.value.get().to_owned()
    }
}

impl Action<'_> {
    /// How many of the columns are names.
    pub(super) const NAMES: usize = 5;
    pub(super) const HEAD: [&'static str; COLUMNS] = [
        "time",
        "action",
        "operation",
        "transaction",
        "currency",
        "amount",
        "posted",
        "held",
        "available",
    ];

    /// As a statement of `account` shows it.
    ///
    /// # Errors
    /// When what it left is not what an action leaves.
    pub(super) fn row(&self, account: &str) -> serde_json::Result<[String; COLUMNS]> {
        let out = self.source.as_deref() == Some(account);
        let after = match self.operation {
            "transfer" => {
                let ends: Ends<'_> = serde_json::from_str(self.balances_after.get())?;
                if out { ends.source } else { ends.destination }
            }
            _ => self.balances_after,
        };
        let After { posted, held, available } = serde_json::from_str(after.get())?;
        let sign = if self.takes(out) { '-' } else { '+' };
        Ok([
            self.at.to_owned(),
            self.tenant_action_ref.to_owned(),
            self.operation.to_owned(),
            self.transaction_id.as_deref().unwrap_or(NOTHING).to_owned(),
            self.amount.currency.to_owned(),
            format!("{sign}{}", self.amount.text()),
            posted.text(),
            held.text(),
            available.text(),
        ])
    }

    /// Whether it takes from what the customer may spend or has on hold; what it gives back to
    /// either has the other sign.
    fn takes(&self, out: bool) -> bool {
        match self.operation {
            "transfer" => out,
            operation => {
                matches!(operation, "debit_balance" | "hold_balance" | "debit_hold_balance")
            }
        }
    }
}

impl Account<'_> {
    pub(super) const HEAD: [&'static str; 8] = [
        "balance",
        "currency",
        "posted",
        "held",
        "reserved",
        "available",
        "overdraft limit",
        "shortfall",
    ];

    /// What is shown, and of when.
    pub(super) fn title(&self) -> String {
        format!("{}, {}, as of {}", self.tenant_account_ref, self.status, self.as_of)
    }

    pub(super) fn rows(&self) -> Vec<[String; 8]> {
        let row = |it: &Balance<'_>| {
            let names = [it.tenant_balance_ref, it.currency].map(str::to_owned);
            let sums = [it.posted, it.held, it.reserved, it.available];
            let ([balance, currency], [posted, held, reserved, available]) =
                (names, sums.map(Money::text));
            let (limit, shortfall) = (it.overdraft_limit.text(), it.shortfall.text());
            [balance, currency, posted, held, reserved, available, limit, shortfall]
        };
        self.balances.iter().map(row).collect()
    }
}

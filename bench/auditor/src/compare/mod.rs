//! A running server against these books: its trial balance, and every account that it lists.
//!
//! The server is to be idle: what it takes between the audit and this is in one and not the other.

mod client;

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::books::{Account, Books, Totals};
use crate::finding::Findings;
use crate::record::{Pocket, Status};

pub use client::{AskError, Client};

const PLACE_BALANCE: &str = "/v1/trial-balance";
const PLACE_ACCOUNTS: &str = "/v1/accounts";

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// How many currencies.
    pub currencies: usize,
    /// How many accounts.
    pub accounts: usize,
}

#[derive(Deserialize)]
struct Trial {
    currencies: Vec<CurrencyLine>,
}

#[derive(Deserialize)]
struct CurrencyLine {
    currency: String,
    settlement: Amount,
    funding: Amount,
    posted: Amount,
    held: Amount,
    reserved: Amount,
    sum: Amount,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Listed>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    tenant_account_ref: String,
    status: String,
    account_id: Option<String>,
    tenant_customer_ref: Option<String>,
    balances: Vec<Balance>,
}

#[derive(Deserialize)]
struct Balance {
    tenant_balance_ref: String,
    currency: String,
    posted: Amount,
    held: Amount,
    reserved: Amount,
    available: Amount,
    overdraft_limit: Amount,
}

/// An amount as its own text: it never passes through a float.
#[derive(Deserialize)]
struct Amount {
    value: Box<RawValue>,
    currency: String,
}

/// Compares a server with the books.
///
/// # Errors
/// When the server does not answer, or with something else.
pub fn compare(
    client: &Client,
    books: &Books,
    findings: &mut Findings,
) -> Result<Compared, AskError> {
    let currencies = trial_balance(client, books, findings)?;
    let accounts = accounts(client, books, findings)?;
    Ok(Compared { currencies, accounts })
}

fn trial_balance(
    client: &Client,
    books: &Books,
    findings: &mut Findings,
) -> Result<usize, AskError> {
    let trial: Trial = ask(client, PLACE_BALANCE)?;
    let own = books.totals();
    let mut told: HashMap<&str, &CurrencyLine> =
        trial.currencies.iter().map(|line| (line.currency.as_str(), line)).collect();
    for totals in own.iter().filter(|totals| has_moved(totals)) {
        let code = totals.currency.code();
        match told.remove(code) {
            Some(line) => currency(line, totals, findings),
            None => findings.add(0, PLACE_BALANCE, format!("{code} is not there")),
        }
    }
    for (code, line) in told {
        let empty = own.iter().any(|totals| totals.currency.code() == code)
            && line.posted.value.get().bytes().all(|b| matches!(b, b'0' | b'.'));
        if !empty {
            findings.add(0, PLACE_BALANCE, format!("{code} is there, and not in the books"));
        }
    }
    Ok(trial.currencies.len())
}

/// Whether a currency has anything that a server would tell of.
const fn has_moved(totals: &Totals) -> bool {
    totals.posted != 0 || totals.settlement != 0 || totals.funding != 0 || totals.reserved != 0
}

fn currency(line: &CurrencyLine, own: &Totals, findings: &mut Findings) {
    let sums = [
        ("settlement", &line.settlement, own.settlement),
        ("funding", &line.funding, own.funding),
        ("posted", &line.posted, own.posted),
        ("held", &line.held, own.held),
        ("reserved", &line.reserved, own.reserved),
        ("sum", &line.sum, own.sum()),
    ];
    for (what, told, sum) in sums {
        let own = (own.currency.write(sum), own.currency.code());
        if !told.is(&own.0, own.1) {
            let what = format!("{what}: the server says {told}, the books say {} {}", own.0, own.1);
            findings.add(0, PLACE_BALANCE, what);
        }
    }
}

fn accounts(client: &Client, books: &Books, findings: &mut Findings) -> Result<usize, AskError> {
    let mut own = books.accounts().iter();
    let mut seen = 0_usize;
    let mut path = format!("{PLACE_ACCOUNTS}?limit=1000");
    loop {
        let page: Page = ask(client, &path)?;
        for listed in &page.data {
            seen = seen.saturating_add(1);
            match own.next() {
                Some(own) => account(listed, own, findings),
                None => findings.add(
                    0,
                    PLACE_ACCOUNTS,
                    format!("{} is not in the books", listed.tenant_account_ref),
                ),
            }
        }
        match page.next_cursor {
            Some(cursor) => path = format!("{PLACE_ACCOUNTS}?limit=1000&cursor={cursor}"),
            None => break,
        }
    }
    for missing in own {
        findings.add(missing.opened, PLACE_ACCOUNTS, format!("{} is not there", missing.name));
    }
    Ok(seen)
}

/// Accounts are listed in the order in which they were opened.
fn account(told: &Listed, own: &Account, findings: &mut Findings) {
    let mut differ = |what: &str, told: &str, own_text: &str| {
        if told != own_text {
            let what = format!("{what}: the server says {told:?}, the books say {own_text:?}");
            findings.add(own.opened, &format!("{PLACE_ACCOUNTS}, {}", own.name), what);
        }
    };
    let profile = own.profile.as_ref();
    let account_id = profile.and_then(|it| it.account_id.as_deref());
    let customer = profile.and_then(|it| it.customer.as_deref());
    differ("name", &told.tenant_account_ref, &own.name);
    differ("status", &told.status, status(own.status));
    differ("account_id", told.account_id.as_deref().unwrap_or(""), account_id.unwrap_or(""));
    let told_customer = told.tenant_customer_ref.as_deref();
    differ("tenant_customer_ref", told_customer.unwrap_or(""), customer.unwrap_or(""));
    let theirs: Vec<String> = told.balances.iter().map(Balance::line).collect();
    let ours = (0_usize..).zip(&own.pockets).map(|(n, pocket)| line(own.opened, n, pocket));
    let ours: Vec<String> = ours.collect();
    differ("balances", &theirs.join("; "), &ours.join("; "));
}

impl Balance {
    fn line(&self) -> String {
        let sums =
            [&self.posted, &self.held, &self.reserved, &self.available, &self.overdraft_limit];
        let [posted, held, reserved, available, limit] = sums.map(|sum| sum.value.get());
        let one = sums.iter().all(|sum| sum.currency == self.currency);
        let currency = if one { &self.currency } else { "several currencies" };
        let name = &self.tenant_balance_ref;
        format!("{name} {currency} {posted} {held} {reserved} {available} {limit}")
    }
}

fn line(opened: u64, n: usize, pocket: &Pocket) -> String {
    let sums = [
        pocket.posted.into(),
        pocket.held.into(),
        pocket.reserved.into(),
        Account::available(pocket),
        pocket.limit.into(),
    ];
    let code = pocket.currency.code();
    let sums = sums.map(|sum: i128| pocket.currency.write(sum)).join(" ");
    format!("bal_{opened:016x}_{n} {code} {sums}")
}

impl Amount {
    fn is(&self, value: &str, currency: &str) -> bool {
        self.value.get() == value && self.currency == currency
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.value, self.currency)
    }
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Frozen => "frozen",
        Status::Closed => "closed",
    }
}

fn ask<T: DeserializeOwned>(client: &Client, path: &str) -> Result<T, AskError> {
    let body = client.ask(path)?;
    serde_json::from_slice(&body).map_err(|error| client.error(path, error.to_string()))
}

//! The books as the operator reads them, and what they must come to.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use rust_decimal::Decimal;

use super::story::{ACCOUNTS, Ask, Step};
use super::wire::{Account, Balance, Hold, Holds, Totals, TrialBalance, read};
use crate::client::Client;

/// Everything that money could have moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Books {
    /// Each account and its balance.
    pub(super) accounts: Vec<(&'static str, Balance)>,
    /// Each hold and the account that it is of; those at zero too.
    pub(super) holds: Vec<(&'static str, Hold)>,
    /// The trial balance.
    pub(super) totals: Totals,
}

impl Books {
    /// Reads them.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) async fn read(operator: &mut Client) -> anyhow::Result<Self> {
        let (mut accounts, mut holds) = (Vec::new(), Vec::new());
        for account in ACCOUNTS {
            accounts.push((account, balance(operator, account).await?));
            let path = format!("/v1/accounts/{account}/holds?all=true");
            let found: Holds = read(&operator.get(&path).await?)?;
            holds.extend(found.data.into_iter().map(|hold| (account, hold)));
        }
        let trial: TrialBalance = read(&operator.get("/v1/trial-balance").await?)?;
        let totals = trial.currencies.into_iter().next();
        let totals = totals.context("the trial balance is empty")?;
        Ok(Self { accounts, holds, totals })
    }
}

/// The only balance of an account.
///
/// # Errors
/// When there is none.
pub(super) async fn balance(operator: &mut Client, account: &str) -> anyhow::Result<Balance> {
    let found: Account = read(&operator.get(&format!("/v1/accounts/{account}")).await?)?;
    found.balances.first().copied().with_context(|| format!("{account} has no balance"))
}

/// What the books must come to, from what the story says and from nothing that the server said.
#[derive(Debug, Default)]
pub(super) struct Expectation {
    /// Available and on hold, by account.
    customers: BTreeMap<&'static str, (Decimal, Decimal)>,
    /// What came in from outside.
    topped_up: Decimal,
}

impl Expectation {
    /// Takes note of a step, and holds the balance after it to what the story says.
    ///
    /// # Errors
    /// When they differ.
    pub(super) fn check_step(&mut self, step: &Step, balance: &Balance) -> anyhow::Result<()> {
        let (available, on_hold) = (exact(step.available)?, exact(step.on_hold)?);
        let account = step.account;
        same(&format!("{account}'s available"), balance.available.value(), available)?;
        same(&format!("{account}'s on hold"), balance.held.value(), on_hold)?;
        same(&format!("{account}'s reserved"), balance.reserved.value(), Decimal::ZERO)?;
        same(&format!("{account}'s posted"), balance.posted.value(), available + on_hold)?;
        self.customers.insert(account, (available, on_hold));
        if let (Ask::TopUp, None, Some(amount)) = (step.ask, step.refusal, step.amount) {
            self.topped_up += exact(amount)?;
        }
        Ok(())
    }

    /// Holds the books to what all steps so far must have made of them.
    ///
    /// # Errors
    /// When they differ.
    pub(super) fn check_books(&self, books: &Books) -> anyhow::Result<()> {
        for (account, balance) in &books.accounts {
            let (available, on_hold) = self.customers.get(account).copied().unwrap_or_default();
            same(&format!("{account}'s available"), balance.available.value(), available)?;
            same(&format!("{account}'s on hold"), balance.held.value(), on_hold)?;
        }
        let available: Decimal = self.customers.values().map(|(available, _)| available).sum();
        let on_hold: Decimal = self.customers.values().map(|(_, on_hold)| on_hold).sum();
        let (posted, totals) = (available + on_hold, &books.totals);
        same("the customers' total", totals.posted.value(), posted)?;
        same("the total on hold", totals.held.value(), on_hold)?;
        same("@funding", totals.funding.value(), -self.topped_up)?;
        same("@settlement", totals.settlement.value(), self.topped_up - posted)?;
        same("the sum of all accounts", totals.sum.value(), Decimal::ZERO)
    }
}

/// An amount of the story.
///
/// # Errors
/// When it is not one.
pub(super) fn exact(amount: &str) -> anyhow::Result<Decimal> {
    Decimal::from_str_exact(amount).with_context(|| format!("{amount} is no amount"))
}

/// Holds a number of the server's to the one expected.
///
/// # Errors
/// When they differ.
pub(super) fn same(what: &str, told: Decimal, expected: Decimal) -> anyhow::Result<()> {
    ensure!(told == expected, "{what} should be {expected}, the ledger says {told}");
    Ok(())
}

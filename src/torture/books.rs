//! The books that must come of what was answered, kept apart from the server's.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::asked::{Asked, Call, shown};
use super::fault::Fault;
use super::lines::silent;
use super::money::{Currency, Money};
use crate::client::Client;

/// What every account comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    accounts: BTreeMap<Arc<str>, Sums>,
    totals: BTreeMap<Currency, Totals>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    posted: i128,
    held: i128,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    posted: i128,
    held: i128,
    settlement: i128,
    funding: i128,
}

/// The system account that money from outside comes from.
const FUNDING: &str = "@funding";

impl Books {
    /// The books of these requests, as far as they were done.
    pub(super) fn of<'a>(all: impl IntoIterator<Item = &'a Asked>) -> Self {
        let mut books = Self::default();
        all.into_iter().filter(|asked| asked.is_done()).for_each(|asked| books.add(asked));
        books
    }

    fn add(&mut self, asked: &Asked) {
        let totals = self.totals.entry(asked.currency).or_default();
        for effect in &asked.effects {
            let (posted, held) = (i128::from(effect.posted), i128::from(effect.held));
            if &*effect.account == FUNDING {
                totals.funding += posted;
                continue;
            }
            let sums = self.accounts.entry(Arc::clone(&effect.account)).or_default();
            sums.posted += posted;
            sums.held += held;
            totals.posted += posted;
            totals.held += held;
            if let Call::Operation(_) = asked.call {
                totals.settlement -= posted;
            }
        }
    }

    /// Holds the server's books to these.
    ///
    /// # Errors
    /// When they differ.
    pub(super) async fn check(&self, operator: &mut Client) -> Result<(), Fault> {
        let told = accounts(operator).await?;
        for (account, sums) in &self.accounts {
            match told.get(account) {
                Some(told) if told == sums => {}
                Some(told) => {
                    let what = format!("{account} should be at {sums:?}, it is at {told:?}");
                    return Err(Fault::Lost(what));
                }
                None => return Err(Fault::Lost(format!("account {account} is not there"))),
            }
        }
        if let Some(account) = told.keys().find(|account| !self.accounts.contains_key(*account)) {
            return Err(Fault::Wrong(format!("nobody opened account {account}")));
        }
        self.check_totals(operator).await
    }

    async fn check_totals(&self, operator: &mut Client) -> Result<(), Fault> {
        let trial: TrialBalance = read(operator, "/v1/trial-balance").await?;
        for row in trial.currencies {
            let currency = row.posted.currency;
            let [posted, held, settlement, funding, sum] =
                [row.posted, row.held, row.settlement, row.funding, row.sum]
                    .map(|money| i128::from(money.minor));
            let told = Totals { posted, held, settlement, funding };
            let known = self.totals.get(&currency).copied().unwrap_or_default();
            let code = currency.code();
            if told != known {
                let what = format!("the books in {code} should be {known:?}, they are {told:?}");
                return Err(Fault::Lost(what));
            }
            if sum != 0 {
                return Err(Fault::Wrong(format!("the books in {code} add up to {sum}, not to 0")));
            }
        }
        Ok(())
    }
}

/// Every account of the server.
async fn accounts(operator: &mut Client) -> Result<BTreeMap<Arc<str>, Sums>, Fault> {
    let mut found = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page: Accounts = read(operator, &format!("/v1/accounts?limit=1000{cursor}")).await?;
        for account in page.data {
            let mut sums = Sums::default();
            for Balance { posted, held } in account.balances {
                sums.posted += i128::from(posted.minor);
                sums.held += i128::from(held.minor);
            }
            found.insert(account.tenant_account_ref.into(), sums);
        }
        let Some(next) = page.next_cursor else { return Ok(found) };
        cursor = format!("&cursor={next}");
    }
}

async fn read<T: serde::de::DeserializeOwned>(
    operator: &mut Client,
    path: &str,
) -> Result<T, Fault> {
    let reply = operator.get(path).await.map_err(|error| silent(&error))?;
    serde_json::from_slice(&reply.body)
        .map_err(|error| Fault::Wrong(format!("GET {path} was told {}: {error}", shown(&reply))))
}

#[derive(Deserialize)]
struct Accounts {
    data: Vec<Account>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    tenant_account_ref: String,
    balances: Vec<Balance>,
}

#[derive(Deserialize)]
struct Balance {
    posted: Money,
    held: Money,
}

#[derive(Deserialize)]
struct TrialBalance {
    currencies: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    settlement: Money,
    funding: Money,
    posted: Money,
    held: Money,
    sum: Money,
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;

    use super::super::asked::{Effect, Expected, Shown, Told};
    use super::*;

    fn asked(call: Call, done: bool, effects: &[(&str, i64, i64)]) -> Asked {
        let effect = |(account, posted, held): &(&str, i64, i64)| Effect {
            account: (*account).into(),
            posted: *posted,
            held: *held,
        };
        Asked {
            call,
            body: String::new(),
            currency: Currency::Sgd,
            expected: Expected::AsFundsAllow,
            shown: Shown::Anything,
            effects: effects.iter().map(effect).collect(),
            told: Some(Told { body: Bytes::new(), done, hold: None }),
        }
    }

    #[test]
    fn what_was_refused_moves_nothing_and_the_rest_adds_up_to_zero() {
        let books = Books::of(&[
            asked(Call::Transfer, true, &[(FUNDING, -500, 0), ("a", 500, 0)]),
            asked(Call::Operation("debit_hold_balance"), true, &[("a", -120, -100)]),
            asked(Call::Operation("debit_balance"), false, &[("a", -9, 0)]),
            asked(Call::Transfer, true, &[("a", -80, 0), ("b", 80, 0)]),
        ]);
        assert_eq!(books.accounts["a"], Sums { posted: 300, held: -100 });
        assert_eq!(books.accounts["b"], Sums { posted: 80, held: 0 });
        let totals = books.totals[&Currency::Sgd];
        let expected = Totals { posted: 380, held: -100, settlement: 120, funding: -500 };
        assert_eq!(totals, expected);
        assert_eq!(totals.posted + totals.settlement + totals.funding, 0);
    }
}

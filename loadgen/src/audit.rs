//! After the run: every balance read over the operator API and compared with the model, and the
//! trial balance, whose sums must be zero.
//!
//! An account with a request whose outcome is unknown is first asked again with the same key,
//! until the answer tells.

use std::{
    convert::Infallible,
    rc::Rc,
    time::{Duration, Instant},
};

use hyper::Method;
use tokio::time::sleep;

use crate::{
    account::{Account, Difference, Standing},
    cli::Plan,
    client::Client,
    clock::now,
    lanes::in_lanes,
    load::fleet::Out,
    load::hot::Hot,
    operator::{self, OperatorError},
    simulator::books::Span,
};

/// The pause before requests of unknown outcome are asked again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long it may take to learn the outcome of all of them.
const SETTLE_MAX: Duration = Duration::from_secs(30);

/// What was compared after the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Accounts.
    pub accounts: usize,
    /// Their card transactions that were over.
    pub transactions: u64,
}

/// Checks the books of `accounts`, and adds what is wrong with them to `out`.
///
/// # Errors
///
/// The operator API does not answer, or not as documented.
pub async fn audit(
    plan: &Plan,
    accounts: Vec<Account>,
    out: &mut Out,
) -> Result<Checked, OperatorError> {
    let accounts = settle(plan, accounts, out).await;
    let transactions = accounts.iter().map(Account::finished).sum();
    let players = players(plan, accounts);
    let checked = Checked { accounts: players.len(), transactions };
    let target = Rc::new(plan.operator.clone());
    let compared = in_lanes(players, &target, compare);
    out.differences.extend(compared.await?.into_iter().flatten());
    check_trial_balance(plan, out).await?;
    Ok(checked)
}

/// Reads the trial balance, and adds what is not zero in it to `out`.
///
/// # Errors
///
/// The operator API does not answer, or not as documented.
pub async fn check_trial_balance(plan: &Plan, out: &mut Out) -> Result<(), OperatorError> {
    let mut client = Client::new(Rc::new(plan.operator.clone()));
    let imbalances = operator::imbalances(&mut client).await?;
    out.differences.extend(imbalances.into_iter().map(imbalance));
    Ok(())
}

/// All that play each account; none where one of them is out, whose part nobody knows.
fn players(plan: &Plan, accounts: Vec<Account>) -> Vec<Vec<Account>> {
    if plan.hot != Hot::One {
        return accounts.into_iter().map(|account| vec![account]).collect();
    }
    let all = u64::try_from(accounts.len()).is_ok_and(|count| count == plan.accounts);
    if all { vec![accounts] } else { Vec::new() }
}

async fn compare(
    client: &mut Client,
    players: Vec<Account>,
) -> Result<Option<Difference>, OperatorError> {
    let Some(first) = players.first() else { return Ok(None) };
    let asked = now();
    let balance = operator::balance(client, first.name()).await?;
    let span = Span { asked, told: now() };
    let sums = players.iter().map(|account| account.sums(span)).sum();
    Ok(first.compare_sums(sums, &balance))
}

/// Asks every account of unknown outcome again, in rounds, and returns those whose books are known.
async fn settle(plan: &Plan, accounts: Vec<Account>, out: &mut Out) -> Vec<Account> {
    let (mut unknown, mut settled): (Vec<_>, _) =
        accounts.into_iter().partition(Account::is_unknown);
    let until = now() + SETTLE_MAX;
    while !unknown.is_empty() && now() < until {
        sleep(PAUSE).await;
        for (account, standing) in ask_again(plan, std::mem::take(&mut unknown), until).await {
            match standing {
                Standing::Settled => settled.push(account),
                Standing::Unknown => unknown.push(account),
                Standing::GivenUp => out.given_up.push(account.name().to_owned()),
                Standing::Different(difference) => out.differences.push(difference),
            }
        }
    }
    out.given_up.extend(unknown.iter().map(|account| account.name().to_owned()));
    settled
}

/// Asks each account's request once more, unless it is later than `until`.
async fn ask_again(plan: &Plan, unknown: Vec<Account>, until: Instant) -> Vec<(Account, Standing)> {
    let (target, paths) = (Rc::new(plan.network.clone()), plan.paths.clone());
    let asked = in_lanes(unknown, &target, async move |client, mut account: Account| {
        if now() > until {
            return Ok((account, Standing::GivenUp));
        }
        let (operation, body) = account.next_request();
        let asked = now();
        let content_type = account.next_content_type();
        let request = (Method::POST, paths.of(operation), body);
        let outcome = client.exchange_as(content_type, request).await;
        let standing = account.learn(outcome.as_ref().ok(), Span { asked, told: now() });
        Ok::<_, Infallible>((account, standing))
    });
    let Ok(asked) = asked.await;
    asked
}

fn imbalance((currency, sum): (String, String)) -> Difference {
    Difference {
        account: currency,
        request: "the trial balance, after the run".to_owned(),
        difference: format!("the sum of all books is {sum} and must be zero"),
        answer: sum,
    }
}

//! Before the run: accounts with money in them.

use std::rc::Rc;

use rust_decimal::Decimal;

use crate::{
    account::Account,
    cli::Plan,
    client::Client,
    lanes::in_lanes,
    load::hot::Hot,
    operator::{self, OperatorError},
    seed::Seed,
    simulator::{member::Member, network::Life},
};

/// 10,000.00 for each account, or each card where all are of one account.
pub const TOP_UP: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 2);

/// Creates and tops up every account of the plan.
///
/// # Errors
///
/// The operator API does not answer, or not as documented.
pub async fn open_accounts(plan: &Plan) -> Result<Vec<Account>, OperatorError> {
    if plan.hot == Hot::One {
        return open_one(plan).await;
    }
    let (run, life) = (plan.run.clone(), plan.life());
    let target = Rc::new(plan.operator.clone());
    let indices = (0..plan.accounts).collect();
    let opened = in_lanes(indices, &target, async move |client, index| {
        let (name, life) = (format!("{run}-{index}"), life_of(&life, index));
        let balance_ref = open(client, &name, TOP_UP).await?;
        Ok((index, Account::open(name, balance_ref, TOP_UP, life)))
    });
    let mut accounts = opened.await?;
    accounts.sort_unstable_by_key(|(index, _)| *index);
    Ok(accounts.into_iter().map(|(_, account)| account).collect())
}

/// One account, whose cards ask it at once.
async fn open_one(plan: &Plan) -> Result<Vec<Account>, OperatorError> {
    let name = format!("{}-0", plan.run);
    let mut client = Client::new(Rc::new(plan.operator.clone()));
    let balance_ref = open(&mut client, &name, TOP_UP * Decimal::from(plan.accounts)).await?;
    let count = usize::try_from(plan.accounts).unwrap_or(usize::MAX);
    let members = Member::crowd(count, TOP_UP);
    Ok((0..)
        .zip(members)
        .map(|(index, member)| {
            let life = life_of(&plan.life(), index);
            Account::card(
                name.clone(),
                format!("{name}-c{index}"),
                balance_ref.clone(),
                TOP_UP,
                life,
                member,
            )
        })
        .collect())
}

async fn open(client: &mut Client, name: &str, amount: Decimal) -> Result<String, OperatorError> {
    let balance = operator::create(client, name).await?;
    operator::top_up(client, name, amount).await?;
    Ok(balance.balance_ref)
}

fn life_of(life: &Life, index: u64) -> Life {
    Life { seed: life.seed.fork(index), ..life.clone() }
}

impl Plan {
    /// What all accounts' lives are drawn from.
    #[must_use]
    pub fn life(&self) -> Life {
        let Self { mix, time_to_live, shares, hot, .. } = *self;
        Life { mix, seed: Seed::new(self.seed), time_to_live, shares, shared: hot == Hot::One }
    }
}

//! Before the run: accounts with money in them.

use std::rc::Rc;

use rust_decimal::Decimal;

use crate::{
    account::Account,
    cli::Plan,
    client::Client,
    lanes::in_lanes,
    operator::{self, OperatorError},
    seed::Seed,
    simulator::network::Life,
};

/// 10,000.00 for each account.
const TOP_UP: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 2);

/// Creates and tops up every account of the plan.
///
/// # Errors
///
/// The operator API does not answer, or not as documented.
pub async fn open_accounts(plan: &Plan) -> Result<Vec<Account>, OperatorError> {
    let seed = Seed::new(plan.seed);
    let (run, mix, time_to_live) = (plan.run.clone(), plan.mix, plan.time_to_live);
    let target = Rc::new(plan.operator.clone());
    let indices = (0..plan.accounts).collect();
    in_lanes(indices, &target, async move |client, index| {
        let life = Life { mix, seed: seed.fork(index), time_to_live };
        open_account(client, format!("{run}-{index}"), life).await
    })
    .await
}

async fn open_account(
    client: &mut Client,
    name: String,
    life: Life,
) -> Result<Account, OperatorError> {
    let balance = operator::create(client, &name).await?;
    operator::top_up(client, &name, TOP_UP).await?;
    Ok(Account::open(name, balance.balance_ref, TOP_UP, life))
}

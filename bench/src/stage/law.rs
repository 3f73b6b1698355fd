//! The law: decide, and apply what was decided.

use std::hint::black_box;

use anyhow::{Context, anyhow};
use holdfast::ledger::Operation::{CreditBalance, DebitBalance, HoldBalance};
use holdfast::ledger::{
    Account, ActionRef, Amount, Command, Grants, Movement, Opening, Operation, Reference, Rules,
    decide,
};

use super::{Stage, Work, many, repeat};
use crate::requests::{currency, money};

pub(super) const STAGES: [Stage; 5] = [
    Stage { prepare: || deciding(HoldBalance), ..stage("decide hold_balance") },
    Stage { prepare: || deciding(DebitBalance), ..stage("decide debit_balance") },
    Stage { prepare: || deciding(CreditBalance), ..stage("decide credit_balance") },
    Stage { most: 1000, counted: 500, ..stage("apply hold_balance") },
    Stage {
        most: 1000,
        counted: 500,
        prepare: || applying(DebitBalance),
        ..stage("apply debit_balance")
    },
];

const OPENED: ActionRef = ActionRef::new(1);
const NEXT: ActionRef = ActionRef::new(1_000_000);
/// How many holds are open on the account.
const HOLDS: u64 = 8;

const fn stage(name: &'static str) -> Stage {
    Stage { name, most: u64::MAX, counted: 10_000, prepare: || applying(HoldBalance) }
}

fn deciding(operation: Operation) -> anyhow::Result<Box<dyn Work>> {
    let (account, command) = (account_with_holds()?, command(operation));
    repeat(move || {
        let _ =
            black_box(decide(Some(black_box(&account)), black_box(&command), &Rules::default()));
    })
}

fn applying(operation: Operation) -> anyhow::Result<Box<dyn Work>> {
    let account = account_with_holds()?;
    let movement = decided(&account, operation)?;
    Ok(Box::new(Applying { account, movement, fresh: Vec::new() }))
}

/// One movement, applied to a new copy of an account each time.
struct Applying {
    account: Account,
    movement: Movement,
    fresh: Vec<Account>,
}

impl Work for Applying {
    fn ready(&mut self, times: u64) -> anyhow::Result<()> {
        self.fresh = many(times, || self.account.clone());
        Ok(())
    }

    fn run(&mut self, times: u64) {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        for account in self.fresh.iter_mut().take(times) {
            account.apply(black_box(&self.movement), NEXT);
        }
    }
}

/// An account with funds and open holds.
fn account_with_holds() -> anyhow::Result<Account> {
    let opening = Opening { balances: vec![(currency(), Amount::REQUEST_MAX)] };
    let mut account = Account::open(&opening, OPENED);
    for n in 0..HOLDS {
        let movement = decided(&account, HoldBalance)?;
        account.apply(&movement, ActionRef::new(2 + n));
    }
    Ok(account)
}

fn decided(account: &Account, operation: Operation) -> anyhow::Result<Movement> {
    let decided = decide(Some(account), &command(operation), &Rules::default());
    decided.map_err(|refusal| anyhow!("{refusal:?}")).context("the overdraft covers it")
}

fn command(operation: Operation) -> Command<'static> {
    let transaction_id = "txn_-0000-4000-8000-000000000000000001";
    let (money, reference) = (Some(money(100)), Reference::Absent);
    Command {
        operation,
        transaction_id,
        money,
        reference,
        linked: false,
        grants: Grants::Oldest,
        limits: None,
    }
}

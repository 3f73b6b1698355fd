//! The law: decide, and apply what was decided.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use holdfast::ledger::Operation::{CreditBalance, DebitBalance, HoldBalance};
use holdfast::ledger::{
    Account, ActionRef, Amount, Command, Grants, Opening, Operation, Reference, Rules, decide,
};
use holdfast_bench::requests::{currency, money};

const OPENED: ActionRef = ActionRef::new(1);
const NEXT: ActionRef = ActionRef::new(1_000_000);

pub(crate) fn bench(criterion: &mut Criterion) {
    let account = account_with_holds(8);
    for operation in [HoldBalance, DebitBalance, CreditBalance] {
        let command = command(operation);
        criterion.bench_function(&format!("decide {}", operation.name()), |b| {
            b.iter(|| decide(Some(black_box(&account)), black_box(&command), &Rules::default()));
        });
    }
    for operation in [HoldBalance, DebitBalance] {
        let movement = decide(Some(&account), &command(operation), &Rules::default());
        let movement = movement.expect("there are funds");
        criterion.bench_function(&format!("apply {}", operation.name()), |b| {
            let fresh = || account.clone();
            b.iter_batched_ref(
                fresh,
                |it| it.apply(black_box(&movement), NEXT),
                BatchSize::SmallInput,
            );
        });
    }
}

/// An account with funds and so many open holds.
fn account_with_holds(holds: u64) -> Account {
    let opening = Opening { balances: vec![(currency(), Amount::REQUEST_MAX)] };
    let mut account = Account::open(&opening, OPENED);
    for n in 0..holds {
        let movement = decide(Some(&account), &command(HoldBalance), &Rules::default());
        let movement = movement.expect("the overdraft covers it");
        account.apply(&movement, ActionRef::new(2 + n));
    }
    account
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

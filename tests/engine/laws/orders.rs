//! Order is not promised by the network: messages that do not need one another's answers reach one
//! end state in whatever order and however often they arrive.

use std::time::Duration;

use holdfast::engine::HoldsAsked;
use holdfast::engine::record::AuthorizationKind;
use holdfast::ledger::{Merchant, Operation};
use wal::simulated::Choices;

use crate::engine::counter::{Card, Counter, Reply, Slip, TIME_TO_LIVE};

/// A message of one card transaction.
#[derive(Clone, Copy, Debug)]
enum Message {
    Final(u64),
    Pre(u64),
    Operation(Operation, u64),
}

use Message::{Final, Operation as Op, Pre};
use Operation::{CreditBalance, DebitBalance, HoldBalance};

/// Funds enough that nothing is refused in any order.
const FUNDS: u64 = 10_000;

/// Life cycles, as far as their messages need no reference that another one returned.
const CYCLES: &[&[Message]] = &[
    &[Final(80), Op(DebitBalance, 80)],
    &[Final(80), Op(DebitBalance, 80), Op(CreditBalance, 80)],
    &[Final(80), Op(DebitBalance, 100), Op(CreditBalance, 20), Op(DebitBalance, 5)],
    &[Final(80), Op(DebitBalance, 30), Op(DebitBalance, 30), Op(CreditBalance, 10)],
    &[Pre(50), Pre(20), Op(HoldBalance, 50), Op(HoldBalance, 20)],
    &[Pre(50), Op(HoldBalance, 30), Op(HoldBalance, 30), Op(DebitBalance, 7), Op(CreditBalance, 7)],
    &[Pre(50), Pre(20), Final(10), Op(HoldBalance, 70), Op(DebitBalance, 10), Op(CreditBalance, 1)],
    &[
        Pre(50),
        Pre(20),
        Final(0),
        Op(HoldBalance, 60),
        Op(HoldBalance, 10),
        Op(DebitBalance, 40),
        Op(CreditBalance, 25),
    ],
];

#[test]
fn in_whatever_order_and_however_often_messages_arrive_the_end_is_one() {
    let mut counter = Counter::new();
    let mut choices = Choices::new(1);
    for (n, cycle) in CYCLES.iter().enumerate() {
        let mut ends = Vec::new();
        for (m, order) in permutations(cycle.len()).into_iter().enumerate() {
            let account = format!("account-{n}-{m}");
            counter.open(&account, FUNDS);
            for at in order {
                send(&mut counter, &account, at, cycle[at]);
                if choices.once_in(3) {
                    send(&mut counter, &account, at, cycle[at]);
                }
            }
            ends.push(account);
        }
        counter.world.commit_all().unwrap();
        counter.hand.advance(TIME_TO_LIVE + Duration::from_secs(1));
        counter.world.engine.lapse_due();
        let first = end(&counter, &ends[0]);
        assert_eq!(first.0[2], 0, "something is reserved for ever in {cycle:?}");
        for account in &ends {
            assert_eq!(end(&counter, account), first, "{cycle:?} by {account}");
        }
    }
}

fn send(counter: &mut Counter, account: &str, at: usize, message: Message) {
    let (transaction, name) = (format!("t-{account}"), format!("{account}-{at}"));
    let card = |kind, minor| {
        let (message, partial) = (&*name, false);
        Card {
            kind,
            account,
            transaction: &transaction,
            message,
            minor,
            partial,
            merchant: Merchant::default(),
        }
    };
    match message {
        Final(minor) | Pre(minor) => {
            let is_final = matches!(message, Final(_));
            let kind = if is_final { AuthorizationKind::Final } else { AuthorizationKind::Pre };
            let reply = counter.ask(&card(kind, minor), Duration::ZERO);
            let known = is_final && reply == Reply::Declined("TRANSACTION_KNOWN");
            assert!(known || matches!(reply, Reply::Approved(..)), "{message:?}: {reply:?}");
        }
        Op(operation, minor) => {
            let (key, transaction_id) = (&*name, &*transaction);
            let minor = Some(minor);
            let slip = Slip { key, operation, account, transaction_id, minor, hold: None };
            counter.hand_in(&slip).unwrap();
        }
    }
}

/// What is posted, held, reserved and available, and the sums of the holds.
fn end(counter: &Counter, account: &str) -> ([i128; 4], Vec<i64>) {
    let engine = &counter.world.engine;
    let pocket = engine.account(account).unwrap().balances[0].1;
    let [posted, held, reserved] =
        [pocket.posted, pocket.held, pocket.reserved].map(|sum| i128::from(sum.minor()));
    let asked = HoldsAsked { all: true, after: None, limit: usize::MAX };
    let holds = engine.holds(account, asked).unwrap().holds;
    let mut sums: Vec<i64> = holds.iter().map(|hold| hold.sums.held().minor()).collect();
    sums.sort_unstable();
    ([posted, held, reserved, pocket.available()], sums)
}

pub(super) fn permutations(len: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..len {
        let longer = |order: Vec<usize>| {
            let rest = (0..len).filter(|n| !order.contains(n)).collect::<Vec<_>>();
            rest.into_iter().map(move |n| [order.clone(), vec![n]].concat()).collect::<Vec<_>>()
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

//! Many threads on one engine, over real files, with its committer and its filler running.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use holdfast::engine::record::{
    Asked, AuthorizationKind, Declined, Ends, Message, OperationRequest, Profile, TransferRequest,
};
use holdfast::engine::{
    AuthorizationRequest, Earlier, Engine, Options, Repeat, Submitted, Used, open,
};
use holdfast::ledger::{
    Amount, Decline, Frequency, Merchant, Moment, Opening, Operation, Refusal, Rule, Ruleset, What,
};
use wal::{Directory, Filesystem, Lsn};

use crate::support::engine::money;

/// Runs `work` beside an engine on real files.
fn with_engine(work: impl FnOnce(&Engine<Directory>)) {
    let place = tempfile::tempdir().unwrap();
    with_engine_in(place.path(), Options::default(), work);
}

fn with_engine_in(place: &Path, options: Options, work: impl FnOnce(&Engine<Directory>)) {
    let directory = Directory::open(place, Filesystem::Any).unwrap();
    let running = open(directory, options).unwrap();
    let committer = thread::spawn(|| running.committer.run());
    let filler = thread::spawn(|| running.filler.run());
    let sealer = thread::spawn(|| running.sealer.run());
    work(&running.engine);
    assert!(running.engine.audit(|| {}).are_clean());
    running.engine.close();
    committer.join().unwrap().unwrap();
    filler.join().unwrap();
    sealer.join().unwrap();
}

/// Begins `work` on so many threads at once.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let begin = |n| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(n)
            })
        };
        let running: Vec<_> = (0..threads).map(begin).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn open_with(engine: &Engine<Directory>, account: &str, minor: u64) {
    let opening = Opening { balances: vec![(money("SGD", 0).currency, Amount::ZERO)] };
    engine.open_account(account, opening, Profile::default()).unwrap();
    let key = format!("top up {account}");
    engine.transfer(transfer(&key, "@funding", account, minor), &[]).unwrap();
}

fn operation<'a>(operation: Operation, key: &'a str, account: &'a str) -> OperationRequest<'a> {
    OperationRequest {
        operation,
        idempotency_key: key,
        transaction_id: "transaction",
        tenant_account_ref: account,
        of_action_ref: "action",
        reference: None,
        money: Some(money("SGD", 10)),
    }
}

fn transfer<'a>(key: &'a str, source: &'a str, to: &'a str, minor: u64) -> TransferRequest<'a> {
    TransferRequest {
        idempotency_key: key,
        ends: Ends::new(source, to).unwrap(),
        money: money("SGD", minor),
        transaction_id: None,
        description: None,
        metadata: None,
    }
}

/// The record of a request, and whether this was the first time that it was asked.
fn ask(engine: &Engine<Directory>, request: OperationRequest<'_>) -> (Lsn, bool) {
    let (lsn, first) = match engine.submit(request, &[]).unwrap() {
        Submitted::Decided(_, stamp) => (stamp.lsn, true),
        Submitted::Seen(lsn) => (lsn, false),
    };
    engine.wait_durable(lsn).unwrap();
    (lsn, first)
}

fn posted(engine: &Engine<Directory>, account: &str) -> i64 {
    engine.account(account).unwrap().balances[0].1.posted.minor()
}

#[test]
fn a_thousand_repeats_at_once_are_one_action() {
    with_engine(|engine| {
        open_with(engine, "a", 100);
        let request = operation(Operation::CreditBalance, "key", "a");
        let told = at_once(50, |_| (0..20).map(|_| ask(engine, request)).collect::<Vec<_>>());
        let told = told.concat();
        assert_eq!(told.len(), 1_000);
        assert_eq!(told.iter().filter(|(_, first)| *first).count(), 1);
        let records: BTreeSet<Lsn> = told.iter().map(|(lsn, _)| *lsn).collect();
        assert_eq!(records.len(), 1);
        let stored = engine.stored(told[0].0).unwrap();
        let repeat = stored.repeats(&request).unwrap();
        assert!(matches!(repeat, Repeat::Same(action, _) if action.outcome.is_ok()));
        assert_eq!(posted(engine, "a"), 110);
    });
}

/// Each reads the clock before its turn, so an earlier turn may have read it later.
#[test]
fn moments_rise_with_the_log_however_many_append() {
    with_engine(|engine| {
        let accounts = ["a", "b", "c", "d", "e", "f", "g", "h"];
        accounts.iter().for_each(|account| open_with(engine, account, 0));
        let told = at_once(8, |thread| {
            let append = |n: usize| {
                let key = format!("{thread} {n}");
                let request = operation(Operation::CreditBalance, &key, accounts[thread]);
                let Submitted::Decided(_, stamp) = engine.submit(request, &[]).unwrap() else {
                    panic!("{key} is new");
                };
                stamp
            };
            (0..2_000).map(append).collect::<Vec<_>>()
        });
        let mut told = told.concat();
        told.sort_unstable_by_key(|stamp| stamp.lsn);
        assert!(told.is_sorted_by(|one, next| one.lsn < next.lsn && one.at < next.at));
        engine.wait_durable(told.last().unwrap().lsn).unwrap();
        let mut stored = Vec::new();
        let shown = engine.scan(told[0].lsn, |_, stamp| {
            stored.push(stamp);
            Ok::<_, Infallible>(())
        });
        shown.unwrap();
        assert!(stored == told, "a record has another moment than was told");
    });
}

#[test]
fn one_key_on_two_accounts_at_once_is_executed_once() {
    with_engine(|engine| {
        open_with(engine, "a", 0);
        open_with(engine, "b", 0);
        for n in 1..=500_i64 {
            let key = format!("key {n}");
            let on = |account| operation(Operation::CreditBalance, &key, account);
            let told = at_once(2, |thread| ask(engine, on(["a", "b"][thread])));
            assert_ne!(told[0].1, told[1].1, "exactly one of the two was executed");
            let (loser, at) = if told[0].1 { ("b", told[1].0) } else { ("a", told[0].0) };
            let stored = engine.stored(at).unwrap();
            assert!(matches!(stored.repeats(&on(loser)).unwrap(), Repeat::KeyReused));
            assert_eq!(posted(engine, "a") + posted(engine, "b"), 10 * n);
        }
    });
}

#[test]
fn holds_at_once_never_exceed_the_balance() {
    with_engine(|engine| {
        open_with(engine, "a", 10_005);
        let hold = |key: &str| {
            let request = operation(Operation::HoldBalance, key, "a");
            let Submitted::Decided(action, _) = engine.submit(request, &[]).unwrap() else {
                panic!("{key} is new");
            };
            action.outcome.map_err(|refused| refused.refusal)
        };
        let told = at_once(64, |thread| {
            (0..40).map(|n| hold(&format!("{thread} {n}"))).collect::<Vec<_>>()
        });
        let told = told.concat();
        let held = told.iter().flatten().map(|movement| movement.after.pocket.held.minor());
        assert_eq!(held.max(), Some(10_000), "all that fits is held, and no more");
        assert_eq!(told.iter().flatten().count(), 1_000);
        let refused = told.iter().filter_map(|outcome| outcome.as_ref().err());
        assert!(refused.into_iter().all(|refusal| *refusal == Refusal::InsufficientFunds));
    });
}

/// Half of the threads ask by authorization, half by hold, each time under a new transaction.
#[test]
fn spends_at_once_never_exceed_a_limit_by_a_minor_unit() {
    with_engine(|engine| {
        open_with(engine, "a", 1_000_000);
        let limit = What::AccountBilling(money("SGD", 3_335), Frequency::Daily);
        let count = What::AccountCount(300, Frequency::Weekly);
        let rules = [("amount", limit), ("count", count)];
        let rules = rules.map(|(name, what)| Rule { name: name.into(), what });
        for (n, rule) in rules.into_iter().enumerate() {
            engine.set_limits("a", Ruleset::new(vec![rule])).unwrap();
            let told = at_once(64, |thread| {
                let spend = |n: usize| {
                    let name = format!("{n} {thread}");
                    if thread % 2 == 0 { hold(engine, &name) } else { approve(engine, &name) }
                };
                (n * 40..n * 40 + 40).map(spend).collect::<Vec<_>>()
            });
            let told = told.concat();
            let refused = told.iter().filter_map(|outcome| outcome.err());
            assert!(refused.into_iter().all(|refusal| refusal == Refusal::LimitExceeded));
            let view = engine.limits("a").unwrap();
            let (used, done) = [(Used::Amount(3_330), 333), (Used::Count(333), 0)][n];
            assert_eq!(told.iter().flatten().count(), done);
            assert_eq!(view.used, [Some(used)]);
        }
    });
}

fn hold(engine: &Engine<Directory>, name: &str) -> Result<(), Refusal> {
    let request = operation(Operation::HoldBalance, name, "a");
    let request = OperationRequest { transaction_id: name, ..request };
    let Submitted::Decided(action, _) = engine.submit(request, &[]).unwrap() else {
        panic!("{name} is new");
    };
    action.outcome.map(|_| ()).map_err(|refused| refused.refusal)
}

fn approve(engine: &Engine<Directory>, transaction_id: &str) -> Result<(), Refusal> {
    let money = money("SGD", 10);
    let request = AuthorizationRequest {
        kind: AuthorizationKind::Final,
        message: Message { transaction_id, network_message_ref: None },
        account: Ok("a"),
        asked: Asked { billing: money, amount: money, partial: false },
        answer_by: Moment::from_micros(i64::MAX),
        time_to_live: Duration::from_secs(60),
        merchant: Merchant::default(),
        content: "{}",
    };
    let told = engine.authorize(request, &Earlier::default()).unwrap();
    let Submitted::Decided(it, _) = told else { panic!("{transaction_id} is new") };
    match it.outcome {
        Ok(_) => Ok(()),
        Err(Declined { decline: Decline::Refused(refusal), .. }) => Err(refusal),
        Err(declined) => panic!("{declined:?}"),
    }
}

#[test]
fn transfers_both_ways_do_not_wait_for_each_other_for_ever_and_keep_the_money() {
    with_engine(|engine| {
        let accounts = ["a", "b", "c", "@settlement"];
        accounts[..3].iter().for_each(|account| open_with(engine, account, 1_000));
        let told = at_once(8, |thread| {
            for n in 0..500 {
                let (from, to) = (accounts[(thread + n) % 4], accounts[(thread + n * 3 + 1) % 4]);
                if from != to {
                    let key = format!("{thread} {n}");
                    let minor = u64::try_from(n % 90).unwrap();
                    engine.transfer(transfer(&key, from, to, minor), &[]).unwrap();
                }
                let books = engine.trial_balance().currencies;
                assert!(books.iter().all(|(_, sums)| sums.sum() == 0), "half a transfer is seen");
            }
        });
        assert_eq!(told.len(), 8);
        let (_, sums) = engine.trial_balance().currencies[0];
        let customers: i64 = accounts[..3].iter().map(|account| posted(engine, account)).sum();
        assert_eq!(sums.posted, i128::from(customers));
        assert_eq!(sums.funding, -3_000);
        assert_eq!(sums.settlement, 3_000 - sums.posted);
    });
}

/// Each thread pays to the next in a ring, while one takes snapshots without a pause.
#[test]
fn a_life_on_a_snapshot_of_a_busy_one_is_the_same_as_a_replay_of_all_of_it() {
    let place = tempfile::tempdir().unwrap();
    let name = |n: usize| format!("account {}", n % 40);
    with_engine_in(place.path(), Options::default(), |engine| {
        (0..40).for_each(|n| open_with(engine, &name(n), 1_000));
        let taken = at_once(5, |thread| {
            if thread == 0 {
                return (0..3).all(|_| engine.snapshot(|| {}).is_ok());
            }
            for n in 0..4_000 {
                let key = format!("{thread} {n}");
                let (from, to) = (name(thread * 10 + n), name(thread * 10 + n + 1));
                engine.transfer(transfer(&key, &from, &to, 1), &[]).unwrap();
            }
            true
        });
        assert!(taken.into_iter().all(|taken| taken));
    });
    let mut hashes = Vec::new();
    for snapshots in [true, false] {
        let options = Options { snapshots, ..Options::default() };
        with_engine_in(place.path(), options, |engine| hashes.push(engine.state_hash()));
    }
    assert_eq!(hashes[0], hashes[1]);
}

//! Idempotency keys: which are the same, how many there may be.

use holdfast::engine::record::OperationRequest;
use holdfast::engine::{Options, Unavailable};
use holdfast::ledger::{ActionRef, Operation};

use crate::engine::desk::Desk;
use crate::engine::model::{Answer, Ask, Operate, Sum};
use crate::support::engine::{World, money, short_segments};

fn credit(key: &str) -> Ask {
    Ask::Operate(Operate {
        name: "credit_balance",
        key: key.to_owned(),
        transaction: "t".to_owned(),
        account: "a".to_owned(),
        of_action: "of".to_owned(),
        reference: None,
        amount: Some(Sum { currency: "SGD".to_owned(), minor: 1 }),
    })
}

#[test]
fn a_key_of_the_same_hash_is_not_the_same_key() {
    let options = || Options { key_bits: 1, ..short_segments() };
    let mut desk = Desk::with(options());
    desk.open("a", &["SGD"], 0);
    let keys: Vec<String> = (0..40).map(|n| format!("key {n}")).collect();
    let first: Vec<Answer> = keys.iter().map(|key| desk.ask(&credit(key))).collect();
    assert_eq!(desk.sums("a"), [40, 0, 0, 40]);
    let disk = desk.subject.world.close();
    let mut desk = Desk::on(World::open(&disk, options()).unwrap());
    for (key, first) in keys.iter().zip(first) {
        assert_eq!(desk.ask(&credit(key)), Answer::Repeated(Box::new(first)));
    }
    assert_eq!(desk.sums("a"), [40, 0, 0, 40]);
}

#[test]
fn keys_that_differ_at_all_are_different() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 0);
    let long = "x".repeat(127);
    let keys =
        ["k", "k ", " k", "K", "e\u{301}", "\u{e9}", &format!("{long}1"), &format!("{long}2")];
    keys.iter().for_each(|key| drop(desk.ask(&credit(key)).done()));
    assert_eq!(desk.sums("a"), [8, 0, 0, 8]);
}

#[test]
fn at_the_limit_new_actions_are_refused_and_no_key_is_forgotten() {
    let options = |max_keys| Options { max_keys, ..short_segments() };
    let mut world = World::new(options(3));
    let request = |key| OperationRequest {
        operation: Operation::CreditBalance,
        idempotency_key: key,
        transaction_id: "t",
        tenant_account_ref: "nobody",
        of_action_ref: "of",
        reference: None,
        money: Some(money("SGD", 1)),
    };
    for key in ["1", "2", "3"] {
        world.engine.submit(request(key), &[]).unwrap();
    }
    assert_eq!(world.engine.submit(request("4"), &[]).unwrap_err(), Unavailable::StorageLow);
    assert!(world.engine.submit(request("1"), &[]).is_ok(), "a repeat is told");
    world.commit_all().unwrap();
    let disk = world.close();
    let world = World::open(&disk, options(1)).unwrap();
    assert_eq!(world.engine.keys(), 3);
    assert!(world.engine.submit(request("3"), &[]).is_ok(), "a repeat is told");
    assert_eq!(world.engine.submit(request("4"), &[]).unwrap_err(), Unavailable::StorageLow);
}

#[test]
fn references_of_actions_sort_in_the_order_in_which_they_were_applied() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 0);
    let told = (0..300).map(|n| desk.ask(&credit(&format!("key {n}"))).done().at);
    let texts: Vec<String> = told.map(|at| ActionRef::new(at).to_string()).collect();
    assert!(texts.is_sorted() && texts.windows(2).all(|two| two[0] != two[1]));
    assert!(texts.iter().all(|text| ActionRef::parse(text).unwrap().to_string() == *text));
}

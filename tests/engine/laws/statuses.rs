//! What a frozen or a closed account refuses, and what it lets through.

use crate::engine::desk::Desk;

#[test]
fn a_frozen_account_refuses_what_is_checked_and_lets_all_else_through() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    let hold = desk.hold("a", "announced", 100);
    let hold = Some(hold.as_str());
    desk.reserve("a", "approved", 50).done();
    desk.amend("a", "frozen").done();
    let one = Some(("SGD", 1));
    assert_eq!(desk.operate("hold_balance", "a", "new", None, one).code(), "ACCOUNT_FROZEN");
    assert_eq!(desk.operate("hold_balance", "a", "new", hold, one).code(), "ACCOUNT_FROZEN");
    assert_eq!(desk.sgd("debit_balance", "a", "new", 1).code(), "ACCOUNT_FROZEN");
    assert_eq!(desk.reserve("a", "new", 1).code(), "ACCOUNT_FROZEN");
    assert_eq!(desk.transfer("a", "@funding", ("SGD", 1)).code(), "ACCOUNT_FROZEN");

    desk.transfer("@funding", "a", ("SGD", 1)).done();
    desk.sgd("debit_balance", "a", "announced", 1).done();
    desk.sgd("hold_balance", "a", "approved", 50).done();
    for operation in ["credit_hold_balance", "debit_hold_balance", "restore_balance"] {
        desk.operate(operation, "a", "new", hold, one).done();
    }
    desk.sgd("credit_balance", "a", "new", 1).done();
    assert_eq!(desk.sums("a"), [1_001, 149, 0, 852]);
}

#[test]
fn a_closed_account_still_posts_what_the_network_settles_and_counts_it() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 100);
    let hold = desk.hold("a", "announced", 100);
    desk.operate("debit_hold_balance", "a", "announced", Some(&hold), Some(("SGD", 100))).done();
    desk.amend("a", "closed").done();
    assert_eq!(desk.sgd("hold_balance", "a", "new", 1).code(), "ACCOUNT_CLOSED");
    assert_eq!(desk.sgd("debit_balance", "a", "new", 1).code(), "ACCOUNT_CLOSED");
    assert_eq!(desk.reserve("a", "new", 1).code(), "ACCOUNT_CLOSED");
    assert_eq!(desk.transfer("@funding", "a", ("SGD", 1)).code(), "ACCOUNT_CLOSED");
    assert_eq!(desk.subject.world.engine.posted_to_closed(), 0);

    desk.sgd("credit_balance", "a", "new", 5).done();
    desk.sgd("debit_balance", "a", "announced", 7).done();
    assert_eq!(desk.sums("a"), [-2, 0, 0, -2]);
    assert_eq!(desk.subject.world.engine.posted_to_closed(), 2);
}

#[test]
fn only_an_account_with_nothing_owned_held_or_reserved_can_be_closed() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1);
    assert_eq!(desk.amend("a", "closed").code(), "ACCOUNT_NOT_EMPTY");
    let approval = desk.reserve("a", "t", 1).done().at;
    assert_eq!(desk.amend("a", "closed").code(), "ACCOUNT_NOT_EMPTY");
    desk.lapse("a", approval).done();
    desk.transfer("a", "@funding", ("SGD", 1)).done();
    desk.amend("a", "closed").done();
    desk.amend("a", "active").done();
    desk.sgd("hold_balance", "a", "t", 1).done();
    assert_eq!(desk.sums("a"), [0, 1, 0, -1]);
    assert_eq!(desk.amend("a", "closed").code(), "ACCOUNT_NOT_EMPTY");
}

//! What an approved authorization promises, and to whom.

use crate::engine::desk::Desk;

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    desk
}

#[test]
fn the_oldest_is_used_first_and_gives_back_only_what_is_left_of_it() {
    let mut desk = desk();
    for minor in [100, 200, 300] {
        desk.reserve("a", "t", minor).done();
    }
    assert_eq!(desk.sums("a"), [1_000, 0, 600, 400]);
    desk.hold("a", "t", 60);
    assert_eq!(desk.sums("a"), [1_000, 60, 500, 440], "the first is used, and its rest is free");
    desk.hold("a", "t", 40);
    assert_eq!(desk.sums("a"), [1_000, 100, 500, 400], "what it granted is promised still");
    desk.sgd("debit_balance", "a", "t", 250).done();
    assert_eq!(desk.sums("a"), [750, 100, 0, 650], "the second, and a part of the third");
}

#[test]
fn a_hold_within_what_was_granted_posts_whatever_is_available() {
    let mut desk = desk();
    desk.reserve("a", "t", 800).done();
    desk.sgd("credit_balance", "a", "other", 1).done();
    desk.sgd("debit_balance", "a", "other", 1_000).done();
    assert_eq!(desk.sums("a"), [1, 0, 800, -799]);
    assert_eq!(desk.sgd("hold_balance", "a", "t", 801).code(), "INSUFFICIENT_FUNDS");
    assert_eq!(desk.sums("a"), [1, 0, 800, -799], "what is refused uses none");
    desk.hold("a", "t", 0);
    assert_eq!(desk.sums("a"), [1, 0, 800, -799], "what moves nothing uses none");
    desk.hold("a", "t", 800);
    assert_eq!(desk.sums("a"), [1, 800, 0, -799]);
    assert_eq!(desk.sgd("hold_balance", "a", "t", 1).code(), "INSUFFICIENT_FUNDS");
}

#[test]
fn a_lapsed_one_still_obliges_and_so_does_a_frozen_account() {
    let mut desk = desk();
    let approval = desk.reserve("a", "t", 700).done().at;
    desk.lapse("a", approval).done();
    assert_eq!(desk.sums("a"), [1_000, 0, 0, 1_000]);
    assert_eq!(desk.lapse("a", approval).code(), "NOTHING_TO_LAPSE");
    desk.sgd("hold_balance", "a", "other", 900).done();
    desk.amend("a", "frozen").done();
    desk.hold("a", "t", 700);
    assert_eq!(desk.sums("a"), [1_000, 1_600, 0, -600]);
}

#[test]
fn one_of_another_transaction_or_account_promises_nothing() {
    let mut desk = desk();
    desk.open("b", &["SGD"], 0);
    desk.reserve("a", "t", 1_000).done();
    assert_eq!(desk.sgd("hold_balance", "a", "other", 1).code(), "INSUFFICIENT_FUNDS");
    assert_eq!(desk.sgd("hold_balance", "b", "t", 1).code(), "INSUFFICIENT_FUNDS");
    assert_eq!(desk.reserve("a", "other", 1).code(), "INSUFFICIENT_FUNDS");
}

#[test]
fn an_account_check_is_approved_even_where_nothing_can_be_spent() {
    let mut desk = desk();
    desk.sgd("credit_balance", "a", "t", 1).done();
    desk.sgd("debit_balance", "a", "t", 2_000).done();
    assert_eq!(desk.sums("a"), [-999, 0, 0, -999]);
    desk.reserve("a", "check", 0).done();
    assert_eq!(desk.sgd("debit_balance", "a", "check", 1).code(), "INSUFFICIENT_FUNDS");
    desk.amend("a", "frozen").done();
    assert_eq!(desk.reserve("a", "check", 0).code(), "ACCOUNT_FROZEN");
}

/// A long trip: as many increments as one may have, used by one hold and read back.
#[test]
fn a_hold_may_draw_on_hundreds_of_increments() {
    let mut desk = desk();
    for _ in 0..600 {
        desk.reserve("a", "t", 1).done();
    }
    desk.hold("a", "t", 600);
    assert_eq!(desk.sums("a"), [1_000, 600, 0, 400]);
    let told = desk.subject.views();
    let disk = desk.subject.world.close();
    let world =
        crate::support::engine::World::open(&disk, crate::support::engine::short_segments());
    assert_eq!(Desk::on(world.unwrap()).subject.views(), told);
}

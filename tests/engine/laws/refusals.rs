//! Which reason is told where several apply.

use holdfast::engine::Options;
use holdfast::ledger::{OverCapture, Rules, UnlinkedDebits};

use crate::engine::desk::Desk;
use crate::engine::model::Answer;
use crate::support::engine::{World, short_segments};

const MAX: i128 = 9_223_372_036_854_775_807;

/// `rich` has 1,000 and holds 100 of it, `frozen` has 100 and holds 50 of it, `closed` was closed
/// empty and got 100 since.
fn desk(over_capture: OverCapture) -> (Desk, String, String) {
    let rules = Rules { over_capture, ..Rules::default() };
    let mut desk = Desk::with(Options { rules, ..short_segments() });
    desk.open("rich", &["SGD", "JPY"], 1_000);
    desk.open("frozen", &["SGD", "JPY"], 100);
    desk.open("closed", &["SGD", "JPY"], 0);
    let of_rich = desk.hold("rich", "announced", 100);
    let of_frozen = desk.hold("frozen", "announced", 50);
    desk.amend("frozen", "frozen").done();
    desk.amend("closed", "closed").done();
    desk.sgd("credit_balance", "closed", "late", 100).done();
    (desk, of_rich, of_frozen)
}

#[test]
fn the_first_reason_that_applies_is_the_answer() {
    let (mut desk, of_rich, of_frozen) = desk(OverCapture::Refuse);
    let balance = desk.balance("closed").name;
    let (rich, frozen, closed) = (Some(&*of_rich), Some(&*of_frozen), Some(&*balance));
    let unknown = Some("no such name");
    let (sgd, usd, jpy) = (|minor| Some(("SGD", minor)), Some(("USD", 1)), Some(("JPY", 1)));
    let rows = [
        ("debit_balance", "nobody", unknown, None, "ACCOUNT_NOT_FOUND"),
        ("restore_balance", "nobody", rich, None, "ACCOUNT_NOT_FOUND"),
        ("credit_balance", "@settlement", None, sgd(1), "ACCOUNT_NOT_FOUND"),
        ("debit_balance", "closed", unknown, None, "BALANCE_NOT_FOUND"),
        ("debit_balance", "rich", closed, usd, "BALANCE_NOT_FOUND"),
        ("credit_balance", "frozen", rich, usd, "BALANCE_NOT_FOUND"),
        ("hold_balance", "closed", unknown, None, "HOLD_NOT_FOUND"),
        ("hold_balance", "frozen", rich, usd, "HOLD_NOT_FOUND"),
        ("restore_balance", "closed", rich, sgd(9_999), "HOLD_NOT_FOUND"),
        ("debit_hold_balance", "rich", closed, sgd(9_999), "HOLD_NOT_FOUND"),
        ("credit_hold_balance", "rich", unknown, None, "HOLD_NOT_FOUND"),
        ("debit_balance", "closed", closed, jpy, "CURRENCY_MISMATCH"),
        ("debit_balance", "closed", None, usd, "CURRENCY_MISMATCH"),
        ("hold_balance", "frozen", frozen, jpy, "CURRENCY_MISMATCH"),
        ("restore_balance", "rich", rich, jpy, "CURRENCY_MISMATCH"),
        ("debit_hold_balance", "rich", rich, jpy, "CURRENCY_MISMATCH"),
        ("hold_balance", "closed", None, None, "AMOUNT_REQUIRED"),
        ("hold_balance", "frozen", frozen, None, "AMOUNT_REQUIRED"),
        ("debit_balance", "closed", closed, None, "AMOUNT_REQUIRED"),
        ("credit_balance", "rich", None, None, "AMOUNT_REQUIRED"),
        ("debit_hold_balance", "rich", rich, None, "AMOUNT_REQUIRED"),
        ("credit_hold_balance", "rich", rich, None, "AMOUNT_REQUIRED"),
        ("hold_balance", "closed", None, sgd(101), "ACCOUNT_CLOSED"),
        ("debit_balance", "closed", None, sgd(101), "ACCOUNT_CLOSED"),
        ("hold_balance", "frozen", frozen, sgd(51), "ACCOUNT_FROZEN"),
        ("debit_balance", "frozen", None, sgd(51), "ACCOUNT_FROZEN"),
        ("restore_balance", "frozen", frozen, sgd(51), "HOLD_AMOUNT_EXCEEDED"),
        ("debit_hold_balance", "rich", rich, sgd(MAX), "HOLD_AMOUNT_EXCEEDED"),
        ("hold_balance", "rich", rich, sgd(MAX), "INSUFFICIENT_FUNDS"),
        ("debit_balance", "rich", None, sgd(901), "INSUFFICIENT_FUNDS"),
        ("credit_balance", "rich", None, sgd(MAX), "BALANCE_OVERFLOW"),
        ("credit_hold_balance", "rich", rich, sgd(MAX), "BALANCE_OVERFLOW"),
        ("restore_balance", "rich", rich, None, "done"),
    ];
    for (n, (operation, account, reference, amount, expected)) in rows.into_iter().enumerate() {
        let transaction = format!("unannounced {n}");
        let answer = desk.operate(operation, account, &transaction, reference, amount);
        assert_eq!(answer.code(), expected, "{operation} {account} {reference:?} {amount:?}");
    }
}

#[test]
fn a_transfer_is_refused_for_the_first_reason_of_either_end() {
    let (mut desk, ..) = desk(OverCapture::Post);
    desk.open("yen", &["JPY"], 5);
    let rows = [
        ("nobody", "closed", ("USD", 1), "ACCOUNT_NOT_FOUND"),
        ("closed", "@other", ("USD", 1), "ACCOUNT_NOT_FOUND"),
        ("closed", "yen", ("SGD", 1), "CURRENCY_MISMATCH"),
        ("@funding", "yen", ("SGD", 1), "CURRENCY_MISMATCH"),
        ("closed", "rich", ("SGD", 101), "ACCOUNT_CLOSED"),
        ("frozen", "closed", ("SGD", 51), "ACCOUNT_CLOSED"),
        ("@funding", "closed", ("SGD", 1), "ACCOUNT_CLOSED"),
        ("frozen", "rich", ("SGD", 51), "ACCOUNT_FROZEN"),
        ("rich", "frozen", ("SGD", 901), "INSUFFICIENT_FUNDS"),
        ("@settlement", "rich", ("SGD", MAX), "BALANCE_OVERFLOW"),
        ("rich", "frozen", ("SGD", 900), "done"),
        ("@settlement", "@funding", ("SGD", MAX), "done"),
    ];
    for (source, destination, amount, expected) in rows {
        let answer = desk.transfer(source, destination, amount);
        assert_eq!(answer.code(), expected, "{source} to {destination} {amount:?}");
    }
}

#[test]
fn an_over_capture_comes_from_available_or_is_refused_as_the_tenant_says() {
    let (mut desk, hold, _) = desk(OverCapture::Post);
    let capture = Some(("SGD", 1_150));
    let done = desk.operate("debit_hold_balance", "rich", "t", Some(&hold), capture).done();
    let moved: Vec<_> = done.postings.iter().map(|it| (it.from, it.to, it.minor)).collect();
    assert_eq!(moved, [("hold", "@settlement", 100), ("available", "@settlement", 1_050)]);
    assert_eq!(done.hold.unwrap().held, 0);
    assert_eq!(desk.sums("rich"), [-150, 0, 0, -150]);

    let (mut desk, hold, _) = self::desk(OverCapture::Refuse);
    let answer = desk.operate("debit_hold_balance", "rich", "t", Some(&hold), capture);
    assert_eq!(answer.code(), "HOLD_AMOUNT_EXCEEDED");
    assert_eq!(desk.sums("rich"), [1_000, 100, 0, 900]);
}

#[test]
fn a_debit_that_was_announced_posts_whatever_is_available() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 100);
    let refused = |answer: Answer| answer.code() == "INSUFFICIENT_FUNDS";
    assert!(refused(desk.sgd("debit_balance", "a", "nothing", 101)));
    assert!(refused(desk.sgd("debit_balance", "a", "nothing", 101)), "a refusal is no link");
    desk.sgd("hold_balance", "a", "zero", 0).done();
    desk.reserve("a", "zero", 0).done();
    assert!(refused(desk.sgd("debit_balance", "a", "zero", 101)), "nothing moved is no link");
    desk.open("b", &["SGD"], 100);
    desk.sgd("hold_balance", "b", "of b", 10).done();
    assert!(refused(desk.sgd("debit_balance", "a", "of b", 101)), "another account is no link");

    desk.sgd("credit_balance", "a", "moved", 1).done();
    desk.sgd("debit_balance", "a", "moved", 150).done();
    assert_eq!(desk.sums("a"), [-49, 0, 0, -49]);
    desk.sgd("credit_balance", "a", "again", 100).done();
    desk.reserve("a", "approved", 20).done();
    desk.sgd("debit_balance", "a", "approved", 200).done();
    assert_eq!(desk.sums("a"), [-149, 0, 0, -149]);
}

#[test]
fn what_was_announced_is_remembered_in_the_next_life() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 100);
    desk.reserve("a", "approved", 1).done();
    desk.sgd("credit_balance", "a", "moved", 1).done();
    desk.sgd("hold_balance", "a", "zero", 0).done();
    let disk = desk.subject.world.close();
    desk.subject.world = World::open(&disk, short_segments()).unwrap();
    assert_eq!(desk.sgd("debit_balance", "a", "zero", 101).code(), "INSUFFICIENT_FUNDS");
    desk.sgd("debit_balance", "a", "approved", 1_000).done();
    desk.sgd("debit_balance", "a", "moved", 1_000).done();
    assert_eq!(desk.sums("a"), [-1_899, 0, 0, -1_899]);
}

#[test]
fn a_debit_that_nothing_announced_posts_where_the_tenant_says_so() {
    let rules = Rules { unlinked_debits: UnlinkedDebits::Post, ..Rules::default() };
    let mut desk = Desk::with(Options { rules, ..short_segments() });
    desk.open("a", &["SGD"], 100);
    desk.amend("a", "frozen").done();
    desk.sgd("debit_balance", "a", "nothing", 150).done();
    assert_eq!(desk.sums("a"), [-50, 0, 0, -50]);
    assert_eq!(desk.balance("a").shortfall, 50);
}

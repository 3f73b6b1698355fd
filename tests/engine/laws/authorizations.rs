//! When an approval may be answered, what a late one leaves behind, and what a crash may hide.

use std::time::Duration;

use holdfast::engine::record::AuthorizationKind;
use holdfast::ledger::Operation;

use crate::engine::counter::{BUDGET, Card, Counter, Reply, TIME_TO_LIVE};
use crate::engine::snapshots::Snapshot;

const AT_ONCE: Duration = Duration::ZERO;
const TOO_SLOW: Duration = Duration::from_secs(2);

fn counter() -> Counter {
    let mut counter = Counter::new();
    counter.open("a", 1_000);
    counter
}

fn granted(reply: Reply) -> u64 {
    let Reply::Approved(granted, _) = reply else { panic!("{reply:?}") };
    granted
}

#[test]
fn what_is_approved_is_set_aside_until_it_is_used_or_its_time_is_over() {
    let mut counter = counter();
    let first = Card::pre("a", "m1", 600);
    let approved = counter.ask(&first, AT_ONCE);
    assert_eq!((granted(approved), counter.reserved("a"), counter.available("a")), (600, 600, 400));
    assert_eq!(
        counter.ask(&Card::pre("a", "m2", 401), AT_ONCE),
        Reply::Declined("INSUFFICIENT_FUNDS")
    );
    assert_eq!(counter.ask(&first, TOO_SLOW), approved, "a known message moves nothing");
    counter.operate(Operation::HoldBalance, "a", "m1", 600).unwrap();
    assert_eq!((counter.reserved("a"), counter.available("a")), (0, 400));

    granted(counter.ask(&Card::pre("a", "m3", 400), AT_ONCE));
    counter.hand.advance(TIME_TO_LIVE - Duration::from_secs(3));
    assert_eq!((counter.world.engine.lapse_due(), counter.reserved("a")), (0, 400));
    counter.hand.advance(Duration::from_secs(4));
    assert_eq!((counter.world.engine.lapse_due(), counter.reserved("a")), (1, 0));
    assert_eq!(
        granted(counter.ask(&Card::pre("a", "m3", 400), AT_ONCE)),
        400,
        "as it was answered"
    );
    assert_eq!(counter.reserved("a"), 0);
}

#[test]
fn an_increment_has_a_reservation_of_its_own_and_a_second_final_message_is_declined() {
    let mut counter = counter();
    granted(counter.ask(&Card::pre("a", "m1", 300), AT_ONCE));
    granted(counter.ask(&Card::pre("a", "m2", 200).of("m1"), AT_ONCE));
    assert_eq!(counter.reserved("a"), 500);
    let mut last = Card::pre("a", "m3", 1).of("m1");
    last.kind = AuthorizationKind::Final;
    assert_eq!(counter.ask(&last, AT_ONCE), Reply::Declined("TRANSACTION_KNOWN"));
    assert_eq!(counter.ask(&last, AT_ONCE), Reply::Declined("TRANSACTION_KNOWN"));
    assert_eq!(counter.reserved("a"), 500);
}

#[test]
fn a_part_is_approved_only_where_a_part_is_welcome() {
    let mut counter = counter();
    let mut card = Card::pre("a", "m1", 5_000);
    assert_eq!(counter.ask(&card, AT_ONCE), Reply::Declined("INSUFFICIENT_FUNDS"));
    (card.message, card.transaction, card.partial) = ("m2", "m2", true);
    assert_eq!(granted(counter.ask(&card, AT_ONCE)), 1_000);
    (card.message, card.transaction) = ("m3", "m3");
    assert_eq!(
        counter.ask(&card, AT_ONCE),
        Reply::Declined("INSUFFICIENT_FUNDS"),
        "nothing is no part"
    );
    assert_eq!(granted(counter.ask(&Card::pre("a", "check", 0), AT_ONCE)), 0);
}

#[test]
fn an_approval_that_comes_too_late_is_a_decline_for_all_who_ask_and_holds_nothing() {
    let mut counter = counter();
    let card = Card::pre("a", "m1", 600);
    assert_eq!(counter.ask(&card, BUDGET + Duration::from_millis(1)), Reply::Late);
    assert_eq!((counter.reserved("a"), counter.world.engine.undecided()), (0, 0));
    assert_eq!(counter.ask(&card, AT_ONCE), Reply::Late);
    let refused = counter.operate(Operation::DebitBalance, "a", "m1", 1_001);
    assert_eq!(refused, Err("INSUFFICIENT_FUNDS"), "it announced nothing");
    counter.world.commit_all().unwrap();
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    assert_eq!((counter.ask(&card, AT_ONCE), counter.reserved("a")), (Reply::Late, 0));
}

#[test]
fn nobody_need_wait_for_a_late_approval_to_be_undone() {
    let mut counter = counter();
    let card = Card::pre("a", "m1", 600);
    counter.forget(&card);
    assert_eq!((counter.world.engine.sweep(), counter.reserved("a")), (0, 600), "its time lasts");
    counter.hand.advance(TOO_SLOW);
    assert_eq!((counter.world.engine.sweep(), counter.reserved("a")), (1, 0));
    assert_eq!(counter.ask(&card, AT_ONCE), Reply::Late);
}

#[test]
fn what_was_provably_late_is_undone_before_the_first_answer_of_the_next_life() {
    let mut counter = counter();
    let card = Card::pre("a", "m1", 600);
    counter.forget(&card);
    counter.hand.advance(TOO_SLOW);
    // A record of a moment behind its budget, in which it is not settled.
    counter.forget(&Card::pre("a", "m2", 1));
    counter.world.commit_all().unwrap();
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    assert_eq!(counter.reserved("a"), 1, "the second cannot be proven to have been late");
    assert_eq!(counter.ask(&card, AT_ONCE), Reply::Late);
}

/// A copy of an approval does not tell whether it was answered: what proves it is in the log.
#[test]
fn what_was_provably_late_is_undone_though_a_snapshot_was_taken_before_it_was_known() {
    let mut counter = counter();
    let card = Card::pre("a", "m1", 600);
    counter.forget(&card);
    let snapshot = Snapshot::of(&counter.world.engine);
    counter.hand.advance(TOO_SLOW);
    counter.forget(&Card::pre("a", "m2", 1));
    counter.world.commit_all().unwrap();
    let disk = counter.world.disk.kill();
    let mut counter = counter.again_on(&disk, &snapshot);
    assert_eq!(counter.reserved("a"), 1, "the second cannot be proven to have been late");
    assert_eq!(counter.ask(&card, AT_ONCE), Reply::Late);
}

#[test]
fn what_cannot_be_proven_late_stands_and_lapses() {
    let mut counter = counter();
    let card = Card::pre("a", "m1", 600);
    counter.forget(&card);
    counter.world.commit_all().unwrap();
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    counter.hand.advance(TOO_SLOW);
    assert_eq!((counter.world.engine.sweep(), counter.reserved("a")), (0, 600));
    assert_eq!(granted(counter.ask(&card, AT_ONCE)), 600);
    counter.hand.advance(TIME_TO_LIVE);
    assert_eq!((counter.world.engine.lapse_due(), counter.reserved("a")), (1, 0));
}

#[test]
fn what_lapsed_while_the_server_was_down_is_free_before_the_first_answer() {
    let mut counter = counter();
    let (first, all) = (Card::pre("a", "m1", 600), Card::pre("a", "m2", 1_000));
    assert_eq!(granted(counter.ask(&first, AT_ONCE)), 600);
    assert_eq!(counter.ask(&all, AT_ONCE), Reply::Declined("INSUFFICIENT_FUNDS"));
    let disk = counter.world.disk.kill();
    counter.hand.advance(2 * TIME_TO_LIVE);
    let mut counter = counter.again(&disk);
    assert_eq!(granted(counter.ask(&Card::pre("a", "m3", 1_000), AT_ONCE)), 1_000);
    assert_eq!(counter.reserved("a"), 1_000);
}

#[test]
fn what_was_answered_in_time_stays_so_in_every_life() {
    let mut counter = counter();
    let card = Card::pre("a", "m1", 600);
    let approved = counter.ask(&card, AT_ONCE);
    counter.hand.advance(TOO_SLOW);
    granted(counter.ask(&Card::pre("a", "m2", 1), AT_ONCE));
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    assert_eq!((counter.ask(&card, AT_ONCE), counter.reserved("a")), (approved, 601));
}

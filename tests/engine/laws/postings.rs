//! In clearing mode what is approved in time is posted once, and what is late never.

use std::time::Duration;

use holdfast::engine::record::AuthorizationKind;
use wal::simulated::Choices;

use crate::engine::clearings::{Done, Message, clerk};
use crate::engine::counter::{BUDGET, Card, Counter, Reply, TIME_TO_LIVE};
use crate::engine::snapshots::Snapshot;
use crate::support::engine::cut_power;

fn counter() -> Counter {
    let mut counter = Counter::in_clearing_mode();
    counter.open("a", 1_000);
    counter.world.commit_all().unwrap();
    counter
}

fn card(kind: AuthorizationKind, message: &'static str, minor: u64) -> Card<'static> {
    Card { kind, ..Card::pre("a", message, minor) }
}

/// What the account owns, holds, and has set aside.
fn sums(counter: &Counter) -> [i64; 3] {
    let pocket = counter.world.engine.account("a").unwrap().balances[0].1;
    [pocket.posted.minor(), pocket.held.minor(), pocket.reserved.minor()]
}

fn approved(reply: Reply) {
    assert!(matches!(reply, Reply::Approved(..)), "{reply:?}");
}

#[test]
fn an_approval_is_posted_when_it_is_settled_and_never_lapses() {
    let mut counter = counter();
    approved(counter.ask(&card(AuthorizationKind::Final, "f", 300), Duration::ZERO));
    assert_eq!(sums(&counter), [700, 0, 0]);
    approved(counter.ask(&card(AuthorizationKind::Pre, "p", 200), Duration::ZERO));
    assert_eq!(sums(&counter), [700, 200, 0]);
    counter.hand.advance(TIME_TO_LIVE * 2);
    assert_eq!((counter.world.engine.lapse_due(), sums(&counter)), (0, [700, 200, 0]));
}

#[test]
fn one_that_cannot_be_posted_at_once_is_set_aside_until_it_is() {
    let mut counter = counter();
    approved(counter.ask(&card(AuthorizationKind::Pre, "t", 200), Duration::ZERO));
    let raise = card(AuthorizationKind::Pre, "m", 100).of("t");
    approved(counter.ask(&raise, Duration::ZERO));
    assert_eq!(sums(&counter), [1_000, 200, 100]);
    counter.hand.advance(TIME_TO_LIVE * 2);
    counter.world.engine.lapse_due();
    assert_eq!(counter.available("a"), 700, "what stands is never seen as free");
    counter.post_due();
    assert_eq!(sums(&counter), [1_000, 300, 0]);
}

/// The process dies behind the approval, before anybody has posted it; or the power fails behind the
/// posting, which is lost.
#[test]
fn a_crash_between_approval_and_posting_posts_once() {
    for kind in AuthorizationKind::ALL {
        let ends = if kind == AuthorizationKind::Final { [700, 0, 0] } else { [1_000, 300, 0] };
        let mut unsettled = counter();
        unsettled.forget(&card(kind, "t", 300));
        unsettled.world.commit_all().unwrap();
        let mut settled = counter();
        approved(settled.ask(&card(kind, "t", 300), Duration::ZERO));
        for mut counter in [unsettled, settled] {
            let disk = counter.world.disk.crash(|| false);
            counter = counter.again(&disk);
            assert_eq!((sums(&counter)[2], counter.available("a")), (300, 700));
            for _ in 0..3 {
                counter.post_due();
                assert_eq!(sums(&counter), ends);
                approved(counter.ask(&card(kind, "t", 300), Duration::ZERO));
                assert_eq!(sums(&counter), ends);
                counter.world.commit_all().unwrap();
                let disk = counter.world.disk.kill();
                counter = counter.again(&disk);
            }
            assert!(counter.world.engine.audit(|| {}).are_clean());
        }
    }
}

#[test]
fn one_that_was_late_never_posts() {
    for kind in AuthorizationKind::ALL {
        let mut counter = counter();
        let reply = counter.ask(&card(kind, "t", 300), BUDGET + Duration::from_millis(1));
        assert_eq!(reply, Reply::Late);
        // Nobody waits for this one any more, and its budget ends.
        counter.forget(&card(kind, "u", 300));
        counter.hand.advance(BUDGET * 2);
        counter.world.engine.sweep();
        for _ in 0..3 {
            counter.post_due();
            assert_eq!(sums(&counter), [1_000, 0, 0]);
            assert_eq!(counter.ask(&card(kind, "t", 300), Duration::ZERO), Reply::Late);
            counter.world.commit_all().unwrap();
            let disk = counter.world.disk.kill();
            counter = counter.again(&disk);
        }
    }
}

/// A record behind its budget, when it was not durable, proves that it was late.
#[test]
fn what_a_crash_left_provably_late_is_undone_and_not_posted() {
    let mut counter = counter();
    counter.forget(&card(AuthorizationKind::Final, "t", 300));
    counter.hand.advance(BUDGET * 2);
    counter.forget(&card(AuthorizationKind::Final, "u", 100));
    counter.world.commit_all().unwrap();
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    counter.post_due();
    assert_eq!(sums(&counter), [900, 0, 0], "only the one that may have been answered stands");
}

/// The snapshot has the approval, and what proves that it was late lies behind the snapshot.
#[test]
fn what_was_provably_late_is_not_posted_by_a_life_that_begins_on_a_snapshot() {
    let mut counter = counter();
    counter.forget(&card(AuthorizationKind::Final, "t", 300));
    let snapshot = Snapshot::of(&counter.world.engine);
    counter.hand.advance(BUDGET * 2);
    counter.forget(&card(AuthorizationKind::Final, "u", 100));
    counter.world.commit_all().unwrap();
    let disk = counter.world.disk.kill();
    let mut counter = counter.again_on(&disk, &snapshot);
    counter.post_due();
    assert_eq!(sums(&counter), [900, 0, 0], "only the one that may have been answered stands");
}

/// Every message is cut off at any point of what it does, and sent again.
#[test]
fn what_a_crash_cut_off_is_done_when_it_is_sent_again() {
    let messages = [
        (Message::Clear("pre_auth_partial", false, 130), [870, 170]),
        (Message::Reverse("pre", 20), [870, 150]),
        (Message::Clear("pre_auth_partial_reversal", true, 130), [1_000, 280]),
        (Message::Clear("pre_auth_final", false, 250), [750, 0]),
        (Message::Clear("refund", true, 50), [800, 0]),
    ];
    for seed in 0..200 {
        let mut choices = Choices::new(seed);
        let mut counter = counter();
        approved(counter.ask(&card(AuthorizationKind::Pre, "t", 200), Duration::ZERO));
        approved(counter.ask(&card(AuthorizationKind::Pre, "m", 100).of("t"), Duration::ZERO));
        for (n, (message, ends)) in messages.into_iter().enumerate() {
            let name = format!("n-{n}");
            let first = counter.tell(message, &name, "a", "t");
            assert_eq!(first, Done::Now, "seed {seed}: {message:?}");
            if choices.once_in(2) {
                let disk = cut_power(&counter.world.disk, &mut choices);
                counter = counter.again(&disk);
                counter.tell(message, &name, "a", "t");
            }
            assert_eq!(counter.tell(message, &name, "a", "t"), Done::Before);
            counter.world.commit_all().unwrap();
            assert_eq!(sums(&counter), [ends[0], ends[1], 0], "seed {seed}: {message:?}");
        }
    }
}

#[test]
fn names_whose_hashes_collide_are_told_apart() {
    let mut counter = Counter::where_keys_collide();
    counter.open("a", 100_000);
    counter.world.commit_all().unwrap();
    let mut posted = 100_000;
    for n in 0..20 {
        let (transaction, cleared) = (format!("t-{n}"), format!("c-{n}"));
        let card = Card::pre("a", &transaction, 300);
        approved(counter.ask(&card, Duration::ZERO));
        posted -= 200;
        for told in [Done::Now, Done::Before] {
            let message = Message::Clear("pre_auth_final", false, 200);
            assert_eq!(counter.tell(message, &cleared, "a", &transaction), told);
            assert_eq!(sums(&counter), [posted, 0, 0]);
        }
        approved(counter.ask(&card, Duration::ZERO));
    }
    assert!(counter.world.engine.audit(|| {}).are_clean());
}

#[test]
fn what_there_is_no_room_to_post_is_set_aside_until_there_is() {
    let mut counter = counter();
    // One key is that of the money which the account has, one is for the approval.
    counter.like.max_keys = 2;
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    approved(counter.ask(&card(AuthorizationKind::Final, "t", 300), Duration::ZERO));
    counter.hand.advance(TIME_TO_LIVE * 2);
    assert_eq!(clerk().post_due(&counter.world.engine), 0);
    assert_eq!((counter.world.engine.lapse_due(), sums(&counter)), (0, [1_000, 0, 300]));
    counter.world.commit_all().unwrap();
    counter.like.max_keys = 10;
    let disk = counter.world.disk.kill();
    let mut counter = counter.again(&disk);
    counter.post_due();
    assert_eq!(sums(&counter), [700, 0, 0]);
}

//! Notifications are recorded once, and listed newest first from the links between them.

use holdfast::engine::record::{Notification, NotificationName, Record};
use holdfast::engine::{NotificationsAsked, Options, Stored, Submitted};
use holdfast::ledger::Moment;
use wal::Lsn;
use wal::simulated::Disk;

use crate::engine::desk::Desk;
use crate::engine::snapshots::Snapshot;
use crate::support::engine::{World, short_segments};

/// The n-th notification: of one of three types, and every other one of transaction `t`.
fn told(n: u64) -> Notification<'static> {
    Notification {
        name: NotificationName { id: format!("n-{n}").into(), hashed: false },
        kind: format!("type {}", n % 3).into(),
        created_at: None,
        transaction_id: n.is_multiple_of(2).then(|| "t".into()),
        tenant_reference_id: None,
        data: format!(r#"{{"n":{n}}}"#).into(),
    }
}

/// Where it was recorded, now or before.
fn notify(world: &World, n: u64) -> Lsn {
    match world.engine.notify(&told(n), &[]).unwrap() {
        Submitted::Decided((), stamp) => stamp.lsn,
        Submitted::Seen(lsn) => lsn,
    }
}

fn asked(kind: Option<&str>, transaction: Option<&str>, limit: usize) -> NotificationsAsked {
    NotificationsAsked {
        kind: kind.map(str::to_owned),
        transaction_id: transaction.map(str::to_owned),
        from: Moment::from_micros(i64::MIN),
        to: Moment::from_micros(i64::MAX),
        before: None,
        limit,
    }
}

/// All that is listed, a page at a time.
fn listed(world: &World, mut asked: NotificationsAsked) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        let head = world.engine.notifications_head(asked.transaction_id.as_deref());
        let page = world.engine.notifications(head, &asked).unwrap();
        assert!(page.notifications.len() <= asked.limit);
        all.extend(page.notifications.iter().map(number));
        match page.next {
            Some(next) => asked.before = Some(next),
            None => return all,
        }
    }
}

fn number(stored: &Stored) -> u64 {
    let (record, _) = stored.record().unwrap();
    let Record::Notification(it) = record else { panic!("no notification: {record:?}") };
    it.name.id.strip_prefix("n-").unwrap().parse().unwrap()
}

/// Beside them, under the same transaction, what touches no account and what touches one.
fn beside(desk: &mut Desk) {
    assert_eq!(desk.sgd("hold_balance", "nobody", "t", 1).code(), "ACCOUNT_NOT_FOUND");
    desk.sgd("debit_balance", "a", "t", 1).done();
    let transfer = |from: &str, to: &str, key: String| crate::engine::model::Transfer {
        key,
        source: from.to_owned(),
        destination: to.to_owned(),
        transaction: Some("t".to_owned()),
        amount: crate::engine::model::Sum { currency: "SGD".to_owned(), minor: 1 },
    };
    for (from, to) in [("a", "nobody"), ("nobody", "a"), ("@funding", "nobody"), ("a", "b")] {
        let key = format!("{from} {to} {}", desk.subject.world.engine.appended());
        desk.ask(&crate::engine::model::Ask::Transfer(transfer(from, to, key)));
    }
}

fn down(numbers: impl DoubleEndedIterator<Item = u64>) -> Vec<u64> {
    numbers.rev().collect()
}

#[test]
fn each_is_listed_once_newest_first_in_every_life() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    desk.open("b", &["SGD"], 1_000);
    for n in 0..40 {
        let first = notify(&desk.subject.world, n);
        beside(&mut desk);
        assert_eq!(notify(&desk.subject.world, n), first, "it is recorded once");
    }
    for _ in 0..3 {
        desk.subject.world.commit_all().unwrap();
        let world = &desk.subject.world;
        for limit in [1, 7, 100] {
            assert_eq!(listed(world, asked(None, None, limit)), down(0..40));
            let of_transaction = down((0..40).filter(|n| n % 2 == 0));
            assert_eq!(listed(world, asked(None, Some("t"), limit)), of_transaction);
            let of_type = down((0..40).filter(|n| n % 3 == 1));
            assert_eq!(listed(world, asked(Some("type 1"), None, limit)), of_type);
            let of_both = down((0..40).filter(|n| n % 6 == 4));
            assert_eq!(listed(world, asked(Some("type 1"), Some("t"), limit)), of_both);
        }
        assert!(listed(world, asked(None, Some("u"), 9)).is_empty());
        assert!(listed(world, asked(Some("type 3"), None, 9)).is_empty());
        let disk = desk.subject.world.disk.kill();
        desk = Desk::on(World::open(&disk, short_segments()).unwrap());
    }
}

#[test]
fn they_are_listed_from_one_moment_to_another() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    let mut moments = Vec::new();
    for n in 0..30 {
        moments.push(desk.subject.world.engine.now());
        notify(&desk.subject.world, n);
    }
    desk.subject.world.commit_all().unwrap();
    for transaction in [None, Some("t")] {
        for (from, to) in [(0, 29), (3, 4), (7, 7), (10, 25)] {
            let span = |n: usize| moments[n];
            let span = NotificationsAsked {
                from: span(from),
                to: span(to),
                ..asked(None, transaction, 4)
            };
            let of = |n: &u64| transaction.is_none() || n.is_multiple_of(2);
            let expected = down((from as u64..to as u64).filter(of));
            assert_eq!(listed(&desk.subject.world, span), expected, "{from} to {to}");
        }
    }
}

/// A cursor that no list gave leads to nothing that is not asked for.
#[test]
fn a_cursor_of_anything_shows_no_other_notification() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    for n in 0..10 {
        notify(&desk.subject.world, n);
        beside(&mut desk);
    }
    desk.subject.world.commit_all().unwrap();
    let world = &desk.subject.world;
    for transaction in [None, Some("t")] {
        for before in 1..=world.engine.appended().value() {
            let asked = NotificationsAsked {
                before: Some(Lsn::new(before)),
                ..asked(None, transaction, 3)
            };
            let head = world.engine.notifications_head(transaction);
            let page = world.engine.notifications(head, &asked).unwrap();
            assert!(page.notifications.iter().all(|it| it.lsn().value() < before));
            assert!(
                page.notifications.iter().map(number).all(|n| transaction.is_none() || n % 2 == 0)
            );
        }
    }
}

/// A life replayed from the first record.
fn whole(disk: &Disk) -> World {
    World::open(&disk.kill(), Options { snapshots: false, ..short_segments() }).unwrap()
}

#[test]
fn what_is_told_between_any_two_parts_of_a_copy_is_in_the_next_life() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    for n in 0..50 {
        notify(&desk.subject.world, n);
    }
    let mut next = 50;
    let snapshot = Snapshot::take(&mut desk, |desk| {
        notify(&desk.subject.world, next);
        next += 1;
    });
    for _ in 0..2 {
        desk.subject.world.commit_all().unwrap();
        let disk = desk.subject.world.disk.kill();
        let world = World::open_on(&disk, short_segments(), &snapshot.sections).unwrap();
        assert_eq!(world.engine.state_hash(), whole(&disk).engine.state_hash());
        assert_eq!(listed(&world, asked(None, None, 1_000)), down(0..next));
        assert_eq!(notify(&world, next - 1), notify(&desk.subject.world, next - 1));
        notify(&desk.subject.world, next);
        next += 1;
    }
}

/// Names that are one in the table are told apart by their records.
#[test]
fn two_names_of_one_hash_are_two() {
    let mut desk = Desk::with(Options { key_bits: 1, ..short_segments() });
    let world = &mut desk.subject.world;
    let mut records: Vec<Lsn> = Vec::new();
    for n in 0..20 {
        let mut others = Vec::new();
        let stamp = loop {
            world.commit_all().unwrap();
            match world.engine.notify(&told(n), &others).unwrap() {
                Submitted::Decided((), stamp) => break stamp,
                Submitted::Seen(lsn) => {
                    let stored = world.engine.stored(lsn).unwrap();
                    assert!(!stored.is_notification(&told(n).name).unwrap());
                    others.push(lsn);
                }
            }
        };
        records.push(stamp.lsn);
    }
    world.commit_all().unwrap();
    for (n, lsn) in (0..).zip(&records) {
        assert!(world.engine.stored(*lsn).unwrap().is_notification(&told(n).name).unwrap());
        let hashed = NotificationName { hashed: true, ..told(n).name };
        assert!(!world.engine.stored(*lsn).unwrap().is_notification(&hashed).unwrap());
    }
}

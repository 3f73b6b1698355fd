//! What an engine refuses to start on, and what it goes on from.

use holdfast::engine::record::{Record, Standing};
use holdfast::engine::{Currencies, Disagreement, OpenError, Options, RecoverError};
use holdfast::ledger::{Amount, Balance, Bucket, Moment};
use wal::Lsn;
use wal::simulated::Disk;

use crate::engine::desk::Desk;
use crate::support::engine::{World, short_segments};

const HOUR: i64 = 3_600_000_000;
const NOON: i64 = 1_700_000_000_000_000;

fn with_currency(text: &str) -> Options {
    Options { currencies: Currencies::iso().with(text).unwrap(), ..short_segments() }
}

/// Why the log on this disk is refused.
fn refused(disk: &Disk, options: Options) -> Disagreement {
    match World::open(disk, options) {
        Err(OpenError::Log(wal::OpenError::Visit { error: RecoverError { why, .. }, .. })) => why,
        Err(error) => panic!("refused for another reason: {error}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[test]
fn a_currency_that_has_other_digits_now_is_refused() {
    let mut desk = Desk::with(with_currency("XAU:4"));
    desk.subject.currencies = Currencies::iso().with("XAU:4").unwrap();
    desk.open("a", &["XAU"], 0);
    let disk = desk.subject.world.close();
    for options in [with_currency("XAU:3"), short_segments()] {
        assert!(matches!(refused(&disk, options), Disagreement::Currency(_)));
    }
    assert!(World::open(&disk, with_currency("XAU:4")).is_ok());
}

#[test]
fn a_clock_that_jumped_ahead_must_be_confirmed_and_one_set_back_goes_on() {
    let at = |wall, accept_clock_jump| Options {
        wall: Some(Moment::from_micros(wall)),
        accept_clock_jump,
        ..short_segments()
    };
    let mut desk = Desk::with(at(NOON, false));
    desk.open("a", &["SGD"], 0);
    let before = desk.subject.world.engine.now();
    let disk = desk.subject.world.close();
    let jumped = World::open(&disk, at(NOON + 2 * HOUR, false));
    assert!(matches!(jumped, Err(OpenError::Clock(_))));
    drop(jumped);
    let back = World::open(&disk, at(NOON - HOUR, false)).unwrap();
    let created_at = back.engine.account("a").unwrap().created_at;
    assert!(created_at > Moment::from_micros(NOON) && created_at < before);
    assert!(back.engine.now() > created_at, "time goes on from the last record");
    let confirmed = World::open(&back.close(), at(NOON + 2 * HOUR, true)).unwrap();
    assert!(confirmed.engine.now() > Moment::from_micros(NOON + 2 * HOUR));
}

/// A log of an opening, a top-up, an approval, its lapse and a refused transfer, in which one record
/// is changed.
fn tampered(change: impl Fn(u64, &mut Record<'_>, &mut Moment, &mut Vec<Lsn>)) -> Disk {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 100);
    let approval = desk.reserve("a", "t", 10).done().at;
    desk.lapse("a", approval).done();
    assert_eq!(desk.transfer("a", "nobody", ("SGD", 1)).code(), "ACCOUNT_NOT_FOUND");
    let mut records = Vec::new();
    let disk = desk.subject.world.close();
    read(&disk, |record| records.push(record.to_record()));
    let copy = Disk::new();
    let mut log = read(&copy, |_| {});
    for record in records {
        let (mut read, mut at) = Record::decode(&record.payload).unwrap();
        let mut links = record.links;
        change(record.lsn.value(), &mut read, &mut at, &mut links);
        let mut payload = Vec::new();
        read.encode(at, &mut payload);
        log.wal.append(&links, &payload).unwrap();
    }
    log.wal.close();
    while log.committer.step().unwrap() != wal::Step::Ended {}
    copy
}

fn read(disk: &Disk, mut shown: impl FnMut(wal::RecordRef<'_>)) -> wal::Opened<Disk> {
    let visit = |record: wal::RecordRef<'_>| {
        shown(record);
        Ok::<_, std::convert::Infallible>(())
    };
    wal::open(disk.clone(), short_segments().wal, visit).unwrap()
}

#[test]
fn a_record_that_does_not_fit_what_came_before_is_refused() {
    let one = Balance::new(1);
    assert!(World::open(&tampered(|_, _, _, _| {}), short_segments()).is_ok());

    let top_up = tampered(|_, record, _, _| {
        let Record::Transfer(done) = record else { return };
        let Ok(transfer) = &mut done.outcome else { return };
        transfer.destination.as_mut().unwrap().after.pocket.posted = one;
    });
    assert!(matches!(refused(&top_up, short_segments()), Disagreement::Balance { .. }));

    // The balance is right, and the money comes from nowhere.
    let from_nowhere = tampered(|_, record, _, _| {
        let Record::Transfer(done) = record else { return };
        let Ok(transfer) = &mut done.outcome else { return };
        transfer.destination.as_mut().unwrap().postings[0].from = Bucket::Counterparty;
    });
    assert!(matches!(refused(&from_nowhere, short_segments()), Disagreement::Ends));

    let approval = tampered(|_, record, _, _| {
        if let Record::Authorization(it) = record {
            it.outcome.as_mut().unwrap().granted = Amount::new(11).unwrap();
        }
    });
    assert!(matches!(refused(&approval, short_segments()), Disagreement::Balance { .. }));

    let lapse = tampered(|_, record, _, _| {
        if let Record::ReservationLapsed(lapsed) = record {
            lapsed.after.reserved = one;
        }
    });
    assert!(matches!(refused(&lapse, short_segments()), Disagreement::Balance { .. }));

    let silent = tampered(|_, record, _, _| {
        if let Record::ReservationLapsed(lapsed) = record {
            lapsed.standing = Standing::Unsaid;
        }
    });
    assert!(matches!(refused(&silent, short_segments()), Disagreement::Standing(_)));

    let twice = tampered(|lsn, record, _, links| {
        if let (3, Record::Authorization(_)) = (lsn, &record) {
            links[0] = Lsn::new(1);
        }
    });
    assert!(matches!(refused(&twice, short_segments()), Disagreement::Links { .. }));

    let early = tampered(|lsn, _, at, _| {
        if lsn == 4 {
            *at = Moment::from_micros(NOON);
        }
    });
    assert!(matches!(refused(&early, short_segments()), Disagreement::Moment));

    let stranger = tampered(|_, record, _, _| {
        if let Record::Authorization(it) = record {
            it.tenant_account_ref = Some("nobody");
        }
    });
    assert!(matches!(refused(&stranger, short_segments()), Disagreement::Account(_)));
}

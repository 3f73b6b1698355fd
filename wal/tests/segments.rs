//! Rotation, large records, and segments that are not what they should be.

use wal::simulated::{Choices, Disk};
use wal::{Damage, Medium, OpenError, Options, PAYLOAD_BYTES_MAX, Storage};

use crate::support::{Log, short_segments};

#[test]
fn records_of_many_segments_are_read_and_recovered() {
    let (disk, mut choices) = (Disk::new(), Choices::new(5));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 200);
    log.check_reads();
    assert!(disk.segments().len() > 10);
    let again = Log::open(&disk).unwrap();
    assert!(again.records == log.records);
    again.check_reads();
}

#[test]
fn large_records_are_read_and_recovered() {
    let (disk, mut choices) = (Disk::new(), Choices::new(6));
    let options = || Options { segment_bytes: 8 << 20, ..Options::default() };
    let mut log = Log::open_with(&disk, options()).unwrap();
    for bytes in [PAYLOAD_BYTES_MAX, 1, 65_000, 70_000, PAYLOAD_BYTES_MAX, 200_000, 0, 4096, 900] {
        log.append_bytes(&mut choices, vec![u8::try_from(bytes % 251).unwrap(); bytes]);
    }
    for _ in 0..20 {
        log.append_bytes(&mut choices, vec![7; 300_000]);
        log.append(&mut choices);
    }
    log.commit_all().unwrap();
    log.check_reads();
    let again = Log::open_with(&disk, options()).unwrap();
    assert!(again.records == log.records);
    again.check_reads();
}

#[test]
fn lives_without_records_do_not_pile_up() {
    let (disk, mut choices) = (Disk::new(), Choices::new(8));
    assert!(Log::open(&disk).unwrap().recovered.fresh);
    Log::open(&disk).unwrap().answer(&mut choices, 3);
    // One more that vouches is kept behind the last record.
    drop(Log::open(&disk).unwrap());
    drop(Log::open(&disk).unwrap());
    let segments = disk.segments();
    for _ in 0..10 {
        let log = Log::open(&disk).unwrap();
        assert!(!log.recovered.fresh);
        assert_eq!((log.recovered.records, log.recovered.torn), (3, None));
    }
    assert_eq!(disk.segments(), segments);
}

/// What was done to a log of segments 1 to 6 or more, and what is told of which segment.
#[test]
fn a_segment_that_is_not_what_it_should_be_is_refused() {
    let (disk, mut choices) = (Disk::new(), Choices::new(9));
    Log::open(&disk).unwrap().answer(&mut choices, 60);
    let foreign = Disk::new();
    let other = Options { log_id: None, ..short_segments() };
    Log::open_with(&foreign, other).unwrap().answer(&mut choices, 60);
    let bytes = |number| disk.bytes(number);
    let numbers = disk.segments();
    let next = numbers.last().unwrap() + 1;
    let half = |number| bytes(number)[..bytes(number).len() / 2].to_vec();
    let page = |number| bytes(number)[..4096].to_vec();

    type Change<'a> = (&'a str, Box<dyn Fn(&Disk) + 'a>, u64, Damage);
    let changes: Vec<Change<'_>> = vec![
        ("first missing", Box::new(|d| d.take_away(1)), 1, Damage::Missing),
        ("missing", Box::new(|d| d.take_away(3)), 3, Damage::Missing),
        (
            "two missing",
            Box::new(|d| {
                d.take_away(3);
                d.take_away(4)
            }),
            3,
            Damage::Missing,
        ),
        (
            "swapped",
            Box::new(|d| {
                d.replace(3, bytes(4));
                d.replace(4, bytes(3))
            }),
            3,
            Damage::Misplaced,
        ),
        (
            "renamed",
            Box::new(|d| {
                d.replace(next, bytes(3));
                d.take_away(3)
            }),
            3,
            Damage::Missing,
        ),
        ("duplicated", Box::new(|d| d.replace(next, bytes(3))), next, Damage::Misplaced),
        ("duplicated far away", Box::new(|d| d.replace(next + 5, bytes(3))), next, Damage::Missing),
        ("foreign", Box::new(|d| d.replace(3, foreign.bytes(3))), 3, Damage::Foreign),
        ("zero-length", Box::new(|d| d.replace(3, Vec::new())), 3, Damage::Header),
        ("empty", Box::new(|d| d.replace(3, vec![0; bytes(3).len()])), 3, Damage::Header),
        (
            "last empty",
            Box::new(|d| d.replace(next - 1, vec![0; 32 << 10])),
            next - 1,
            Damage::Header,
        ),
        ("cut short", Box::new(|d| d.replace(3, half(3))), 3, Damage::Length),
        ("only a header", Box::new(|d| d.replace(3, page(3))), 3, Damage::Length),
        ("grown", Box::new(|d| d.replace(3, [bytes(3), half(3)].concat())), 3, Damage::Length),
    ];
    for (name, change, segment, damage) in changes {
        let damaged = disk.kill();
        change(&damaged);
        is_refused(&damaged, name, (segment, damage));
    }
}

fn is_refused(damaged: &Disk, name: &str, expected: (u64, Damage)) {
    let numbers = damaged.segments();
    match Log::open(damaged).map(drop) {
        Err(OpenError::Corrupt(corruption)) => {
            let (segment, damage) = expected;
            assert_eq!((corruption.name, corruption.damage), (segment.into(), damage), "{name}");
        }
        other => panic!("{name}: {other:?}"),
    }
    assert_eq!(damaged.segments(), numbers, "{name}: refused, and yet changed");
}

#[test]
fn a_segment_that_cannot_be_read_is_refused() {
    let (disk, mut choices) = (Disk::new(), Choices::new(10));
    Log::open(&disk).unwrap().answer(&mut choices, 60);
    for number in disk.segments() {
        let bad = disk.kill();
        bad.spoil(number, 4096);
        let opened = Log::open(&bad).map(drop);
        assert!(
            matches!(opened, Err(OpenError::Storage(error)) if error.name == Some(number.into()))
        );
    }
}

/// Nothing of a segment that was removed fits into another of the same number.
#[test]
fn each_life_has_an_epoch_of_its_own() {
    let disk = Disk::new();
    let mut headers = Vec::new();
    for _ in 0..5 {
        drop(Log::open(&disk).unwrap());
        let last = *disk.segments().last().unwrap();
        headers.push(disk.bytes(last)[40..48].to_vec());
    }
    assert!(headers.is_sorted_by(|before, after| before < after), "{headers:?}");
}

/// A segment whose groups are those of another file of the same name and log, of an earlier life.
#[test]
fn groups_of_an_earlier_life_do_not_fit() {
    let (disk, mut choices) = (Disk::new(), Choices::new(11));
    Log::open(&disk).unwrap().answer(&mut choices, 1);
    let before = disk.kill();
    let mut first = Log::open(&before).unwrap();
    first.answer(&mut choices, 3);
    // Another history from the same moment, whose third segment is of the third life.
    drop(Log::open(&disk).unwrap());
    drop(Log::open(&disk).unwrap());
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 3);
    let number = 2;
    let mut mixed = disk.bytes(number);
    let old = before.bytes(number);
    mixed[4096..].copy_from_slice(&old[4096..]);
    disk.replace(number, mixed);
    assert_ne!(disk.open(number.into()).unwrap().bytes().unwrap(), 0);
    let opened = Log::open(&disk).map(|log| log.records.len());
    assert!(matches!(opened, Err(OpenError::Corrupt(_))), "{opened:?}");
}

//! Segments that were sealed: nothing changes but their length, and damage of them is told.

use wal::simulated::{Choices, Disk, Operation};
use wal::{Damage, Lsn, Name, OpenError, Options, Seal, Storage};

use crate::support::{Log, short_segments, states};

/// A log of three lives with all but the last segment sealed.
fn sealed(records: u64) -> (Disk, Log) {
    let (disk, mut choices) = (Disk::new(), Choices::new(11));
    for _ in 0..2 {
        Log::open(&disk).unwrap().answer(&mut choices, records);
    }
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, records);
    assert!(log.seal_all() > 2);
    assert_eq!(disk.segments().len(), 1);
    (disk, log)
}

fn dense(disk: &Disk) -> Vec<Name> {
    let names = disk.list().unwrap().into_iter();
    names.filter(|name| matches!(name, Name::Dense { .. })).collect()
}

#[test]
fn what_is_sealed_is_read_and_recovered_as_it_was() {
    let (disk, log) = sealed(40);
    log.check_reads();
    let padded: usize = disk.segments().iter().map(|number| disk.bytes(*number).len()).sum();
    let mut again = Log::open(&disk.crash(|| false)).unwrap();
    assert!(again.records == log.records);
    assert_eq!(again.recovered.torn, None);
    again.check_reads();
    again.seal_all();
    again.check_reads();
    again.answer(&mut Choices::new(1), 20);
    again.check_reads();
    let total: usize = dense(&disk).iter().map(|name| disk.bytes(*name).len()).sum();
    let records: usize = log.records.iter().map(|record| record.payload.len()).sum();
    assert!(total < records + padded, "{total} bytes for {records}");
}

/// Whatever of the log is not wanted is not read, and yet known to be there.
#[test]
fn an_opening_from_a_record_shows_that_one_and_all_behind_it() {
    let (disk, log) = sealed(40);
    for from in (1..=log.records.len() + 1).step_by(7) {
        let options =
            || Options { from: Lsn::new(u64::try_from(from).unwrap()), ..short_segments() };
        let again = Log::open_with(&disk.kill(), options()).unwrap();
        assert!(again.records == log.records[from - 1..], "from {from}");
        assert_eq!(again.recovered.last, log.last());
    }
    let last = log.last();
    let far = |at_least| Options { from: last, at_least, ..short_segments() };
    assert!(Log::open_with(&disk.kill(), far(last)).is_ok());
    let short = Log::open_with(&disk.kill(), far(last.next())).map(drop);
    let Err(OpenError::Corrupt(short)) = short else { panic!("a log too short was opened") };
    assert_eq!(short.damage, Damage::Short);
    let first = dense(&disk)[0];
    disk.take_away(first);
    let missing = Log::open_with(&disk.kill(), far(last)).map(drop);
    let Err(OpenError::Corrupt(missing)) = missing else { panic!("a gap was not seen") };
    assert_eq!(missing.damage, Damage::Missing);
}

/// Every bit of a sealed segment, its head, frames, index and foot, is under a checksum.
#[test]
fn a_flipped_bit_of_a_sealed_segment_is_always_told() {
    let (disk, log) = sealed(12);
    let step = usize::try_from(1 + 200_000 / states(2_000)).unwrap() | 1;
    let mut told = 0;
    for name in dense(&disk) {
        for bit in (0..8 * disk.bytes(name).len()).step_by(step) {
            let damaged = disk.kill();
            damaged.flip(name, bit);
            match Log::open(&damaged).map(drop) {
                Err(OpenError::Corrupt(corruption)) => assert_eq!(corruption.name, name),
                other => panic!("bit {bit} of {name}: {other:?}"),
            }
            told += 1;
        }
    }
    assert!(told > 20);
    // Where it is not read at the opening it is told when it is read.
    let name = dense(&disk)[0];
    let bytes = disk.bytes(name).len();
    let damaged = disk.kill();
    let from_last = Options { from: log.last(), ..short_segments() };
    let late = Log::open_with(&damaged, from_last).unwrap();
    for byte in (64..bytes - 160).step_by(97) {
        damaged.flip(name, 8 * byte);
    }
    let read = late.wal.read(Lsn::new(1));
    assert!(matches!(read, Err(wal::ReadError::Unreadable { name: of, .. }) if of == name));
}

#[test]
fn a_sealed_segment_that_is_not_what_it_should_be_is_refused() {
    let (disk, _) = sealed(40);
    let names = dense(&disk);
    let [first, second, third] = [names[0], names[1], names[2]];
    let bytes = |name| disk.bytes(name);
    type Change<'a> = (&'a str, Box<dyn Fn(&Disk) + 'a>, Damage);
    let changes: Vec<Change<'_>> = vec![
        ("missing", Box::new(|d| d.take_away(second)), Damage::Missing),
        ("first missing", Box::new(|d| d.take_away(first)), Damage::Missing),
        ("swapped", Box::new(|d| d.replace(second, bytes(third))), Damage::Header),
        ("empty", Box::new(|d| d.replace(second, Vec::new())), Damage::Header),
        (
            "cut short",
            Box::new(|d| d.replace(second, bytes(second)[..300].to_vec())),
            Damage::Header,
        ),
        (
            "grown",
            Box::new(|d| d.replace(second, [bytes(second), vec![0; 9]].concat())),
            Damage::Header,
        ),
        (
            "its own under a wider name",
            Box::new(|d| {
                d.take_away(second);
                d.take_away(third);
                d.replace(Name::Dense { first: 2, last: 3 }, bytes(second));
            }),
            Damage::Header,
        ),
    ];
    for (name, change, damage) in changes {
        let damaged = disk.kill();
        change(&damaged);
        let before = damaged.list().unwrap();
        match Log::open(&damaged).map(drop) {
            Err(OpenError::Corrupt(corruption)) => assert_eq!(corruption.damage, damage, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(damaged.list().unwrap(), before, "{name}: refused, and yet changed");
    }
}

/// Each operation of a sealing fails in turn, once, or is the last before a power cut.
#[test]
fn a_sealing_that_fails_anywhere_loses_nothing() {
    for stops in [false, true] {
        let mut nth = 1;
        while seals_in_spite_of(nth, stops) {
            nth += 1;
        }
        assert!(nth > 20, "the sealing has only {nth} operations");
    }
}

/// Whether there was an nth operation to fail.
fn seals_in_spite_of(nth: u64, stops: bool) -> bool {
    let (disk, mut choices) = (Disk::new(), Choices::new(nth));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 60);
    let before = disk.operations();
    if stops {
        disk.stop(nth)
    } else {
        disk.fail_any(nth)
    }
    let mut failures = 0;
    while failures < 2 {
        match log.sealer.step() {
            Seal::Idle => break,
            Seal::Failed(_) => failures += 1,
            _ => {}
        }
    }
    let hit = disk.operations() - before >= nth;
    if hit && !stops {
        log.check_reads();
    }
    let cut = disk.crash(|| choices.once_in(2));
    let mut again = Log::open(&cut).unwrap_or_else(|error| panic!("nth {nth}: {error}"));
    assert!(again.records == log.records, "nth {nth}");
    again.seal_all();
    again.check_reads();
    let last = Log::open(&cut.crash(|| false)).unwrap();
    assert!(last.records == log.records, "nth {nth}");
    hit
}

#[test]
fn a_full_disk_leaves_segments_as_they_are_until_there_is_room() {
    let (disk, mut choices) = (Disk::new(), Choices::new(5));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 40);
    disk.fill_up();
    assert!(matches!(log.sealer.step(), Seal::Failed(_)));
    log.check_reads();
    disk.make_room();
    assert!(log.seal_all() > 0);
    log.check_reads();
}

/// What does not read back as it was written is not published, and its segment stays.
#[test]
fn a_segment_that_does_not_read_back_is_not_sealed() {
    let (disk, mut choices) = (Disk::new(), Choices::new(6));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 40);
    disk.fail(Operation::Read, 3);
    assert!(matches!(log.sealer.step(), Seal::Failed(_)));
    disk.flip(1, 8 * 5000);
    assert!(matches!(log.sealer.step(), Seal::Failed(_)));
    assert!(disk.segments().contains(&1) && dense(&disk).is_empty());
    disk.flip(1, 8 * 5000);
    assert!(log.seal_all() > 0);
    assert!(Log::open(&disk.crash(|| false)).unwrap().records == log.records);
}

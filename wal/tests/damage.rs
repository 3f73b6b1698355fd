//! Every bit, every sector: damage is told, or harms nothing that was answered.

use wal::simulated::{Choices, Disk, Operation};
use wal::{Damage, Fill, Name, OpenError, Options, Step};

use crate::support::{Log, short_segments, states};

/// A log of three lives, all of it answered and vouched for.
fn answered() -> (Disk, Log) {
    let (disk, mut choices) = (Disk::new(), Choices::new(7));
    for records in [3, 9] {
        Log::open(&disk).unwrap().answer(&mut choices, records);
    }
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 4);
    (disk, log)
}

/// Bits are tried in steps, all of them in a run of 100,000 states and more.
#[test]
fn a_flipped_bit_is_told_or_harmless() {
    let (disk, log) = answered();
    let step = usize::try_from(1 + 100_000 / states(2_000)).unwrap() | 1;
    let (mut told, mut harmless) = (0, 0);
    for number in disk.segments() {
        for bit in (0..8 * disk.bytes(number).len()).step_by(step) {
            let damaged = disk.kill();
            damaged.flip(number, bit);
            match Log::open(&damaged) {
                Ok(opened) => {
                    assert!(
                        opened.records == log.records,
                        "bit {bit} of segment {number} lost one"
                    );
                    harmless += 1;
                }
                Err(OpenError::Corrupt(corruption)) => {
                    assert_eq!(corruption.name, Name::Segment(number), "bit {bit}");
                    told += 1;
                }
                Err(error) => panic!("bit {bit} of segment {number}: {error}"),
            }
        }
    }
    assert!(told > 0 && harmless > 0);
}

/// No flip of a group with a record, but for the last group, goes unnoticed.
#[test]
fn a_flipped_bit_of_an_answered_record_is_always_told() {
    let (disk, log) = answered();
    let mut choices = Choices::new(1);
    for record in log.records.iter().filter(|record| record.payload.len() >= 8) {
        let (number, at) = find(&disk, &record.payload);
        let damaged = disk.kill();
        let bits = u64::try_from(8 * record.payload.len()).unwrap();
        damaged.flip(number, 8 * at + usize::try_from(choices.below(bits)).unwrap());
        match Log::open(&damaged).map(drop) {
            Err(OpenError::Corrupt(corruption)) => {
                let told = (corruption.name, corruption.damage);
                assert_eq!(told, (Name::Segment(number), Damage::Group));
                assert!(corruption.lsn <= record.lsn);
            }
            other => panic!("record {}: {other:?}", record.lsn),
        }
    }
}

/// Whatever sectors of a commit reach the disk, of one page, of one group or of several groups, the
/// log opens with a prefix of it. All subsets of a page are tried, and some of the others.
#[test]
fn every_subset_of_the_sectors_of_the_last_commit_opens() {
    for records in [1, 6, 20] {
        let mut choices = Choices::new(3);
        let (disk, log, answered) = cut_off_in_the_sync(&mut choices, records);
        let subsets: Vec<u64> = match records {
            1 => (0..256).collect(),
            _ => (0..states(2_000) / 4).map(|_| subset(&mut choices)).collect(),
        };
        for subset in subsets {
            let mut sector = 0..64;
            let cut = disk.crash(|| sector.next().is_some_and(|sector| subset >> sector & 1 == 1));
            let opened = Log::open(&cut).unwrap_or_else(|error| panic!("{subset:#x}: {error}"));
            assert!(opened.records.len() >= answered, "subset {subset:#x}");
            assert!(opened.records == log.records[..opened.records.len()], "subset {subset:#x}");
            let again = Log::open(&cut.crash(|| false)).unwrap();
            assert!(again.records == opened.records, "subset {subset:#x}: the dead came back");
            assert_eq!(again.recovered.torn, None, "subset {subset:#x}: the tail was not wiped");
        }
    }
}

/// A log whose last commit, of so many records, was written and not synced; and how many were
/// answered before.
fn cut_off_in_the_sync(choices: &mut Choices, records: usize) -> (Disk, Log, usize) {
    let disk = Disk::new();
    let options =
        Options { first_segment_bytes: 64 << 10, group_bytes_max: 8 << 10, ..short_segments() };
    let mut log = Log::open_with(&disk, options).unwrap();
    log.answer(choices, 2);
    let answered = log.records.len();
    for _ in 0..records {
        log.append_bytes(choices, vec![0xa5; 1000]);
    }
    disk.fail(Operation::Sync, 1);
    assert!(log.committer.step().is_err());
    (disk, log, answered)
}

/// Of each group of 8 KiB all sectors, none, or some.
fn subset(choices: &mut Choices) -> u64 {
    (0..4).fold(0, |subset, _| {
        let group = match choices.below(3) {
            0 => 0,
            1 => 0xffff,
            _ => choices.below(0x1_0000),
        };
        subset << 16 | group
    })
}

/// Bytes behind the end that are of no group are wiped.
#[test]
fn rubbish_behind_the_end_is_a_torn_tail() {
    let (disk, log) = answered();
    let last = *disk.segments().last().unwrap();
    let mut bytes = disk.bytes(last);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes[end.next_multiple_of(4096)..].fill(0xff);
    disk.replace(last, bytes);
    let opened = Log::open(&disk).unwrap();
    assert!(opened.records == log.records);
    assert_eq!(opened.recovered.torn.map(|torn| torn.segment), Some(last));
    let wiped = disk.crash(|| false).bytes(last);
    assert!(wiped[end..].iter().all(|byte| *byte == 0), "it is not wiped, or not durably");
}

/// Opening a log again and again takes no witness away, wherever it is cut off.
#[test]
fn an_opening_that_is_cut_off_leaves_the_last_record_vouched_for() {
    let (disk, mut choices) = (Disk::new(), Choices::new(4));
    let mut log = Log::open(&disk).unwrap();
    log.append_bytes(&mut choices, vec![0xa5; 1000]);
    log.commit_all().unwrap();
    drop(Log::open(&disk).unwrap());
    disk.fail(Operation::Prepare, 1);
    assert!(Log::open(&disk).is_err());
    let (number, at) = find(&disk, &[0xa5; 1000]);
    disk.flip(number, 8 * at);
    assert!(matches!(Log::open(&disk).map(drop), Err(OpenError::Corrupt(_))));
}

/// A closed log vouches for its last record even where that takes another segment.
#[test]
fn a_closed_log_is_vouched_for() {
    let (disk, mut choices) = (Disk::new(), Choices::new(4));
    let mut log = Log::open(&disk).unwrap();
    for _ in 0..2 {
        log.append_bytes(&mut choices, vec![0xa5; 1000]);
        assert_eq!(log.committer.step().unwrap(), Step::Committed);
    }
    log.wal.close();
    assert_eq!(log.committer.step().unwrap(), Step::Starved);
    assert!(matches!(log.filler.step(), Fill::Prepared));
    assert_eq!(log.committer.step().unwrap(), Step::Ended);
    disk.flip(1, 8 * (3 * 4096 + 2000));
    assert!(matches!(Log::open(&disk).map(drop), Err(OpenError::Corrupt(_))));
}

/// A durable record whose bytes went bad while the log was open is refused, and others are not.
#[test]
fn a_bad_sector_costs_the_records_on_it_and_no_others() {
    let (disk, log) = answered();
    let record = log.records.iter().find(|record| record.payload.len() >= 8).unwrap();
    let (number, at) = find(&disk, &record.payload);
    disk.flip(number, 8 * at);
    let read = log.wal.read(record.lsn);
    assert!(
        matches!(read, Err(wal::ReadError::Unreadable { name, .. }) if name == Name::Segment(number))
    );
    let last = log.records.last().unwrap();
    assert_eq!(&log.wal.read(last.lsn).unwrap(), last);
    disk.flip(number, 8 * at);
    disk.spoil(number, u64::try_from(at).unwrap());
    assert!(log.wal.read(record.lsn).is_err());
}

/// The segment and the offset in it at which these bytes begin.
fn find(disk: &Disk, bytes: &[u8]) -> (u64, usize) {
    let mut numbers = disk.segments().into_iter();
    let at = |number| disk.bytes(number).windows(bytes.len()).position(|window| window == bytes);
    numbers.find_map(|number| at(number).map(|at| (number, at))).unwrap()
}

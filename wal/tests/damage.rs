//! Every bit, every sector: damage is told, or harms nothing that was answered.

use wal::simulated::{Choices, Disk, Operation};
use wal::{Damage, OpenError, Options, Storage};

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
    for number in disk.list().unwrap() {
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
                    assert_eq!(corruption.segment, number, "bit {bit}");
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
                assert_eq!((corruption.segment, corruption.damage), (number, Damage::Group));
                assert!(corruption.lsn <= record.lsn);
            }
            other => panic!("record {}: {other:?}", record.lsn),
        }
    }
}

/// Whatever sectors of a commit of one group reach the disk, the log opens with it or without it.
#[test]
fn every_subset_of_the_sectors_of_the_last_group_opens() {
    for (records, sectors) in [(1_usize, 8_u32), (6, 16)] {
        let (disk, mut choices) = (Disk::new(), Choices::new(3));
        let options =
            Options { first_segment_bytes: 64 << 10, group_bytes_max: 8 << 10, ..short_segments() };
        let mut log = Log::open_with(&disk, options).unwrap();
        log.answer(&mut choices, 2);
        let answered = log.records.len();
        for _ in 0..records {
            log.append_bytes(&mut choices, vec![0xa5; 1000]);
        }
        disk.fail(Operation::Sync, 1);
        assert!(log.committer.step().is_err());
        let step = usize::try_from(1 + 100_000 / states(2_000)).unwrap() | 1;
        for subset in (0..1_u32 << sectors).step_by(if sectors > 8 { step } else { 1 }) {
            let mut sector = 0..;
            let cut = disk.crash(|| sector.next().is_some_and(|sector| subset >> sector & 1 == 1));
            let opened = Log::open(&cut).unwrap();
            assert!(opened.records.len() >= answered, "subset {subset:#x}");
            assert!(opened.records == log.records[..opened.records.len()], "subset {subset:#x}");
            let again = Log::open(&cut.crash(|| false)).unwrap();
            assert!(again.records == opened.records, "subset {subset:#x}: the dead came back");
            assert_eq!(again.recovered.torn, None, "subset {subset:#x}: the tail was not wiped");
        }
    }
}

/// Bytes behind the end that are of no group are wiped.
#[test]
fn rubbish_behind_the_end_is_a_torn_tail() {
    let (disk, log) = answered();
    let last = *disk.list().unwrap().last().unwrap();
    let mut bytes = disk.bytes(last);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes[end.next_multiple_of(4096)..].fill(0xff);
    disk.replace(last, bytes);
    let opened = Log::open(&disk).unwrap();
    assert!(opened.records == log.records);
    assert_eq!(opened.recovered.torn.map(|torn| torn.segment), Some(last));
    drop(opened);
    assert_eq!(Log::open(&disk).unwrap().recovered.torn, None);
}

/// A durable record whose bytes went bad while the log was open is refused, and others are not.
#[test]
fn a_bad_sector_costs_the_records_on_it_and_no_others() {
    let (disk, log) = answered();
    let record = log.records.iter().find(|record| record.payload.len() >= 8).unwrap();
    let (number, at) = find(&disk, &record.payload);
    disk.flip(number, 8 * at);
    let read = log.wal.read(record.lsn);
    assert!(matches!(read, Err(wal::ReadError::Unreadable { segment, .. }) if segment == number));
    let last = log.records.last().unwrap();
    assert_eq!(&log.wal.read(last.lsn).unwrap(), last);
    disk.flip(number, 8 * at);
    disk.spoil(number, u64::try_from(at).unwrap());
    assert!(log.wal.read(record.lsn).is_err());
}

/// The segment and the offset in it at which these bytes begin.
fn find(disk: &Disk, bytes: &[u8]) -> (u64, usize) {
    let mut numbers = disk.list().unwrap().into_iter();
    let at = |number| disk.bytes(number).windows(bytes.len()).position(|window| window == bytes);
    numbers.find_map(|number| at(number).map(|at| (number, at))).unwrap()
}

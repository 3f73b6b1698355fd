//! Snapshots: whole or not there, never ahead of the log, two kept; damage is told.

use std::convert::Infallible;

use wal::simulated::{Choices, Disk};
use wal::{Lsn, Name, ReadSnapshotError, SnapshotError, SnapshotInfo, read_snapshot, snapshots};

use crate::support::{Log, states};

fn sections(seed: u64) -> Vec<Vec<u8>> {
    let mut choices = Choices::new(seed);
    let lengths = [0, 1, 300, 70_000, 400_000, 5];
    let section = |length| (0..length).map(|_| choices.number().to_le_bytes()[0] & 15).collect();
    lengths.into_iter().map(section).collect()
}

fn write(log: &Log, sections: &[Vec<u8>]) -> Result<SnapshotInfo, SnapshotError> {
    let upto = log.wal.appended();
    let mut writer = log.wal.snapshot(upto.next())?;
    sections.iter().try_for_each(|section| writer.section(section))?;
    writer.publish(upto)
}

fn read(disk: &Disk, from: Lsn) -> Result<Vec<Vec<u8>>, ReadSnapshotError<Infallible>> {
    let mut found = Vec::new();
    read_snapshot(disk, from, |section| {
        found.push(section.to_vec());
        Ok(())
    })?;
    Ok(found)
}

#[test]
fn a_snapshot_reads_back_as_it_was_written_and_two_are_kept() {
    let (disk, mut choices) = (Disk::new(), Choices::new(1));
    let mut log = Log::open(&disk).unwrap();
    let mut made = Vec::new();
    for seed in 1..=4 {
        log.answer(&mut choices, 5);
        let info = write(&log, &sections(seed)).unwrap();
        assert_eq!((info.from, info.sections), (log.last().next(), 6));
        made.insert(0, (info.from, seed));
        let kept: Vec<Lsn> = made.iter().take(2).map(|(from, _)| *from).collect();
        assert_eq!(snapshots(&disk).unwrap(), kept);
    }
    for (from, seed) in &made[..2] {
        assert_eq!(read(&disk.crash(|| false), *from).unwrap(), sections(*seed));
    }
    assert!(Log::open(&disk).unwrap().records == log.records, "snapshots are no part of the log");
}

/// It would reveal what a power cut can undo.
#[test]
fn a_snapshot_is_never_ahead_of_the_log() {
    let (disk, mut choices) = (Disk::new(), Choices::new(2));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 5);
    log.append(&mut choices);
    disk.stop(u64::MAX);
    drop(log.committer);
    let ahead = log.wal.snapshot(log.wal.appended().next()).unwrap();
    assert!(matches!(ahead.publish(log.wal.appended()), Err(SnapshotError::Poisoned(_))));
    assert!(snapshots(&disk).unwrap().is_empty());
}

#[test]
fn a_snapshot_that_fails_anywhere_is_not_there_and_harms_no_other() {
    for stops in [false, true] {
        let mut nth = 1;
        while survives(nth, stops) {
            nth += 1;
        }
        assert!(nth > 12, "a snapshot has only {nth} operations");
    }
}

/// Whether there was an nth operation to fail.
fn survives(nth: u64, stops: bool) -> bool {
    let (disk, mut choices) = (Disk::new(), Choices::new(nth));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 3);
    let old = write(&log, &sections(7)).unwrap().from;
    log.answer(&mut choices, 3);
    let before = disk.operations();
    if stops {
        disk.stop(nth)
    } else {
        disk.fail_any(nth)
    }
    let new = write(&log, &sections(8));
    let hit = disk.operations() - before >= nth;
    let cut = disk.crash(|| choices.once_in(2));
    assert_eq!(read(&cut, old).unwrap(), sections(7), "nth {nth}: the old one is gone");
    for from in snapshots(&cut).unwrap().into_iter().filter(|from| *from != old) {
        assert_eq!(read(&cut, from).unwrap(), sections(8), "nth {nth}: a half snapshot");
    }
    if let Ok(new) = new {
        assert_eq!(read(&cut, new.from).unwrap(), sections(8), "nth {nth}: what was told is gone");
    }
    assert!(Log::open(&cut).unwrap().records == log.records, "nth {nth}");
    hit
}

#[test]
fn a_flipped_bit_of_a_snapshot_is_always_told() {
    let (disk, mut choices) = (Disk::new(), Choices::new(3));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 3);
    let from = write(&log, &sections(9)[..4]).unwrap().from;
    let name = Name::Snapshot(from);
    let bits = 8 * disk.bytes(name).len();
    let step = usize::try_from(1 + u64::try_from(bits).unwrap() / (states(10_000) / 20)).unwrap();
    for bit in (0..bits).step_by(step | 1) {
        disk.flip(name, bit);
        let told = read(&disk, from);
        assert!(matches!(told, Err(ReadSnapshotError::Damaged { .. })), "bit {bit}: {told:?}");
        disk.flip(name, bit);
    }
    let bytes = disk.bytes(name);
    for length in [0, 1, 63, 64, 223, bytes.len() / 2, bytes.len() - 1] {
        disk.replace(name, bytes[..length].to_vec());
        assert!(read(&disk, from).is_err(), "{length} bytes");
    }
    disk.replace(Name::Snapshot(from.next()), bytes);
    assert!(read(&disk, from.next()).is_err(), "another snapshot under this name");
}

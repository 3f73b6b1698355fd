//! Looking at a log, copying it, and cutting what is corrupt.

use std::convert::Infallible;

use wal::inspect::{Content, Follower, Look, Tail, files, salvage, scan};
use wal::simulated::{Choices, Disk};
use wal::{BackupError, CutError, Lsn, Name, OpenError, Options, Record, Storage, backup, cut};

use crate::support::{Log, merging, short_segments, states};

/// A log of three lives, the first of its segments sealed, and still running.
fn running(sealed: usize) -> (Disk, Log) {
    running_with(sealed, short_segments)
}

/// The same, and most of the sealed ones have become few.
fn merged() -> (Disk, Log) {
    let (disk, log) = running_with(100, || merging(5));
    let files = disk.list().unwrap().into_iter().filter_map(Name::segments);
    let widths: Vec<u64> = files.map(|(first, last)| last - first).collect();
    assert!(widths.len() > 3 && widths.iter().any(|width| *width > 3), "{widths:?}");
    (disk, log)
}

fn running_with(steps: usize, options: fn() -> Options) -> (Disk, Log) {
    let (disk, mut choices) = (Disk::new(), Choices::new(21));
    for _ in 0..2 {
        Log::open_with(&disk, options()).unwrap().answer(&mut choices, 30);
    }
    let mut log = Log::open_with(&disk, options()).unwrap();
    log.answer(&mut choices, 30);
    (0..steps).for_each(|_| drop(log.sealer.step()));
    (disk, log)
}

fn scanned(disk: &Disk, tail: Tail) -> Result<Vec<Record>, OpenError<Infallible>> {
    let mut records = Vec::new();
    scan(disk, Look::whole(tail), |record| {
        records.push(record.to_record());
        Ok(())
    })?;
    Ok(records)
}

#[test]
fn a_look_shows_what_an_opening_would_and_changes_nothing() {
    [running(4), merged()].into_iter().for_each(looks);
}

fn looks((disk, log): (Disk, Log)) {
    let before = disk.list().unwrap();
    assert!(scanned(&disk, Tail::Moving).unwrap() == log.records);
    assert!(scanned(&disk.kill(), Tail::Still).unwrap() == log.records);
    let mut next = Lsn::new(1);
    for file in files(&disk).unwrap() {
        match file.content.unwrap() {
            Content::Dense { first, next: behind, .. } => {
                assert_eq!(first, next);
                next = behind;
            }
            content => assert!(matches!(content, Content::Padded { .. })),
        }
    }
    assert!(next > Lsn::new(1));
    assert_eq!(disk.list().unwrap(), before);
    disk.flip(*before.first().unwrap(), 8 * 20);
    assert_eq!(files(&disk).unwrap()[0].content, None, "a damaged head tells nothing");
    assert!(matches!(scanned(&disk, Tail::Still), Err(OpenError::Corrupt(_))));
}

/// Through sealing, merging and a restart every record is shown once, in order.
#[test]
fn a_follower_shows_each_record_once_whatever_becomes_of_its_file() {
    for seed in 0..states(2_000) / 100 {
        let (disk, mut choices) = (Disk::new(), Choices::new(seed));
        let (mut follower, mut shown) = (Follower::new(Lsn::new(1)), Vec::<Record>::new());
        for _ in 0..3 {
            let files = [0, 2, 3][usize::try_from(seed % 3).unwrap()];
            let mut log = Log::open_with(&disk, merging(files)).unwrap();
            for _ in 0..20 {
                let records = choices.below(8);
                log.answer(&mut choices, records);
                if choices.once_in(3) {
                    (0..choices.below(15)).for_each(|_| drop(log.sealer.step()));
                }
                if choices.once_in(2) {
                    let look = follower.advance(&disk, |_, record| {
                        shown.push(record.to_record());
                        Ok::<_, Infallible>(())
                    });
                    look.unwrap();
                    assert!(shown == log.records, "seed {seed}");
                    assert_eq!(follower.next(), log.last().next());
                }
            }
            let mut late = Follower::new(Lsn::new(1));
            late.skip(&disk).unwrap();
            assert_eq!(late.next(), log.last().next());
            late.advance(&disk, |_, _| Err(())).unwrap();
        }
    }
}

#[test]
fn what_is_behind_damage_can_be_told_from_what_is_left() {
    [running(4), merged()].into_iter().for_each(salvages);
}

fn salvages((disk, log): (Disk, Log)) {
    let all = salvage(&disk, Lsn::new(1), |_| {}).unwrap();
    assert_eq!((all.records, all.next), (log.last().value(), log.last().next()));
    assert_eq!(all.vouched, log.last().next());
    for name in disk.list().unwrap() {
        let damaged = disk.kill();
        let middle = damaged.bytes(name).len() / 2;
        damaged.flip(name, 8 * middle.next_multiple_of(4096).min(middle + 64));
        let Err(OpenError::Corrupt(corruption)) = Log::open(&damaged).map(drop) else { continue };
        let mut left = Vec::new();
        let from = corruption.lsn;
        let salvaged = salvage(&damaged, from, |record| left.push(record.to_record())).unwrap();
        assert_eq!(salvaged.next, log.last().next(), "{name}");
        assert!(left.iter().all(|record| log.records.contains(record) && record.lsn >= from));
        assert!(left.is_sorted_by_key(|record| record.lsn));
        assert!(left.len() < log.records.len() - usize::try_from(from.value()).unwrap() + 1);
    }
}

#[test]
fn a_copy_of_a_running_log_opens_with_all_that_was_durable() {
    [running(4), merged()].into_iter().for_each(backs_up);
}

fn backs_up((disk, mut log): (Disk, Log)) {
    let target = Disk::new();
    let copied = backup(&disk, &target, |_, _| {}).unwrap();
    assert_eq!(copied.last, log.last());
    log.answer(&mut Choices::new(2), 10);
    let opened = Log::open(&target.crash(|| false)).unwrap();
    assert!(opened.records == log.records[..opened.records.len()]);
    assert_eq!(opened.last(), copied.last);
    let again = backup(&disk, &target, |_, _| {});
    assert!(matches!(again, Err(BackupError::NotEmpty)));
}

/// Wherever it is cut, what is before is as it was, what is behind is gone for ever, and the log
/// goes on.
#[test]
fn a_cut_keeps_what_is_before_it_and_nothing_else() {
    let logs = [running(0), running(4), running(100), merged()];
    for (disk, log) in logs {
        let sealed = disk.list().unwrap().len();
        let step = usize::try_from(60_000 / states(2_000)).unwrap().max(1);
        for at in (1..=log.records.len()).step_by(step) {
            let (cut_off, evidence) = (disk.kill(), Disk::new());
            let lsn = Lsn::new(u64::try_from(at).unwrap());
            let done = cut(&cut_off, &evidence, lsn, None).unwrap();
            assert_eq!(done.last, lsn.previous());
            for name in &done.changed {
                assert_eq!(evidence.bytes(*name), disk.bytes(*name), "{name} is no evidence");
            }
            let cut_off = cut_off.crash(|| false);
            let mut opened =
                Log::open(&cut_off).unwrap_or_else(|e| panic!("of {sealed} files, {at}: {e}"));
            assert!(opened.records == log.records[..at - 1], "of {sealed} files, cut at {at}");
            opened.answer(&mut Choices::new(3), 8);
            opened.seal_all();
            let last = Log::open(&cut_off.crash(|| false)).unwrap();
            assert!(last.records == opened.records, "of {sealed} files, cut at {at}");
        }
    }
}

#[test]
fn a_corrupt_log_opens_once_it_is_cut_where_the_corruption_is() {
    [running(4), merged()].into_iter().for_each(is_cut_where_it_is_corrupt);
}

fn is_cut_where_it_is_corrupt((disk, log): (Disk, Log)) {
    for name in disk.list().unwrap() {
        let damaged = disk.kill();
        let middle = damaged.bytes(name).len() / 2;
        damaged.flip(name, 8 * middle.next_multiple_of(4096).min(middle + 64));
        let Err(OpenError::Corrupt(corruption)) = Log::open(&damaged).map(drop) else { continue };
        let evidence = Disk::new();
        cut(&damaged, &evidence, corruption.lsn, None).unwrap();
        assert!(!evidence.bytes(name).is_empty());
        let opened = Log::open(&damaged).unwrap();
        let kept = opened.records.len();
        assert!(opened.records == log.records[..kept]);
        assert_eq!(opened.last().next(), corruption.lsn);
    }
}

#[test]
fn a_log_is_not_cut_behind_its_end_or_behind_damage() {
    let (disk, log) = running(4);
    let beyond = cut(&disk.kill(), &Disk::new(), log.last().next().next(), None);
    assert!(matches!(beyond, Err(CutError::Behind { last, .. }) if last == log.last()));
    let damaged = disk.kill();
    damaged.flip(Name::Dense { first: 2, last: 2 }, 8 * 20);
    let before = damaged.list().unwrap();
    let behind = cut(&damaged, &Disk::new(), log.last(), None);
    assert!(matches!(behind, Err(CutError::NotWhole { .. })));
    assert_eq!(damaged.list().unwrap(), before, "refused, and yet changed");
}

/// A cut that is cut off is asked for again, and is then the same.
#[test]
fn a_cut_that_fails_anywhere_can_be_asked_for_again() {
    for sealed in [0, 4] {
        let (disk, log) = running(sealed);
        let at = Lsn::new(35);
        let mut nth = 1;
        loop {
            let (dying, mut choices) = (disk.kill(), Choices::new(nth));
            dying.stop(nth);
            let done = cut(&dying, &Disk::new(), at, None).is_ok();
            let after = dying.crash(|| choices.once_in(2));
            cut(&after, &Disk::new(), at, None).unwrap_or_else(|e| panic!("nth {nth}: {e}"));
            let opened = Log::open_with(&after, short_segments()).unwrap();
            assert!(opened.records == log.records[..34], "nth {nth}");
            if done {
                break;
            }
            nth += 1;
        }
        assert!(nth > 20, "the cut has only {nth} operations");
    }
}

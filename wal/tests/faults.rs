//! What fails: a sync, any operation, the room on the disk, the limits of an append.

use std::sync::{Arc, Mutex};

use wal::simulated::{Choices, Disk, Failure, Fault, Operation};
use wal::{AppendError, CommitError, Fill, Lsn, Options, PAYLOAD_BYTES_MAX, Poisoned, Step};

use crate::support::{Log, short_segments, states};

#[test]
fn a_failed_sync_is_the_last_word() {
    let (disk, mut choices) = (Disk::new(), Choices::new(1));
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let on_commit = move |commit: &wal::Commit| listener.lock().unwrap().push(commit.clone());
    let options = Options {
        first_segment_bytes: 64 << 10,
        on_commit: Some(Box::new(on_commit)),
        ..short_segments()
    };
    let mut log = Log::open_with(&disk, options).unwrap();
    log.answer(&mut choices, 2);
    let durable = log.wal.durable();
    log.append(&mut choices);
    disk.fail(Operation::Sync, 1);

    assert!(matches!(log.committer.step(), Err(CommitError::Sync { .. })));
    assert!(matches!(log.committer.step(), Err(CommitError::Poisoned)));
    assert!(matches!(log.committer.vouch(), Err(CommitError::Poisoned)));
    assert!(log.wal.is_poisoned());
    assert_eq!(log.wal.append(&[], &[]), Err(AppendError::Poisoned));
    assert_eq!(log.wal.durable(), durable);
    assert_eq!(log.wal.wait_durable(durable), Ok(()));
    assert_eq!(log.wal.wait_durable(durable.next()), Err(Poisoned));
    let told = told.lock().unwrap();
    assert_eq!(told.iter().filter(|commit| commit.poisoned.is_some()).count(), 1);
    assert_eq!(told.last().map(|commit| commit.durable), Some(durable));

    // What the failed sync left in the cache was never on the disk, and is not believed.
    let again = Log::open(&disk.kill()).unwrap();
    assert!(again.records == log.records[..log.records.len() - 1]);
}

/// A segment whose name may be lost must not be written to, and no later one can be made: a restart
/// finds which names are there.
#[test]
fn names_that_may_be_lost_end_the_log() {
    let (disk, mut choices) = (Disk::new(), Choices::new(2));
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, 2);
    disk.fail(Operation::Directory, 1);
    assert!(matches!(log.filler.step(), Fill::Failed(_)));
    assert!(log.wal.is_poisoned());
    assert!(matches!(log.committer.step(), Err(CommitError::Poisoned)));
    assert!(Log::open(&disk.crash(|| choices.once_in(2))).unwrap().records == log.records);
}

/// Each operation of a history fails in turn. What was told before it survives whatever follows.
#[test]
fn any_operation_may_fail() {
    for seed in 1..=states(3_000) / 1_000 {
        let mut nth = 1;
        while !survives_failure_of(nth, seed) {
            nth += 1;
        }
        assert!(nth > 60, "seed {seed}: the history has only {nth} operations");
    }
}

/// Whether the history had fewer operations than that.
fn survives_failure_of(nth: u64, seed: u64) -> bool {
    let mut choices = Choices::new(seed);
    let disk = Disk::new();
    Log::open(&disk).unwrap().answer(&mut choices, 10);
    let before = disk.operations();
    disk.fail_any(nth);
    let mut records = Log::open(&disk.kill()).unwrap().records;
    let mut told = Lsn::ZERO;
    if let Ok(mut log) = Log::open(&disk) {
        told = work(&mut log, &mut choices);
        records = log.records;
    }
    let past = disk.operations() - before < nth;
    let disk = disk.crash(|| choices.once_in(2));
    let again = Log::open(&disk).unwrap_or_else(|error| panic!("seed {seed} nth {nth}: {error}"));
    assert!(again.last() >= told, "seed {seed} nth {nth}: lost what was told");
    assert!(again.records == records[..again.records.len()], "seed {seed} nth {nth}");
    past
}

/// Appends until something fails, and says how far the log was durable.
fn work(log: &mut Log, choices: &mut Choices) -> Lsn {
    for _ in 0..20 {
        if log.wal.is_poisoned() || log.wal.storage_low() {
            break;
        }
        log.append(choices);
        drop(log.filler.step());
        drop(log.committer.step());
    }
    drop(log.committer.vouch());
    log.wal.durable()
}

/// On a full disk appends are refused in time: what was accepted is written without another
/// segment. With room again they are accepted again.
#[test]
fn what_was_accepted_always_has_room() {
    for seed in 1..=states(3_000) / 100 {
        let (disk, mut choices) = (Disk::new(), Choices::new(seed));
        let options = Options {
            first_segment_bytes: 128 << 10,
            segment_bytes: 256 << 10,
            group_bytes_max: if choices.once_in(2) { 8 << 10 } else { 2 << 20 },
            ..short_segments()
        };
        let mut log = Log::open_with(&disk, options).unwrap();
        if choices.once_in(2) {
            assert!(matches!(log.filler.step(), Fill::Prepared));
        }
        disk.fill_up();
        let mut refused = 0;
        while refused < 3 {
            // Once it is known that there will be no segment, much may be appended between commits.
            let known = matches!(log.filler.step(), Fill::Failed(_));
            refused += u64::from(!append(&log, &mut choices));
            if !known || choices.once_in(64) {
                assert_ne!(log.committer.step().unwrap(), Step::Starved, "seed {seed}");
            }
        }
        while log.wal.durable() < log.wal.appended() {
            assert_eq!(log.committer.step().unwrap(), Step::Committed, "seed {seed}");
        }
        assert_eq!(
            log.committer.vouch().unwrap(),
            Step::Committed,
            "seed {seed}: no room to vouch"
        );

        disk.make_room();
        drop(log.filler.step());
        assert!(!log.wal.storage_low() && append(&log, &mut choices), "seed {seed}");
        assert!(!log.wal.is_poisoned());
    }
}

/// A log whose accepted records wait for a segment that cannot be made, for ever, for this reason.
fn starved(failure: Failure) -> Log {
    let (disk, mut choices) = (Disk::new(), Choices::new(3));
    let mut log = Log::open(&disk).unwrap();
    let operation = Some(Operation::Prepare);
    disk.break_at(Fault { operation, nth: 1, failure, lasting: true });
    while log.committer.step().unwrap() != Step::Starved {
        log.append(&mut choices);
    }
    assert!(matches!(log.filler.step(), Fill::Failed(_)));
    assert_eq!(log.committer.step().unwrap(), Step::Starved, "once is not for ever");
    assert!(matches!(log.filler.step(), Fill::Failed(_)));
    log
}

#[test]
fn nobody_waits_for_a_segment_that_a_broken_disk_cannot_make() {
    let mut log = starved(Failure::Io);
    assert!(matches!(log.committer.step(), Err(CommitError::Prepare { .. })));
    assert!(log.wal.is_poisoned());
    assert_eq!(log.wal.wait_durable(log.wal.appended()), Err(Poisoned));
}

#[test]
fn what_was_accepted_waits_for_room() {
    let mut log = starved(Failure::NoSpace);
    for _ in 0..3 {
        assert!(matches!(log.filler.step(), Fill::Failed(_)));
        assert_eq!(log.committer.step().unwrap(), Step::Starved);
    }
    assert!(!log.wal.is_poisoned());
}

/// Whether a record of some length was accepted.
fn append(log: &Log, choices: &mut Choices) -> bool {
    // The last of them fills a group of 8 KiB to little more than a half, and no two fit.
    let bytes = match choices.below(8) {
        0 => choices.below(7000),
        1..4 => choices.below(300),
        _ => 4200,
    };
    let bytes = usize::try_from(bytes).unwrap();
    let before = log.wal.appended();
    let appended = log.wal.append(&[], &vec![1; bytes]);
    match appended {
        Ok(lsn) => assert_eq!(lsn, before.next()),
        Err(error) => {
            assert_eq!(error, AppendError::StorageLow);
            assert_eq!(log.wal.appended(), before, "a refused append leaves no trace");
        }
    }
    appended.is_ok()
}

#[test]
fn an_append_that_is_refused_leaves_no_trace() {
    let disk = Disk::new();
    let options = Options { buffer_bytes_max: 1000, ..Options::default() };
    let mut log = Log::open_with(&disk, options).unwrap();
    let wal = log.wal.clone();
    let append = |bytes: usize| wal.append(&[], &vec![1; bytes]);

    assert_eq!(append(PAYLOAD_BYTES_MAX + 1), Err(AppendError::TooLarge));
    assert_eq!(wal.append(&[Lsn::ZERO; 9], &[]), Err(AppendError::TooLarge));
    assert_eq!(append(1000), Ok(Lsn::new(1)));
    assert_eq!(append(1), Err(AppendError::Full));
    assert_eq!(log.committer.step().unwrap(), Step::Committed);
    assert_eq!(append(1), Ok(Lsn::new(2)));
    wal.close();
    assert_eq!(append(1), Err(AppendError::Closed));
    assert_eq!(log.committer.step().unwrap(), Step::Committed);
    assert_eq!(log.committer.step().unwrap(), Step::Ended);
    assert_eq!((wal.durable(), wal.appended()), (Lsn::new(2), Lsn::new(2)));
    drop(log);
    assert!(!wal.is_poisoned());
    assert_eq!(Log::open(&disk).unwrap().records.len(), 2);
}

#[test]
fn a_committer_that_is_dropped_leaves_nobody_waiting() {
    let log = Log::open(&Disk::new()).unwrap();
    let lsn = log.wal.append(&[], &[]).unwrap();
    drop(log.committer);
    assert_eq!(log.wal.wait_durable(lsn), Err(Poisoned));
}

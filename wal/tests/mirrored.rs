//! Two copies of a log: both or none, whatever happens to either of them.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use wal::mirror::{Listeners, ReconcileError, Reconciled, Rot, reconcile};
use wal::simulated::{Choices, Disk, Failure, Fault, Operation};
use wal::{
    Fill, Lsn, Mirrored, Name, OnMirrorLoss, OpenError, Opened, Options, Record, Seal, Step, open,
};

use crate::support::{Log, merging, states};

/// A log on two disks, stepped by hand.
pub(crate) struct Pair {
    pub(crate) opened: Opened<Mirrored<Disk>>,
    pub(crate) records: Vec<Record>,
    pub(crate) losses: Arc<AtomicUsize>,
    /// What was told of files that rot.
    pub(crate) rotten: Arc<Mutex<Vec<(Name, String)>>>,
}

impl Pair {
    /// By twos, so that little is needed for a merge of what was merged.
    pub(crate) fn open(
        disks: [&Disk; 2],
        policy: OnMirrorLoss,
    ) -> Result<Self, OpenError<Infallible>> {
        Self::open_with(disks, policy, merging(2))
    }

    pub(crate) fn open_with(
        disks: [&Disk; 2],
        policy: OnMirrorLoss,
        options: Options,
    ) -> Result<Self, OpenError<Infallible>> {
        let losses = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&losses);
        let on_loss = Arc::new(move |_: &std::io::Error| {
            told.fetch_add(1, Ordering::Relaxed);
        });
        let rotten = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&rotten);
        let on_rot = Arc::new(move |name, rot: Rot<'_>| {
            told.lock().unwrap().push((name, format!("{rot:?}")));
        });
        let [first, second] = disks.map(Disk::clone);
        let mut records = Vec::new();
        let storage = Mirrored::with(first, second, policy, Listeners { on_loss, on_rot });
        let opened = open(storage, options, |record| {
            records.push(record.to_record());
            Ok(())
        })?;
        Ok(Self { opened, records, losses, rotten })
    }

    pub(crate) fn append(&mut self, choices: &mut Choices) {
        let bytes = usize::try_from(choices.below(3000)).unwrap();
        let payload = vec![choices.number().to_le_bytes()[0]; bytes];
        let appended = self.opened.wal.append(&[], &payload);
        if let Ok(lsn) = appended {
            self.records.push(Record { lsn, links: Vec::new(), payload });
        }
    }

    /// Appends, commits and seals for a while; says how far the log was durable.
    pub(crate) fn work(&mut self, choices: &mut Choices, steps: u64) -> Lsn {
        for _ in 0..steps {
            match choices.below(8) {
                0..3 => self.append(choices),
                3 => drop(self.opened.filler.step()),
                4 => drop(self.opened.sealer.step()),
                _ => drop(self.opened.committer.step()),
            }
        }
        self.opened.wal.durable()
    }

    /// Makes all that was appended durable.
    pub(crate) fn commit_all(&mut self) {
        loop {
            match self.opened.committer.step().unwrap() {
                Step::Committed => {}
                Step::Starved => assert!(matches!(self.opened.filler.step(), Fill::Prepared)),
                Step::Idle | Step::Ended => break,
            }
        }
        self.opened.committer.vouch().unwrap();
    }

    /// Seals and merges until nothing is left to do.
    pub(crate) fn seal_all(&mut self) {
        loop {
            match self.opened.sealer.step() {
                Seal::Idle => break,
                Seal::Failed(error) => panic!("{error}"),
                Seal::Sealed(_) | Seal::Merging | Seal::Merged(_) | Seal::Mended(_) => {}
            }
        }
    }
}

fn same(disks: [&Disk; 2]) -> Result<Reconciled, ReconcileError> {
    reconcile(disks[0], disks[1])
}

pub(crate) fn assert_same(a: &Disk, b: &Disk) {
    use wal::Storage;
    assert_eq!(a.list().unwrap(), b.list().unwrap());
    for name in a.list().unwrap() {
        assert!(a.bytes(name) == b.bytes(name), "{name} differs");
    }
}

/// Several lives, each ended by a power cut that each disk takes in its own way, or by a fault of
/// one of them.
#[test]
fn what_was_told_is_in_both_after_every_power_cut() {
    for seed in 1..=states(3_000) / 10 {
        let mut choices = Choices::new(seed);
        let (mut a, mut b) = (Disk::new(), Disk::new());
        let (mut records, mut told) = (Vec::new(), Lsn::ZERO);
        for life in 0..4 {
            same([&a, &b]).unwrap_or_else(|error| panic!("seed {seed} life {life}: {error}"));
            assert_same(&a, &b);
            let mut pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
            let kept = pair.records.len();
            assert!(pair.records.last().map_or(Lsn::ZERO, |last| last.lsn) >= told, "seed {seed}");
            assert!(pair.records[..] == records[..kept], "seed {seed} life {life}");
            [&a, &b][usize::try_from(choices.below(2)).unwrap()].stop(1 + choices.below(200));
            told = pair.work(&mut choices, 60);
            records = std::mem::take(&mut pair.records);
            (a, b) = (a.crash(|| choices.once_in(2)), b.crash(|| choices.once_in(3)));
        }
    }
}

/// Every operation of the copy fails in turn. The log goes on without it and says so, or ends; the
/// next opening makes both the same.
#[test]
fn a_copy_that_fails_is_told_and_the_policy_kept() {
    for policy in [OnMirrorLoss::Continue, OnMirrorLoss::Stop] {
        let mut nth = 1;
        while loses_a_copy(nth, policy) {
            nth += 1;
        }
        assert!(nth > 60, "the copy has only {nth} operations");
    }
}

/// Whether there was an nth operation to fail.
fn loses_a_copy(nth: u64, policy: OnMirrorLoss) -> bool {
    let mut choices = Choices::new(9);
    let (a, b) = (Disk::new(), Disk::new());
    let mut pair = Pair::open([&a, &b], policy).unwrap();
    pair.work(&mut choices, 20);
    let before = b.operations();
    b.fail_any(nth);
    let told = pair.work(&mut choices, 200);
    let hit = b.operations() - before >= nth;
    let losses = pair.losses.load(Ordering::Relaxed);
    assert!(losses <= 1, "nth {nth}: told {losses} times");
    if policy == OnMirrorLoss::Continue {
        assert!(!pair.opened.wal.is_poisoned(), "nth {nth}: it did not go on");
        pair.commit_all();
        assert_eq!(pair.opened.wal.durable(), pair.opened.wal.appended());
    }
    let (a, b) = (a.crash(|| choices.once_in(2)), b.crash(|| choices.once_in(2)));
    same([&a, &b]).unwrap();
    assert_same(&a, &b);
    let again = Pair::open([&a, &b], policy).unwrap();
    assert!(again.records.len() >= usize::try_from(told.value()).unwrap(), "nth {nth}: lost");
    assert!(again.records[..] == pair.records[..again.records.len()], "nth {nth}");
    hit
}

/// All of it sealed, and merged.
pub(crate) fn answered() -> (Disk, Disk, Vec<Record>) {
    let (a, b) = (Disk::new(), Disk::new());
    let mut pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
    let mut choices = Choices::new(4);
    for _ in 0..60 {
        pair.append(&mut choices);
        pair.commit_all();
    }
    pair.seal_all();
    assert_same(&a, &b);
    (a, b, pair.records)
}

#[test]
fn a_copy_that_is_damaged_or_gone_is_made_anew_from_the_other() {
    use wal::Storage;
    let (a, b, records) = answered();
    for name in a.list().unwrap() {
        for first in [true, false] {
            let (a, b) = (a.kill(), b.kill());
            let damaged = if first { &a } else { &b };
            damaged.take_away(name);
            let done = same([&a, &b]).unwrap();
            assert_same(&a, &b);
            assert!(done.copied.contains(&name) && done.from_copy == first, "{name}");
            let opened = Log::open(damaged).unwrap();
            assert!(opened.records == records);
        }
    }
    let empty = Disk::new();
    let done = same([&empty, &b]).unwrap();
    assert!(done.from_copy && Log::open(&empty).unwrap().records == records);
}

#[test]
fn copies_that_went_on_without_each_other_are_refused() {
    let (a, b, _) = answered();
    Log::open(&a).unwrap().answer(&mut Choices::new(1), 3);
    Log::open(&b).unwrap().answer(&mut Choices::new(2), 5);
    assert!(matches!(same([&a, &b]), Err(ReconcileError::Forked { .. })));
}

/// A copy that was lost long ago is whole, and old.
#[test]
fn a_damaged_log_is_not_repaired_from_a_copy_that_ends_before_it() {
    use wal::Storage;
    for stale in [true, false] {
        let (a, b, records) = answered();
        let name = *a.list().unwrap().last().unwrap();
        let (log, copy) = if stale { (&a, &b) } else { (&b, &a) };
        let mut later = Log::open(log).unwrap();
        later.answer(&mut Choices::new(1), 9);
        let (log, copy) = (log.kill(), copy.kill());
        log.flip(name, 8 * 20);
        let before = [&log, &copy].map(|disk| {
            disk.list().unwrap().into_iter().map(|name| disk.bytes(name)).collect::<Vec<_>>()
        });
        let last = records.last().unwrap().lsn;
        let done = if stale { same([&log, &copy]) } else { same([&copy, &log]) };
        let Err(ReconcileError::Behind { last: end, vouched }) = done else { panic!("{done:?}") };
        assert!(end == last && (last.next()..=later.last()).contains(&vouched));
        let after = [&log, &copy].map(|disk| {
            disk.list().unwrap().into_iter().map(|name| disk.bytes(name)).collect::<Vec<_>>()
        });
        assert!(before == after, "refused, and yet changed");
    }
}

/// A read that fails says nothing of what is there, and a later one may not fail: a log that went on
/// alone must not be replaced by the copy that it lost.
#[test]
fn a_log_that_cannot_be_read_for_a_moment_is_not_replaced_by_its_copy() {
    let (a, b, _) = answered();
    let mut alone = Log::open(&a).unwrap();
    alone.answer(&mut Choices::new(3), 5);
    for operation in Operation::ALL {
        for nth in 1..4 {
            let (a, b) = (a.kill(), b.kill());
            a.fail(operation, nth);
            let done = same([&a, &b]);
            assert!(
                matches!(
                    done,
                    Ok(Reconciled { from_copy: false, .. })
                        | Err(ReconcileError::Unread { .. }
                            | ReconcileError::Copy { .. }
                            | ReconcileError::List(_))
                ),
                "{operation:?} {nth}: {done:?}"
            );
            let (a, b) = (a.kill(), b.kill());
            same([&a, &b]).unwrap();
            assert_same(&a, &b);
            assert!(Log::open(&a).unwrap().records == alone.records, "{operation:?} {nth}");
        }
    }
}

/// The copy was not the one that failed.
#[test]
fn a_removal_that_the_first_could_not_do_is_asked_for_again() {
    let (a, b) = (Disk::new(), Disk::new());
    let mut pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
    for _ in 0..30 {
        pair.append(&mut Choices::new(2));
        pair.commit_all();
    }
    a.fail(Operation::Remove, 1);
    assert!(matches!(pair.opened.sealer.step(), Seal::Failed(_)));
    pair.seal_all();
    assert_eq!(pair.losses.load(Ordering::Relaxed), 0);
    assert!(!pair.opened.wal.is_poisoned());
    assert_same(&a, &b);
}

/// What is there has its room: a store into it that finds none is a loss like any other.
#[test]
fn a_log_goes_on_without_a_copy_that_has_no_room_for_its_own_pages() {
    for operation in [Operation::Write, Operation::Sync] {
        let (a, b) = (Disk::new(), Disk::new());
        let mut pair = Pair::open([&a, &b], OnMirrorLoss::Continue).unwrap();
        let failure = Failure::NoSpace;
        b.break_at(Fault { operation: Some(operation), nth: 1, failure, lasting: false });
        pair.append(&mut Choices::new(2));
        pair.commit_all();
        assert_eq!(pair.losses.load(Ordering::Relaxed), 1);
        assert_eq!(pair.opened.wal.durable(), pair.opened.wal.appended());
    }
}

/// A file that others replace goes away in the copy first, and a reader may come in between.
#[test]
fn a_file_that_is_removed_while_it_is_opened_is_no_loss() {
    use wal::Storage;
    let (a, b) = (Disk::new(), Disk::new());
    let mut pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
    for _ in 0..30 {
        pair.append(&mut Choices::new(2));
        pair.commit_all();
    }
    assert!(matches!(pair.opened.sealer.step(), Seal::Sealed(_)));
    b.remove(Name::Dense { first: 1, last: 1 }).unwrap();
    assert_eq!(&pair.opened.wal.read(Lsn::new(1)).unwrap(), &pair.records[0]);
    assert_eq!(pair.losses.load(Ordering::Relaxed), 0);
    pair.append(&mut Choices::new(2));
    pair.commit_all();
}

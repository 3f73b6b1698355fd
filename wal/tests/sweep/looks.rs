//! Scenes of those who look at a log, copy it or cut it.

use std::convert::Infallible;

use wal::inspect::{Follower, Look, Tail, files, salvage, scan};
use wal::simulated::{Choices, Disk, Sites};
use wal::{
    BackupError, CutError, Lsn, OpenError, ReadSnapshotError, Record, backup, cut, snapshots,
};

use super::logs::{answered, reads, right, with_snapshots};
use super::{Scene, Stage, Trial};
use crate::mirrored::assert_same;
use crate::support::{Log, merging};

pub(super) static SCENES: [Scene; 7] = [
    Scene { name: "reading", stage: answered, play: reads_all },
    Scene { name: "looking", stage: with_snapshots, play: looks },
    Scene { name: "following", stage: answered, play: follows },
    Scene { name: "copying", stage: with_target, play: copies },
    Scene { name: "copying while it is sealed", stage: with_target, play: copies_what_moves },
    Scene { name: "copying while it is merged", stage: with_target, play: copies_what_is_merged },
    Scene { name: "cutting", stage: with_target, play: cuts },
];

/// Beside the log an empty disk.
fn with_target(sites: &Sites, choices: &mut Choices) -> Stage {
    let mut stage = with_snapshots(sites, choices);
    stage.disks.push(Disk::watched(sites));
    stage
}

fn reads_all(stage: &Stage, trial: &Trial) {
    let disk = stage.disk();
    let log = Log::open(&disk).unwrap();
    trial.begin(&[&disk]);
    reads(&log, trial);
    // One that is still to come would meet these.
    if trial.fault.is_none_or(|fault| trial.is_hit() && !fault.lasting) {
        log.check_reads();
    }
}

/// What is seen is what is there, and a disk that fails is not called damage.
fn looks(stage: &Stage, trial: &Trial) {
    let disk = stage.disk();
    drop(Log::open(&disk).unwrap());
    let before = disk.kill();
    trial.begin(&[&disk]);
    match files(&disk) {
        Ok(files) => assert!(files.iter().all(|file| file.content.is_some()), "{}", trial.case()),
        Err(error) => trial.excuses(&error),
    }
    for (tail, from) in [(Tail::Moving, 1), (Tail::Still, 1), (Tail::Still, stage.told.value())] {
        let from = Lsn::new(from);
        let mut shown = Vec::new();
        let seen = scan(&disk, Look::from(tail, from), |record| {
            shown.push(record.to_record());
            Ok::<_, Infallible>(())
        });
        is_seen(seen.map(drop), &shown, stage, from, trial);
    }
    let mut shown = Vec::new();
    match salvage(&disk, Lsn::new(1), |record| shown.push(record.to_record())) {
        Ok(left) => assert!(shown == stage.records && left.vouched == stage.told.next()),
        Err(error) => trial.excuses(&error),
    }
    for from in snapshots(&disk).inspect_err(|error| trial.excuses(error)).unwrap_or_default() {
        match right(&disk, from) {
            Ok(()) => {}
            Err(ReadSnapshotError::Storage { .. }) => assert!(trial.is_hit()),
            Err(error) => panic!("{}: {error:?}", trial.case()),
        }
    }
    assert_same(&disk.kill(), &before);
}

fn is_seen(
    seen: Result<(), OpenError<Infallible>>,
    shown: &[Record],
    stage: &Stage,
    from: Lsn,
    trial: &Trial,
) {
    let first = stage.records.iter().position(|record| record.lsn == from).unwrap();
    let wanted = &stage.records[first..];
    match seen {
        Ok(()) => assert!(shown == wanted, "{}", trial.case()),
        Err(OpenError::Storage(error)) => {
            trial.excuses(&error);
            assert!(wanted.starts_with(shown), "{}", trial.case());
        }
        Err(error) => panic!("{}: {error}", trial.case()),
    }
}

/// Each record is shown once and in order, however often the look fails.
fn follows(stage: &Stage, trial: &Trial) {
    let (disk, mut choices) = (stage.disk(), trial.choices());
    let mut log = Log::open(&disk).unwrap();
    let (mut follower, mut shown) = (Follower::new(Lsn::new(1)), Vec::new());
    let watched = disk.clone();
    let mut look = |follower: &mut Follower| {
        follower.advance(&watched, |_, record| {
            shown.push(record.to_record());
            Ok::<_, Infallible>(())
        })
    };
    trial.begin(&[&disk]);
    for step in 0..10 {
        log.append(&mut choices);
        drop(log.committer.step());
        if step % 3 == 0 {
            drop(log.filler.step());
            drop(log.sealer.step());
        }
        match look(&mut follower) {
            Ok(()) => {}
            Err(OpenError::Storage(error)) => trial.excuses(&error),
            Err(error) => panic!("{}: {error}", trial.case()),
        }
    }
    let mut skipping = Follower::new(Lsn::new(1));
    drop(skipping.skip(&disk));
    let lasts = trial.fault.is_some_and(|fault| fault.lasting);
    if !lasts {
        // The first of these may be the one that fails.
        assert!((0..2).any(|_| look(&mut follower).is_ok()), "{}", trial.case());
        assert!(shown.len() >= usize::try_from(log.wal.durable().value()).unwrap());
    }
    assert!(log.records.starts_with(&shown), "{}", trial.case());
    Stage::survives(&log.records, log.wal.durable(), &disk, trial);
}

fn copies(stage: &Stage, trial: &Trial) {
    let (disk, target) = (stage.disk(), stage.disks[1].kill());
    let log = Log::open(&disk).unwrap();
    trial.begin(&[&disk, &target]);
    is_copied(backup(&disk, &target, |_, _| {}).map(drop), &log, [&disk, &target], trial);
}

fn copies_what_moves(stage: &Stage, trial: &Trial) {
    let (disk, target) = (stage.disk(), stage.disks[1].kill());
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut trial.choices(), 12);
    trial.begin(&[&disk, &target]);
    let done = backup(&disk, &target, |_, _| (0..2).for_each(|_| drop(log.sealer.step())));
    is_copied(done.map(drop), &log, [&disk, &target], trial);
}

fn copies_what_is_merged(stage: &Stage, trial: &Trial) {
    let (disk, target) = (stage.disk(), stage.disks[1].kill());
    let mut log = Log::open_with(&disk, merging(2)).unwrap();
    trial.begin(&[&disk, &target]);
    let done = backup(&disk, &target, |_, _| (0..5).for_each(|_| drop(log.sealer.step())));
    is_copied(done.map(drop), &log, [&disk, &target], trial);
}

/// A copy that is told to be there is, and copying harms nothing.
fn is_copied(done: Result<(), BackupError>, log: &Log, disks: [&Disk; 2], trial: &Trial) {
    let [disk, target] = disks;
    match done {
        Ok(()) => {
            let copy = Log::open(&target.crash(|| false)).unwrap();
            assert!(copy.records == log.records, "{}: the copy is not whole", trial.case());
        }
        Err(BackupError::Verify(error)) if matches!(*error, OpenError::Corrupt(_)) => {
            panic!("{}: {error}", trial.case())
        }
        Err(error) => trial.excuses(&error),
    }
    Stage::survives(&log.records, log.wal.durable(), disk, trial);
}

/// A cut that fails can be asked for again, and is then the same.
fn cuts(stage: &Stage, trial: &Trial) {
    let (disk, evidence) = (stage.disk(), stage.disks[1].kill());
    let mut choices = trial.choices();
    let at = Lsn::new(1 + choices.below(stage.told.value()));
    let kept = usize::try_from(at.previous().value()).unwrap();
    trial.begin(&[&disk, &evidence]);
    match cut(&disk, &evidence, at, None) {
        Ok(_) => {}
        Err(CutError::NotWhole { source, .. }) if matches!(*source, OpenError::Corrupt(_)) => {
            panic!("{}: {source}", trial.case())
        }
        Err(error) => trial.excuses(&error),
    }
    for end in [disk.kill(), disk.crash(|| choices.once_in(2))] {
        let done = cut(&end, &Disk::new(), at, None);
        done.unwrap_or_else(|error| panic!("{}: {error}", trial.case()));
        Stage::survives(&stage.records[..kept], at.previous(), &end, trial);
    }
}

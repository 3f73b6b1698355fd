//! Scenes of one log: it opens, works, seals, is closed, takes snapshots, archives.

use wal::simulated::{Choices, Disk, Operation, Sites};
use wal::{
    Commit, CommitError, Lsn, Name, OpenError, Options, Poisoned, ReadSnapshotError, Step,
    read_snapshot, snapshots,
};

use super::{Scene, Stage, Trial};
use crate::support::{Log, short_segments};

pub(super) static SCENES: [Scene; 5] = [
    Scene { name: "beginning a log", stage: nothing, play: opens },
    Scene { name: "opening what a power cut left", stage: remains, play: opens },
    Scene { name: "working and closing", stage: answered, play: works },
    Scene { name: "taking a snapshot", stage: with_snapshots, play: takes_a_snapshot },
    Scene { name: "archiving", stage: with_snapshots, play: archives },
];

fn nothing(sites: &Sites, _: &mut Choices) -> Stage {
    Stage { disks: vec![Disk::watched(sites)], records: Vec::new(), told: Lsn::ZERO }
}

pub(super) fn answered(sites: &Sites, choices: &mut Choices) -> Stage {
    let disk = Disk::watched(sites);
    for records in [8, 6] {
        let mut log = Log::open(&disk).unwrap();
        log.answer(choices, records);
        (0..2).for_each(|_| drop(log.sealer.step()));
    }
    let mut log = Log::open(&disk).unwrap();
    log.answer(choices, 4);
    Stage::new(&disk, &log)
}

/// Sealed segments, one of which was not removed, a segment that was not used, and a torn tail.
fn remains(sites: &Sites, choices: &mut Choices) -> Stage {
    let Stage { disks, .. } = answered(sites, choices);
    let mut log = Log::open(&disks[0]).unwrap();
    log.answer(choices, 5);
    disks[0].fail(Operation::Remove, 1);
    drop(log.sealer.step());
    let told = log.wal.durable();
    disks[0].fail(Operation::Sync, 1);
    (0..20).for_each(|_| log.append_bytes(choices, vec![1; 900]));
    while !log.wal.is_poisoned() {
        drop(log.filler.step());
        drop(log.committer.step());
    }
    let torn = |disk: &Disk| Log::open(&disk.kill()).unwrap().recovered.torn.is_some();
    let disk = loop {
        let cut = disks[0].crash(|| choices.once_in(2));
        if torn(&cut) {
            break cut;
        }
    };
    Stage { disks: vec![disk], records: log.records, told }
}

fn opens(stage: &Stage, trial: &Trial) {
    let (disk, mut choices) = (stage.disk(), trial.choices());
    trial.begin(&[&disk]);
    match Log::open(&disk) {
        Ok(mut log) => {
            let kept = log.records.len();
            assert!(log.last() >= stage.told && log.records == stage.records[..kept]);
            let seen = log.wal.durable();
            log.append(&mut choices);
            drop(log.committer.step());
            let told = log.wal.durable().max(seen);
            Stage::survives(&log.records, told, &disk, trial);
        }
        Err(error) => {
            trial.excuses(&error);
            assert!(matches!(error, OpenError::Storage(_)), "{}: {error}", trial.case());
            Stage::survives(&stage.records, stage.told, &disk, trial);
        }
    }
}

fn works(stage: &Stage, trial: &Trial) {
    let (disk, mut choices) = (stage.disk(), trial.choices());
    let mut log = Log::open_with(&disk, watched()).unwrap();
    trial.begin(&[&disk]);
    for _ in 0..40 {
        match choices.below(8) {
            0..3 => log.append(&mut choices),
            3..6 => commits(&mut log, trial),
            6 => drop(log.filler.step()),
            _ => drop(log.sealer.step()),
        }
    }
    drop(log.committer.vouch());
    reads(&log, trial);
    closes(&mut log, trial);
    let told = log.wal.durable();
    assert_eq!(log.wal.wait_durable(told), Ok(()));
    Stage::survives(&log.records, told, &disk, trial);
}

/// A log that has ended has written all.
fn closes(log: &mut Log, trial: &Trial) {
    log.wal.close();
    for _ in 0..12 {
        match log.committer.step() {
            Ok(Step::Ended) => return assert_eq!(log.wal.durable(), log.wal.appended()),
            Ok(Step::Starved) => drop(log.filler.step()),
            Ok(Step::Idle | Step::Committed) => {}
            Err(error) => return trial.excuses(&error),
        }
    }
}

/// Nobody may be told of a commit that did not happen.
fn watched() -> Options {
    let on_commit = |commit: &Commit| assert!(commit.poisoned.is_none() || commit.groups == 0);
    Options { on_commit: Some(Box::new(on_commit)), ..short_segments() }
}

/// A commit that fails is the last, and moves nothing.
fn commits(log: &mut Log, trial: &Trial) {
    let before = log.wal.durable();
    if let Err(error) = log.committer.step() {
        trial.excuses(&error);
        assert!(log.wal.is_poisoned() && log.wal.durable() == before, "{}", trial.case());
        assert!(matches!(log.committer.step(), Err(CommitError::Poisoned)));
        let beyond = log.wal.wait_durable(before.next());
        assert_eq!(beyond, Err(Poisoned), "{}", trial.case());
    }
}

/// What is read is what was appended.
pub(super) fn reads(log: &Log, trial: &Trial) {
    let durable = log.wal.durable();
    for record in log.records.iter().filter(|record| record.lsn <= durable) {
        match log.wal.read(record.lsn) {
            Ok(read) => assert_eq!(&read, record, "{}", trial.case()),
            Err(error @ wal::ReadError::Unreadable { .. }) => trial.excuses(&error),
            Err(error) => panic!("{}: {error}", trial.case()),
        }
    }
}

fn sections(from: Lsn) -> [Vec<u8>; 3] {
    let mut choices = Choices::new(from.value());
    let noise = (0..70_000).flat_map(|_| choices.number().to_le_bytes()).collect();
    [from.value().to_le_bytes().to_vec(), noise, vec![7; 30]]
}

/// A snapshot of what is durable.
fn take(log: &Log) -> Result<Lsn, wal::SnapshotError> {
    let (upto, from) = (log.wal.durable(), log.wal.durable().next());
    let mut writer = log.wal.snapshot(from)?;
    sections(from).iter().try_for_each(|section| writer.section(section))?;
    writer.publish(upto).map(|info| info.from)
}

/// Whether the snapshot is there and right, or why it cannot be read.
pub(super) fn right(disk: &Disk, from: Lsn) -> Result<(), ReadSnapshotError<()>> {
    let mut wanted = sections(from).into_iter();
    let read =
        |section: &[u8]| if wanted.next().as_deref() == Some(section) { Ok(()) } else { Err(()) };
    read_snapshot(disk, from, read).map(|info| assert_eq!(info.from, from))
}

pub(super) fn with_snapshots(sites: &Sites, choices: &mut Choices) -> Stage {
    let Stage { disks, .. } = answered(sites, choices);
    let mut log = Log::open(&disks[0]).unwrap();
    for _ in 0..2 {
        log.answer(choices, 4);
        take(&log).unwrap();
        drop(log.sealer.step());
    }
    log.answer(choices, 4);
    Stage::new(&disks[0], &log)
}

fn takes_a_snapshot(stage: &Stage, trial: &Trial) {
    let disk = stage.disk();
    let log = Log::open(&disk).unwrap();
    let newest = snapshots(&disk).unwrap()[0];
    trial.begin(&[&disk]);
    let taken = take(&log);
    let mut choices = trial.choices();
    for end in [disk.kill(), disk.crash(|| choices.once_in(2))] {
        let there = snapshots(&end).unwrap();
        assert!(there.contains(&newest), "{}: the old one is gone", trial.case());
        there.iter().for_each(|from| right(&end, *from).unwrap());
        match &taken {
            Ok(from) => assert!(there[0] == *from, "{}: it is gone", trial.case()),
            Err(error) => trial.excuses(error),
        }
        // No life begins with one that was not finished.
        drop(Log::open(&end).unwrap());
        assert_eq!(snapshots(&end).unwrap(), there);
    }
    Stage::survives(&log.records, log.wal.durable(), &disk, trial);
}

fn archives(stage: &Stage, trial: &Trial) {
    let disk = stage.disk();
    let log = Log::open(&disk).unwrap();
    trial.begin(&[&disk]);
    match log.wal.archive(u64::MAX) {
        Ok(moved) => assert!(moved > 0),
        Err(error) => trial.excuses(&error),
    }
    reads(&log, trial);
    let dense = |name: &Name| matches!(name, Name::Dense { .. });
    assert!(wal::Storage::list(&disk.kill()).unwrap().iter().any(dense));
    Stage::survives(&log.records, log.wal.durable(), &disk, trial);
}

//! Scenes of a log that is kept twice.

use std::sync::atomic::Ordering;

use wal::mirror::{ReconcileError, reconcile};
use wal::simulated::{Choices, Disk, Failure, Fault, Operation, Sites};
use wal::{Name, OnMirrorLoss, OpenError, Options, Storage};

use super::{Scene, Stage, Trial};
use crate::mirrored::Pair;
use crate::support::merging;

pub(super) static SCENES: [Scene; 10] = [
    Scene { name: "working on two disks, or ending", stage: pair, play: works_or_stops },
    Scene { name: "working on two disks, or on one", stage: pair, play: works_or_goes_on },
    Scene { name: "merging on two disks, or ending", stage: sealed_pair, play: merges_or_stops },
    Scene { name: "merging on two disks, or on one", stage: sealed_pair, play: merges_or_goes_on },
    Scene { name: "reading from the copy", stage: pair, play: reads_from_the_copy },
    Scene { name: "working when the copy is lost", stage: pair, play: works_alone },
    Scene { name: "mending at a start", stage: rotten_pair, play: mends_at_a_start },
    Scene { name: "mending while it runs", stage: rotten_pair, play: mends_while_it_runs },
    Scene { name: "making a copy the same", stage: copy_behind, play: reconciles },
    Scene { name: "making the first the same", stage: first_behind, play: reconciles },
];

fn pair(sites: &Sites, choices: &mut Choices) -> Stage {
    let (a, b) = (Disk::watched(sites), Disk::watched(sites));
    let mut pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
    pair.work(choices, 24);
    pair.commit_all();
    let told = pair.opened.wal.durable();
    Stage { disks: vec![a, b], records: pair.records, told }
}

/// Much was sealed, some of it archived, and nothing merged yet.
fn sealed_pair(sites: &Sites, choices: &mut Choices) -> Stage {
    let (a, b) = (Disk::watched(sites), Disk::watched(sites));
    let mut pair = Pair::open_with([&a, &b], OnMirrorLoss::Stop, merging(0)).unwrap();
    for part in 0..2 {
        for _ in 0..9 {
            pair.append(choices);
            pair.commit_all();
        }
        pair.seal_all();
        takes_a_snapshot(&pair);
        assert!(part > 0 || pair.opened.wal.archive(u64::MAX).unwrap() > 0);
    }
    let told = pair.opened.wal.durable();
    Stage { disks: vec![a, b], records: pair.records, told }
}

/// Two files, one of which is archived, hold in their first frames what was not written: one byte in
/// the one copy, another one in the other.
fn rotten_pair(sites: &Sites, choices: &mut Choices) -> Stage {
    let stage = sealed_pair(sites, choices);
    let dense = |name: &Name| matches!(name, Name::Dense { .. });
    let names: Vec<Name> = Storage::list(&stage.disks[0]).unwrap();
    let names: Vec<Name> = names.into_iter().filter(dense).collect();
    let [first, last] = [names[0], *names.last().unwrap()];
    assert!(stage.disks[0].is_archived(first) && !stage.disks[0].is_archived(last));
    for name in [first, last] {
        stage.disks[0].flip(name, 8 * 100);
        // The last byte of the index is zero, and part of no frame.
        stage.disks[1].flip(name, 8 * (stage.disks[1].bytes(name).len() - 161));
    }
    stage
}

/// The second has not heard of the last records, nor that some are sealed.
fn copy_behind(sites: &Sites, choices: &mut Choices) -> Stage {
    let Stage { disks, .. } = pair(sites, choices);
    let (a, b) = (&disks[0], disks[1].kill());
    let mut pair = Pair::open([a, &disks[1]], OnMirrorLoss::Stop).unwrap();
    for _ in 0..8 {
        pair.append(choices);
        pair.commit_all();
        drop(pair.opened.sealer.step());
    }
    let told = pair.opened.wal.durable();
    Stage { disks: vec![a.clone(), b], records: pair.records, told }
}

fn first_behind(sites: &Sites, choices: &mut Choices) -> Stage {
    let mut stage = copy_behind(sites, choices);
    stage.disks.reverse();
    stage
}

fn works_or_stops(stage: &Stage, trial: &Trial) {
    works(stage, trial, OnMirrorLoss::Stop);
}

fn works_or_goes_on(stage: &Stage, trial: &Trial) {
    works(stage, trial, OnMirrorLoss::Continue);
}

fn works(stage: &Stage, trial: &Trial, policy: OnMirrorLoss) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    let mut choices = trial.choices();
    reconcile(&a, &b).unwrap();
    trial.begin(&[&a, &b]);
    let mut pair = match Pair::open([&a, &b], policy) {
        Ok(pair) => pair,
        Err(error) => {
            trial.excuses(&error);
            assert!(matches!(error, OpenError::Storage(_)), "{}: {error}", trial.case());
            return survive(stage, [&a, &b], trial);
        }
    };
    let told = pair.work(&mut choices, 28);
    takes_a_snapshot(&pair);
    reads(&pair, trial);
    drop(pair.opened.wal.archive(u64::MAX));
    let losses = pair.losses.load(Ordering::Relaxed);
    assert!(losses <= 1, "{}: told {losses} times", trial.case());
    if trial.disk == 0 {
        assert_eq!(losses, 0, "{}: it was not the copy that failed", trial.case());
    } else if policy == OnMirrorLoss::Continue {
        assert!(!pair.opened.wal.is_poisoned(), "{}: it did not go on", trial.case());
    }
    let told = told.max(pair.opened.wal.durable());
    survive(&Stage { disks: Vec::new(), records: pair.records, told }, [&a, &b], trial);
}

fn merges_or_stops(stage: &Stage, trial: &Trial) {
    merges(stage, trial, OnMirrorLoss::Stop);
}

fn merges_or_goes_on(stage: &Stage, trial: &Trial) {
    merges(stage, trial, OnMirrorLoss::Continue);
}

fn merges(stage: &Stage, trial: &Trial, policy: OnMirrorLoss) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    let mut pair = Pair::open([&a, &b], policy).unwrap();
    let before = Storage::list(&a.kill()).unwrap().len();
    trial.begin(&[&a, &b]);
    (0..60).for_each(|_| drop(pair.opened.sealer.step()));
    reads(&pair, trial);
    let losses = pair.losses.load(Ordering::Relaxed);
    assert!(losses <= usize::from(trial.disk == 1), "{}: told {losses} times", trial.case());
    let merged = Storage::list(&a.kill()).unwrap().len() < before;
    assert!(merged || trial.is_hit(), "{}: nothing was merged", trial.case());
    survive(stage, [&a, &b], trial);
}

fn mends_at_a_start(stage: &Stage, trial: &Trial) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    trial.begin(&[&a, &b]);
    match Pair::open_with([&a, &b], OnMirrorLoss::Stop, merging(0)) {
        Ok(pair) => {
            assert!(pair.records == stage.records, "{}", trial.case());
            is_mended(&pair, [&a, &b], trial);
        }
        Err(error) => trial.excuses(&error),
    }
    is_mended_later(stage, [&a, &b], trial);
}

fn mends_while_it_runs(stage: &Stage, trial: &Trial) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    let options = Options { from: stage.told.next(), ..merging(0) };
    let mut pair = Pair::open_with([&a, &b], OnMirrorLoss::Stop, options).unwrap();
    pair.records.clone_from(&stage.records);
    trial.begin(&[&a, &b]);
    reads(&pair, trial);
    (0..4).for_each(|_| drop(pair.opened.sealer.step()));
    if !trial.is_hit() {
        is_mended(&pair, [&a, &b], trial);
    }
    reads(&pair, trial);
    is_mended_later(stage, [&a, &b], trial);
}

/// Unless something failed, both are whole again.
fn is_mended(pair: &Pair, [a, b]: [&Disk; 2], trial: &Trial) {
    let rotten = pair.rotten.lock().unwrap();
    let mended = rotten.iter().filter(|(_, told)| told == "Mended([true, true])").count();
    if mended < 2 {
        return trial.excuses(&rotten);
    }
    let names = rotten.iter().map(|(name, _)| *name);
    names.for_each(|name| assert!(a.bytes(name) == b.bytes(name), "{}", trial.case()));
}

/// However it ends, the next life makes both whole.
fn is_mended_later(stage: &Stage, [a, b]: [&Disk; 2], trial: &Trial) {
    let mut choices = trial.choices();
    let mut cut = |disk: &Disk| disk.crash(|| choices.once_in(2));
    for (a, b) in [(a.kill(), b.kill()), (cut(a), cut(b))] {
        reconcile(&a, &b).unwrap_or_else(|error| panic!("{}: {error}", trial.case()));
        let pair = Pair::open_with([&a, &b], OnMirrorLoss::Stop, merging(0)).unwrap();
        assert!(pair.records == stage.records, "{}", trial.case());
        crate::mirrored::assert_same(&a, &b);
    }
}

/// The first cannot be read, and now the second fails.
fn reads_from_the_copy(stage: &Stage, trial: &Trial) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    let pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
    a.break_at(always(Operation::Read));
    trial.begin(&[&b, &b]);
    reads(&pair, trial);
    survive(stage, [&a, &b], trial);
}

/// The second is lost, and now the first fails.
fn works_alone(stage: &Stage, trial: &Trial) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    let mut pair = Pair::open([&a, &b], OnMirrorLoss::Continue).unwrap();
    b.break_at(always(Operation::Sync));
    pair.append(&mut trial.choices());
    pair.commit_all();
    assert_eq!(pair.losses.load(Ordering::Relaxed), 1);
    trial.begin(&[&a, &a]);
    let told = pair.work(&mut trial.choices(), 40);
    reads(&pair, trial);
    survive(&Stage { disks: Vec::new(), records: pair.records, told }, [&a, &b], trial);
}

const fn always(operation: Operation) -> Fault {
    Fault { operation: Some(operation), nth: 1, failure: Failure::Io, lasting: true }
}

fn takes_a_snapshot(pair: &Pair) {
    let wal = &pair.opened.wal;
    for from in [wal.durable(), wal.durable().next()] {
        if let Ok(mut writer) = wal.snapshot(from) {
            drop(writer.section(b"all"));
            drop(writer.publish(wal.durable()));
        }
    }
}

fn reads(pair: &Pair, trial: &Trial) {
    let durable = pair.opened.wal.durable();
    for record in pair.records.iter().filter(|record| record.lsn <= durable) {
        match pair.opened.wal.read(record.lsn) {
            Ok(read) => assert_eq!(&read, record, "{}", trial.case()),
            Err(error) => trial.excuses(&error),
        }
    }
}

fn reconciles(stage: &Stage, trial: &Trial) {
    let (a, b) = (stage.disk(), stage.disks[1].kill());
    trial.begin(&[&a, &b]);
    match reconcile(&a, &b) {
        Ok(done) => {
            assert_eq!(done.last, stage.told, "{}", trial.case());
            let alone = [&a, &b].map(|disk| crate::support::Log::open(&disk.kill()).unwrap());
            assert!(alone.iter().all(|log| log.records == stage.records), "{}", trial.case());
        }
        Err(ReconcileError::Forked { .. }) => panic!("{}: forked", trial.case()),
        Err(error) => trial.excuses(&error),
    }
    survive(stage, [&a, &b], trial);
}

/// However both end, they are made the same, with what was told.
fn survive(stage: &Stage, disks: [&Disk; 2], trial: &Trial) {
    let [a, b] = disks;
    let mut choices = trial.choices();
    let cut = |disk: &Disk, choices: &mut Choices| disk.crash(|| choices.once_in(2));
    for (a, b) in [(a.kill(), b.kill()), (cut(a, &mut choices), cut(b, &mut choices))] {
        reconcile(&a, &b).unwrap_or_else(|error| panic!("{}: {error}", trial.case()));
        crate::mirrored::assert_same(&a, &b);
        let pair = Pair::open([&a, &b], OnMirrorLoss::Stop).unwrap();
        let kept = pair.records.len();
        assert!(kept >= usize::try_from(stage.told.value()).unwrap(), "{}: lost", trial.case());
        assert!(pair.records[..] == stage.records[..kept], "{}", trial.case());
    }
}

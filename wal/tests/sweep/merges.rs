//! Scenes of a log whose sealed files become fewer.

use wal::simulated::{Choices, Sites};
use wal::{Seal, Storage};

use super::logs::{answered, reads, with_snapshots};
use super::{Scene, Stage, Trial};
use crate::support::{Log, merging};

pub(super) static SCENES: [Scene; 3] = [
    Scene { name: "merging", stage: answered, play: merges },
    Scene { name: "merging what is archived", stage: archived, play: merges },
    Scene { name: "opening what a merge left", stage: half_merged, play: merges },
];

/// All that may be is in the archive.
fn archived(sites: &Sites, choices: &mut Choices) -> Stage {
    let stage = with_snapshots(sites, choices);
    let mut log = Log::open(&stage.disks[0]).unwrap();
    log.seal_all();
    assert!(log.wal.archive(u64::MAX).unwrap() > 1);
    Stage::new(&stage.disks[0], &log)
}

/// A wider file has its name, and none or some of the narrower ones were removed.
fn half_merged(sites: &Sites, choices: &mut Choices) -> Stage {
    let stage = answered(sites, choices);
    let disk = &stage.disks[0];
    let mut log = Log::open_with(disk, merging(2)).unwrap();
    let wide = |disk: &wal::simulated::Disk| {
        let widths = disk.list().unwrap().into_iter().filter_map(wal::Name::segments);
        widths.filter(|(first, last)| first < last).count()
    };
    while wide(disk) == 0 {
        assert!(!matches!(log.sealer.step(), Seal::Idle | Seal::Failed(_)));
    }
    disk.fail(wal::simulated::Operation::Remove, 1 + choices.below(2));
    assert!(matches!(log.sealer.step(), Seal::Failed(_)));
    Stage { disks: vec![disk.kill()], records: log.records, told: stage.told }
}

/// Whatever fails, what is sealed is read as it was, and the log goes on.
fn merges(stage: &Stage, trial: &Trial) {
    let (disk, mut choices) = (stage.disk(), trial.choices());
    let mut log = Log::open_with(&disk, merging(2)).unwrap();
    let files = |disk: &wal::simulated::Disk| disk.list().unwrap().len();
    let before = files(&disk.kill());
    trial.begin(&[&disk]);
    for step in 0..30 {
        match log.sealer.step() {
            Seal::Failed(error) => trial.excuses(&error),
            Seal::Idle | Seal::Sealed(_) | Seal::Merging | Seal::Merged(_) | Seal::Mended(_) => {}
        }
        if step % 10 == 4 {
            log.append(&mut choices);
            drop(log.filler.step());
            drop(log.committer.step());
        }
        if step % 10 == 0 {
            reads(&log, trial);
        }
    }
    Stage::survives(&log.records, log.wal.durable(), &disk, trial);
    let after = disk.kill();
    Log::open_with(&after, merging(2)).unwrap().seal_all();
    assert!(files(&after) < before, "{}: it was not put off, but forgotten", trial.case());
}

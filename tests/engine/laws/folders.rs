//! How many fold the records of a log makes no difference: not to what it comes to, and not to what
//! is said of a log that does not fit.

use std::convert::Infallible;

use holdfast::engine::{Folders, Options};
use wal::simulated::{Choices, Disk};
use wal::{Name, Record, RecordRef, Step};

use crate::engine::desk::Desk;
use crate::engine::model::{Model, Rules};
use crate::engine::script::Script;
use crate::engine::snapshots::Snapshot;
use crate::support::engine::{World, short_segments};

/// One who folds record by record; then others.
const WAYS: [(usize, usize); 7] =
    [(0, 1), (0, 1 << 20), (1, 1), (2, 300), (3, 2_000), (8, 1), (8, 1_000)];

fn options((threads, batch_bytes): (usize, usize)) -> Options {
    let folders = Folders { threads, batch_bytes };
    Options { folders, snapshots: false, ..short_segments() }
}

/// Asks so much of a ledger.
fn ask(desk: &mut Desk, (model, script): &mut (Model, Script), times: u64) {
    for _ in 0..times {
        let ask = script.next(model);
        assert_eq!(desk.ask(&ask), model.ask(&ask));
    }
}

fn asker(seed: u64) -> (Model, Script) {
    (Model::new(Rules::default()), Script::new(seed))
}

/// What the log on this disk comes to, or why it is refused.
fn told(world: Result<World, holdfast::engine::OpenError>) -> Result<String, String> {
    let world = world.map_err(|error| error.to_string())?;
    assert!(world.engine.audit(|| {}).are_clean());
    let (accounts, _) = world.engine.accounts(wal::Lsn::ZERO, usize::MAX, |_| true);
    let names = accounts.iter().map(|it| it.tenant_account_ref.as_str());
    Ok(format!("{} {}", world.engine.state_hash(), names.collect::<Vec<_>>().join(" ")))
}

/// What every way of folding the log on this disk comes to.
fn all_tell(disk: &Disk) -> Result<String, String> {
    let open = |way| told(World::open(&disk.kill(), options(way)));
    let first = open(WAYS[0]);
    WAYS.into_iter().for_each(|way| assert_eq!(open(way), first, "{way:?}"));
    first
}

#[test]
fn any_number_of_folders_comes_to_the_same_state() {
    for seed in 0..4 {
        let (mut desk, mut asker) = (Desk::new(), asker(seed));
        ask(&mut desk, &mut asker, 200);
        let snapshot = Snapshot::take(&mut desk, |desk| ask(desk, &mut asker, 1));
        ask(&mut desk, &mut asker, 200);
        let disk = desk.subject.world.close();
        let whole = all_tell(&disk).unwrap();
        for way in WAYS {
            let world = World::open_on(&disk.kill(), options(way), &snapshot.sections);
            assert_eq!(told(world).as_ref(), Ok(&whole), "seed {seed} {way:?} on a snapshot");
        }
    }
}

fn records(disk: &Disk) -> Vec<Record> {
    let mut records = Vec::new();
    read(disk, |record| records.push(record.to_record()));
    records
}

fn read(disk: &Disk, mut shown: impl FnMut(RecordRef<'_>)) -> wal::Opened<Disk> {
    let visit = |record: RecordRef<'_>| {
        shown(record);
        Ok::<_, Infallible>(())
    };
    wal::open(disk.clone(), short_segments().wal, visit).unwrap()
}

/// A log of these records.
fn written(records: &[Record]) -> Disk {
    let disk = Disk::new();
    let mut log = read(&disk, |_| {});
    for record in records {
        log.wal.append(&record.links, &record.payload).unwrap();
    }
    log.wal.close();
    while log.committer.step().unwrap() != Step::Ended {
        log.filler.step();
    }
    disk
}

/// Changes a bit of a record, or one of its links, or exchanges what it is with another.
fn damage(records: &mut [Record], choices: &mut Choices) {
    let mut any = |end: usize| usize::try_from(choices.below(end as u64)).unwrap();
    let (one, other) = (any(records.len()), any(records.len()));
    match any(4) {
        0 => {
            let payload = std::mem::take(&mut records[one].payload);
            records[one].payload = std::mem::replace(&mut records[other].payload, payload);
        }
        1 => records[one].links[any(3)] = records[other].lsn,
        _ => {
            let bit = any(records[one].payload.len() * 8);
            records[one].payload[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn any_number_of_folders_tells_the_same_of_a_log_that_does_not_fit() {
    let mut refused = 0;
    for seed in 0..4 {
        let (mut desk, mut asker) = (Desk::new(), asker(seed));
        ask(&mut desk, &mut asker, 250);
        let whole = records(&desk.subject.world.close());
        let mut choices = Choices::new(seed);
        for _ in 0..40 {
            let mut records = whole.clone();
            (0..=choices.below(3)).for_each(|_| damage(&mut records, &mut choices));
            let disk = written(&records);
            refused += u32::from(all_tell(&disk).is_err());
            // Behind what does not fit, or before it, the log is damaged too.
            let name = Name::Segment(disk.segments()[0]);
            let bits = disk.bytes(name).len() as u64 * 8;
            disk.flip(name, usize::try_from(choices.below(bits)).unwrap());
            let _ = all_tell(&disk);
        }
    }
    assert!(refused > 100, "{refused} of 160 logs did not fit");
}

//! A life that begins on a snapshot is the one that begins with the first record.

use holdfast::engine::{Currencies, OpenError, Options};
use holdfast::ledger::Moment;
use wal::simulated::{Choices, Disk};
use wal::{Lsn, Name};

use crate::engine::desk::Desk;
use crate::engine::model::{Model, Rules};
use crate::engine::script::Script;
use crate::engine::snapshots::Snapshot;
use crate::support::engine::{World, short_segments};

/// Something to ask, and who says what the answer is.
struct Asker {
    model: Model,
    script: Script,
}

impl Asker {
    fn new(seed: u64) -> Self {
        Self { model: Model::new(Rules::default()), script: Script::new(seed) }
    }

    fn ask(&mut self, desk: &mut Desk, times: u64) {
        for _ in 0..times {
            let ask = self.script.next(&self.model);
            assert_eq!(desk.ask(&ask), self.model.ask(&ask));
        }
    }
}

/// A life replayed from the first record.
fn whole(disk: &Disk) -> World {
    World::open(&disk.kill(), Options { snapshots: false, ..short_segments() }).unwrap()
}

/// How many records the life on this disk replays, which is as if it had replayed all of them.
fn replays(disk: &Disk) -> u64 {
    let world = World::open(&disk.kill(), short_segments()).unwrap();
    assert_eq!(world.engine.state_hash(), whole(disk).engine.state_hash());
    let first = world.begun.on.map_or(1, |snapshot| snapshot.from.value());
    world.recovered.value() + 1 - first
}

/// Transfers between accounts, to and from nobody and between the system's own, refusals,
/// openings and amendments: each of them at every point of a copy.
#[test]
fn what_happens_between_any_two_parts_of_a_copy_is_in_the_next_life() {
    for seed in 1..=4 {
        let (mut desk, mut asker) = (Desk::new(), Asker::new(seed));
        asker.ask(&mut desk, seed * 100);
        let snapshot = Snapshot::take(&mut desk, |desk| asker.ask(desk, 1));
        for tail in [0, 200] {
            asker.ask(&mut desk, tail);
            desk.subject.world.commit_all().unwrap();
            let disk = desk.subject.world.disk.kill();
            let next = World::open_on(&disk, short_segments(), &snapshot.sections).unwrap();
            assert_eq!(next.engine.state_hash(), whole(&disk).engine.state_hash());
            let next = Desk::on(next);
            assert_eq!(next.subject.views(), asker.model.views());
            assert!(next.subject.world.engine.audit(|| {}).are_clean());
        }
    }
}

/// Each on the copy that the one before it took, and no two of them with a clean end.
#[test]
fn a_hundred_lives_on_snapshots_of_one_another_are_one_life() {
    let (mut desk, mut asker) = (Desk::new(), Asker::new(5));
    for _ in 0..100 {
        asker.ask(&mut desk, 40);
        desk.subject.world.commit_all().unwrap();
        desk.subject.world.engine.snapshot(|| {}).unwrap();
        asker.ask(&mut desk, 5);
        desk.subject.world.commit_all().unwrap();
        let disk = desk.subject.world.disk.crash(|| false);
        desk = Desk::on(World::open(&disk, short_segments()).unwrap());
        assert!(desk.subject.world.begun.on.is_some());
    }
    assert_eq!(desk.subject.views(), asker.model.views());
    let disk = desk.subject.world.close();
    assert_eq!(
        World::open(&disk.kill(), short_segments()).unwrap().engine.state_hash(),
        whole(&disk).engine.state_hash()
    );
}

#[test]
fn a_rotten_snapshot_costs_time_and_nothing_else() {
    let (mut desk, mut asker) = (Desk::new(), Asker::new(6));
    let mut froms = Vec::new();
    for _ in 0..3 {
        asker.ask(&mut desk, 100);
        desk.subject.world.commit_all().unwrap();
        let engine = &desk.subject.world.engine;
        // Every approval is answered: a snapshot goes back to the oldest that is not.
        for lsn in 1..=engine.appended().value() {
            engine.settle(Lsn::new(lsn));
        }
        engine.snapshot(|| {}).unwrap();
        froms.insert(0, engine.appended().next());
    }
    let disk = desk.subject.world.close();
    let last = froms[0].value() - 1;
    assert_eq!(replays(&disk), 0);
    let mut choices = Choices::new(6);
    for rotten in 1..=2 {
        let name = Name::Snapshot(froms[rotten - 1]);
        let bits = disk.bytes(name).len() as u64 * 8;
        disk.flip(name, usize::try_from(choices.below(bits)).unwrap());
        let world = World::open(&disk.kill(), short_segments()).unwrap();
        let passed_over = world.begun.passed_over.iter().map(|it| it.from);
        assert!(passed_over.eq(froms[..rotten].iter().copied()), "{:?}", world.begun);
        let on = if rotten == 1 { froms[1] } else { Lsn::new(1) };
        assert_eq!(replays(&disk), last + 1 - on.value());
    }
}

#[test]
fn a_snapshot_in_a_currency_that_has_other_digits_now_does_not_hide_that() {
    let gold =
        |text| Options { currencies: Currencies::iso().with(text).unwrap(), ..short_segments() };
    let mut desk = Desk::with(gold("XAU:4"));
    desk.subject.currencies = Currencies::iso().with("XAU:4").unwrap();
    desk.open("a", &["XAU"], 5);
    desk.subject.world.commit_all().unwrap();
    desk.subject.world.engine.snapshot(|| {}).unwrap();
    let disk = desk.subject.world.close();
    for options in [gold("XAU:3"), short_segments()] {
        let refused = World::open(&disk.kill(), options);
        assert!(matches!(refused, Err(OpenError::Log(wal::OpenError::Visit { .. }))));
    }
    assert!(World::open(&disk, gold("XAU:4")).unwrap().begun.on.is_some());
}

#[test]
fn a_key_is_remembered_and_a_transaction_listed_in_a_life_on_a_snapshot() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 100);
    let hold = desk.hold("a", "t", 30);
    desk.sgd("hold_balance", "nobody", "t", 1);
    desk.subject.world.commit_all().unwrap();
    desk.subject.world.engine.snapshot(|| {}).unwrap();
    let (keys, heads) =
        (desk.subject.world.engine.keys(), desk.subject.world.engine.transaction_heads("t"));
    let disk = desk.subject.world.close();
    let mut next = Desk::on(World::open(&disk, short_segments()).unwrap());
    assert!(next.subject.world.begun.on.is_some());
    assert_eq!(next.subject.world.engine.keys(), keys);
    assert_eq!(next.subject.world.engine.transaction_heads("t"), heads);
    assert_eq!(heads.len(), 2);
    let again = next.operate("restore_balance", "a", "t", Some(&hold), None);
    assert_eq!(
        again,
        crate::engine::model::Answer::KeyReused,
        "its key was used in the life before"
    );
}

/// Those that were opened while a copy was taken come in their order too, copied or replayed.
#[test]
fn accounts_opened_beside_a_copy_are_listed_in_the_order_in_which_they_were_opened() {
    let mut desk = Desk::new();
    let mut opened = 0;
    let snapshot = Snapshot::take(&mut desk, |desk| {
        opened += 1;
        desk.open(&format!("account {opened}"), &["SGD"], 0);
    });
    let disk = desk.subject.world.close();
    let next = Desk::on(World::open_on(&disk, short_segments(), &snapshot.sections).unwrap());
    assert!((1..opened).contains(&snapshot.copied.accounts), "some were copied, some replayed");
    let names: Vec<String> = next.subject.views().into_iter().map(|view| view.name).collect();
    assert!(names.into_iter().eq((1..=opened).map(|n| format!("account {n}"))));
}

#[test]
fn time_goes_on_from_a_snapshot_behind_which_there_is_nothing() {
    let at = |wall| Options { wall: Some(Moment::from_micros(wall)), ..short_segments() };
    let mut desk = Desk::with(at(1_700_000_000_000_000));
    desk.open("a", &["SGD"], 0);
    desk.subject.world.commit_all().unwrap();
    desk.subject.world.engine.snapshot(|| {}).unwrap();
    let before = desk.subject.world.engine.now();
    let disk = desk.subject.world.close();
    let next = World::open(&disk, at(1_600_000_000_000_000)).unwrap();
    assert_eq!(next.recovered.value() + 1, next.begun.on.unwrap().from.value());
    let created_at = next.engine.account("a").unwrap().created_at;
    assert!(created_at < before && created_at < next.engine.now());
}

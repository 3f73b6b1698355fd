//! Two copies of a log, one of which holds in sealed files what was not written there: it is read from
//! the other one, and made whole.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use wal::mirror::{Listeners, ReconcileError, Rot, reconcile};
use wal::simulated::{Choices, Disk};
use wal::{
    Damage, Mirrored, Name, OnMirrorLoss, OpenError, Options, ReadError, Record, Seal, Storage,
    read_snapshot,
};

use crate::mirrored::{Pair, answered, assert_same};
use crate::support::{Log, merging, states};

fn dense(disk: &Disk) -> Vec<Name> {
    let names = disk.list().unwrap().into_iter();
    names.filter(|name| matches!(name, Name::Dense { .. })).collect()
}

/// Where the frames of a file are, as its index tells, and behind them the index and the foot.
fn parts(disk: &Disk, name: Name) -> Vec<Range<usize>> {
    let bytes = disk.bytes(name);
    let number = |at: usize| {
        let number = u64::from_le_bytes(*bytes[at..].first_chunk::<8>().unwrap());
        usize::try_from(number).unwrap()
    };
    let foot = bytes.len() - 160;
    let (index, frames) = (number(foot + 16), number(foot + 24));
    let mut edges: Vec<usize> = (0..frames).map(|n| number(index + 32 * n)).collect();
    edges.extend([index, foot, bytes.len()]);
    edges.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// The widest file, which has some frames.
fn widest(disk: &Disk) -> Name {
    let name = dense(disk).into_iter().max_by_key(|name| parts(disk, *name).len()).unwrap();
    assert!(parts(disk, name).len() > 4);
    name
}

fn rot(disk: &Disk, name: Name, part: &Range<usize>) {
    disk.flip(name, 8 * (part.start + part.len() / 2) + 3);
}

fn open(disks: [&Disk; 2], options: Options) -> Result<Pair, OpenError<Infallible>> {
    reconcile(disks[0], disks[1]).unwrap();
    Pair::open_with(disks, OnMirrorLoss::Stop, options)
}

/// What was told of a file.
fn told(pair: &Pair, name: Name) -> Vec<String> {
    let told = pair.rotten.lock().unwrap();
    told.iter().filter(|(of, _)| *of == name).map(|(_, what)| what.clone()).collect()
}

fn contents(disks: [&Disk; 2]) -> Vec<Vec<u8>> {
    let of = |disk: &Disk| -> Vec<Vec<u8>> {
        disk.list().unwrap().into_iter().map(|name| disk.bytes(name)).collect()
    };
    disks.into_iter().flat_map(of).collect()
}

/// Any byte of any sealed file: of its head and of its foot, which each start reads of both, and of
/// its frames and its index, which it reads of the first.
#[test]
fn what_rots_in_one_copy_is_whole_in_both_after_a_start() {
    let (a, b, records) = answered();
    let bytes: usize = dense(&a).iter().map(|name| a.bytes(*name).len()).sum();
    let step = 1 + bytes / usize::try_from(states(6_000) / 40).unwrap();
    for name in dense(&a) {
        let (index, foot) = (a.bytes(name).len() - 160 - 32, a.bytes(name).len() - 160);
        let some = (64..foot).step_by(step).chain([3, 40, 63, index, foot, foot + 70, foot + 159]);
        for byte in some {
            let (a, b) = (a.kill(), b.kill());
            a.flip(name, 8 * byte + 1);
            let done = reconcile(&a, &b).unwrap();
            let by_head = !(64..foot).contains(&byte);
            assert_eq!(done.copied.contains(&name), by_head, "byte {byte} of {name}: {done:?}");
            let pair = Pair::open_with([&a, &b], OnMirrorLoss::Stop, merging(0)).unwrap();
            assert!(pair.records == records, "byte {byte} of {name}");
            assert_same(&a, &b);
            let last = told(&pair, name).pop();
            let mended = (!by_head).then(|| "Mended([true, false])".to_owned());
            assert_eq!(last, mended, "byte {byte} of {name}");
            let alone = Log::open(&a.crash(|| false)).unwrap();
            assert!(alone.records == records, "byte {byte} of {name}");
        }
        for byte in [3, 40, 63, foot, foot + 70, foot + 159] {
            let (a, b) = (a.kill(), b.kill());
            b.flip(name, 8 * byte + 1);
            let done = reconcile(&a, &b).unwrap();
            assert!(!done.from_copy && done.copied == [name], "byte {byte} of {name}: {done:?}");
            assert_same(&a, &b);
        }
    }
}

/// Each part is taken from the copy that has it: a frame here, another there, the index, the foot.
#[test]
fn copies_that_rot_in_different_parts_are_both_made_whole() {
    let (a, b, records) = answered();
    let name = widest(&a);
    let mut parts = parts(&a, name);
    parts.push(0..64);
    for (here, there) in parts.iter().flat_map(|a| parts.iter().map(move |b| (a, b))) {
        if here == there {
            continue;
        }
        let (a, b) = (a.kill(), b.kill());
        rot(&a, name, here);
        rot(&b, name, there);
        let case = format!("{here:?} of the one and {there:?} of the other");
        let pair = open([&a, &b], merging(0)).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!(pair.records == records, "{case}");
        assert_same(&a, &b);
        for disk in [&a, &b] {
            assert!(Log::open(&disk.crash(|| false)).unwrap().records == records, "{case}");
        }
    }
}

/// One file rots here, and another one there, so that neither copy opens by itself.
#[test]
fn copies_that_rot_in_different_files_are_both_made_whole() {
    let (a, b, records) = answered();
    let names = dense(&a);
    let [first, last] = [names[0], *names.last().unwrap()];
    assert_ne!(first, last);
    let foot = a.bytes(last).len() - 100;
    a.flip(first, 8 * 20);
    b.flip(last, 8 * foot);
    let done = reconcile(&a, &b).unwrap();
    assert_eq!(done.mended, [first, last]);
    assert_same(&a, &b);
    assert!(Log::open(&b.crash(|| false)).unwrap().records == records);
    // What is whole and stands in another place is no part to take.
    let (swapped, other) = (a.kill(), b.kill());
    swapped.replace(first, a.bytes(last));
    other.take_away(last);
    other.flip(first, 8 * 20);
    let before = contents([&swapped, &other]);
    assert!(matches!(reconcile(&swapped, &other), Err(ReconcileError::Both { .. })));
    assert!(contents([&swapped, &other]) == before);
}

/// It says so, of both, and changes nothing.
#[test]
fn what_rots_in_the_same_part_of_both_copies_is_refused() {
    let (a, b, _) = answered();
    let name = widest(&a);
    for part in parts(&a, name).iter().rev().skip(1).chain([&(0..64)]) {
        let (a, b) = (a.kill(), b.kill());
        rot(&a, name, part);
        b.flip(name, 8 * part.start + 8);
        let before = contents([&a, &b]);
        if part.start == 0 {
            let done = reconcile(&a, &b);
            assert!(matches!(done, Err(ReconcileError::Both { .. })), "{done:?}");
        } else {
            match open([&a, &b], merging(0)).map(drop) {
                Err(OpenError::Corrupt(corruption)) => {
                    assert_eq!((corruption.name, corruption.damage), (name, Damage::Copies));
                    assert!(corruption.to_string().contains("either copy"));
                }
                other => panic!("{part:?}: {other:?}"),
            }
        }
        assert!(contents([&a, &b]) == before, "{part:?}: refused, and yet changed");
    }
}

/// The records of which a snapshot tells are not read at a start.
fn from_the_end(records: &[Record]) -> Options {
    Options { from: records.last().unwrap().lsn, ..merging(0) }
}

/// In a frame or in the index; an unreadable sector is as bad.
#[test]
fn what_rots_while_a_log_runs_is_read_from_the_copy_and_mended() {
    let (a, b, records) = answered();
    let name = widest(&a);
    let parts = parts(&a, name);
    let foot = parts.len() - 1;
    for (n, part) in parts.iter().enumerate().take(foot) {
        for spoils in [false, true] {
            let (a, b) = (a.kill(), b.kill());
            let mut pair = open([&a, &b], from_the_end(&records)).unwrap();
            if spoils {
                a.spoil(name, u64::try_from(part.start).unwrap());
            } else {
                rot(&a, name, part);
            }
            let read_all = |pair: &Pair| {
                for record in &records {
                    assert_eq!(&pair.opened.wal.read(record.lsn).unwrap(), record, "part {n}");
                }
            };
            read_all(&pair);
            assert!(told(&pair, name).iter().all(|told| told == "Read"), "part {n}");
            let reads = told(&pair, name).len();
            assert!(reads > 0, "part {n} was not read");
            loop {
                match pair.opened.sealer.step() {
                    Seal::Mended(mended) => break assert_eq!(mended, name),
                    Seal::Sealed(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            assert!(matches!(pair.opened.sealer.step(), Seal::Idle));
            read_all(&pair);
            assert_eq!(told(&pair, name).len(), reads + 1, "it is mended once, and whole then");
            assert!(told(&pair, name).last().unwrap() == "Mended([true, false])");
            assert_same(&a, &b);
            assert!(Log::open(&a.crash(|| false)).unwrap().records == records, "part {n}");
        }
    }
}

#[test]
fn a_merge_takes_each_frame_from_the_copy_that_has_it() {
    let (a, b) = (Disk::new(), Disk::new());
    let mut pair = open([&a, &b], merging(0)).unwrap();
    let mut choices = Choices::new(3);
    for _ in 0..40 {
        pair.append(&mut choices);
        pair.commit_all();
    }
    pair.seal_all();
    let records = pair.records;
    let names = dense(&a);
    for (n, name) in names.iter().enumerate() {
        rot([&a, &b][n % 2], *name, &parts(&a, *name)[0]);
    }
    let mut pair =
        open([&a, &b], Options { from: records.last().unwrap().lsn, ..merging(2) }).unwrap();
    pair.seal_all();
    assert!(dense(&a).len() < names.len() && dense(&a)[0] != names[0]);
    for disk in [&a, &b] {
        let left = disk.kill();
        // Of a file that was not merged one copy may rot on.
        let rotten = dense(disk).into_iter().filter(|name| names.contains(name));
        rotten.for_each(|name| {
            left.replace(
                name,
                [&a, &b].map(|it| it.bytes(name))
                    [usize::from(names.iter().position(|it| *it == name).unwrap() % 2 == 0)]
                .clone(),
            )
        });
        assert!(Log::open(&left).unwrap().records == records);
    }
}

/// What was written is read back in both: neither copy begins to rot where it is made.
#[test]
fn what_does_not_read_back_in_one_copy_is_published_in_neither() {
    let (a, b, records) = answered();
    for byte in [70, 100, 110] {
        for first in [true, false] {
            let (a, b) = (a.kill(), b.kill());
            let mut pair = open([&a, &b], merging(2)).unwrap();
            assert!(matches!(pair.opened.sealer.step(), Seal::Sealed(_)));
            let before = dense(&a);
            let rotting = if first { &a } else { &b };
            while !rotting.flip_begun(8 * byte) {
                assert!(matches!(pair.opened.sealer.step(), Seal::Merging));
            }
            assert!(matches!(pair.opened.sealer.step(), Seal::Failed(_)), "byte {byte}");
            assert!(dense(&a) == before && dense(&b) == before);
            assert_eq!(pair.losses.load(Ordering::Relaxed), 0);
            for disk in [&a, &b] {
                let alone = Log::open(&disk.crash(|| false)).unwrap();
                assert!(alone.records == records, "byte {byte}");
            }
        }
    }
}

/// It is told, nothing is changed, all else is read, and it is not looked through again and again.
#[test]
fn what_rots_in_both_while_a_log_runs_is_refused_where_it_is_read() {
    let (a, b, records) = answered();
    let name = widest(&a);
    let mut pair = open([&a, &b], from_the_end(&records)).unwrap();
    pair.seal_all();
    let parts = parts(&a, name);
    rot(&a, name, &parts[0]);
    rot(&a, name, &parts[1]);
    b.flip(name, 8 * parts[1].start + 8);
    let before = contents([&a, &b]);
    let mut refused = 0;
    for _ in 0..3 {
        for record in &records {
            match pair.opened.wal.read(record.lsn) {
                Ok(read) => assert_eq!(&read, record),
                Err(ReadError::Unreadable { name: of, source, .. }) => {
                    assert!(of == name && source.to_string().contains("either copy"), "{source}");
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        pair.seal_all();
    }
    assert!(refused > 0 && contents([&a, &b]) == before);
    let left = told(&pair, name).into_iter().filter(|told| told.starts_with("Left")).count();
    assert_eq!(left, 1);
}

/// Without room for it nothing is written, and the copy is read.
#[test]
fn what_cannot_be_mended_for_want_of_room_is_read_from_the_copy() {
    let (a, b, records) = answered();
    let name = widest(&a);
    let mut pair = open([&a, &b], from_the_end(&records)).unwrap();
    pair.seal_all();
    rot(&a, name, &parts(&a, name)[0]);
    a.fill_up();
    for record in &records {
        assert_eq!(&pair.opened.wal.read(record.lsn).unwrap(), record);
    }
    assert!(matches!(pair.opened.sealer.step(), Seal::Mended(_)));
    assert!(
        told(&pair, name).last().unwrap().starts_with("Left") && !pair.opened.wal.is_poisoned()
    );
    for record in &records {
        assert_eq!(&pair.opened.wal.read(record.lsn).unwrap(), record);
    }
    a.make_room();
    pair.append(&mut Choices::new(1));
    pair.commit_all();
    open([&a, &b], merging(0)).unwrap();
    assert_same(&a, &b);
}

#[test]
fn what_is_archived_is_mended_in_the_archive() {
    let (a, b, records) = answered();
    let mut pair = open([&a, &b], merging(0)).unwrap();
    pair.seal_all();
    let wal = &pair.opened.wal;
    for from in [wal.durable(), wal.durable().next()] {
        let mut writer = wal.snapshot(from).unwrap();
        writer.section(b"all").unwrap();
        writer.publish(wal.durable()).unwrap();
    }
    assert!(wal.archive(u64::MAX).unwrap() > 0);
    let name = widest(&a);
    assert!(a.is_archived(name) && !b.is_archived(name));
    rot(&a, name, &parts(&a, name)[1]);
    rot(&b, name, &parts(&a, name)[0]);
    for record in &records {
        assert_eq!(&pair.opened.wal.read(record.lsn).unwrap(), record);
    }
    assert!(matches!(pair.opened.sealer.step(), Seal::Mended(_)));
    assert_eq!(told(&pair, name).last().unwrap(), "Mended([true, true])");
    assert!(a.is_archived(name) && !b.is_archived(name));
    assert_same(&a, &b);
    assert!(Log::open(&a.crash(|| false)).unwrap().records == records);
}

#[test]
fn a_snapshot_that_rots_in_one_copy_is_read_from_the_other() {
    let (a, b, _) = answered();
    let pair = open([&a, &b], merging(0)).unwrap();
    let from = pair.opened.wal.durable().next();
    let mut writer = pair.opened.wal.snapshot(from).unwrap();
    let section = vec![5; 700_000];
    (0..3).for_each(|_| writer.section(&section).unwrap());
    writer.publish(pair.opened.wal.durable()).unwrap();
    drop(pair);
    for part in parts(&a, Name::Snapshot(from)).iter().chain([&(0..64)]) {
        let (a, b) = (a.kill(), b.kill());
        rot(&a, Name::Snapshot(from), part);
        let told = Listeners {
            on_loss: Arc::new(|error| panic!("{error}")),
            on_rot: Arc::new(|_, rot: Rot<'_>| assert!(!matches!(rot, Rot::Left(_)))),
        };
        let both = Mirrored::with(a.clone(), b.clone(), OnMirrorLoss::Stop, told);
        let mut sections = 0;
        let read = read_snapshot(&both, from, |read| {
            sections += 1;
            if *read == section { Ok(()) } else { Err(()) }
        });
        read.unwrap();
        assert!(sections == 3 && both.is_ailing());
        assert_eq!(both.mend(&|| {}), Some(Name::Snapshot(from)));
        assert!(!both.is_ailing() && both.mend(&|| {}).is_none());
        assert_same(&a, &b);
    }
}

/// What is right in itself is no part to take for what is right in another file by the same name.
#[test]
fn a_file_that_is_whole_and_another_one_is_replaced_as_before() {
    let sealed = |seed| {
        let (disk, mut choices) = (Disk::new(), Choices::new(seed));
        let mut log = Log::open(&disk).unwrap();
        log.answer(&mut choices, 20);
        log.seal_all();
        (disk, log.records)
    };
    let ((a, records), (other, _)) = (sealed(1), sealed(2));
    for name in &dense(&a)[..2] {
        let (a, b) = (a.kill(), a.kill());
        b.replace(*name, other.bytes(*name));
        assert_ne!(a.bytes(*name), b.bytes(*name));
        for (first, second) in [(&a, &b), (&b, &a)] {
            let (first, second) = (first.kill(), second.kill());
            let done = reconcile(&first, &second).unwrap();
            assert!(done.copied == [*name] && done.mended.is_empty(), "{done:?}");
            assert_same(&first, &second);
            assert!(Log::open(&second).unwrap().records == records);
        }
    }
}

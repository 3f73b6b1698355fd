//! Sealed files that became one: nothing changes but how many there are, and damage of them is told.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use wal::inspect::{Content, Follower, Look, Tail, current, files, scan};
use wal::simulated::{Choices, Disk, Failure, Fault, Operation};
use wal::{Lsn, Merged, Name, OpenError, Options, ReadError, Record, Seal, Storage};

use crate::support::{Log, merging, short_segments, states};

/// A log of three lives with all but the last segment sealed, each into a file of its own.
fn sealed(seed: u64, records: u64) -> (Disk, Vec<Record>) {
    let (disk, mut choices) = (Disk::new(), Choices::new(seed));
    for _ in 0..2 {
        Log::open(&disk).unwrap().answer(&mut choices, records);
    }
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut choices, records);
    log.seal_all();
    (disk, log.records)
}

fn dense(disk: &Disk) -> Vec<Name> {
    let names = disk.list().unwrap().into_iter();
    names.filter(|name| matches!(name, Name::Dense { .. })).collect()
}

/// The dense files of more than one segment.
fn wide(disk: &Disk) -> Vec<Name> {
    let is_wide = |name: &Name| name.segments().is_some_and(|(first, last)| first < last);
    dense(disk).into_iter().filter(is_wide).collect()
}

fn scanned(disk: &Disk, tail: Tail) -> Vec<Record> {
    let mut records = Vec::new();
    let seen = scan(disk, Look::whole(tail), |record| {
        records.push(record.to_record());
        Ok::<_, Infallible>(())
    });
    seen.unwrap();
    records
}

fn followed(disk: &Disk, from: Lsn) -> Vec<Record> {
    let mut records = Vec::new();
    let seen = Follower::new(from).advance(disk, |_, record| {
        records.push(record.to_record());
        Ok::<_, Infallible>(())
    });
    seen.unwrap();
    records
}

/// Opens the log, whose files become fewer by so many at a time, and seals what the life before left.
fn opened(disk: &Disk, fan: usize) -> Log {
    let mut log = Log::open_with(disk, merging(fan)).unwrap();
    assert!(matches!(log.sealer.step(), Seal::Sealed(_)));
    log
}

/// Steps the sealer until something of this kind happens.
fn until(log: &mut Log, is: impl Fn(&Seal) -> bool) -> Seal {
    loop {
        let step = log.sealer.step();
        if is(&step) {
            return step;
        }
        assert!(!matches!(step, Seal::Idle | Seal::Failed(_)), "{step:?}");
    }
}

#[test]
fn a_log_is_read_as_it_was_before_and_during_and_after_a_merge() {
    for seed in 0..states(6_000) / 1_000 {
        let fan = [2, 3, 8][usize::try_from(seed % 3).unwrap()];
        let (disk, records) = sealed(seed, 40);
        let before = dense(&disk).len();
        let mut log = Log::open_with(&disk, merging(fan)).unwrap();
        let mut choices = Choices::new(seed);
        while !matches!(log.sealer.step(), Seal::Idle) {
            log.check_reads();
            assert!(scanned(&disk, Tail::Moving) == records, "seed {seed}");
            let from = 1 + choices.below(log.last().value());
            let behind = &records[usize::try_from(from).unwrap() - 1..];
            assert!(followed(&disk, Lsn::new(from)) == behind, "seed {seed} from {from}");
            for end in [disk.kill(), disk.crash(|| choices.once_in(2))] {
                let log = Log::open(&end).unwrap();
                assert!(log.records == records, "seed {seed}");
                log.check_reads();
                assert_eq!(current(&end.list().unwrap()), sorted(end.list().unwrap()));
            }
        }
        assert!(dense(&disk).len() < before && !wide(&disk).is_empty());
        log.answer(&mut choices, 20);
        log.seal_all();
        log.check_reads();
        let again = Log::open(&disk.crash(|| false)).unwrap();
        assert!(again.records == log.records, "seed {seed}");
    }
}

/// In the order of the log.
fn sorted(mut names: Vec<Name>) -> Vec<Name> {
    names.sort_by_key(|name| name.segments().map_or(u64::MAX, |(first, _)| first));
    names
}

/// However old the log is: at each moment, through restarts, and whatever the lengths.
#[test]
fn files_stay_few_however_many_segments_there_are() {
    for (fan, bytes_max) in [(2, 1 << 30), (3, 1 << 30), (8, 1 << 30), (3, 20_000)] {
        let (disk, mut choices) = (Disk::new(), Choices::new(8));
        let copied = Arc::new(Mutex::new(Vec::new()));
        let options = || {
            let told = Arc::clone(&copied);
            let on_merge = move |merged: Result<Merged, &std::io::Error>| {
                told.lock().unwrap().push(merged.unwrap());
            };
            Options {
                merge_bytes_max: bytes_max,
                on_merge: Some(Box::new(on_merge)),
                ..merging(fan)
            }
        };
        let (mut sealed, mut log) = (0, Log::open_with(&disk, options()).unwrap());
        while sealed < 300 {
            log.answer(&mut choices, 8);
            sealed += log.seal_all();
            let files = dense(&disk);
            let bytes: usize = files.iter().map(|name| disk.bytes(*name).len()).sum();
            let full = 2 * u64::try_from(bytes).unwrap() / bytes_max;
            let levels = 1 + u64::try_from(sealed).unwrap().ilog(u64::try_from(fan).unwrap());
            let most = full + u64::from(levels) * u64::try_from(fan - 1).unwrap();
            assert!(u64::try_from(files.len()).unwrap() <= most, "{} > {most}", files.len());
            if choices.once_in(10) {
                log = Log::open_with(&disk.kill(), options()).unwrap();
            }
        }
        let told = copied.lock().unwrap();
        let largest = told.iter().map(|merged| merged.bytes).max().unwrap();
        assert!(largest <= bytes_max && told.iter().all(|merged| merged.files > 1));
    }
}

/// Each operation of a merge fails in turn, once, or is the last before a power cut.
#[test]
fn a_merge_that_fails_anywhere_loses_nothing() {
    for stops in [false, true] {
        for archived in [false, true] {
            let mut nth = 1;
            while merges_in_spite_of(nth, stops, archived) {
                nth += 1;
            }
            assert!(nth > 60, "the merges have only {nth} operations");
        }
    }
}

/// Whether there was an nth operation to fail.
fn merges_in_spite_of(nth: u64, stops: bool, archived: bool) -> bool {
    let (disk, records) = sealed(nth, 12);
    let mut choices = Choices::new(nth);
    let mut log = opened(&disk, 3);
    if archived {
        archive(&log, u64::MAX);
    }
    let before = disk.operations();
    if stops {
        disk.stop(nth)
    } else {
        disk.fail_any(nth)
    }
    let mut failures = 0;
    while failures < 4 {
        match log.sealer.step() {
            Seal::Idle => break,
            Seal::Failed(_) => failures += 1,
            _ => {}
        }
    }
    let hit = disk.operations() - before >= nth;
    if hit && !stops {
        log.check_reads();
    }
    let cut = disk.crash(|| choices.once_in(2));
    let mut again = Log::open_with(&cut, merging(3)).unwrap_or_else(|e| panic!("nth {nth}: {e}"));
    assert!(again.records == records, "nth {nth}");
    again.seal_all();
    again.check_reads();
    let last = Log::open(&cut.crash(|| false)).unwrap();
    assert!(last.records == records, "nth {nth}");
    hit
}

/// Takes two snapshots, so that all before them may go, and archives; says how many files are there.
fn archive(log: &Log, mark: u64) -> usize {
    for from in [log.wal.durable(), log.wal.durable().next()] {
        let mut writer = log.wal.snapshot(from).unwrap();
        writer.section(b"all").unwrap();
        writer.publish(log.wal.durable()).unwrap();
    }
    log.wal.archive(mark).unwrap()
}

/// Every bit of the head, of the frames, of the index and of the foot.
#[test]
fn a_flipped_bit_of_a_merged_file_is_always_told() {
    let (disk, records) = sealed(4, 12);
    let mut log = Log::open_with(&disk, merging(2)).unwrap();
    log.seal_all();
    let step = usize::try_from(1 + 400_000 / states(4_000)).unwrap() | 1;
    let mut told = 0;
    for name in wide(&disk) {
        for bit in (0..8 * disk.bytes(name).len()).step_by(step) {
            let damaged = disk.kill();
            damaged.flip(name, bit);
            match Log::open(&damaged).map(drop) {
                Err(OpenError::Corrupt(corruption)) => assert_eq!(corruption.name, name),
                other => panic!("bit {bit} of {name}: {other:?}"),
            }
            told += 1;
            // While it is open a record is right or refused.
            disk.flip(name, bit);
            for record in records.iter().step_by(7) {
                match log.wal.read(record.lsn) {
                    Ok(found) => assert_eq!(&found, record, "bit {bit} of {name}"),
                    Err(ReadError::Unreadable { name: of, .. }) => assert_eq!(of, name),
                    Err(error) => panic!("bit {bit} of {name}: {error}"),
                }
            }
            disk.flip(name, bit);
        }
    }
    assert!(told > 20);
}

/// What is wrong with a file stays in that file, and the others become one without it.
#[test]
fn a_file_that_is_damaged_is_left_alone_and_the_others_are_merged() {
    let (disk, records) = sealed(5, 40);
    let files = dense(&disk);
    let (bad, before) = (files[files.len() / 2], disk.bytes(files[files.len() / 2]));
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let on_merge = move |merged: Result<Merged, &std::io::Error>| {
        listener.lock().unwrap().push(merged.map_err(ToString::to_string));
    };
    let options = Options { on_merge: Some(Box::new(on_merge)), ..merging(2) };
    let mut log = Log::open_with(&disk, options).unwrap();
    disk.flip(bad, 8 * 100);
    let mut failures = 0;
    loop {
        match log.sealer.step() {
            Seal::Idle => break,
            Seal::Failed(_) => failures += 1,
            Seal::Sealed(_) | Seal::Merging | Seal::Merged(_) | Seal::Mended(_) => {}
        }
    }
    assert_eq!(failures, 1, "it is not tried again and again");
    let refused: Vec<String> =
        told.lock().unwrap().iter().filter_map(|it| it.clone().err()).collect();
    assert!(refused.len() == 1 && refused[0].contains(&bad.to_string()), "{refused:?}");
    assert!(dense(&disk).contains(&bad) && wide(&disk).len() >= 2 && !log.wal.is_poisoned());
    log.answer(&mut Choices::new(1), 20);
    until(&mut log, |step| matches!(step, Seal::Merged(_)));
    // Once it was restored from a copy it becomes part of the others.
    disk.replace(bad, before);
    let mut again = Log::open_with(&disk.crash(|| false), merging(2)).unwrap();
    again.seal_all();
    assert!(again.records.starts_with(&records));
    again.check_reads();
}

/// What does not read back as it was written gets no name, and what it was made of stays.
#[test]
fn a_merge_that_does_not_read_back_is_not_published() {
    let (disk, records) = sealed(6, 12);
    let before = dense(&disk);
    for byte in [70, 100, 300, 1_000] {
        let disk = disk.kill();
        let mut log = opened(&disk, 3);
        // Nothing is written before the end of so short a file, and it is read back next.
        while !disk.flip_begun(8 * byte) {
            assert!(matches!(log.sealer.step(), Seal::Merging));
        }
        assert!(matches!(log.sealer.step(), Seal::Failed(_)), "byte {byte}");
        assert!(before.iter().all(|name| dense(&disk).contains(name)) && wide(&disk).is_empty());
        log.check_reads();
        assert!(Log::open(&disk.crash(|| false)).unwrap().records == records);
    }
}

/// It is no failure, and the log goes on.
#[test]
fn a_merge_for_which_there_is_no_room_waits_until_there_is() {
    let (disk, _) = sealed(7, 12);
    let mut log = opened(&disk, 3);
    let before = dense(&disk);
    assert!(matches!(log.filler.step(), wal::Fill::Prepared));
    disk.fill_up();
    assert!(matches!(log.sealer.step(), Seal::Idle));
    assert!(dense(&disk) == before && !log.wal.is_poisoned());
    disk.make_room();
    assert!(matches!(log.sealer.step(), Seal::Idle), "it waits for a segment");
    log.answer(&mut Choices::new(2), 12);
    log.seal_all();
    assert!(!wide(&disk).is_empty());
    // The room goes while it is written.
    log.answer(&mut Choices::new(3), 30);
    until(&mut log, |step| matches!(step, Seal::Merging));
    disk.fill_up();
    until(&mut log, |step| matches!(step, Seal::Failed(_)));
    assert!(!log.wal.is_poisoned());
    log.check_reads();
    disk.make_room();
    assert!(Log::open(&disk.crash(|| false)).unwrap().records == log.records);
}

#[test]
fn a_finished_segment_is_sealed_before_a_merge_goes_on() {
    let (disk, _) = sealed(8, 40);
    let mut log = opened(&disk, 8);
    until(&mut log, |step| matches!(step, Seal::Merging));
    for n in 0..10 {
        log.answer(&mut Choices::new(n), 8);
        assert!(matches!(log.sealer.step(), Seal::Sealed(_)));
        while matches!(log.sealer.step(), Seal::Sealed(_)) {}
    }
    until(&mut log, |step| matches!(step, Seal::Merged(_)));
    log.check_reads();
}

/// A file is moved or merged, by one at a time.
#[test]
fn what_is_being_merged_is_archived_when_it_is_done_and_merged_there_behind_that() {
    let (disk, records) = sealed(9, 40);
    let mut log = opened(&disk, 4);
    let files = dense(&disk).len();
    assert!(matches!(log.sealer.step(), Seal::Merging));
    assert_eq!(archive(&log, u64::MAX), 0, "the oldest is being merged");
    let Seal::Merged(name) = until(&mut log, |step| matches!(step, Seal::Merged(_))) else {
        panic!()
    };
    let moved = log.wal.archive(u64::MAX).unwrap();
    assert!(moved < files && disk.is_archived(name));
    log.answer(&mut Choices::new(1), 40);
    log.seal_all();
    let (archived, here): (Vec<Name>, Vec<Name>) =
        dense(&disk).into_iter().partition(|name| disk.is_archived(*name));
    assert!(archived.len() < moved, "they were merged where they are");
    assert!(archived.last() < here.first() && !here.is_empty());
    log.check_reads();
    // The next life knows where they are.
    let mut again = Log::open_with(&disk.crash(|| false), merging(4)).unwrap();
    assert!(again.records.starts_with(&records));
    again.seal_all();
    again.check_reads();
}

/// Of a file that reaches beyond the older snapshot the end is needed on top of that.
#[test]
fn a_merged_file_is_archived_once_all_of_it_is_old() {
    let (disk, mut choices) = (Disk::new(), Choices::new(10));
    let mark: Option<fn(&[u8]) -> u64> = Some(|payload| u64::try_from(payload.len()).unwrap());
    let options = || Options { mark, ..merging(3) };
    let mut log = Log::open_with(&disk, options()).unwrap();
    for bytes in 1..80 {
        log.append_bytes(&mut choices, vec![7; bytes]);
        log.commit_all().unwrap();
    }
    log.committer.vouch().unwrap();
    log.seal_all();
    let widest = wide(&disk)[0];
    let behind = scanned_in(&disk, widest).last().unwrap().lsn;
    assert_eq!(archive(&log, behind.value()), 0, "its last record is not old");
    assert!(!disk.is_archived(widest));
    assert_eq!(log.wal.archive(behind.value() + 1).unwrap(), 1);
    assert!(disk.is_archived(widest));
}

/// A life that finds nothing but merged files is later than all that wrote them; and a file says from
/// which mark to which it goes, whether or not each of its segments has a record.
#[test]
fn a_merged_file_tells_the_lives_and_the_marks_of_what_it_was_made_of() {
    let (disk, mut choices) = (Disk::new(), Choices::new(13));
    let mark: Option<fn(&[u8]) -> u64> = Some(|payload| u64::try_from(payload.len()).unwrap());
    let options = |files| Options { mark, ..merging(files) };
    for life in 0..5 {
        let mut log = Log::open_with(&disk, options(0)).unwrap();
        // The first life and the last have no record.
        for record in 0..[0, 3, 0, 9, 0][life] {
            log.append_bytes(&mut choices, vec![7; 100 * life + record]);
            log.commit_all().unwrap();
        }
        drop(log.committer.vouch());
        log.seal_all();
    }
    // One more life at a time, until the last file is of several.
    let is_wide = |name: &Name| name.segments().is_some_and(|(first, last)| first < last);
    let mut log = Log::open_with(&disk, options(2)).unwrap();
    log.seal_all();
    while !dense(&disk).last().is_some_and(is_wide) {
        log = Log::open_with(&disk, options(2)).unwrap();
        log.seal_all();
    }
    for file in files(&disk).unwrap() {
        let Some(Content::Dense { first, next, marks, .. }) = file.content else { continue };
        let of = |lsn: Lsn| u64::try_from(log.wal.read(lsn).unwrap().payload.len()).unwrap();
        let told = if first < next { (of(first), of(next.previous())) } else { (0, 0) };
        assert_eq!(marks, told, "{}", file.name);
    }
    let epoch = |disk: &Disk| {
        let newest = disk.bytes(*disk.segments().last().unwrap());
        u64::from_le_bytes(*newest[40..].first_chunk::<8>().unwrap())
    };
    let before = epoch(&disk.kill());
    let bare = disk.kill();
    bare.segments().into_iter().for_each(|number| bare.take_away(number));
    drop(Log::open(&bare).unwrap());
    assert!(epoch(&bare) >= before, "{} after {before}", epoch(&bare));
}

/// The records of one file, which the log reads from it.
fn scanned_in(disk: &Disk, file: Name) -> Vec<Record> {
    let mut records = Vec::new();
    let seen = Follower::new(Lsn::new(1)).advance(disk, |name, record| {
        if name == file {
            records.push(record.to_record());
        }
        Ok::<_, Infallible>(())
    });
    seen.unwrap();
    records
}

/// Whoever cannot give a file its name durably must not leave it in the way of others.
#[test]
fn a_file_that_could_not_be_published_does_not_overlap_what_is_merged_next() {
    let (disk, records) = sealed(11, 40);
    let mut log = opened(&disk, 4);
    disk.break_at(Fault {
        operation: Some(Operation::Publish),
        nth: 1,
        failure: Failure::Late,
        lasting: false,
    });
    until(&mut log, |step| matches!(step, Seal::Failed(_)));
    assert_eq!(wide(&disk).len(), 1, "it has its name");
    assert!(matches!(log.sealer.step(), Seal::Merging));
    assert_eq!(wide(&disk).len(), 0, "it is removed at once");
    // Some of the neighbours go elsewhere, so that others are merged than would have been.
    assert!(archive(&log, u64::MAX) > 4);
    log.answer(&mut Choices::new(1), 60);
    log.seal_all();
    log.check_reads();
    let again = Log::open(&disk.crash(|| false)).unwrap();
    assert!(again.records.starts_with(&records) && again.records == log.records);
}

#[test]
fn a_log_that_never_merges_is_opened_by_one_that_does_and_back() {
    let (disk, records) = sealed(12, 30);
    for fan in [8, 0, 2, 1, 3] {
        let mut log = Log::open_with(&disk, merging(fan)).unwrap();
        assert!(log.records == records);
        log.seal_all();
        log.check_reads();
    }
    assert!(Log::open_with(&disk, short_segments()).unwrap().records == records);
}

//! Real files: threads, restarts, two owners, and a file that is cut short while it is mapped.

use std::convert::Infallible;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use wal::storage::Prepare;
use wal::{
    CommitError, Directory, DirectoryError, Filesystem, Lsn, Medium, Name, OpenError, Opened,
    Options, Record, Recovered, Storage, Wal, open,
};

/// A log on files with its threads.
struct Running {
    wal: Wal<Directory>,
    committer: JoinHandle<Result<(), CommitError>>,
    filler: JoinHandle<()>,
    sealer: JoinHandle<()>,
    recovered: Recovered,
    records: Vec<Record>,
}

impl Running {
    fn open(path: &Path, options: Options) -> Self {
        Self::of(Directory::open(path, Filesystem::Any).unwrap(), options)
    }

    fn of(directory: Directory, options: Options) -> Self {
        let mut records = Vec::new();
        let opened = open(directory, options, |record| {
            records.push(record.to_record());
            Ok::<_, Infallible>(())
        });
        let Opened { wal, committer, filler, sealer, recovered } = opened.unwrap();
        let committer = thread::spawn(|| committer.run());
        let filler = thread::spawn(|| filler.run());
        let sealer = thread::spawn(|| sealer.run());
        Self { wal, committer, filler, sealer, recovered, records }
    }

    fn close(self) {
        self.wal.close();
        self.committer.join().unwrap().unwrap();
        self.filler.join().unwrap();
        self.sealer.join().unwrap();
    }
}

fn short_segments() -> Options {
    Options { first_segment_bytes: 64 << 10, segment_bytes: 128 << 10, ..Options::default() }
}

#[test]
fn a_commit_lingers_no_longer_than_those_who_append_are_busy() {
    let place = tempfile::tempdir().unwrap();
    let linger = std::time::Duration::from_secs(3600);
    let log = Running::open(place.path(), Options { linger, ..short_segments() });
    for _ in 0..20 {
        let lsn = log.wal.append(&[], &[7]).unwrap();
        log.wal.hurry();
        log.wal.wait_durable(lsn).unwrap();
    }
    let unhurried = log.wal.append(&[], &[7]).unwrap();
    let wal = log.wal.clone();
    log.close();
    assert_eq!(wal.durable(), unhurried);
}

#[test]
fn every_wait_returns_and_the_order_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let told = Arc::new(Mutex::new(vec![Lsn::ZERO]));
    let listener = Arc::clone(&told);
    let on_commit = move |commit: &wal::Commit| listener.lock().unwrap().push(commit.durable);
    let options = Options { on_commit: Some(Box::new(on_commit)), ..short_segments() };
    let log = Running::open(place.path(), options);
    thread::scope(|scope| {
        for appender in 0..4_u64 {
            let wal = log.wal.clone();
            scope.spawn(move || append_and_wait(&wal, appender));
        }
    });
    assert_eq!(log.wal.durable(), Lsn::new(4 * RECORDS));
    log.close();
    assert!(told.lock().unwrap().is_sorted(), "the durable LSN went back");
    check_restart(place.path());
}

const RECORDS: u64 = 300;

fn append_and_wait(wal: &Wal<Directory>, appender: u64) {
    let mut last = Lsn::ZERO;
    for number in 0..RECORDS {
        let mut told = Lsn::ZERO;
        let mut payload = [0; 400];
        payload[8..16].copy_from_slice(&number.to_le_bytes());
        let lsn = wal.append_stamped(&[last], &payload, |lsn, payload| {
            told = lsn;
            payload[..8].copy_from_slice(&appender.to_le_bytes());
        });
        let lsn = lsn.unwrap();
        assert!(lsn == told && lsn > last);
        wal.wait_durable(lsn).unwrap();
        assert!(wal.durable() >= lsn);
        assert_eq!(wal.read(lsn).unwrap().links, [last]);
        last = lsn;
    }
}

fn check_restart(path: &Path) {
    let log = Running::open(path, short_segments());
    assert_eq!((log.recovered.records, log.recovered.torn), (4 * RECORDS, None));
    let mut seen = [0; 4];
    for (record, lsn) in log.records.iter().zip(1..) {
        assert_eq!(record.lsn, Lsn::new(lsn));
        assert_eq!(&log.wal.read(record.lsn).unwrap(), record);
        let (appender, rest) = record.payload.split_first_chunk::<8>().unwrap();
        let (number, _) = rest.split_first_chunk::<8>().unwrap();
        let appender = usize::try_from(u64::from_le_bytes(*appender)).unwrap();
        assert_eq!(u64::from_le_bytes(*number), seen[appender]);
        seen[appender] += 1;
    }
    log.close();
}

/// The filler may have to prepare more than one segment before the log can end.
#[test]
fn closing_writes_all_that_was_appended() {
    let place = tempfile::tempdir().unwrap();
    let log = Running::open(place.path(), short_segments());
    for _ in 0..2000 {
        log.wal.append(&[], &[3; 400]).unwrap();
    }
    let wal = log.wal.clone();
    log.close();
    assert_eq!((wal.durable(), wal.appended()), (Lsn::new(2000), Lsn::new(2000)));
    drop(wal);
    let again = Running::open(place.path(), short_segments());
    assert_eq!(again.recovered.records, 2000);
    again.close();
}

#[test]
fn a_second_owner_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let owner = Directory::open(place.path(), Filesystem::Any).unwrap();
    let second = Directory::open(place.path(), Filesystem::Any).err();
    assert!(matches!(second, Some(DirectoryError::InUse { .. })));
    drop(owner);
    assert!(Directory::open(place.path(), Filesystem::Any).is_ok());
}

#[test]
fn a_file_system_that_may_fail_a_mapped_store_needs_consent() {
    let refused = Directory::open(Path::new("/proc"), Filesystem::Checked).err();
    assert!(matches!(refused, Some(DirectoryError::Filesystem { .. })), "{refused:?}");
}

#[test]
fn what_is_half_prepared_is_removed_and_what_has_no_number_refused() {
    let place = tempfile::tempdir().unwrap();
    Running::open(place.path(), short_segments()).close();
    std::fs::write(place.path().join("00000000000000ff.tmp"), b"half").unwrap();
    Running::open(place.path(), short_segments()).close();
    assert!(!place.path().join("00000000000000ff.tmp").exists());
    std::fs::write(place.path().join("2.wal"), b"").unwrap();
    let directory = Directory::open(place.path(), Filesystem::Any).unwrap();
    assert!(open(directory, short_segments(), |_| Ok::<_, Infallible>(())).is_err());
}

/// The child maps a log and loses the file under the map; the parent reads what it said.
#[test]
fn a_mapped_file_that_is_cut_short_ends_the_process_with_a_reason() {
    if let Some(path) = std::env::var_os("HOLDFAST_CUT_SHORT") {
        let log = Running::open(Path::new(&path), short_segments());
        let active = Path::new(&path).join("0000000000000001.wal");
        std::fs::File::options().write(true).open(active).unwrap().set_len(0).unwrap();
        let lsn = log.wal.append(&[], &[]).unwrap();
        log.wal.wait_durable(lsn).unwrap();
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let name = "files::a_mapped_file_that_is_cut_short_ends_the_process_with_a_reason";
    let child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env("HOLDFAST_CUT_SHORT", place.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(said.contains("mapped file could not be read or written"), "{said}");
    assert_eq!(child.status.signal(), Some(6), "it is to abort");
}

/// The room of a segment that was sealed is that of the next, and holds nothing of it.
#[test]
fn a_segment_that_was_let_go_becomes_the_next() {
    let place = tempfile::tempdir().unwrap();
    let directory = Directory::open(place.path(), Filesystem::Any).unwrap();
    let header = [7; 4096];
    let prepare = |number, bytes| {
        let ask = Prepare { number, bytes, header: &header, pause: &|| {} };
        directory.prepare(ask).unwrap();
        std::fs::metadata(place.path().join(Name::Segment(number).to_string())).unwrap().ino()
    };
    let first = prepare(1, 65536);
    let path = |number| place.path().join(Name::Segment(number).to_string());
    std::fs::write(path(1), vec![9; 65536]).unwrap();
    directory.recycle(Name::Segment(1)).unwrap();
    assert_eq!(directory.list().unwrap(), []);
    assert_eq!(prepare(2, 65536), first);
    let bytes = std::fs::read(path(2)).unwrap();
    assert!(bytes[..4096] == header && bytes[4096..].iter().all(|byte| *byte == 0));
    assert_ne!(prepare(3, 65536), first, "it is taken once");
    directory.recycle(Name::Segment(3)).unwrap();
    prepare(4, 131_072);
    assert_eq!(std::fs::read(path(4)).unwrap().len(), 131_072, "one of another length");
}

/// A file may be begun in the archive itself. Until it is whole it has no name, and what is left of
/// one that never was goes with the next start.
#[test]
fn what_is_made_in_the_archive_is_there_once_it_is_published() {
    let (place, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = || {
        let directory = Directory::open(place.path(), Filesystem::Any).unwrap();
        directory.with_archive(archive.path()).unwrap()
    };
    let files = |path: &Path| std::fs::read_dir(path).unwrap().count();
    let name = Name::Dense { first: 1, last: 8 };
    let open = directory();
    assert!(open.room(false).unwrap() > 0 && open.room(true).unwrap() > 0);
    // It is begun in one place at a time.
    open.create(name).unwrap().write_at(b"here", 0).unwrap();
    open.create_archived(name).unwrap().write_at(b"there", 0).unwrap();
    assert_eq!((files(place.path()), files(archive.path()), open.list().unwrap()), (1, 1, vec![]));
    open.publish(name).unwrap();
    assert!(open.is_archived(name) && open.list().unwrap() == [name]);
    assert_eq!(open.open(name).unwrap().bytes().unwrap(), 5);
    open.create_archived(name).unwrap();
    open.create(name).unwrap();
    open.create_archived(name).unwrap();
    open.discard(name);
    assert_eq!(files(archive.path()), 1);
    open.create_archived(name).unwrap();
    drop(open);
    let open = directory();
    assert_eq!((files(archive.path()), open.list().unwrap()), (1, vec![name]));
    open.remove(name).unwrap();
    open.sync_directory().unwrap();
    assert!(files(archive.path()) == 0 && !open.is_archived(name));
}

/// What is archived is listed, read and recovered as before, and refused where it is missing.
#[test]
fn what_is_archived_is_still_part_of_the_log() {
    let (place, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = |archive: &Path| {
        Directory::open(place.path(), Filesystem::Any).unwrap().with_archive(archive).unwrap()
    };
    let options = || Options { mark: Some(|payload| u64::from(payload[0])), ..short_segments() };
    let log = Running::of(directory(archive.path()), options());
    for n in 0..200 {
        let lsn = log.wal.append(&[], &[n; 3000]).unwrap();
        log.wal.wait_durable(lsn).unwrap();
    }
    let count = |path: &Path| {
        let files = std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|kind| kind == "dense")).count()
    };
    while count(place.path()) < 3 {
        thread::yield_now();
    }
    let before = count(place.path());
    assert_eq!(log.wal.archive(60).unwrap(), 0, "without snapshots all of it is needed");
    for from in [log.wal.durable(), log.wal.durable().next()] {
        log.wal.snapshot(from).unwrap().publish(log.wal.durable()).unwrap();
    }
    let moved = log.wal.archive(60).unwrap();
    assert!(moved > 0 && moved < before);
    assert_eq!(count(archive.path()), moved);
    assert_eq!(log.wal.archive(60).unwrap(), moved, "they are there already");
    assert_eq!(log.wal.read(Lsn::new(1)).unwrap().payload, vec![0; 3000]);
    log.close();
    let again = Running::of(directory(archive.path()), options());
    assert_eq!(again.records.len(), 200);
    again.close();
    let elsewhere = tempfile::tempdir().unwrap();
    let lost = open(directory(elsewhere.path()), options(), |_| Ok::<_, Infallible>(()));
    assert!(matches!(lost.map(drop), Err(OpenError::Corrupt(_))), "a part of the log is missing");
}

/// The sealer does it on its thread, while others append, read and archive.
#[test]
fn sealed_files_become_few_while_the_log_runs_and_their_room_is_free_at_once() {
    let (place, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = || {
        let directory = Directory::open(place.path(), Filesystem::Any).unwrap();
        directory.with_archive(archive.path()).unwrap()
    };
    let (told, heard) = std::sync::mpsc::channel();
    let on_merge = move |merged: Result<wal::Merged, &std::io::Error>| {
        told.send(merged.unwrap().name).unwrap();
    };
    let options = Options {
        merge_files: 3,
        on_merge: Some(Box::new(on_merge)),
        mark: Some(|payload| u64::from(payload[0])),
        ..short_segments()
    };
    let log = Running::of(directory(), options);
    let archive_to = |mark| {
        for from in [log.wal.durable(), log.wal.durable().next()] {
            log.wal.snapshot(from).unwrap().publish(log.wal.durable()).unwrap();
        }
        log.wal.archive(mark).unwrap()
    };
    for n in 0..220 {
        for _ in 0..10 {
            let lsn = log.wal.append(&[], &[n; 3000]).unwrap();
            log.wal.wait_durable(lsn).unwrap();
            let before = Lsn::new(1 + 7919 * u64::from(n) % lsn.value());
            assert_eq!(log.wal.read(before).unwrap().lsn, before);
        }
        if n % 20 == 10 {
            archive_to(u64::from(n) - 5);
        }
    }
    let is_wide = |name: Name| name.segments().is_some_and(|(first, last)| last - first >= 8);
    while !is_wide(heard.recv().unwrap()) {}
    // Where the oldest is being merged nothing is moved until it was.
    while archive_to(200) == 0 {
        heard.recv().unwrap();
    }
    for n in (1..=log.wal.durable().value()).step_by(13) {
        assert_eq!(log.wal.read(Lsn::new(n)).unwrap().payload.len(), 3000);
    }
    let wal = log.wal.clone();
    log.close();
    // An open file takes its room on the disk for as long.
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let open = open.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
    let gone = |path: &Path| path.to_string_lossy().ends_with(".dense (deleted)");
    let ours = |path: &Path| [&place, &archive].iter().any(|ours| path.starts_with(ours.path()));
    assert_eq!(open.filter(|path| ours(path) && gone(path)).count(), 0);
    drop(wal);
    let again = Running::of(directory(), short_segments());
    assert_eq!(again.records.len(), 2200);
    again.close();
}

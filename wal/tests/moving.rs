//! A log that moves under the one who copies it.

use std::io;
use std::sync::{Arc, Mutex};

use wal::simulated::{Choices, Disk, DiskFile};
use wal::storage::Prepare;
use wal::{Medium, Name, Options, Record, Step, Storage, backup};

use crate::support::{Log, merging, short_segments};

/// A disk on which something else happens before each read.
struct Busy {
    disk: Disk,
    meanwhile: Meanwhile,
}

struct BusyFile {
    file: DiskFile,
    meanwhile: Meanwhile,
}

type Meanwhile = Arc<dyn Fn() + Send + Sync>;

impl Busy {
    fn new(disk: &Disk, meanwhile: impl Fn() + Send + Sync + 'static) -> Self {
        Self { disk: disk.clone(), meanwhile: Arc::new(meanwhile) }
    }

    fn busy(&self, file: io::Result<DiskFile>) -> io::Result<BusyFile> {
        Ok(BusyFile { file: file?, meanwhile: Arc::clone(&self.meanwhile) })
    }
}

impl Storage for Busy {
    type Medium = BusyFile;

    fn list(&self) -> io::Result<Vec<Name>> {
        self.disk.list()
    }

    fn open(&self, name: Name) -> io::Result<BusyFile> {
        self.busy(self.disk.open(name))
    }

    fn prepare(&self, ask: Prepare<'_>) -> io::Result<BusyFile> {
        self.busy(self.disk.prepare(ask))
    }

    fn create(&self, name: Name) -> io::Result<BusyFile> {
        self.busy(self.disk.create(name))
    }

    fn publish(&self, name: Name) -> io::Result<()> {
        self.disk.publish(name)
    }

    fn discard(&self, name: Name) {
        self.disk.discard(name);
    }

    fn archive(&self, name: Name) -> io::Result<()> {
        self.disk.archive(name)
    }

    fn remove(&self, name: Name) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk.sync_directory()
    }

    fn has_failed(&self) -> bool {
        self.disk.has_failed()
    }
}

impl Medium for BusyFile {
    fn bytes(&self) -> io::Result<u64> {
        self.file.bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (self.meanwhile)();
        self.file.read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn forget(&self) -> io::Result<()> {
        self.file.forget()
    }
}

/// What the copy holds, if it is the beginning of what the log held.
fn opened(target: &Disk, records: &[Record]) -> usize {
    let copied = Log::open(&target.crash(|| false)).unwrap().records;
    assert!(copied == records[..copied.len()], "the copy is of another log");
    copied.len()
}

/// Segments are sealed while others are copied, and are gone when it is their turn.
#[test]
fn a_copy_is_whole_whatever_is_sealed_meanwhile() {
    for (dense, after) in (0..4).flat_map(|dense| (0..6).map(move |after| (dense, after))) {
        let (disk, target) = (Disk::new(), Disk::new());
        let mut log = Log::open(&disk).unwrap();
        log.answer(&mut Choices::new(5), 60);
        (0..dense).for_each(|_| drop(log.sealer.step()));
        let (mut copied, mut sealer) = (0, log.sealer);
        let done = backup(&disk, &target, |_, _| {
            copied += 1;
            (0..3).filter(|_| copied > after).for_each(|_| drop(sealer.step()));
        });
        let case = format!("{dense} sealed before, more after {after} files");
        assert_eq!(done.unwrap().last, log.wal.durable(), "{case}");
        assert_eq!(opened(&target, &log.records), log.records.len(), "{case}");
    }
    // It is gone before anything was copied.
    let (disk, target) = (Disk::new(), Disk::new());
    let mut log = Log::open(&disk).unwrap();
    log.answer(&mut Choices::new(5), 60);
    let (records, durable, sealer) = (log.records, log.wal.durable(), Mutex::new(log.sealer));
    let busy = Busy::new(&disk, move || drop(sealer.lock().unwrap().step()));
    assert_eq!(backup(&busy, &target, |_, _| {}).unwrap().last, durable);
    assert_eq!(opened(&target, &records), records.len());
}

/// Sealed files become one while others are copied, and are gone when it is their turn; or they
/// were copied, and the wide one is.
#[test]
fn a_copy_is_whole_whatever_is_merged_meanwhile() {
    for (fan, after, steps) in
        [2, 3].into_iter().flat_map(|fan| (0..12).map(move |n| (fan, n, 1 + n * 5 % 17)))
    {
        let (disk, target) = (Disk::new(), Disk::new());
        Log::open(&disk).unwrap().answer(&mut Choices::new(5), 60);
        Log::open(&disk).unwrap().seal_all();
        let mut log = Log::open_with(&disk, merging(fan)).unwrap();
        log.answer(&mut Choices::new(6), 20);
        let (mut copied, mut sealer) = (0, log.sealer);
        let done = backup(&disk, &target, |_, _| {
            copied += 1;
            (0..steps).filter(|_| copied > after).for_each(|_| drop(sealer.step()));
        });
        let case = format!("by {fan}, {steps} steps after each file from {after} on");
        assert_eq!(done.unwrap().last, log.wal.durable(), "{case}");
        assert_eq!(opened(&target, &log.records), log.records.len(), "{case}");
    }
    // With each read.
    let (disk, target) = (Disk::new(), Disk::new());
    Log::open(&disk).unwrap().answer(&mut Choices::new(5), 60);
    let log = Log::open_with(&disk, merging(2)).unwrap();
    let (records, durable, sealer) = (log.records, log.wal.durable(), Mutex::new(log.sealer));
    let busy = Busy::new(&disk, move || drop(sealer.lock().unwrap().step()));
    assert_eq!(backup(&busy, &target, |_, _| {}).unwrap().last, durable);
    assert_eq!(opened(&target, &records), records.len());
}

/// The end of the log moves on while it is copied: past the place that is read, and into the next
/// segment, which was listed when it was empty.
#[test]
fn a_copy_is_whole_whatever_is_appended_meanwhile() {
    for bytes in [600, 300_000] {
        let (disk, target) = (Disk::new(), Disk::new());
        let length = if bytes > 1000 { 3 << 20 } else { 32 << 10 };
        let options =
            Options { first_segment_bytes: length, segment_bytes: length, ..short_segments() };
        let mut log = Log::open_with(&disk, options).unwrap();
        for _ in 0..3 {
            log.append_bytes(&mut Choices::new(1), vec![1; bytes]);
            log.commit_all().unwrap();
        }
        drop(log.filler.step());
        let before = log.wal.durable();
        let log = Arc::new(Mutex::new(log));
        let moving = Arc::clone(&log);
        let busy = Busy::new(&disk, move || {
            let mut log = moving.lock().unwrap();
            if log.records.len() < 30 && log.committer.step().unwrap() != Step::Starved {
                log.append_bytes(&mut Choices::new(2), vec![2; bytes]);
            }
        });
        let done = backup(&busy, &target, |_, _| {});
        let log = log.lock().unwrap();
        assert!(log.wal.durable() > before, "nothing moved");
        assert!(done.unwrap().last >= before);
        let copied = opened(&target, &log.records);
        assert!(copied >= usize::try_from(before.value()).unwrap());
    }
}

//! An answered log and every way to damage it: all is told, or harms nothing that was answered.
//!
//! A damaged log is scanned as an opening would scan it, judgement included; what an opening does
//! behind that changes the log and reads no more. At length, over all bits of log after log:
//!
//! ```sh
//! HOLDFAST_STATES=100000000 cargo test --release -p wal --test laws rig::bits -- --nocapture
//! ```

mod bits;
mod cuts;
mod files;
mod sectors;
mod subsets;

use std::convert::Infallible;
use std::ops::Range;

use wal::inspect::{Look, Tail, scan};
use wal::simulated::{Choices, Disk};
use wal::{
    Corruption, LogId, Lsn, Name, OpenError, Options, Record, Storage, read_snapshot, snapshots,
};

use crate::support::{Log, short_segments};

/// A log of some lives, all of it answered and vouched for, with sealed segments, merged ones, padded
/// ones, one that was not used, and snapshots, or without some of these.
struct Answered {
    disk: Disk,
    records: Vec<Record>,
    /// The disk as it was in each life and after it.
    before: Vec<Disk>,
}

/// What is seen of a damaged log.
enum Seen {
    /// All of it.
    Whole,
    /// So many of its first records.
    Part(usize),
    Told(Corruption),
    /// It cannot be read.
    Unread,
}

/// How large an answered log becomes.
struct Shape {
    lives: u64,
    /// In each life, at most.
    records: u64,
    segment_bytes: u64,
    group_bytes_max: usize,
    /// How many sealed files become one.
    merge_files: usize,
    log_id: LogId,
}

impl Answered {
    fn new(seed: u64) -> Self {
        Self::of(seed, *b"the log of tests")
    }

    fn of(seed: u64, log: [u8; 16]) -> Self {
        let shape = Shape {
            lives: 3,
            records: 9,
            segment_bytes: if seed.is_multiple_of(3) { 16 << 10 } else { 32 << 10 },
            group_bytes_max: if seed.is_multiple_of(2) { 8 << 10 } else { 2 << 20 },
            merge_files: [0, 2, 0, 3][usize::try_from(seed % 4).unwrap()],
            log_id: LogId::new(log),
        };
        Self::build(seed, &shape)
    }

    /// So small that all of it is scanned in some microseconds.
    fn small(seed: u64) -> Self {
        let shape = Shape {
            lives: 2,
            records: 2,
            segment_bytes: 16 << 10,
            group_bytes_max: 8 << 10,
            merge_files: [0, 2][usize::try_from(seed % 2).unwrap()],
            log_id: LogId::new(*b"the log of tests"),
        };
        Self::build(seed, &shape)
    }

    fn build(seed: u64, shape: &Shape) -> Self {
        let mut choices = Choices::new(seed);
        let (disk, mut before) = (Disk::new(), Vec::new());
        let lives = 1 + choices.below(shape.lives);
        let mut records = Vec::new();
        for life in 1..=lives {
            let mut log = Log::open_with(&disk, shape.options()).unwrap();
            let (first, more) = (1 + choices.below(shape.records), 1 + choices.below(3));
            log.answer(&mut choices, first);
            before.push(disk.kill());
            (0..choices.below(4)).for_each(|_| drop(log.sealer.step()));
            if shape.merge_files > 0 {
                log.seal_all();
            }
            if choices.once_in(3) {
                take_snapshot(&log);
            }
            if life == lives && choices.once_in(3) {
                drop(log.filler.step());
            }
            log.answer(&mut choices, more);
            vouch(&disk, &mut log);
            records = log.records;
            before.push(disk.kill());
        }
        Self { disk: disk.kill(), records, before }
    }

    fn names(&self) -> Vec<Name> {
        self.disk.list().unwrap()
    }

    /// What is seen of it on a disk that was damaged.
    fn seen(&self, damaged: &Disk) -> Seen {
        let mut kept = 0;
        let scanned = scan(damaged, Look::whole(Tail::Still), |record| {
            let known = &self.records[kept];
            let same = record.lsn == known.lsn
                && record.payload == known.payload
                && record.links.iter().eq(known.links.iter().copied());
            assert!(same, "record {} is not what it was", record.lsn);
            kept += 1;
            Ok::<_, Infallible>(())
        });
        match scanned {
            Ok(_) if kept == self.records.len() => Seen::Whole,
            Ok(_) => Seen::Part(kept),
            Err(OpenError::Corrupt(corruption)) => Seen::Told(corruption),
            Err(OpenError::Storage(_)) => Seen::Unread,
            Err(error) => panic!("{error}"),
        }
    }

    /// It is told that the log is damaged, or all of it is there. Says whether it was told.
    fn is_told_or_whole(&self, damaged: &Disk, case: &dyn Fn() -> String) -> bool {
        match self.seen(damaged) {
            Seen::Whole => false,
            Seen::Told(_) | Seen::Unread => true,
            Seen::Part(kept) => panic!("{}: only {kept} records, and nothing told", case()),
        }
    }

    /// The same, of a snapshot.
    fn snapshot_is_told_or_whole(
        &self,
        damaged: &Disk,
        from: Lsn,
        case: &dyn Fn() -> String,
    ) -> bool {
        let read = sections(damaged, from);
        if let Ok(read) = &read {
            assert!(*read == sections(&self.disk, from).unwrap(), "{}", case());
        }
        read.is_err()
    }

    /// The snapshots, or none.
    fn snapshots(&self) -> Vec<Lsn> {
        snapshots(&self.disk).unwrap()
    }

    /// Where in a padded segment bytes are under the witness of a later group: its header, and its
    /// groups, but not the last of the log, which is empty.
    fn vouched(&self, number: u64) -> usize {
        let groups = groups(&self.disk.bytes(number));
        let behind = self.disk.segments().into_iter().filter(|other| *other > number);
        let is_last = behind.map(|other| self.disk.bytes(other)).all(|it| groups_in(&it) == 0);
        let last = if is_last { groups.len().checked_sub(2) } else { groups.len().checked_sub(1) };
        last.map_or(4096, |last| groups[last].end)
    }
}

impl Shape {
    fn options(&self) -> Options {
        Options {
            segment_bytes: self.segment_bytes,
            group_bytes_max: self.group_bytes_max,
            merge_files: self.merge_files,
            log_id: Some(self.log_id),
            ..short_segments()
        }
    }
}

/// The last records may have filled their segment.
fn vouch(disk: &Disk, log: &mut Log) {
    let last = disk.segments().into_iter().map(|number| disk.bytes(number));
    let last = last.filter_map(|bytes| Some((groups(&bytes).pop()?, bytes))).next_back();
    if last.is_some_and(|(group, bytes)| bytes[group.start + 24..][..4] != [0; 4]) {
        drop(log.filler.step());
        assert_eq!(log.committer.vouch().unwrap(), wal::Step::Committed);
    }
}

fn take_snapshot(log: &Log) {
    let mut writer = log.wal.snapshot(log.wal.durable().next()).unwrap();
    for section in 0..5_u8 {
        writer.section(&vec![section; 40 * usize::from(section)]).unwrap();
    }
    writer.publish(log.wal.durable()).unwrap();
}

fn sections(disk: &Disk, from: Lsn) -> Result<Vec<Vec<u8>>, String> {
    let mut found = Vec::new();
    let read = read_snapshot(disk, from, |section| {
        found.push(section.to_vec());
        Ok::<_, Infallible>(())
    });
    read.map(|_| found).map_err(|error| error.to_string())
}

fn groups_in(segment: &[u8]) -> usize {
    groups(segment).len()
}

/// Where the groups of an undamaged segment are, as their headers say.
fn groups(segment: &[u8]) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut offset = 4096;
    while segment.get(offset..offset + 8) == Some(b"walgroup") {
        let length = segment[offset + 16..].first_chunk::<4>().unwrap();
        let end = offset + usize::try_from(u32::from_le_bytes(*length)).unwrap();
        groups.push(offset..end);
        offset = end;
    }
    groups
}

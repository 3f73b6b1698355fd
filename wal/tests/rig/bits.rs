//! Single bits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wal::simulated::Disk;
use wal::{Name, OpenError, Storage};

use super::{Answered, Seen};
use crate::support::{Log, states};

/// From so many on every bit of each log is tried, below that some of them.
const ALL: u64 = 1_000_000;

/// What became of the bits that were tried.
#[derive(Default)]
struct Count {
    told: AtomicU64,
    harmless: AtomicU64,
    logs: AtomicU64,
}

impl Count {
    fn tried(&self) -> u64 {
        self.told.load(Ordering::Relaxed) + self.harmless.load(Ordering::Relaxed)
    }
}

/// Each bit of a sealed segment and of a snapshot, of a header, and of a group for which another
/// one vouches is told; the others were zeros that nobody needs, or an empty group.
#[test]
fn a_flipped_bit_is_told_exactly_where_it_matters() {
    let wanted = states(120_000);
    let (count, seed) = (Count::default(), AtomicU64::new(0));
    let threads = thread::available_parallelism().unwrap().get();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while count.tried() < wanted {
                    let answered = Answered::small(seed.fetch_add(1, Ordering::Relaxed));
                    let step = if wanted < ALL { 199 } else { 1 };
                    try_bits(&answered, step, &count);
                    count.logs.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let [told, harmless, logs] =
        [&count.told, &count.harmless, &count.logs].map(|it| it.load(Ordering::Relaxed));
    println!("{told} flipped bits of {logs} logs told, {harmless} harmless");
    assert!(told > 0 && harmless > 0);
}

fn try_bits(answered: &Answered, step: usize, count: &Count) {
    let damaged = answered.disk.kill();
    for name in answered.names() {
        let bytes = answered.disk.bytes(name).len();
        let vouched = match name {
            Name::Segment(number) => answered.vouched(number),
            _ => bytes,
        };
        for bit in (0..8 * bytes).step_by(step) {
            damaged.flip(name, bit);
            let told = is_told(answered, &damaged, name, bit);
            assert_eq!(told, bit / 8 < vouched, "bit {bit} of {name}, vouched for {vouched}");
            let kind = if told { &count.told } else { &count.harmless };
            kind.fetch_add(1, Ordering::Relaxed);
            // Now and then by an opening, which must say the same.
            if bit % 8191 == 0 && !matches!(name, Name::Snapshot(_)) {
                let opened = Log::open(&damaged.kill()).map(|log| log.records == answered.records);
                assert_eq!(matches!(opened, Err(OpenError::Corrupt(_))), told);
                assert!(opened.unwrap_or(true), "bit {bit} of {name}");
            }
            damaged.flip(name, bit);
        }
    }
}

fn is_told(answered: &Answered, damaged: &Disk, name: Name, bit: usize) -> bool {
    let case = || format!("bit {bit} of {name}");
    if let Name::Snapshot(from) = name {
        return answered.snapshot_is_told_or_whole(damaged, from, &case);
    }
    match answered.seen(damaged) {
        Seen::Told(corruption) => assert_eq!(corruption.name, name, "bit {bit}"),
        Seen::Whole => return false,
        Seen::Part(_) | Seen::Unread => panic!("{}", case()),
    }
    true
}

/// While a log is open a record whose bytes went bad is refused, and never another one shown.
#[test]
fn a_flipped_bit_of_an_open_log_is_never_read_as_a_record() {
    let step = usize::try_from(1 + 4_000_000 / states(5_000)).unwrap() | 1;
    let (mut refused, mut read) = (0, 0);
    for seed in 0..6 {
        let answered = Answered::new(seed);
        let opened = answered.disk.kill();
        drop(Log::open(&opened).unwrap());
        for name in opened.list().unwrap() {
            for bit in (0..8 * opened.bytes(name).len()).step_by(step) {
                let disk = answered.disk.kill();
                let log = Log::open(&disk).unwrap();
                disk.flip(name, bit);
                for record in &answered.records {
                    match log.wal.read(record.lsn) {
                        Ok(found) => assert_eq!(&found, record, "bit {bit} of {name}"),
                        Err(_) => refused += 1,
                    }
                    read += 1;
                }
            }
        }
    }
    println!("{read} reads beside a flipped bit, {refused} refused");
    assert!(refused > 0 && refused < read);
}

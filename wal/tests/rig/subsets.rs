//! Every subset of the sectors that were written and not synced, over two lives.

use wal::simulated::{Choices, Disk};
use wal::{Lsn, Options, Record, Sync};

use crate::support::{Log, short_segments, states};

/// A log whose last groups, of a page each, were written and not synced.
struct Unsynced {
    disk: Disk,
    records: Vec<Record>,
    told: Lsn,
}

impl Unsynced {
    fn new(disk: &Disk, groups: u64) -> Self {
        let options =
            Options { sync: Sync::Off, first_segment_bytes: 32 << 10, ..short_segments() };
        let mut log = Log::open_with(disk, options).unwrap();
        let told = log.wal.durable();
        for group in 0..groups {
            let fill = u8::try_from(1 + group).unwrap();
            log.append_bytes(&mut Choices::new(group), vec![fill; 3900]);
            log.commit_all().unwrap();
        }
        Self { disk: disk.clone(), records: log.records.clone(), told }
    }

    /// The disk if only these sectors survive, and the log that opens on it, twice.
    fn cut(&self, subset: u64) -> (Disk, Log) {
        let mut sector = 0;
        let cut = self.disk.crash(|| {
            sector += 1;
            subset >> (sector - 1) & 1 == 1
        });
        let log = Log::open(&cut).unwrap_or_else(|error| panic!("{subset:#x}: {error}"));
        let kept = log.records.len();
        assert!(log.last() >= self.told && log.records == self.records[..kept], "{subset:#x}");
        let again = Log::open(&cut.crash(|| false)).unwrap();
        assert!(again.records == log.records, "{subset:#x}: the dead came back");
        assert_eq!(again.recovered.torn, None, "{subset:#x}: the tail was not wiped");
        (cut, again)
    }
}

fn answered() -> Disk {
    let disk = Disk::new();
    Log::open(&disk).unwrap().answer(&mut Choices::new(1), 3);
    disk
}

/// All 65,536 of them in a run of so many states.
fn some_of(subsets: u64) -> impl Iterator<Item = u64> {
    let step = (subsets / states(1_000)).max(1) | 1;
    (0..subsets).step_by(usize::try_from(step).unwrap())
}

#[test]
fn every_subset_of_two_groups_opens_with_a_prefix() {
    let unsynced = Unsynced::new(&answered(), 2);
    let mut whole = [0; 3];
    for subset in some_of(1 << 16).chain([0xff, 0xff00, 0xffff]) {
        let (_, log) = unsynced.cut(subset);
        whole[log.records.len() - usize::try_from(unsynced.told.value()).unwrap()] += 1;
    }
    println!("of two groups none survived {} times, one {}, both {}", whole[0], whole[1], whole[2]);
    assert!(whole.iter().all(|count| *count > 0));
}

/// What died in the first life stays dead in the second, and in the third, whatever of the second
/// survives.
#[test]
fn every_subset_of_a_group_in_each_of_two_lives_opens_with_a_prefix() {
    let mut tried = 0;
    let first = Unsynced::new(&answered(), 1);
    for subsets in some_of(1 << 16) {
        let (disk, _) = first.cut(subsets >> 8);
        Unsynced::new(&disk, 1).cut(subsets & 0xff);
        tried += 1;
    }
    println!("{tried} pairs of subsets in two lives");
}

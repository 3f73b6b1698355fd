//! Whole files: gone, empty, unreadable, swapped, of another log, of another time.

use wal::mirror::reconcile;
use wal::simulated::Disk;
use wal::{Lsn, Name, OpenError, Options, Storage, snapshots};

use super::{Answered, Seen, groups, sections, take_snapshot};
use crate::support::{Log, short_segments, states};

fn logs() -> impl Iterator<Item = Answered> {
    (0..states(6_000) / 150).map(Answered::new)
}

/// Whether no file behind this one holds any group that could vouch for it.
fn is_end(answered: &Answered, name: Name) -> bool {
    let Some((_, last)) = name.segments() else { return false };
    let behind = answered.disk.segments().into_iter().filter(|number| *number > last);
    behind.into_iter().all(|number| groups(&answered.disk.bytes(number)).is_empty())
}

/// What nothing vouches for can be lost unseen, but not if the opening knows that it was there, and
/// not if there is a second copy.
fn is_told_to_those_who_know(answered: &Answered, damaged: &Disk) {
    let at_least = answered.records.last().unwrap().lsn;
    let knowing = Options { at_least, ..short_segments() };
    let opened = Log::open_with(&damaged.kill(), knowing).map(drop);
    assert!(matches!(opened, Err(OpenError::Corrupt(_))), "{opened:?}");
    let (a, b) = (damaged.kill(), answered.disk.kill());
    reconcile(&a, &b).unwrap();
    assert!(Log::open(&a).unwrap().records == answered.records);
}

/// By design the newest segment is not missed: without it the log is as it was before.
#[test]
fn a_file_that_is_missing_is_told_unless_it_is_the_newest() {
    let mut unseen = 0;
    for answered in logs() {
        let newest = answered.names().into_iter().filter_map(Name::segments).max();
        for name in answered.names() {
            let damaged = answered.disk.kill();
            damaged.take_away(name);
            match (answered.seen(&damaged), name) {
                (Seen::Told(_), Name::Segment(_) | Name::Dense { .. }) => {}
                (Seen::Whole, Name::Snapshot(from)) => {
                    assert!(!snapshots(&damaged).unwrap().contains(&from));
                }
                (Seen::Whole, _) if name.segments() == newest => {}
                (Seen::Part(_), _) if name.segments() == newest => {
                    is_told_to_those_who_know(&answered, &damaged);
                    unseen += 1;
                }
                _ => panic!("{name} is missing, and it is not told"),
            }
        }
    }
    println!("{unseen} newest segments with records missed by those only who knew of them");
    assert!(unseen > 0);
}

#[test]
fn a_file_that_is_empty_or_cannot_be_read_is_told() {
    for answered in logs() {
        for name in answered.names() {
            let length = answered.disk.bytes(name).len();
            let ruin: [&dyn Fn(&Disk); 3] = [
                &|disk| disk.replace(name, Vec::new()),
                &|disk| disk.replace(name, vec![0; length]),
                &|disk| disk.spoil(name, 0),
            ];
            for ruin in ruin {
                let damaged = answered.disk.kill();
                ruin(&damaged);
                is_told(&answered, &damaged, name, "ruined");
            }
        }
    }
}

fn is_told(answered: &Answered, damaged: &Disk, name: Name, what: &str) {
    let told = match name {
        Name::Snapshot(from) => sections(damaged, from).is_err(),
        _ => matches!(answered.seen(damaged), Seen::Told(_) | Seen::Unread),
    };
    assert!(told, "{name} {what}, and it is not told");
}

#[test]
fn files_that_are_swapped_or_renamed_are_told() {
    for answered in logs() {
        let names = answered.names();
        for (a, b) in names.iter().flat_map(|a| names.iter().map(move |b| (*a, *b))) {
            let (of_a, of_b) = (answered.disk.bytes(a), answered.disk.bytes(b));
            if a >= b {
                continue;
            }
            let damaged = answered.disk.kill();
            damaged.replace(a, of_b.clone());
            damaged.replace(b, of_a.clone());
            is_told(&answered, &damaged, a, "swapped");
            is_told(&answered, &damaged, b, "swapped");
            let damaged = answered.disk.kill();
            damaged.replace(a, of_b);
            is_told(&answered, &damaged, a, "doubled");
        }
        let behind = answered.disk.segments().last().unwrap() + 1;
        for number in answered.disk.segments() {
            for other in [Name::Segment(behind), Name::Dense { first: number, last: number }] {
                let damaged = answered.disk.kill();
                damaged.take_away(number);
                damaged.replace(other, answered.disk.bytes(number));
                is_told(&answered, &damaged, other, "renamed");
            }
        }
    }
}

#[test]
fn a_file_of_another_log_is_told() {
    for seed in 0..states(6_000) / 150 {
        let answered = Answered::new(seed);
        let other = Answered::of(seed, *b"another of tests");
        assert_eq!(answered.names(), other.names());
        for name in answered.names() {
            let damaged = answered.disk.kill();
            damaged.replace(name, other.disk.bytes(name));
            // Of a log of one file all files are of the other.
            if name.segments().is_none() || answered.names().len() > 1 + answered.snapshots().len()
            {
                is_told(&answered, &damaged, name, "is of another log");
            }
        }
    }
}

/// By design the end of a log is as believable as it was before: one file older, if none behind it
/// vouches for more, or all of them.
#[test]
fn a_file_of_an_earlier_time_is_told_unless_it_is_the_end() {
    let (mut told, mut unseen) = (0, 0);
    for answered in logs() {
        for before in &answered.before {
            for name in before.list().unwrap() {
                let damaged = answered.disk.kill();
                damaged.replace(name, before.bytes(name));
                match answered.seen(&damaged) {
                    Seen::Whole => {}
                    Seen::Told(_) => told += 1,
                    Seen::Part(_) if is_end(&answered, name) => {
                        is_told_to_those_who_know(&answered, &damaged);
                        unseen += 1;
                    }
                    Seen::Part(_) | Seen::Unread => panic!("{name} of an earlier time"),
                }
            }
            let (Seen::Whole | Seen::Part(_)) = answered.seen(before) else {
                panic!("all of it is of an earlier time, and is a log")
            };
        }
    }
    println!("{told} files of an earlier time told, {unseen} by those only who knew more");
    assert!(told > 0 && unseen > 0);
}

/// An opening that begins with a snapshot knows what the log must hold.
#[test]
fn a_log_older_than_its_snapshot_is_told_and_a_snapshot_older_than_its_log_is_right() {
    for seed in 0..states(6_000) / 150 {
        let answered = Answered::new(seed);
        let mut log = Log::open(&answered.disk.kill()).unwrap();
        log.append_bytes(&mut wal::simulated::Choices::new(seed), vec![1; 10]);
        log.commit_all().unwrap();
        take_snapshot(&log);
        let (upto, old) = (log.wal.durable(), answered.disk.kill());
        let opened = |disk: &Disk, at_least: Lsn| {
            let options = Options { from: at_least.next(), at_least, ..short_segments() };
            Log::open_with(&disk.kill(), options).map(drop)
        };
        let short = opened(&old, upto);
        assert!(matches!(short, Err(OpenError::Corrupt(_))), "{short:?}");
        for from in answered.snapshots() {
            opened(&old, from.previous()).unwrap();
        }
    }
}

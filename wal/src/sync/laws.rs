//! The hand-shake of the threads of a log, in every order: no wake-up is lost, nobody is left
//! waiting, and nothing is durable before it is synced.
//!
//! A model that cannot go on because all of its threads sleep is reported by `loom`, and so is a
//! panic in any order. `HOLDFAST_PREEMPTIONS` says how often a thread may be interrupted where it
//! does not sleep by itself; the default is small.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loom::thread;

use crate::durability::{Durability, Poisoned};
use crate::inspect::{Look, Tail, scan};
use crate::log::{AppendError, Wal};
use crate::simulated::{Disk, Operation};
use crate::{CommitError, Committer, Fill, Lsn, Opened, Options, Seal, Step, open};

/// Tries every order of the threads of a model, and says how many there were.
fn in_every_order(name: &str, preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    let asked = std::env::var("HOLDFAST_PREEMPTIONS").ok().and_then(|asked| asked.parse().ok());
    builder.preemption_bound = Some(asked.unwrap_or(preemptions));
    builder.max_branches = 100_000;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{:8} orders of {name}", orders.load(Ordering::Relaxed));
}

/// A log whose segments hold so many groups of a page.
fn begin(disk: &Disk, groups: u64) -> Opened<Disk> {
    begin_with(disk, groups, Options::default())
}

fn begin_with(disk: &Disk, groups: u64, options: Options) -> Opened<Disk> {
    let bytes = (1 + groups) << 12;
    let options = Options { segment_bytes: bytes, first_segment_bytes: bytes, ..options };
    open(disk.clone(), options, |_| Ok::<_, std::convert::Infallible>(())).unwrap()
}

fn append(wal: &Wal<Disk>) -> Result<Lsn, AppendError> {
    wal.append(&[], &[7; 3000])
}

/// What a power cut leaves, if nothing that was not synced survives.
fn synced(disk: &Disk) -> Lsn {
    let look = Look::whole(Tail::Still);
    let seen = scan(&disk.crash(|| false), look, |_| Ok::<_, std::convert::Infallible>(()));
    seen.unwrap().last
}

/// Waits, and finds that what is told to be durable is.
fn wait(wal: &Wal<Disk>, disk: &Disk, lsn: Lsn) -> Result<(), Poisoned> {
    let waited = wal.wait_durable(lsn);
    let durable = wal.durable();
    assert!(waited.is_err() || durable >= lsn);
    assert!(synced(disk) >= durable);
    waited
}

#[test]
fn who_waits_is_woken_by_what_is_published_or_by_the_end() {
    in_every_order("two waiters and one who publishes", 3, || {
        let durability = Arc::new(Durability::new(Lsn::ZERO));
        let waiters = [1, 2].map(|lsn| {
            let durability = Arc::clone(&durability);
            thread::spawn(move || {
                let waited = durability.wait(Lsn::new(lsn));
                assert!(waited.is_err() || durability.lsn() >= Lsn::new(lsn));
                waited
            })
        });
        durability.publish(Lsn::new(1));
        durability.end();
        let waited = waiters.map(|waiter| waiter.join().unwrap());
        assert_eq!(waited[1], Err(Poisoned));
        // The first may have begun to wait only after the end: it is durable all the same.
        assert_eq!(waited[0], Ok(()));
    });
}

#[test]
fn every_appender_is_told_and_a_closed_log_ends() {
    in_every_order("two appenders and a committer", 2, || {
        let disk = Disk::new();
        let Opened { wal, committer, filler: _unused, .. } = begin(&disk, 7);
        let committer = thread::spawn(move || committer.run());
        let other = {
            let (wal, disk) = (wal.clone(), disk.clone());
            thread::spawn(move || wait(&wal, &disk, append(&wal).unwrap()).unwrap())
        };
        wait(&wal, &disk, append(&wal).unwrap()).unwrap();
        other.join().unwrap();
        wal.close();
        committer.join().unwrap().unwrap();
        assert_eq!((wal.durable(), wal.appended()), (Lsn::new(2), Lsn::new(2)));
        assert_eq!(append(&wal), Err(AppendError::Closed));
    });
}

/// A commit that waits for more for as long as it likes.
#[test]
fn who_is_at_rest_after_appending_is_not_waited_for() {
    in_every_order("two appenders who hurry a committer that lingers", 2, || {
        let disk = Disk::new();
        let linger = std::time::Duration::MAX;
        let options = Options { linger, ..Options::default() };
        let Opened { wal, committer, filler: _unused, .. } = begin_with(&disk, 7, options);
        let committer = thread::spawn(move || committer.run());
        let attempt = |wal: &Wal<Disk>, disk: &Disk| {
            let lsn = append(wal).unwrap();
            wal.hurry();
            wait(wal, disk, lsn).unwrap();
        };
        let other = {
            let (wal, disk) = (wal.clone(), disk.clone());
            thread::spawn(move || attempt(&wal, &disk))
        };
        attempt(&wal, &disk);
        other.join().unwrap();
        // Nobody hurries this one: the end does.
        append(&wal).unwrap();
        wal.close();
        committer.join().unwrap().unwrap();
        assert_eq!(wal.durable(), Lsn::new(3));
    });
}

/// What was appended before the end is durable at the end.
#[test]
fn a_log_that_is_closed_while_it_is_appended_to_writes_all_that_was_taken() {
    in_every_order("an appender, a committer and one who closes", 2, || {
        let disk = Disk::new();
        let Opened { wal, committer, filler: _unused, .. } = begin(&disk, 7);
        let committer = thread::spawn(move || committer.run());
        let appender = {
            let (wal, disk) = (wal.clone(), disk.clone());
            thread::spawn(move || match append(&wal) {
                Ok(lsn) => wait(&wal, &disk, lsn).unwrap(),
                Err(error) => assert_eq!(error, AppendError::Closed),
            })
        };
        wal.close();
        committer.join().unwrap().unwrap();
        appender.join().unwrap();
        assert_eq!(wal.durable(), wal.appended());
    });
}

/// One who waits for what a failed sync lost is told so, and the log takes nothing more.
#[test]
fn nobody_waits_for_a_poisoned_log() {
    in_every_order("two appenders and a committer whose sync fails", 2, || {
        let disk = Disk::new();
        let Opened { wal, committer, filler: _unused, .. } = begin(&disk, 7);
        disk.fail(Operation::Sync, 1);
        let committer = thread::spawn(move || committer.run());
        let attempt = |wal: &Wal<Disk>, disk: &Disk| match append(wal) {
            Ok(lsn) => assert_eq!(wait(wal, disk, lsn), Err(Poisoned)),
            Err(error) => assert_eq!(error, AppendError::Poisoned),
        };
        let other = {
            let (wal, disk) = (wal.clone(), disk.clone());
            thread::spawn(move || attempt(&wal, &disk))
        };
        attempt(&wal, &disk);
        other.join().unwrap();
        assert!(matches!(committer.join().unwrap(), Err(CommitError::Sync { .. })));
        assert!(wal.is_poisoned() && wal.durable() == Lsn::ZERO);
    });
}

#[test]
fn a_committer_that_is_gone_leaves_nobody_waiting() {
    in_every_order("an appender and a committer that is dropped", 3, || {
        let disk = Disk::new();
        let Opened { wal, committer, filler: _unused, .. } = begin(&disk, 7);
        let gone = thread::spawn(move || drop(committer));
        match append(&wal) {
            Ok(lsn) => assert_eq!(wal.wait_durable(lsn), Err(Poisoned)),
            Err(error) => assert_eq!(error, AppendError::Poisoned),
        }
        gone.join().unwrap();
    });
}

/// Fills the first segment, of three groups.
fn fill(wal: &Wal<Disk>, committer: &mut Committer<Disk>) {
    for _ in 0..2 {
        append(wal).unwrap();
        assert_eq!(committer.step().unwrap(), Step::Committed);
    }
}

/// The committer sleeps for want of a segment, the filler until one is wanted.
#[test]
fn a_committer_that_starves_is_fed() {
    in_every_order("an appender, a committer and a filler", 2, || {
        let disk = Disk::new();
        let Opened { wal, mut committer, filler, .. } = begin(&disk, 3);
        fill(&wal, &mut committer);
        let committer = thread::spawn(move || committer.run());
        let filler = thread::spawn(move || filler.run());
        wait(&wal, &disk, append(&wal).unwrap()).unwrap();
        wal.close();
        committer.join().unwrap().unwrap();
        filler.join().unwrap();
    });
}

/// The end of a log whose records are all durable is no failure, though nothing can vouch for the
/// last of them.
#[test]
fn a_log_that_is_closed_on_a_full_disk_has_written_all_that_it_took() {
    in_every_order("a committer and a filler on a full disk", 2, || {
        let disk = Disk::new();
        let Opened { wal, mut committer, filler, .. } = begin(&disk, 3);
        fill(&wal, &mut committer);
        disk.fill_up();
        let committer = thread::spawn(move || committer.run());
        let filler = thread::spawn(move || filler.run());
        wal.close();
        assert!(committer.join().unwrap().is_ok(), "all of it was durable");
        filler.join().unwrap();
        assert_eq!((wal.durable(), synced(&disk)), (Lsn::new(2), Lsn::new(2)));
    });
}

/// What was accepted before it was known that there is no room has failed, and that is told.
#[test]
fn a_record_that_finds_no_room_is_not_waited_for_when_the_log_is_closed() {
    in_every_order("an appender, a committer and a filler on a full disk", 2, || {
        let disk = Disk::new();
        let Opened { wal, mut committer, filler, .. } = begin(&disk, 3);
        fill(&wal, &mut committer);
        disk.fill_up();
        let committer = thread::spawn(move || committer.run());
        let filler = thread::spawn(move || filler.run());
        let appended = append(&wal);
        wal.close();
        let done = committer.join().unwrap();
        match appended {
            Ok(lsn) => {
                assert!(matches!(done, Err(CommitError::NoRoom)));
                assert_eq!(wal.wait_durable(lsn), Err(Poisoned));
            }
            Err(error) => {
                assert_eq!(error, AppendError::StorageLow);
                assert!(done.is_ok(), "all of it was durable");
            }
        }
        filler.join().unwrap();
    });
}

/// A name that may be lost ends the log, wherever its threads sleep.
#[test]
fn a_filler_that_ends_the_log_wakes_all() {
    in_every_order("an appender, a committer and a filler that fails", 2, || {
        let disk = Disk::new();
        let Opened { wal, mut committer, filler, .. } = begin(&disk, 3);
        fill(&wal, &mut committer);
        disk.fail(Operation::Directory, 1);
        let committer = thread::spawn(move || committer.run());
        let filler = thread::spawn(move || filler.run());
        if let Ok(lsn) = append(&wal) {
            assert_eq!(wait(&wal, &disk, lsn), Err(Poisoned));
        }
        assert!(matches!(committer.join().unwrap(), Err(CommitError::Poisoned)));
        filler.join().unwrap();
    });
}

/// The sealer sleeps until a segment is finished, and is woken when it is, not by the end.
#[test]
fn a_sealer_sees_each_segment_that_is_finished() {
    in_every_order("a committer and a sealer", 3, || {
        let disk = Disk::new();
        let Opened { wal, mut committer, mut filler, sealer, .. } = begin(&disk, 3);
        fill(&wal, &mut committer);
        assert!(matches!(filler.step(), Fill::Prepared));
        append(&wal).unwrap();
        let seals = thread::spawn(move || {
            let mut sealer = sealer;
            // At first it looks whether files are to become one.
            while !matches!(sealer.step(), Seal::Sealed(_)) {
                assert!(sealer.await_work());
            }
            sealer
        });
        assert_eq!(committer.step().unwrap(), Step::Committed);
        let sealer = seals.join().unwrap();
        let sealer = thread::spawn(move || sealer.run());
        let committer = thread::spawn(move || committer.run());
        wal.close();
        committer.join().unwrap().unwrap();
        sealer.join().unwrap();
        assert_eq!(synced(&disk), Lsn::new(3));
    });
}

/// An idle log vouches for its last records, and takes one that is appended just then.
#[test]
fn an_idle_log_that_vouches_misses_no_append() {
    in_every_order("an appender, a committer and a clock", 2, || {
        let disk = Disk::new();
        let Opened { wal, committer, filler: _unused, .. } = begin(&disk, 7);
        let log = Arc::clone(&wal.log);
        let clock = thread::spawn(move || log.shared.work.clock().strikes(&log.shared.work));
        let committer = thread::spawn(move || committer.run());
        wait(&wal, &disk, append(&wal).unwrap()).unwrap();
        clock.join().unwrap();
        wal.close();
        committer.join().unwrap().unwrap();
    });
}

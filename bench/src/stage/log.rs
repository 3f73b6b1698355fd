//! The log: append into memory, and group commits on the simulated disk.

use std::convert::Infallible;

use wal::simulated::Disk;
use wal::{Lsn, Opened, Options, Step, Storage, Wal};

use super::{Stage, Work, many, repeat};
use crate::discard::Discard;

pub(super) const STAGES: [Stage; 4] = [
    Stage { name: "log append, 300 B", most: u64::MAX, counted: 10_000, prepare: append },
    commit("group commit, 1 record", || committing(1)),
    commit("group commit, 16 records", || committing(16)),
    commit("group commit, 256 records", || committing(256)),
];

const RECORD_BYTES: usize = 300;

const fn commit(name: &'static str, prepare: fn() -> anyhow::Result<Box<dyn Work>>) -> Stage {
    Stage { name, most: 20, counted: 10, prepare }
}

fn append() -> anyhow::Result<Box<dyn Work>> {
    let mut log = open(Discard)?;
    repeat(move || {
        if append_one(&log.wal).is_err() {
            drain(&mut log);
        }
    })
}

#[expect(clippy::unnecessary_wraps, reason = "a stage may fail to be prepared, this one does not")]
fn committing(records: u32) -> anyhow::Result<Box<dyn Work>> {
    Ok(Box::new(Committing { records, logs: Vec::new() }))
}

/// Each commit on a log and a disk of its own: a disk that remembers all that was ever written grows
/// slow.
struct Committing {
    records: u32,
    logs: Vec<Opened<Disk>>,
}

impl Work for Committing {
    fn ready(&mut self, times: u64) -> anyhow::Result<()> {
        self.logs = many(times, || open(Disk::new())).into_iter().collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    fn run(&mut self, times: u64) {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        for log in self.logs.iter_mut().take(times) {
            for _ in 0..self.records {
                append_one(&log.wal).expect("a new log takes them");
            }
            drain(log);
        }
    }
}

fn open<S: Storage>(storage: S) -> anyhow::Result<Opened<S>> {
    let options =
        Options { segment_bytes: 1 << 20, first_segment_bytes: 1 << 20, ..Options::default() };
    Ok(wal::open(storage, options, |_| Ok::<_, Infallible>(()))?)
}

fn append_one<S: Storage>(wal: &Wal<S>) -> Result<Lsn, wal::AppendError> {
    wal.append(&[Lsn::new(1); 3], &[7; RECORD_BYTES])
}

fn drain<S: Storage>(log: &mut Opened<S>) {
    while log.committer.step().expect("the disk takes all") != Step::Idle {
        log.filler.step();
    }
}

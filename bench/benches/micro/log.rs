//! The log: append into memory, and group commits on the simulated disk.

use std::convert::Infallible;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use holdfast_bench::discard::Discard;
use wal::simulated::Disk;
use wal::{Lsn, Opened, Options, Step, Storage, Wal};

const RECORD_BYTES: usize = 300;

pub(crate) fn bench(criterion: &mut Criterion) {
    append(criterion);
    group_commit(criterion);
}

fn append(criterion: &mut Criterion) {
    let mut log = open(Discard);
    criterion.bench_function("log append", |b| {
        b.iter(|| {
            if append_one(&log.wal).is_err() {
                drain(&mut log);
            }
        });
    });
}

fn group_commit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("group commit, simulated disk");
    for records in [1_u32, 16, 256] {
        group.throughput(Throughput::Elements(records.into()));
        let id = BenchmarkId::from_parameter(records);
        group.bench_with_input(id, &records, |b, &records| {
            // A disk for each batch: one that remembers all that was ever written grows slow.
            let full = || (open(Disk::new()), records);
            b.iter_batched_ref(full, commit, BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn commit((log, records): &mut (Opened<Disk>, u32)) {
    for _ in 0..*records {
        append_one(&log.wal).expect("a new log takes them");
    }
    drain(log);
}

fn open<S: Storage>(storage: S) -> Opened<S> {
    let options =
        Options { segment_bytes: 1 << 20, first_segment_bytes: 1 << 20, ..Options::default() };
    wal::open(storage, options, |_| Ok::<_, Infallible>(())).expect("an empty disk opens")
}

fn append_one<S: Storage>(wal: &Wal<S>) -> Result<Lsn, wal::AppendError> {
    wal.append(&[Lsn::new(1); 3], |_, payload| payload.resize(RECORD_BYTES, 7))
}

fn drain<S: Storage>(log: &mut Opened<S>) {
    while log.committer.step().expect("the disk takes all") != Step::Idle {
        log.filler.step();
    }
}

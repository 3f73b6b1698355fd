//! Prints what the log costs on the disk of the directory given, or of the temporary one:
//! `cargo run --release -p wal --example measure -- /var/lib/somewhere`.

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wal::{CommitError, Directory, Filesystem, Lsn, Opened, Options, Step, Sync, Wal, open};

const RECORD_BYTES: usize = 200;
const LONE: usize = 2_000;
const BURST: u32 = 50_000;
const MANY: u64 = 2_000_000;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let place = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let path = place.join(format!("wal-measure-{}", std::process::id()));
    std::fs::create_dir(&path)?;
    let done = lone_commits(&path).and_then(|()| bursts(&path)).and_then(|()| many_records(&path));
    std::fs::remove_dir_all(&path)?;
    done
}

/// One record at a time, by turns with a bare write of a page that is there already.
fn lone_commits(path: &Path) -> Done {
    let log = Running::open(&path.join("lone"), Options::default())?;
    let bare = File::options().create_new(true).write(true).open(path.join("bare"))?;
    for page in 0..LONE {
        bare.write_all_at(&[1; 4096], u64::try_from(page)? * 4096)?;
    }
    bare.sync_all()?;
    let (mut commits, mut writes) = (Vec::new(), Vec::new());
    for page in 0..LONE {
        commits.push(timed(|| append(&log.wal).map(|lsn| log.wal.wait_durable(lsn))).1);
        let write = || bare.write_all_at(&[2; 4096], u64::try_from(page).unwrap_or(0) * 4096);
        writes.push(timed(|| write().and_then(|()| bare.sync_data())).1);
    }
    println!("one lone commit:           {}", quantiles(commits));
    println!("pwrite 4 KiB + fdatasync:  {}", quantiles(writes));
    log.close()
}

/// Appends alone: the committer writes between the bursts, and is not measured.
fn bursts(path: &Path) -> Done {
    let directory = Directory::open(&path.join("bursts"), Filesystem::Any)?;
    let off = Options { sync: Sync::Off, ..Options::default() };
    let Opened { wal, mut committer, mut filler, .. } =
        open(directory, off, |_| Ok::<_, Infallible>(()))?;
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(timed(|| (0..BURST).filter_map(|_| append(&wal).ok()).count()).1 / BURST);
        while committer.step()? != Step::Idle {
            drop(filler.step());
        }
    }
    println!("append, one thread:        {} a record", quantiles(times));
    Ok(())
}

/// As many as one thread appends; then the same log recovered.
fn many_records(path: &Path) -> Done {
    let path = path.join("many");
    let roomy = || Options { buffer_bytes_max: 1 << 30, ..Options::default() };
    let log = Running::open(&path, roomy())?;
    let (last, appending) = timed(|| append_many(&log.wal));
    let (waited, syncing) = timed(|| log.wal.wait_durable(last));
    waited?;
    println!("append to durable:         {}", rate(appending + syncing));
    log.close()?;
    let (log, opening) = timed(|| Running::open(&path, roomy()));
    println!("recovery, cold:            {}", rate(opening));
    let read = |lsn| log.as_ref().is_ok_and(|log| log.wal.read(Lsn::new(lsn)).is_ok());
    let reads = (1..=MANY).step_by(1001).map(|lsn| timed(|| read(lsn)).1).collect();
    println!("read of one record:        {}", quantiles(reads));
    log?.close()
}

fn append_many(wal: &Wal<Directory>) -> Lsn {
    (0..MANY).filter_map(|_| append(wal).ok()).fold(Lsn::ZERO, Lsn::max)
}

fn append(wal: &Wal<Directory>) -> Result<Lsn, wal::AppendError> {
    wal.append(&[Lsn::new(1)], |_, payload| payload.resize(RECORD_BYTES, 7))
}

/// A log with its two threads.
struct Running {
    wal: Wal<Directory>,
    committer: JoinHandle<Result<(), CommitError>>,
    filler: JoinHandle<()>,
}

impl Running {
    fn open(path: &Path, options: Options) -> Result<Self, Box<dyn Error>> {
        let directory = Directory::open(path, Filesystem::Any)?;
        let Opened { wal, committer, filler, .. } =
            open(directory, options, |_| Ok::<_, Infallible>(()))?;
        let committer = thread::spawn(|| committer.run());
        let filler = thread::spawn(|| filler.run());
        Ok(Self { wal, committer, filler })
    }

    fn close(self) -> Done {
        self.wal.close();
        self.committer.join().map_err(|_| "the committer panicked")??;
        self.filler.join().map_err(|_| "the filler panicked".into())
    }
}

fn rate(time: Duration) -> String {
    let records = u128::from(MANY) * 1_000_000 / time.as_micros().max(1);
    format!("{records} records/s of {RECORD_BYTES} bytes")
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    format!("p50 {:?}, p90 {:?}, p99 {:?}", at(50), at(90), at(99))
}

#[expect(clippy::disallowed_methods, reason = "this is what it measures")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

//! What one lone commit costs the disk: bytes that reach the device, and time.
//!
//! By turns a record is appended to the real log and waited for, and 4 KiB are written to a prepared
//! file and synced. The device's count is read before and after each, so that what others write
//! spoils single readings and not the median. The log's first segment holds the whole run: zeroing
//! the next one is not part of a lone commit.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use wal::{Directory, Filesystem, Filler, Lsn, Options, Wal};

use crate::cli::Place;
use crate::files::{Disk, PAGE_BYTES, Prepared};
use crate::report::{Table, preamble};
use crate::statistics::{Samples, micros};
use crate::time::timed;

/// About what one operation's record takes.
const RECORD_BYTES: usize = 300;

/// What `disk` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// How many lone commits
    #[arg(long, value_name = "N", default_value_t = 500)]
    commits: u64,
}

#[derive(Default)]
struct Measured {
    times: Vec<Duration>,
    bytes: Vec<u64>,
}

/// Measures and prints.
///
/// # Errors
/// When the disk fails or keeps no count.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(Some(&args.place.dir));
    let scratch = args.place.scratch()?;
    let disk = Disk::of(scratch.path())?;
    let (commits, writes) = by_turns(&disk, scratch.path(), args.commits)?;
    let head = ["one at a time", "bytes p50", "bytes p90", "time p50", "time p90", "time p99"];
    let mut table = Table::new(&head);
    table.row(commits.row("commit of one record"));
    table.row(writes.row("pwrite + fdatasync of 4 KiB"));
    table.print();
    println!("\nfigure: at most 8192 bytes for a lone commit");
    Ok(())
}

fn by_turns(disk: &Disk, path: &Path, commits: u64) -> anyhow::Result<(Measured, Measured)> {
    let mut bare = Prepared::new(&path.join("prepared"), commits)?;
    let log = Log::open(&path.join("log"), commits)?;
    let (mut ours, mut theirs) = (Measured::default(), Measured::default());
    for _ in 0..commits {
        ours.measure(disk, || log.lone_commit())?;
        theirs.measure(disk, || Ok(bare.write_and_sync()?))?;
    }
    log.close()?;
    Ok((ours, theirs))
}

impl Measured {
    fn measure(
        &mut self,
        disk: &Disk,
        work: impl FnOnce() -> anyhow::Result<Duration>,
    ) -> anyhow::Result<()> {
        let before = disk.bytes_written()?;
        self.times.push(work()?);
        self.bytes.push(disk.bytes_written()? - before);
        Ok(())
    }

    fn row(self, name: &str) -> [String; 6] {
        let (times, bytes) = (Samples::new(self.times), Samples::new(self.bytes));
        let [p50, p90, p99] = [50, 90, 99].map(|percent| micros(times.percentile(percent)));
        let (middle, high) = (bytes.median().to_string(), bytes.percentile(90).to_string());
        [name.to_owned(), middle, high, p50, p90, p99]
    }
}

/// The log and its committer's thread. Its filler is there and does nothing.
struct Log {
    wal: Wal<Directory>,
    _filler: Filler<Directory>,
    committer: std::thread::JoinHandle<Result<(), wal::CommitError>>,
}

impl Log {
    fn open(path: &Path, commits: u64) -> anyhow::Result<Self> {
        let directory = Directory::open(path, Filesystem::Any)?;
        // A page for each commit, one more where an empty group vouches for it, and the headers.
        let first_segment_bytes = (2 * commits + 16) * PAGE_BYTES;
        let options = Options { first_segment_bytes, ..Options::default() };
        let opened = wal::open(directory, options, |_| Ok::<_, Infallible>(()))?;
        let committer = std::thread::spawn(move || opened.committer.run());
        Ok(Self { wal: opened.wal, _filler: opened.filler, committer })
    }

    fn lone_commit(&self) -> anyhow::Result<Duration> {
        let (done, time) = timed(|| {
            let lsn = self.wal.append(&[Lsn::ZERO; 3], &[7; RECORD_BYTES])?;
            anyhow::Ok(self.wal.wait_durable(lsn)?)
        });
        done.map(|()| time)
    }

    fn close(self) -> anyhow::Result<()> {
        self.wal.close();
        self.committer.join().ok().context("the committer panicked")??;
        Ok(())
    }
}

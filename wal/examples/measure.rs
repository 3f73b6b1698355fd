//! Prints what the log costs on the disk of the directory given, or of the temporary one:
//! `cargo run --release -p wal --example measure -- /var/lib/somewhere`.

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wal::simulated::Choices;
use wal::{
    CommitError, Directory, Filesystem, Lsn, Merged, OnMerge, Opened, Options, Seal, Sealer, Step,
    Sync, Wal, open,
};

const RECORD_BYTES: usize = 200;
const LONE: usize = 2_000;
const BURST: u32 = 50_000;
const MANY: u64 = 2_000_000;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let place = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let path = place.join(format!("wal-measure-{}", std::process::id()));
    std::fs::create_dir(&path)?;
    let done = lone_commits(&path)
        .and_then(|()| bursts(&path))
        .and_then(|()| many_records(&path))
        .and_then(|()| sealing(&path))
        .and_then(|()| merging(&path));
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

/// Finished segments, as bytes of them a second: with its rests, which a sealer takes while no more
/// than two wait, and without.
fn sealing(path: &Path) -> Done {
    let beside = path.join("sealing-beside");
    let (log, sealer, bytes) = finished(&beside, 3)?;
    let (sealer, time) = timed(|| sealed_beside(sealer, &beside));
    println!("sealing, paced:            {}", bandwidth(bytes, time));
    log.close()?;
    sealer?.join().map_err(|_| "the sealer panicked")?;
    let (log, mut sealer, bytes) = finished(&path.join("sealing"), 10)?;
    let (_, time) = timed(|| while let Seal::Sealed(_) = sealer.step() {});
    println!("sealing, without a rest:   {}", bandwidth(bytes, time));
    log.close()
}

/// A log with so many finished segments of which none is sealed, and their length.
fn finished(
    path: &Path,
    segments: usize,
) -> Result<(Running, Sealer<Directory>, u64), Box<dyn Error>> {
    let bytes = Options::default().segment_bytes;
    let options = Options { first_segment_bytes: bytes, merge_files: 0, ..Options::default() };
    let (log, sealer) = Running::begin(path, options)?;
    let mut choices = Choices::new(1);
    // Beside the last one and the one that is prepared behind it.
    while padded(path)? < segments + 2 {
        let last = (0..1_000).map(|_| log.wal.append(&[Lsn::new(1); 3], &texts(&mut choices)));
        let last = last.last().ok_or("nothing was appended")??;
        log.wal.wait_durable(last)?;
    }
    Ok((log, sealer, bytes * u64::try_from(segments)?))
}

/// Lets the sealer run on a thread of its own until nothing finished is padded.
fn sealed_beside(sealer: Sealer<Directory>, path: &Path) -> Result<JoinHandle<()>, Box<dyn Error>> {
    let sealer = thread::spawn(|| sealer.run());
    while padded(path)? > 2 {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(sealer)
}

fn padded(path: &Path) -> std::io::Result<usize> {
    let is_padded = |name: &str| name.ends_with(".wal");
    let files = std::fs::read_dir(path)?.flatten();
    Ok(files.filter(|file| file.file_name().to_str().is_some_and(is_padded)).count())
}

/// As compressible as a record of an action: names of random digits.
fn texts(choices: &mut Choices) -> Vec<u8> {
    let name =
        |choices: &mut Choices| format!("{:016x}-{:016x}", choices.number(), choices.number());
    (0..6).map(|_| name(choices)).collect::<Vec<_>>().concat().into_bytes()
}

/// Lone commits while nothing else happens, and while sealed files become one beside them; then as
/// fast as the disk can.
fn merging(path: &Path) -> Done {
    let path = path.join("merging");
    seal_many(&path)?;
    let log = Running::open(&path, Options { merge_files: 0, ..Options::default() })?;
    let commit = |wal: &Wal<Directory>| timed(|| append(wal).map(|lsn| wal.wait_durable(lsn))).1;
    let alone = (0..LONE).map(|_| commit(&log.wal)).collect();
    println!("one lone commit:           {}", quantiles(alone));
    log.close()?;
    let (told, heard) = channel();
    let on_merge = move |merged: Result<Merged, &std::io::Error>| {
        // Whoever measured enough listens no more.
        let _ = told.send(merged.map(|merged| merged.bytes).map_err(ToString::to_string));
    };
    let on_merge: Option<OnMerge> = Some(Box::new(on_merge));
    let (log, sealer) =
        Running::begin(&path, Options { merge_files: 4, on_merge, ..Options::default() })?;
    let sealer = thread::spawn(|| sealer.run());
    let (mut beside, mut bytes) = (Vec::new(), 0);
    let (_, time) = timed(|| {
        while bytes < MERGED_BYTES {
            beside.push(commit(&log.wal));
            bytes += heard.try_iter().map(Result::unwrap_or_default).sum::<u64>();
        }
    });
    println!("the same beside a merge:   {}", quantiles(beside));
    println!("merging, paced:            {}", bandwidth(bytes, time));
    log.close()?;
    sealer.join().map_err(|_| "the sealer panicked")?;
    std::fs::remove_dir_all(&path)?;
    seal_many(&path)?;
    let (log, mut sealer) =
        Running::begin(&path, Options { merge_files: 4, ..Options::default() })?;
    let (name, time) = timed(|| {
        loop {
            match sealer.step() {
                Seal::Merged(name) => break Ok(name),
                Seal::Idle | Seal::Failed(_) => break Err("nothing was merged"),
                _ => {}
            }
        }
    });
    let bytes = std::fs::metadata(path.join(name?.to_string()))?.len();
    println!("merging, without a rest:   {}", bandwidth(bytes, time));
    log.close()
}

/// At least so many bytes are merged beside lone commits.
const MERGED_BYTES: u64 = 600 << 20;

/// A log of some segments of records that can hardly be compressed, each sealed by itself.
fn seal_many(path: &Path) -> Done {
    let options = Options { merge_files: 0, buffer_bytes_max: 1 << 30, ..Options::default() };
    let (log, mut sealer) = Running::begin(path, options)?;
    let mut choices = Choices::new(1);
    let mut noise = || (0..25).flat_map(|_| choices.number().to_le_bytes()).collect::<Vec<u8>>();
    for _ in 0..13 {
        let last = (0..300_000).map(|_| {
            let payload = noise();
            log.wal.append(&[Lsn::new(1)], &payload)
        });
        let last = last.last().ok_or("nothing was appended")??;
        log.wal.wait_durable(last)?;
        while let Seal::Sealed(_) = sealer.step() {}
    }
    log.close()
}

fn bandwidth(bytes: u64, time: Duration) -> String {
    let rate = u128::from(bytes) / time.as_micros().max(1);
    format!("{rate} MB/s ({} MB)", bytes / 1_000_000)
}

fn append_many(wal: &Wal<Directory>) -> Lsn {
    (0..MANY).filter_map(|_| append(wal).ok()).fold(Lsn::ZERO, Lsn::max)
}

fn append(wal: &Wal<Directory>) -> Result<Lsn, wal::AppendError> {
    wal.append(&[Lsn::new(1)], &[7; RECORD_BYTES])
}

/// A log with its two threads.
struct Running {
    wal: Wal<Directory>,
    committer: JoinHandle<Result<(), CommitError>>,
    filler: JoinHandle<()>,
}

impl Running {
    fn open(path: &Path, options: Options) -> Result<Self, Box<dyn Error>> {
        Ok(Self::begin(path, options)?.0)
    }

    fn begin(path: &Path, options: Options) -> Result<(Self, Sealer<Directory>), Box<dyn Error>> {
        let directory = Directory::open(path, Filesystem::Any)?;
        let Opened { wal, committer, filler, sealer, .. } =
            open(directory, options, |_| Ok::<_, Infallible>(()))?;
        let committer = thread::spawn(|| committer.run());
        let filler = thread::spawn(|| filler.run());
        Ok((Self { wal, committer, filler }, sealer))
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

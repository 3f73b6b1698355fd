//! What this disk can do, measured before the server promises anything.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets the process open as many files as the system lets it: each connection is one, and each
/// segment of the log.
pub fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    // With what it has it works as well, only not for as many.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

const TRIES: u16 = 15;
const BLOCK: [u8; 4096] = [0x5a; 4096];

/// A line with the median time of writing 4 KiB and syncing it, in the data directory.
///
/// # Errors
/// When the directory cannot be written.
pub fn measure(directory: &Path) -> io::Result<String> {
    let path = directory.join("fdatasync.tmp");
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
    // The first write allocates the block, which later ones need not.
    file.write_all_at(&BLOCK, 0)?;
    file.sync_all()?;
    let mut times = (0..TRIES).map(|_| time(&file)).collect::<io::Result<Vec<_>>>()?;
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default().as_micros();
    Ok(format!("fdatasync of 4 KiB takes {median} µs on this disk (median of {TRIES})"))
}

#[expect(clippy::disallowed_methods, reason = "a measurement, of which no action hears")]
fn time(file: &std::fs::File) -> io::Result<Duration> {
    let start = Instant::now();
    file.write_all_at(&BLOCK, 0)?;
    file.sync_data()?;
    Ok(start.elapsed())
}

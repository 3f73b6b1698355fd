//! The disk of a directory: its file system, and how long its own `fdatasync` takes. No durable
//! answer can be faster than that, whatever server gives it.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use crate::{clock::now, measurement::Times, slo::Point};

/// How many appends are made.
const APPENDS: u64 = 64;
/// How long is each.
const APPEND_BYTES: usize = 4_096;
/// On a disk so slow that they would take longer, fewer are made.
const MEASURED_MAX: Duration = Duration::from_secs(2);

/// A directory's disk.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Disk {
    /// The directory.
    pub directory: PathBuf,
    /// The type of its file system.
    pub file_system: Option<String>,
    /// What it is mounted from.
    pub device: Option<String>,
    /// How long a sync takes; absent when it could not be measured.
    pub fdatasync: Option<Sync>,
    /// Why it could not be.
    pub error: Option<String>,
}

/// How long it takes to append 4 KiB to a file and make them durable, in nanoseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sync {
    /// How many were measured.
    pub count: u64,
    /// The median.
    pub p50_ns: u64,
    /// The 99th percentile, which of so few is the longest.
    pub p99_ns: u64,
}

impl Disk {
    /// Measures the disk of `directory` with a file that has no name and is gone afterwards.
    #[must_use]
    pub fn measure(directory: &Path) -> Self {
        let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let (file_system, device) = mount_of(&mounts, &directory).unzip();
        let (fdatasync, error) = match syncs(&directory) {
            Ok(times) => (Some(Sync::of(&times)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self { directory, file_system, device, fdatasync, error }
    }
}

impl Sync {
    fn of(times: &Times) -> Self {
        let at = |part| {
            let time = times.at(Point::PerTenThousand(part));
            u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
        };
        Self { count: times.count(), p50_ns: at(5_000), p99_ns: at(9_900) }
    }
}

fn syncs(directory: &Path) -> io::Result<Times> {
    let mut file = tempfile::tempfile_in(directory)?;
    let (began, mut times) = (now(), Times::default());
    for _ in 0..APPENDS {
        let start = now();
        file.write_all(&[0x5a; APPEND_BYTES])?;
        rustix::fs::fdatasync(&file)?;
        times.record(now() - start);
        if now() - began > MEASURED_MAX {
            break;
        }
    }
    Ok(times)
}

/// The file system that a path lies on, and its device: of all mount points above the path the
/// longest, and of those the last that was mounted (`proc_pid_mountinfo(5)`).
fn mount_of(mounts: &str, path: &Path) -> Option<(String, String)> {
    let mounts = mounts.lines().filter_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let point = unescaped(left.split(' ').nth(4)?);
        let mut right = right.split(' ');
        let (file_system, device) = (right.next()?, right.next()?);
        path.starts_with(&point).then(|| (point.len(), file_system, unescaped(device)))
    });
    let (_, file_system, device) = mounts.max_by_key(|(length, ..)| *length)?;
    Some((file_system.to_owned(), device))
}

/// Spaces, tabs, line ends and backslashes are written as three octal digits.
fn unescaped(text: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

#[cfg(test)]
mod tests {
    use super::{Disk, mount_of};
    use std::path::Path;

    #[test]
    fn a_path_lies_on_the_longest_and_latest_mount_above_it() {
        let mounts = "\
            22 1 252:1 / / rw - ext4 /dev/vda1 rw\n\
            23 22 0:20 / /data\\040dir rw shared:1 - btrfs /dev/vdb rw\n\
            24 22 0:21 / /data rw - xfs /dev/vdc rw\n\
            25 22 0:22 / /data rw - tmpfs tmpfs rw\n\
            broken\n";
        let rows = [
            ("/", "ext4", "/dev/vda1"),
            ("/database", "ext4", "/dev/vda1"),
            ("/data", "tmpfs", "tmpfs"),
            ("/data/x", "tmpfs", "tmpfs"),
            ("/data dir/x", "btrfs", "/dev/vdb"),
        ];
        for (path, file_system, device) in rows {
            let found = mount_of(mounts, Path::new(path));
            assert_eq!(found, Some((file_system.to_owned(), device.to_owned())), "{path}");
        }
        assert_eq!(mount_of("", Path::new("/")), None);
    }

    #[test]
    fn a_directory_that_is_not_there_is_no_reason_to_stop() {
        let disk = Disk::measure(Path::new("/no/such/directory"));
        assert!(disk.fdatasync.is_none());
        assert!(disk.error.is_some_and(|error| error.contains("No such file")));
    }
}

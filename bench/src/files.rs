//! The disk under a directory, a file written ahead of need, and the log in real files.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rustix::fs::{major, minor};

use crate::time::timed;

/// The length of what is written, and where it may begin.
pub const PAGE_BYTES: u64 = 4096;
const SECTOR_BYTES: u64 = 512;

/// The block device that a directory is on.
#[derive(Debug)]
pub struct Disk {
    major: u32,
    minor: u32,
    filesystem: String,
    device: String,
}

impl Disk {
    /// The device of `directory`.
    ///
    /// # Errors
    /// When the directory or the table of mounts cannot be read, or does not know the device.
    pub fn of(directory: &Path) -> anyhow::Result<Self> {
        let device = fs::metadata(directory)?.dev();
        let (major, minor) = (major(device), minor(device));
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let (filesystem, device) = mounts
            .lines()
            .find_map(|line| mount(line, &format!("{major}:{minor}")))
            .with_context(|| format!("no mount of device {major}:{minor} is known"))?;
        Ok(Self { major, minor, filesystem: filesystem.into(), device: device.into() })
    }

    /// What kind of file system it has.
    #[must_use]
    pub fn filesystem(&self) -> &str {
        &self.filesystem
    }

    /// What it is called.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// How many bytes were ever written to it, by whomever.
    ///
    /// # Errors
    /// When the kernel keeps no count of it.
    pub fn bytes_written(&self) -> anyhow::Result<u64> {
        let counts = fs::read_to_string("/proc/diskstats")?;
        let sectors = counts.lines().find_map(|line| self.sectors_written(line));
        let sectors =
            sectors.with_context(|| format!("{} is not in /proc/diskstats", self.device))?;
        Ok(sectors * SECTOR_BYTES)
    }

    /// Its tenth word, when the line of `/proc/diskstats` is this disk's.
    fn sectors_written(&self, line: &str) -> Option<u64> {
        let mut words = line.split_ascii_whitespace();
        let (major, minor) =
            (words.next()?.parse::<u32>().ok()?, words.next()?.parse::<u32>().ok()?);
        if (major, minor) != (self.major, self.minor) {
            return None;
        }
        words.nth(7)?.parse().ok()
    }
}

/// File system and device of a line of `mountinfo`, when it mounts `number`:
/// `id parent major:minor root point options … - filesystem device …`.
fn mount<'a>(line: &'a str, number: &str) -> Option<(&'a str, &'a str)> {
    let (place, kind) = line.split_once(" - ")?;
    if place.split(' ').nth(2)? != number {
        return None;
    }
    let mut words = kind.split(' ');
    Some((words.next()?, words.next()?))
}

/// A file whose pages were all written and synced, to compare syncs with.
#[derive(Debug)]
pub struct Prepared {
    file: File,
    pages: u64,
    next: u64,
}

impl Prepared {
    /// A new file of so many pages.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(path: &Path, pages: u64) -> io::Result<Self> {
        let file = File::options().create_new(true).write(true).open(path)?;
        (0..pages).try_for_each(|page| file.write_all_at(&[1; 4096], page * PAGE_BYTES))?;
        file.sync_all()?;
        Ok(Self { file, pages, next: 0 })
    }

    /// Writes the next page and syncs it; says how long both took.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write_and_sync(&mut self) -> io::Result<Duration> {
        let offset = self.next % self.pages * PAGE_BYTES;
        self.next += 1;
        let (done, time) = timed(|| {
            self.file.write_all_at(&[2; 4096], offset)?;
            self.file.sync_data()
        });
        done.map(|()| time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_found_among_mounts_and_counts() {
        let line = "25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw";
        assert_eq!(mount(line, "254:0"), Some(("ext4", "/dev/vda")));
        assert_eq!(mount(line, "254:1"), None);
        let disk = Disk { major: 254, minor: 0, filesystem: "ext4".into(), device: "vda".into() };
        let counts = " 254       0 vda 11 12 13 14 15 16 17 18 0 20 21";
        assert_eq!(disk.sectors_written(counts), Some(17));
        assert_eq!(disk.sectors_written(" 254       1 vda1 11 12 13 14 15 16 17 18"), None);
    }
}

//! Where a rig keeps its mount points and messages, and how it clears away what a rig before it
//! left when it was killed: everything carries the name and the process id of its rig.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::mount::{UnmountFlags, unmount};
use rustix::process::{Pid, Signal, kill_process};

use crate::tool;

const NAME: &str = "holdfast-powercut-";

/// A directory for one rig; removed when dropped.
pub struct Workplace {
    path: PathBuf,
    made: AtomicU64,
}

impl Workplace {
    /// Makes one, and clears away those of rigs that are no more.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn new() -> anyhow::Result<Self> {
        sweep();
        // Several tests of one process may have one each.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{NAME}{}.{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self { path, made: AtomicU64::new(0) })
    }

    /// A path that was not given out before.
    #[must_use]
    pub fn fresh(&self, what: &str) -> PathBuf {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        self.path.join(format!("{what}-{number}"))
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        clear(&self.path);
    }
}

/// Clears away what rigs left that are no more.
fn sweep() {
    let Ok(found) = fs::read_dir(std::env::temp_dir()) else { return };
    for path in found.flatten().map(|found| found.path()) {
        if owner(&path).is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            clear(&path);
        }
    }
}

/// The process that made this workplace, if it is one.
fn owner(path: &Path) -> Option<u32> {
    let (owner, _) = path.file_name()?.to_str()?.strip_prefix(NAME)?.split_once('.')?;
    owner.parse().ok()
}

/// Ends, in this order, the servers, mounts and loop devices under this directory, then removes it.
/// What is not there needs not be ended, and nothing more can be done about what does not end.
fn clear(path: &Path) {
    let Some(name) = path.to_str() else { return };
    for server in servers_of(name) {
        let _ = kill_process(server, Signal::KILL);
    }
    let mut mounts = mounts_under(name);
    mounts.sort_by_key(|mount| !mount.contains("/mount-"));
    let (systems, disks) = mounts.split_at(mounts.partition_point(|it| it.contains("/mount-")));
    systems.iter().for_each(|mount| take_down(mount));
    for device in devices_of(name) {
        let _ = tool::run("losetup", &["--detach", &device]);
    }
    disks.iter().for_each(|mount| take_down(mount));
    let _ = fs::remove_dir_all(path);
}

fn take_down(mount: &str) {
    if unmount(mount, UnmountFlags::empty()).is_err() {
        let _ = unmount(mount, UnmountFlags::DETACH);
    }
}

/// The processes whose command line names something under this directory.
fn servers_of(directory: &str) -> Vec<Pid> {
    let needle = format!("--data-dir\0{directory}/");
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let serves = |process: fs::DirEntry| {
        let number: i32 = process.file_name().to_str()?.parse().ok()?;
        let line = fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains(&needle).then(|| Pid::from_raw(number)).flatten()
    };
    processes.flatten().filter_map(serves).collect()
}

fn mounts_under(directory: &str) -> Vec<String> {
    let table = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(1));
    let under = points.filter(|point| point.starts_with(&format!("{directory}/")));
    under.map(str::to_owned).collect()
}

/// The loop devices on files under this directory.
fn devices_of(directory: &str) -> Vec<String> {
    let Ok(blocks) = fs::read_dir("/sys/block") else { return Vec::new() };
    let under = |block: fs::DirEntry| {
        let file = fs::read_to_string(block.path().join("loop/backing_file")).ok()?;
        let name = block.file_name().to_str()?.to_owned();
        file.starts_with(&format!("{directory}/")).then(|| format!("/dev/{name}"))
    };
    blocks.flatten().filter_map(under).collect()
}

//! A real file system on a disk of the rig: the disk shown as a file, a loop device on the file,
//! the file system on the device. Taken down in the opposite order, whatever happens.

use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::disk::Disk;
use crate::fuse::Shown;
use crate::image::Image;
use crate::tool;
use crate::workplace::Workplace;

/// Between two looks whether a disk that is being mounted has lost its power.
const PACE: Duration = Duration::from_millis(5);

/// The file systems that a log may lie on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Filesystem {
    /// ext4, with ordered data.
    Ext4,
    /// XFS.
    Xfs,
}

impl Filesystem {
    /// Each.
    pub const ALL: [Self; 2] = [Self::Ext4, Self::Xfs];

    /// As the kernel calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// How long a disk for it is: for XFS nearly the shortest that its tools make one on.
    #[must_use]
    pub const fn image_bytes(self) -> u64 {
        match self {
            Self::Ext4 => 192 << 20,
            Self::Xfs => 320 << 20,
        }
    }

    /// What it relies on a disk to write wholly or not at all, in bytes.
    ///
    /// XFS verifies a metadata block that is newer on the disk than in the log, so half of one keeps
    /// it from mounting: it is for disks that write blocks of 4 KiB wholly. ext4 replays whole blocks
    /// whatever is there.
    #[must_use]
    pub const fn sector_bytes(self) -> u64 {
        match self {
            Self::Ext4 => 512,
            Self::Xfs => 4096,
        }
    }

    /// A disk that holds this.
    #[must_use]
    pub fn disk(self, image: Image) -> Arc<Disk> {
        Arc::new(Disk::new(image, self.sector_bytes()))
    }

    const fn mount_options(self) -> &'static str {
        match self {
            Self::Ext4 => "barrier=1",
            // The same file system may be there a second time, in another rig.
            Self::Xfs => "nouuid",
        }
    }

    /// Makes an empty one; what a disk then holds.
    ///
    /// # Errors
    /// When its tool is missing or fails.
    pub fn make(self, workplace: &Workplace) -> anyhow::Result<Image> {
        let disk = self.disk(Image::new(self.image_bytes()));
        let attached = Attached::new(workplace, self, &disk)?;
        let device = &*attached.device;
        match self {
            Self::Ext4 => {
                let lazy = "nodiscard,lazy_itable_init=0,lazy_journal_init=0";
                let small = ["-q", "-F", "-b", "4096", "-m", "0", "-J", "size=8", "-E", lazy];
                tool::run("mkfs.ext4", &[&small[..], &[device]].concat())?
            }
            Self::Xfs => tool::run("mkfs.xfs", &["-q", "-f", "-K", device])?,
        };
        drop(attached);
        disk.sync()?;
        Ok(disk.cut().durable)
    }
}

/// A loop device on a disk; detached when dropped.
struct Attached {
    device: String,
    /// Goes last.
    _shown: Shown,
}

impl Attached {
    fn new(workplace: &Workplace, fs: Filesystem, disk: &Arc<Disk>) -> anyhow::Result<Self> {
        let path = workplace.fresh("disk");
        let shown = Shown::at(&path, Arc::clone(disk));
        let shown = shown.with_context(|| format!("{} cannot be mounted", path.display()))?;
        let path = path.to_str().context("the path is no text")?;
        let sector = format!("--sector-size={}", fs.sector_bytes());
        let device = tool::run("losetup", &["--find", "--show", "--direct-io=on", &sector, path])?;
        Ok(Self { device, _shown: shown })
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // What stays behind is swept up by the next rig.
        let _ = tool::run("losetup", &["--detach", &self.device]);
    }
}

/// A mounted file system; taken down when dropped.
pub struct Mounted {
    path: PathBuf,
    /// Goes last.
    _attached: Attached,
}

impl Mounted {
    /// Mounts what is on the disk. The kernel replays its journal.
    ///
    /// # Errors
    /// When it does not.
    pub fn new(workplace: &Workplace, fs: Filesystem, disk: &Arc<Disk>) -> anyhow::Result<Self> {
        let attached = Attached::new(workplace, fs, disk)?;
        let path = workplace.fresh("mount");
        fs::create_dir(&path)?;
        let mounted = mount_on(&path, fs, &attached.device, disk);
        mounted.with_context(|| format!("{} is not mounted as {}", attached.device, fs.name()))?;
        Ok(Self { path, _attached: attached })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Mounts, and sees to it that this ends on a disk that loses its power meanwhile.
fn mount_on(path: &Path, fs: Filesystem, device: &str, disk: &Disk) -> io::Result<()> {
    let options = CString::new(fs.mount_options())?;
    let mounting = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let watch = || {
            while mounting.load(Ordering::Acquire) {
                if !disk.has_power() {
                    give_up(fs, device);
                }
                std::thread::park_timeout(PACE);
            }
        };
        let watching = (fs == Filesystem::Xfs).then(|| scope.spawn(watch));
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        let mounted = mount(device, path, fs.name(), flags, options.as_c_str());
        mounting.store(false, Ordering::Release);
        watching.iter().for_each(|thread| thread.thread().unpark());
        Ok(mounted?)
    })
}

/// Tells XFS not to try again what its disk does not write. As it comes it tries for ever, and the
/// mount of a disk whose power goes in the midst of its recovery never ends.
fn give_up(fs: Filesystem, device: &str) {
    let name = device.trim_start_matches("/dev/");
    for error in ["EIO", "default"] {
        let path = format!("/sys/fs/{}/{name}/error/metadata/{error}/max_retries", fs.name());
        // It is not there yet, or no longer.
        let _ = fs::write(path, "0");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if unmount(&*self.path, UnmountFlags::empty()).is_err() {
            let _ = unmount(&*self.path, UnmountFlags::DETACH);
        }
        let _ = fs::remove_dir(&self.path);
    }
}

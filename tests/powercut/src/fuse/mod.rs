//! Shows a disk to the kernel as a file: a file system in user space whose root is that one file.

mod answer;
mod wire;

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::disk::Disk;
use answer::{RUN_BYTES_MAX, answer};

/// The kernel's device.
pub const DEVICE: &str = "/dev/fuse";
/// What such a file system calls itself in the table of mounts.
pub const KIND: &str = "fuse.holdfast-powercut";

/// A disk that is a file; no longer when dropped.
pub struct Shown {
    path: PathBuf,
    speaker: Option<JoinHandle<()>>,
}

impl Shown {
    /// Mounts the disk on a new file.
    ///
    /// # Errors
    /// When the kernel does not let this process.
    pub fn at(path: &Path, disk: Arc<Disk>) -> io::Result<Self> {
        File::create(path)?;
        let kernel = OpenOptions::new().read(true).write(true).open(DEVICE)?;
        let options = format!("fd={},rootmode=100600,user_id=0,group_id=0", kernel.as_raw_fd());
        let options = CString::new(options)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount("holdfast-powercut", path, KIND, flags, options.as_c_str())?;
        let speaker =
            std::thread::Builder::new().name("disk".into()).spawn(move || speak(&kernel, &disk));
        let mut shown = Self { path: path.to_owned(), speaker: None };
        shown.speaker = Some(speaker?);
        Ok(shown)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let gone = unmount(&*self.path, UnmountFlags::empty());
        if gone.is_err() {
            // Whoever still has it open sees it go when he lets go, and so does the speaker.
            let _ = unmount(&*self.path, UnmountFlags::DETACH);
        } else if let Some(speaker) = self.speaker.take() {
            let _ = speaker.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Answers until the file system is no longer mounted.
fn speak(kernel: &File, disk: &Disk) {
    let mut request = vec![0; RUN_BYTES_MAX + 4096];
    let mut reply = Vec::with_capacity(RUN_BYTES_MAX + 4096);
    loop {
        let mut reader = kernel;
        match reader.read(&mut request) {
            Ok(length) => {
                answer(&request[..length], disk, &mut reply);
                if !reply.is_empty() {
                    // A request that was given up in the meantime has nobody who waits for it.
                    let _ = rustix::io::write(kernel, &reply);
                }
            }
            // A request was given up before it was read.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

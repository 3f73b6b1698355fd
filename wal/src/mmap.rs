//! The mapped segment: stores into the page cache, made durable by a sync of the same file.
//!
//! The only unsafe code of the workspace. A page of the map that the disk refuses raises SIGBUS;
//! the process says so and dies, because what it would answer next might not be true.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Once;

use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};
use parking_lot::Mutex;
use signal_hook::consts::SIGBUS;

/// A writable map of a whole file.
pub(crate) struct Map {
    raw: MmapRaw,
    /// What was written since the last [`Map::release`].
    fresh: Mutex<Option<Range<usize>>>,
}

impl Map {
    /// Maps a file whose blocks are all written: a store into a hole could find the disk full.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        die_of_sigbus();
        let raw = MmapOptions::new().map_raw(file)?;
        // Read-ahead would bring large folios in, and one dirty byte writes its whole folio.
        raw.advise(Advice::Random)?;
        Ok(Self { raw, fresh: Mutex::default() })
    }

    /// Copies `bytes` to `offset`.
    pub(crate) fn write_at(&mut self, bytes: &[u8], offset: usize) -> io::Result<()> {
        let end = offset.checked_add(bytes.len()).filter(|end| *end <= self.raw.len());
        let Some(end) = end else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "write behind the segment"));
        };
        // SAFETY: `offset + bytes.len()` lies in the map, as was just checked, and the map lives as
        // long as `self`. The source is a shared borrow of other memory: nobody is handed a
        // reference into the map, so nothing in this process reads or writes it but this method,
        // which has `&mut self`. Readers of the file use `pread`.
        unsafe {
            let target = self.raw.as_mut_ptr().add(offset);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
        }
        let fresh = self.fresh.get_mut();
        let before = fresh.take().unwrap_or(offset..end);
        *fresh = Some(before.start.min(offset)..before.end.max(end));
        Ok(())
    }

    /// Takes what was written out of the map, before it is synced. A sync takes each page that is
    /// mapped and dirty away from all processors, with an interrupt for each page; this is one for all.
    pub(crate) fn release(&self) {
        let Some(fresh) = self.fresh.lock().take() else { return };
        // SAFETY: the map is shared and of a file: what was stored is in the page cache, marked as
        // not yet written, and a later access maps it again.
        let released = unsafe {
            self.raw.unchecked_advise_range(UncheckedAdvice::DontNeed, fresh.start, fresh.len())
        };
        // Where memory is locked it is refused, and the sync does it page by page.
        drop(released);
    }
}

/// Installs, once, the handler that says why the process dies.
fn die_of_sigbus() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the handler makes one `write` system call and aborts; both are safe to do in a
        // signal handler, and it touches no lock and no memory that could be half changed.
        let registered = unsafe { signal_hook::low_level::register(SIGBUS, say_and_abort) };
        // Without it the process still dies, only without the line.
        drop(registered);
    });
}

fn say_and_abort() {
    // Nobody is left to tell when standard error cannot be written.
    let _ = rustix::io::write(rustix::stdio::stderr(), MESSAGE);
    signal_hook::low_level::abort();
}

const MESSAGE: &[u8] = b"fatal: the log's mapped file could not be read or written (SIGBUS): \
    the disk failed, or the file was cut short; nothing more is answered, check the disk and \
    restart\n";

//! Snapshots: every checksum is verified; what their sections say is the server's own affair.

use crate::bytes::{Bytes, Malformed, length};

use super::files::Files;
use super::frames::{Frames, Wrong};
use super::window::Window;
use super::{Reader, Unreadable, vanished};

const KIND: u32 = 2;

impl Reader<'_> {
    /// Verifies all snapshots, and says what else lies in the directory.
    pub(super) fn snapshots(&mut self) -> Result<(), Unreadable> {
        for lsn in std::mem::take(&mut self.snapshots) {
            let name = Files::snapshot_name(lsn);
            match self.snapshot(&name, lsn) {
                // The server keeps the newest two, and removed this one meanwhile.
                Err(error) if vanished(&error) => {}
                verified => verified?,
            }
        }
        for name in std::mem::take(&mut self.files.strangers) {
            self.extent.remarks.push(format!("{name} is no file of a log"));
        }
        Ok(())
    }

    fn snapshot(&mut self, name: &str, lsn: u64) -> Result<(), Unreadable> {
        let (file, bytes) = self.open(name)?;
        self.extent.snapshots = self.extent.snapshots.saturating_add(1);
        match self.sections(Window::new(file, bytes), lsn) {
            Ok(()) => Ok(()),
            Err(Wrong::Io(source)) => Err(self.unreadable(name)(source)),
            Err(wrong) => {
                self.finding(name, wrong.to_string());
                Ok(())
            }
        }
    }

    fn sections(&mut self, window: Window, lsn: u64) -> Result<(), Wrong> {
        let mut frames = Frames::open(window)?;
        let end = self.chain.next;
        let wrong = |what| Wrong::Bytes { part: "snapshot".to_owned(), error: Malformed(what) };
        let (head, foot) = (&frames.head, &frames.foot);
        if (head.kind, head.first, head.last) != (KIND, lsn, lsn) {
            return Err(wrong("name: it is another file under this one"));
        }
        if self.log.is_some_and(|log| log != head.log) {
            return Err(wrong("log id: it belongs to another log"));
        }
        if foot.first_lsn != lsn {
            return Err(wrong("foot: it is replayed upon from another record than its name says"));
        }
        if foot.first_lsn > foot.next_lsn || (foot.next_lsn > end && !self.broken) {
            return Err(wrong("extent: it knows of records that the log has not"));
        }
        let mut next = 0_u64;
        let mut plain = 0_u64;
        let expected = foot.plain;
        while let Some(frame) = frames.next()? {
            if frame.first != next {
                return Err(wrong("number of a section"));
            }
            count_sections(frame.plain, frame.items).map_err(|Malformed(what)| wrong(what))?;
            next = next.saturating_add(u64::from(frame.items));
            plain = plain.saturating_add(crate::bytes::count(frame.plain.len()));
        }
        if plain == expected { Ok(()) } else { Err(wrong("number of plain bytes")) }
    }
}

fn count_sections(plain: &[u8], items: u32) -> Result<(), Malformed> {
    let mut bytes = Bytes::new(plain);
    for _ in 0..items {
        let len = bytes.u32()?;
        bytes.take(length(u64::from(len)))?;
    }
    if bytes.rest().is_empty() { Ok(()) } else { Err(Malformed("end of its sections")) }
}

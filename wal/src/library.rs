//! Reads records of sealed segments: a few files are kept open, and a few frames decompressed.
//!
//! A walk through the history of an account reads records that lie together near its end, so that
//! most of them are found in a frame that is there already. Nothing is kept of an index, which in a
//! wide file is long.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::frames::{Finder, Frame, Head, damaged};
use crate::log::Log;
use crate::record::{Record, extent_at, take};
use crate::storage::Storage;
use crate::{Lsn, Name};

/// How many dense files are kept open: each is a descriptor.
const FILES_MAX: usize = 64;
/// How many frames are kept.
const FRAMES_MAX: usize = 256;

/// What was read lately.
pub(crate) struct Library<M> {
    // The locks are held to find or to keep, never during I/O.
    files: Mutex<Recent<Finder<M>>>,
    frames: Mutex<Recent<Frame>>,
}

/// The values used last, with the files that they are of, the last one at the end.
struct Recent<T> {
    kept: Vec<(Name, Arc<T>)>,
    max: usize,
}

impl<M: crate::Medium> Library<M> {
    pub(crate) fn new() -> Self {
        let (files, frames) = (Recent::new(FILES_MAX), Recent::new(FRAMES_MAX));
        Self { files: Mutex::new(files), frames: Mutex::new(frames) }
    }

    /// The record, which is in this file.
    pub(crate) fn record<S: Storage<Medium = M>>(
        &self,
        log: &Log<S>,
        name: Name,
        head: Head,
        lsn: Lsn,
    ) -> io::Result<Record> {
        let holds = |frame: &Frame| frame.holds(lsn.value());
        let kept = self.frames.lock().find(name, holds);
        let frame = match kept {
            Some(frame) => frame,
            None => {
                let frame = self.file(log, name, head)?.frame_of(lsn.value())?;
                self.frames.lock().keep(name, frame, holds)
            }
        };
        find(&frame, lsn).ok_or_else(|| damaged("a frame's records are malformed"))
    }

    /// Keeps nothing of files that are gone: an open one takes its room on the disk for as long.
    pub(crate) fn forget(&self, is_gone: impl Fn(Name) -> bool) {
        self.files.lock().kept.retain(|(name, _)| !is_gone(*name));
        self.frames.lock().kept.retain(|(name, _)| !is_gone(*name));
    }

    fn file<S: Storage<Medium = M>>(
        &self,
        log: &Log<S>,
        name: Name,
        head: Head,
    ) -> io::Result<Arc<Finder<M>>> {
        if let Some(file) = self.files.lock().find(name, |_| true) {
            return Ok(file);
        }
        let before = log.index.is_archived(name);
        let file = Finder::open(log.storage.open(name)?, head)?;
        let file = self.files.lock().keep(name, file, |_| true);
        // Who moved or replaced it meanwhile may have looked here before.
        if before.is_none() || log.index.is_archived(name) != before {
            self.forget(|gone| gone == name);
        }
        Ok(file)
    }
}

/// Walks from record to record up to this one.
fn find(frame: &Frame, lsn: Lsn) -> Option<Record> {
    let mut rest = &*frame.plain;
    for _ in frame.first..lsn.value() {
        rest = rest.get(extent_at(rest)?..)?;
    }
    take(rest, lsn).map(|(record, _)| record.to_record())
}

impl<T> Recent<T> {
    const fn new(max: usize) -> Self {
        Self { kept: Vec::new(), max }
    }

    fn find(&mut self, of: Name, is: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let place = self.kept.iter().rposition(|(name, value)| *name == of && is(value))?;
        let found = self.kept.remove(place);
        let value = Arc::clone(&found.1);
        self.kept.push(found);
        Some(value)
    }

    /// Keeps it, unless somebody else did meanwhile.
    fn keep(&mut self, of: Name, value: T, is: impl Fn(&T) -> bool) -> Arc<T> {
        if let Some(found) = self.find(of, is) {
            return found;
        }
        if self.kept.len() == self.max {
            self.kept.remove(0);
        }
        let value = Arc::new(value);
        self.kept.push((of, Arc::clone(&value)));
        value
    }
}

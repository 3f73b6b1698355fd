//! Reads records of sealed segments: a few files are kept open, and a few frames decompressed.
//!
//! A walk through the history of an account reads records that lie together near its end, so that
//! most of them are found in a frame that is there already.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::frames::{Frame, Frames, Head, damaged};
use crate::record::{Record, extent_at, take};
use crate::storage::Storage;
use crate::{Lsn, Name};

/// How many dense files are kept open: each is a descriptor, and its index.
const FILES_MAX: usize = 64;
/// How many frames are kept.
const FRAMES_MAX: usize = 256;

/// What was read lately.
pub(crate) struct Library<M> {
    // The locks are held to find or to keep, never during I/O.
    files: Mutex<Recent<Name, Frames<M>>>,
    frames: Mutex<Recent<(Name, usize), Frame>>,
}

/// The values used last, by key, the last one at the end.
struct Recent<K, V> {
    kept: Vec<(K, Arc<V>)>,
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
        storage: &S,
        name: Name,
        head: Head,
        lsn: Lsn,
    ) -> io::Result<Record> {
        let file = self.file(storage, name, head)?;
        let missing = || damaged("the index does not hold the record");
        let place = file.place_of(lsn.value()).ok_or_else(missing)?;
        let frame = self.frame(&file, name, place)?;
        find(&frame, lsn).ok_or_else(|| damaged("a frame's records are malformed"))
    }

    fn file<S: Storage<Medium = M>>(
        &self,
        storage: &S,
        name: Name,
        head: Head,
    ) -> io::Result<Arc<Frames<M>>> {
        if let Some(file) = self.files.lock().find(&name) {
            return Ok(file);
        }
        let file = Arc::new(Frames::open(storage.open(name)?, head)?);
        Ok(self.files.lock().keep(name, file))
    }

    fn frame(&self, file: &Frames<M>, name: Name, place: usize) -> io::Result<Arc<Frame>> {
        if let Some(frame) = self.frames.lock().find(&(name, place)) {
            return Ok(frame);
        }
        let frame = Arc::new(file.frame(place)?);
        Ok(self.frames.lock().keep((name, place), frame))
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

impl<K: PartialEq, V> Recent<K, V> {
    const fn new(max: usize) -> Self {
        Self { kept: Vec::new(), max }
    }

    fn find(&mut self, key: &K) -> Option<Arc<V>> {
        let place = self.kept.iter().rposition(|(kept, _)| kept == key)?;
        let found = self.kept.remove(place);
        let value = Arc::clone(&found.1);
        self.kept.push(found);
        Some(value)
    }

    fn keep(&mut self, key: K, value: Arc<V>) -> Arc<V> {
        if let Some(found) = self.find(&key) {
            return found;
        }
        if self.kept.len() == self.max {
            self.kept.remove(0);
        }
        self.kept.push((key, Arc::clone(&value)));
        value
    }
}

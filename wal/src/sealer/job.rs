//! One merge: the frames of some files are copied as they are into another, a piece at a time.

use std::io;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use crate::Name;
use crate::frames::{Frames, Head, PACE_BYTES, Span, Unfinished, damaged};
use crate::index::Dense;
use crate::log::{Claim, Log};
use crate::storage::Storage;

/// What becomes what. Dropped before it is done, it leaves nothing.
pub(super) struct Job<S: Storage> {
    log: Arc<Log<S>>,
    pub(super) files: Vec<Dense>,
    pub(super) into: Dense,
    _claim: Claim<S>,
}

/// A job whose frames are being copied.
pub(super) struct Copying<S: Storage> {
    job: Job<S>,
    out: Unfinished<S::Medium>,
    /// The file that is read, and its next frame.
    from: Option<(Frames<S::Medium>, usize)>,
    /// How many files were begun.
    begun: usize,
    /// The record that comes next.
    next: u64,
}

/// A job whose file is being read back.
pub(super) struct Checking<S: Storage> {
    job: Job<S>,
    frames: Frames<S::Medium>,
    /// The next frame.
    place: usize,
}

/// Why a job cannot be done.
pub(super) struct Trouble {
    pub(super) error: io::Error,
    /// The file that cannot be read, if one is to blame.
    pub(super) unfit: Option<Name>,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self { error, unfit: None }
    }
}

fn unread(name: Name) -> impl Fn(io::Error) -> Trouble {
    move |source| {
        let error = io::Error::new(source.kind(), format!("{name} cannot be read: {source}"));
        Trouble { error, unfit: Some(name) }
    }
}

impl<S: Storage> Job<S> {
    /// To make one of these neighbours, if nobody else has one of them.
    pub(super) fn of(log: &Arc<Log<S>>, files: Vec<Dense>) -> Option<Self> {
        let (into, claim) = (join(&files)?, Claim::of(log, &files)?);
        Some(Self { log: Arc::clone(log), files, into, _claim: claim })
    }

    /// Begins to copy.
    pub(super) fn begin(self, pause: Duration) -> io::Result<Copying<S>> {
        let (storage, Dense { name, head, span, archived, .. }) = (&self.log.storage, self.into);
        let medium = if archived { storage.create_archived(name) } else { storage.create(name) }?;
        let (out, next) = (Unfinished::begin(medium, head).paced(pause), span.before.next.value());
        Ok(Copying { job: self, out, from: None, begun: 0, next })
    }
}

impl<S: Storage> Drop for Job<S> {
    /// What was published is not there any more under the name that is discarded.
    fn drop(&mut self) {
        self.log.storage.discard(self.into.name);
    }
}

impl<S: Storage> Copying<S> {
    /// Goes on to the next file, or copies until a piece is written or a file ends; `false` once
    /// all is copied.
    pub(super) fn step(&mut self) -> Result<bool, Trouble> {
        let Some((frames, mut place)) = self.from.take() else {
            let Some(dense) = self.job.files.get(self.begun) else { return Ok(false) };
            let opened = self.job.log.storage.open(dense.name);
            let frames = opened.and_then(|medium| Frames::open(medium, dense.head));
            self.from = Some((frames.map_err(unread(dense.name))?, 0));
            self.begun += 1;
            return Ok(true);
        };
        frames.expect(place, 0);
        while place < frames.len() {
            place += 1;
            if self.copy(&frames, place - 1)? {
                self.from = Some((frames, place));
                break;
            }
        }
        Ok(true)
    }

    /// Says whether a piece was written.
    fn copy(&mut self, frames: &Frames<S::Medium>, place: usize) -> Result<bool, Trouble> {
        let name = Name::Dense { first: frames.head.first, last: frames.head.last };
        let raw = frames.raw(place).map_err(unread(name))?;
        let items = raw.items();
        if items.start != self.next {
            return Err(unread(name)(damaged("a frame does not follow the one before it")));
        }
        self.next = items.end;
        let written = self.out.copy(&raw)?;
        // Behind the new checksum, which was made of the same bytes: whatever became of them in
        // memory before is told here, and what becomes of them later when they are read back.
        raw.verify().map_err(unread(name))?;
        Ok(written)
    }

    /// Writes what is left, and begins to read all of it back.
    pub(super) fn finish(self) -> io::Result<Checking<S>> {
        let span = self.job.into.span;
        if self.next != span.after.next.value() {
            return Err(damaged("sealed files do not hold the records that they are to hold"));
        }
        Ok(Checking { frames: self.out.finish(span)?, job: self.job, place: 0 })
    }
}

impl<S: Storage> Checking<S> {
    /// Verifies another piece, and rests for so long; `false` once all is verified.
    pub(super) fn step(&mut self, pause: Duration) -> io::Result<bool> {
        if self.place == self.frames.len() {
            return Ok(false);
        }
        self.frames.expect(self.place, 0);
        let mut bytes = 0;
        while self.place < self.frames.len() && bytes < PACE_BYTES {
            bytes += self.frames.raw(self.place)?.bytes.len();
            self.place += 1;
        }
        sleep(pause);
        Ok(true)
    }

    /// It is whole.
    pub(super) fn finish(mut self) -> Job<S> {
        self.job.into.bytes = self.frames.foot.file_bytes;
        self.job
    }
}

/// What these neighbours are as one, which is a little shorter.
fn join(files: &[Dense]) -> Option<Dense> {
    let (first, last) = (files.first()?, files.last()?);
    // One without records has no marks.
    let marked =
        || files.iter().map(|file| file.span).filter(|span| span.before.next < span.after.next);
    let marks = marked().next().zip(marked().next_back());
    let span = Span {
        before: first.span.before,
        after: last.span.after,
        epochs: (first.span.epochs.0, last.span.epochs.1),
        marks: marks.map_or((0, 0), |(first, last)| (first.marks.0, last.marks.1)),
    };
    let head = Head { last: last.head.last, ..first.head };
    let name = Name::Dense { first: head.first, last: head.last };
    let bytes = files.iter().map(|file| file.bytes).sum();
    Some(Dense { name, head, span, bytes, archived: first.archived })
}

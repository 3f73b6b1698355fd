//! The filler: it prepares the next segment while the committer writes this one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::Name;
use crate::log::Log;
use crate::options::OnShortage;
use crate::queue::Prepared;
use crate::segment::Segment;
use crate::storage::{Prepare, Storage};

/// Prepares segments ahead of need. One thread runs it, or a simulation steps it.
pub struct Filler<S: Storage> {
    log: Arc<Log<S>>,
    /// The segment to prepare next.
    next: Segment,
    retry: Duration,
    on_shortage: Option<OnShortage>,
    /// Between two pieces of a segment.
    pause: Duration,
}

/// Makes a segment of 64 MiB in one to two seconds, which at 4,000 lone records a second is half of
/// the time that it lasts.
const PAUSE: Duration = Duration::from_millis(4);

/// What one step did.
#[derive(Debug)]
pub enum Fill {
    /// A segment is ready, or the log is ending: nothing to do.
    Idle,
    /// It made one ready.
    Prepared,
    /// It could not. Appends are refused where they may not fit; another step may succeed.
    Failed(io::Error),
}

impl<S: Storage> Filler<S> {
    pub(crate) fn new(
        log: Arc<Log<S>>,
        next: Segment,
        retry: Duration,
        on_shortage: Option<OnShortage>,
    ) -> Self {
        Self { log, next, retry, on_shortage, pause: Duration::ZERO }
    }

    /// Prepares segments until the committer has ended. Blocks the thread.
    pub fn run(mut self) {
        self.pause = PAUSE;
        while self.await_need() {
            if let Fill::Failed(_) = self.step() {
                self.await_retry();
            }
        }
    }

    /// Prepares one segment if one is wanted.
    pub fn step(&mut self) -> Fill {
        if !self.log.shared.queue.lock().wants_segment() {
            return Fill::Idle;
        }
        let prepared = prepare(&self.log.storage, self.next, &|| self.pause());
        self.log.end_if_failed();
        let mut queue = self.log.shared.queue.lock();
        self.log.shared.work.notify_one();
        match prepared {
            Ok(prepared) => {
                queue.failing = false;
                queue.prepared = Some(prepared);
                self.next.number += 1;
                Fill::Prepared
            }
            Err(error) => {
                queue.fail(&error);
                drop(queue);
                self.on_shortage.iter().for_each(|told| told(&error));
                Fill::Failed(error)
            }
        }
    }

    /// Sleeps until a segment is wanted; false if none will be.
    fn await_need(&self) -> bool {
        let mut queue = self.log.shared.queue.lock();
        while queue.is_running() && !queue.wants_segment() {
            self.log.shared.taken.wait(&mut queue);
        }
        queue.is_running()
    }

    /// Leaves the disk to the committer for a moment, unless that waits for the segment or may soon:
    /// once it has less room left than half of one.
    fn pause(&self) {
        let mut queue = self.log.shared.queue.lock();
        let early = queue.active_bytes > self.next.bytes / 2 && !queue.starved;
        if queue.is_running() && early && !self.pause.is_zero() {
            self.log.shared.taken.wait_for(&mut queue, self.pause);
        }
    }

    fn await_retry(&self) {
        let mut queue = self.log.shared.queue.lock();
        if queue.is_running() {
            self.log.shared.taken.wait_for(&mut queue, self.retry);
        }
    }
}

impl<S: Storage> Drop for Filler<S> {
    /// Without a filler there will be no more segments: appends are refused in time.
    fn drop(&mut self) {
        self.log.shared.queue.lock().failing = true;
        self.log.shared.work.notify_one();
    }
}

/// Makes a segment and a second view of it for readers.
pub(crate) fn prepare<S: Storage>(
    storage: &S,
    segment: Segment,
    pause: &dyn Fn(),
) -> io::Result<Prepared<S::Medium>> {
    let Segment { number, bytes, .. } = segment;
    let header = &segment.to_page();
    let medium = storage.prepare(Prepare { number, bytes, header, pause })?;
    let reader = storage.open(Name::Segment(segment.number))?;
    Ok(Prepared { segment, medium, reader })
}

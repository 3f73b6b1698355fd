//! What the appenders, the committer, the filler and the sealer share under the one short lock.

use std::io;

use crossbeam::utils::CachePadded;

use crate::Lsn;
use crate::group::{bytes_for, space_for};
use crate::segment::{BODY_OFFSET, Segment};
use crate::size::narrow;
use crate::storage::wants_room;
use crate::sync::{Condvar, Mutex};

/// The lock and its three kinds of sleepers.
pub(crate) struct Shared<M> {
    pub(crate) queue: CachePadded<Mutex<Queue<M>>>,
    /// The committer sleeps here: for a record, for a segment, for the end.
    pub(crate) work: Condvar,
    /// The filler sleeps here: until a segment is taken, or the end.
    pub(crate) taken: Condvar,
    /// The sealer sleeps here: until a segment is finished, or the end.
    pub(crate) finished: Condvar,
}

/// What was appended and not yet written, and the room that there is for it.
pub(crate) struct Queue<M> {
    /// Records that the committer has not taken.
    pub(crate) buffer: Vec<u8>,
    /// The length of those that it has taken and not yet made durable.
    pub(crate) in_flight: usize,
    /// The next record to be appended.
    pub(crate) next: Lsn,
    /// What is left of the active segment behind what is durable.
    pub(crate) active_bytes: u64,
    /// The segment after it.
    pub(crate) prepared: Option<Prepared<M>>,
    /// Whether the last segment asked for could not be prepared.
    pub(crate) failing: bool,
    /// Whether the committer sleeps.
    pub(crate) waiting: bool,
    /// Whether it waits for more.
    pub(crate) lingering: bool,
    /// Whether somebody who appended this said that nothing more comes for now.
    pub(crate) hurried: bool,
    /// Whether what it has taken waits for a segment.
    pub(crate) starved: bool,
    /// Why no segment can be made for that, on a disk that is not full but broken.
    pub(crate) hopeless: Option<io::Error>,
    pub(crate) life: Life,
    pub(crate) group_bytes_max: usize,
}

/// Where the log is in its life: it only goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Life {
    Open,
    /// Nothing more is appended; what was is still to be written.
    Closed,
    /// All is written.
    Ended,
    Poisoned,
}

/// A segment that is durable, empty and ready to be written.
pub(crate) struct Prepared<M> {
    pub(crate) segment: Segment,
    pub(crate) medium: M,
    /// The same segment as readers see it.
    pub(crate) reader: M,
}

impl<M> Shared<M> {
    pub(crate) fn new(next: Lsn, group_bytes_max: usize) -> Self {
        let queue = Queue {
            buffer: Vec::new(),
            in_flight: 0,
            next,
            active_bytes: 0,
            prepared: None,
            failing: false,
            waiting: false,
            lingering: false,
            hurried: false,
            starved: false,
            hopeless: None,
            life: Life::Open,
            group_bytes_max,
        };
        let (work, taken, finished) = (Condvar::new(), Condvar::new(), Condvar::new());
        Self { queue: CachePadded::new(Mutex::new(queue)), work, taken, finished }
    }

    /// The log is at least this far in its life.
    pub(crate) fn reach(&self, life: Life) {
        let mut queue = self.queue.lock();
        queue.life = queue.life.max(life);
        self.work.notify_all();
        self.taken.notify_all();
        self.finished.notify_all();
    }

    /// The index says that a segment is finished. Taking the lock makes sure that the sealer has
    /// either seen it or sleeps.
    pub(crate) fn tell_finished(&self) {
        drop(self.queue.lock());
        self.finished.notify_one();
    }
}

impl<M> Queue<M> {
    /// Whether a record of this length surely fits. While segments can be prepared it will; else
    /// all that is on its way must fit into one segment, with an empty group behind it.
    pub(crate) fn has_room_for(&self, record_bytes: usize) -> bool {
        if !self.failing {
            return true;
        }
        let records = self.in_flight + self.buffer.len() + record_bytes;
        let prepared = self.prepared.as_ref().map_or(0, |next| next.segment.bytes - BODY_OFFSET);
        let room = narrow(self.active_bytes.max(prepared));
        space_for(records, self.group_bytes_max) + bytes_for(0) <= room
    }

    /// A segment could not be prepared. What waits for it is tried once more, and given up if that
    /// fails as well; unless it is only room that is wanted, which comes back.
    pub(crate) fn fail(&mut self, error: &io::Error) {
        let again = std::mem::replace(&mut self.failing, true);
        if again && self.starved && !wants_room(error) {
            self.hopeless = Some(io::Error::new(error.kind(), error.to_string()));
        }
    }

    /// Whether the filler has something to do.
    pub(crate) fn wants_segment(&self) -> bool {
        self.is_running() && self.prepared.is_none()
    }

    /// Whether there may be something to write.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.life, Life::Open | Life::Closed)
    }
}

//! Where records are: which file, and of a padded one a point for each 32 KiB, from which the
//! headers are walked.

use std::sync::Arc;

use crate::frames::{Head, Span};
use crate::group::Chain;
use crate::segment::Segment;
use crate::size::wide;
use crate::sync::RwLock;
use crate::{Lsn, Name};

/// All files that hold records, oldest first.
pub(crate) struct Index<M> {
    // The lock is held to find or to add, never during I/O.
    shelves: RwLock<Vec<Shelf<M>>>,
}

/// One file of records.
pub(crate) struct Shelf<M> {
    /// The first record that it may hold.
    first: Lsn,
    file: File<M>,
}

enum File<M> {
    Padded {
        segment: Segment,
        reader: Arc<M>,
        before: Chain,
        points: Points,
    },
    Dense {
        dense: Dense,
        /// Whether somebody is about to move it or to merge it with others.
        claimed: bool,
    },
}

/// A file of sealed segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    pub(crate) name: Name,
    pub(crate) head: Head,
    pub(crate) span: Span,
    /// Its length.
    pub(crate) bytes: u64,
    /// Whether it is where those are kept that are seldom wanted.
    pub(crate) archived: bool,
}

/// Points of one segment in the order of its records.
#[derive(Default)]
pub(crate) struct Points(Vec<Point>);

/// A record that is the first of a stretch of log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) lsn: Lsn,
    /// Where its group begins, in the segment.
    pub(crate) group: u64,
    /// Where the record begins, in the group.
    pub(crate) at: usize,
}

/// Where to look for a record.
pub(crate) enum Place<M> {
    /// In a padded segment, behind the lead.
    Padded(Lead<M>),
    /// In a dense file.
    Dense(Name, Head),
}

/// From where to walk to a record.
pub(crate) struct Lead<M> {
    pub(crate) segment: Segment,
    pub(crate) reader: Arc<M>,
    pub(crate) point: Point,
}

/// A padded segment that is to be sealed.
pub(crate) struct Unsealed<M> {
    pub(crate) segment: Segment,
    pub(crate) reader: Arc<M>,
    pub(crate) before: Chain,
    /// What the group behind its last follows.
    pub(crate) after: Chain,
    /// How many segments behind it are finished too.
    pub(crate) behind: usize,
}

const STRIDE_BYTES: u64 = 32 << 10;

impl<M> Place<M> {
    /// The file that it is in.
    pub(crate) const fn name(&self) -> Name {
        match self {
            Self::Padded(lead) => Name::Segment(lead.segment.number),
            Self::Dense(name, _) => *name,
        }
    }
}

impl Points {
    /// Keeps the record if it lies a stride behind the last one kept.
    pub(crate) fn note(&mut self, point: Point) {
        if self.0.last().is_none_or(|last| point.place() >= last.place() + STRIDE_BYTES) {
            self.0.push(point);
        }
    }

    fn before(&self, lsn: Lsn) -> Option<Point> {
        let behind = self.0.partition_point(|point| point.lsn <= lsn);
        self.0.get(behind.checked_sub(1)?).copied()
    }
}

impl Point {
    fn place(&self) -> u64 {
        self.group + wide(self.at)
    }
}

impl<M> Shelf<M> {
    /// A segment that was not sealed, whose first group follows `before`.
    pub(crate) fn padded(segment: Segment, reader: M, before: Chain, points: Points) -> Self {
        let file = File::Padded { segment, reader: Arc::new(reader), before, points };
        Self { first: before.next, file }
    }

    /// Sealed segments.
    pub(crate) fn dense(dense: Dense) -> Self {
        Self { first: dense.span.before.next, file: File::Dense { dense, claimed: false } }
    }

    fn as_dense(&self) -> Option<&Dense> {
        match &self.file {
            File::Dense { dense, .. } => Some(dense),
            File::Padded { .. } => None,
        }
    }

    fn is(&self, name: Name) -> bool {
        self.as_dense().is_some_and(|dense| dense.name == name)
    }

    fn is_padded(&self) -> bool {
        matches!(self.file, File::Padded { .. })
    }
}

impl<M> Index<M> {
    pub(crate) fn new(shelves: Vec<Shelf<M>>) -> Self {
        Self { shelves: RwLock::new(shelves) }
    }

    /// Adds a segment that holds nothing yet.
    pub(crate) fn add(&self, shelf: Shelf<M>) {
        self.shelves.write().push(shelf);
    }

    /// Adds records of the last segment.
    pub(crate) fn note(&self, noted: impl IntoIterator<Item = Point>) {
        let mut shelves = self.shelves.write();
        if let Some(File::Padded { points, .. }) = shelves.last_mut().map(|shelf| &mut shelf.file) {
            noted.into_iter().for_each(|point| points.note(point));
        }
    }

    /// Where the record is.
    pub(crate) fn find(&self, lsn: Lsn) -> Option<Place<M>> {
        let shelves = self.shelves.read();
        // A segment without records begins with the same one as the segment after it: the last
        // of them holds it.
        let behind = shelves.partition_point(|shelf| shelf.first <= lsn);
        match &shelves[..behind].last()?.file {
            File::Dense { dense, .. } => Some(Place::Dense(dense.name, dense.head)),
            File::Padded { segment, reader, points, .. } => {
                let (point, reader) = (points.before(lsn)?, Arc::clone(reader));
                Some(Place::Padded(Lead { segment: *segment, reader, point }))
            }
        }
    }

    /// The oldest segment that was not sealed and is not the last, which is still written to.
    pub(crate) fn unsealed(&self) -> Option<Unsealed<M>> {
        let shelves = self.shelves.read();
        let oldest = shelves.iter().position(Shelf::is_padded)?;
        let (this, next) = (&shelves.get(oldest)?.file, &shelves.get(oldest + 1)?.file);
        match (this, next) {
            (File::Padded { segment, reader, before, .. }, File::Padded { before: after, .. }) => {
                let reader = Arc::clone(reader);
                let behind = shelves.len() - (oldest + 2);
                Some(Unsealed { segment: *segment, reader, before: *before, after: *after, behind })
            }
            _ => None,
        }
    }

    /// The sealed files whose last record is before both.
    pub(crate) fn sealed_before(&self, mark: u64, lsn: Lsn) -> Vec<Dense> {
        let shelves = self.shelves.read();
        let old = |dense: &&Dense| dense.span.after.next <= lsn && dense.span.marks.1 < mark;
        shelves.iter().map_while(|shelf| shelf.as_dense().filter(old)).copied().collect()
    }

    /// All sealed files, oldest first, and whether each is claimed.
    pub(crate) fn sealed(&self) -> Vec<(Dense, bool)> {
        let shelves = self.shelves.read();
        let dense = |shelf: &Shelf<M>| match &shelf.file {
            File::Dense { dense, claimed } => Some((*dense, *claimed)),
            File::Padded { .. } => None,
        };
        shelves.iter().map_while(dense).collect()
    }

    /// Claims a sealed file, so that nobody else moves or merges it; `false` if somebody did, or it
    /// is there no more.
    pub(crate) fn claim(&self, name: Name) -> bool {
        !self.set_claimed(name, true).unwrap_or(true)
    }

    /// Somebody else may have it.
    pub(crate) fn release(&self, name: Name) {
        self.set_claimed(name, false);
    }

    /// Says whether it was claimed before.
    fn set_claimed(&self, name: Name, now: bool) -> Option<bool> {
        let mut shelves = self.shelves.write();
        let shelf = shelves.iter_mut().find(|shelf| shelf.is(name))?;
        let File::Dense { claimed, .. } = &mut shelf.file else { return None };
        Some(std::mem::replace(claimed, now))
    }

    /// A sealed file was moved to where those are kept that are seldom wanted.
    pub(crate) fn note_archived(&self, name: Name) {
        let mut shelves = self.shelves.write();
        if let Some(File::Dense { dense, .. }) =
            shelves.iter_mut().find(|shelf| shelf.is(name)).map(|shelf| &mut shelf.file)
        {
            dense.archived = true;
        }
    }

    /// The records of these neighbours are in this file from now on.
    pub(crate) fn merge(&self, files: &[Dense], into: Shelf<M>) {
        let mut shelves = self.shelves.write();
        let (Some(first), Some(last)) = (files.first(), files.last()) else { return };
        let place = |dense: &Dense| shelves.iter().position(|shelf| shelf.is(dense.name));
        if let (Some(first), Some(last)) = (place(first), place(last)) {
            shelves.splice(first..=last, [into]);
        }
    }

    /// Whether a sealed file is where those are kept that are seldom wanted; `None` if it is there
    /// no more.
    pub(crate) fn is_archived(&self, name: Name) -> Option<bool> {
        let shelves = self.shelves.read();
        let found = shelves.iter().find(|shelf| shelf.is(name))?;
        found.as_dense().map(|dense| dense.archived)
    }

    /// The file of the oldest segment that was not sealed is this one from now on.
    pub(crate) fn seal(&self, dense: Shelf<M>) {
        let mut shelves = self.shelves.write();
        if let Some(shelf) = shelves.iter_mut().find(|shelf| shelf.is_padded()) {
            *shelf = dense;
        }
    }
}

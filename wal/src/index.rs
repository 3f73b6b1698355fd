//! Where records are: a point for each 32 KiB of log, from which the headers are walked.

use parking_lot::RwLock;
use std::sync::Arc;

use crate::Lsn;
use crate::segment::Segment;
use crate::size::wide;

/// The points of all segments, and a descriptor of each segment to read it by.
pub(crate) struct Index<M> {
    // The lock is held to find or to add a point, never during I/O.
    shelves: RwLock<Vec<Shelf<M>>>,
}

/// The points of one segment.
pub(crate) struct Shelf<M> {
    segment: Segment,
    reader: Arc<M>,
    /// The first record that it may hold.
    first: Lsn,
    points: Points,
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

/// From where to walk to a record.
pub(crate) struct Lead<M> {
    pub(crate) segment: Segment,
    pub(crate) reader: Arc<M>,
    pub(crate) point: Point,
}

const STRIDE_BYTES: u64 = 32 << 10;

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
    pub(crate) fn new(segment: Segment, reader: M, first: Lsn, points: Points) -> Self {
        Self { segment, reader: Arc::new(reader), first, points }
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
    pub(crate) fn note(&self, points: impl IntoIterator<Item = Point>) {
        if let Some(shelf) = self.shelves.write().last_mut() {
            points.into_iter().for_each(|point| shelf.points.note(point));
        }
    }

    /// The last point at or before the record.
    pub(crate) fn lead(&self, lsn: Lsn) -> Option<Lead<M>> {
        let shelves = self.shelves.read();
        // A segment without records begins with the same one as the segment after it: the last
        // of them holds it.
        let behind = shelves.partition_point(|shelf| shelf.first <= lsn);
        let shelf = shelves[..behind].last()?;
        let point = shelf.points.before(lsn)?;
        Some(Lead { segment: shelf.segment, reader: Arc::clone(&shelf.reader), point })
    }
}

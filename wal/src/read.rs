//! Reads one record back by its LSN, and believes nothing that is not under a checksum.

use std::io;

use crate::group::Group;
use crate::index::{Lead, Place, Point};
use crate::log::Log;
use crate::record::{PREFIX_BYTES, Record, extent_at, take};
use crate::size::{PAGE, wide};
use crate::storage::{Medium, Storage};
use crate::{Lsn, Name};

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No record has this LSN.
    #[error("there is no record {lsn}")]
    Unknown {
        /// The record asked for.
        lsn: Lsn,
    },
    /// It was appended and is not durable yet.
    #[error("record {lsn} is not durable yet, wait for it")]
    NotDurable {
        /// The record asked for.
        lsn: Lsn,
    },
    /// Its bytes cannot be read, or are not those that were written.
    #[error("record {lsn} is unreadable in {name}: {source}, restore the file from a copy")]
    Unreadable {
        /// The record asked for.
        lsn: Lsn,
        /// The file.
        name: Name,
        /// What the system said, or which checksum did not match.
        source: io::Error,
    },
}

/// Reads a record that is known to be durable.
pub(crate) fn record<S: Storage>(log: &Log<S>, lsn: Lsn) -> Result<Record, ReadError> {
    let find = || log.index.find(lsn).ok_or(ReadError::Unknown { lsn });
    let mut place = find()?;
    loop {
        let name = place.name();
        let source = match read(log, place, lsn) {
            Ok(record) => {
                log.wake_to_mend();
                return Ok(record);
            }
            Err(source) => source,
        };
        place = find()?;
        // Its segment may have been sealed between the look into the index and the read.
        if place.name() == name {
            return Err(ReadError::Unreadable { lsn, name, source });
        }
    }
}

fn read<S: Storage>(log: &Log<S>, place: Place<S::Medium>, lsn: Lsn) -> io::Result<Record> {
    match place {
        Place::Padded(lead) => walk(&lead, lsn),
        Place::Dense(name, head) => log.library.record(log, name, head, lsn),
    }
}

/// Walks from header to header up to the group of the record, and through it.
fn walk<M: Medium>(lead: &Lead<M>, lsn: Lsn) -> io::Result<Record> {
    let mut page = vec![0; PAGE];
    let mut offset = lead.point.group;
    loop {
        lead.reader.read_at(&mut page, offset)?;
        let group = Group::of_page(&page, &lead.segment, offset).ok_or_else(mismatch)?;
        if group.holds(lsn) {
            return find(lead, &group, offset, lsn, page);
        }
        offset += wide(group.bytes);
    }
}

/// Where in the group the search begins: at the point if it lies here.
fn start<M>(lead: &Lead<M>, group: &Group, offset: u64) -> Point {
    if lead.point.group == offset {
        return lead.point;
    }
    Point { lsn: group.first, group: offset, at: group.body().start }
}

fn find<M: Medium>(
    lead: &Lead<M>,
    group: &Group,
    offset: u64,
    lsn: Lsn,
    page: Vec<u8>,
) -> io::Result<Record> {
    let point = start(lead, group, offset);
    let mut blocks = Blocks::new(&*lead.reader, group, offset, point.at, page);
    let (mut at, mut next) = (point.at, point.lsn);
    loop {
        let prefix = blocks.bytes(at, PREFIX_BYTES)?;
        let extent = extent_at(prefix).ok_or_else(mismatch)?;
        if next == lsn {
            let bytes = blocks.bytes(at, extent)?;
            return take(bytes, lsn).map(|(record, _)| record.to_record()).ok_or_else(mismatch);
        }
        (at, next) = (at + extent, next.next());
    }
}

/// Verified blocks of a group, one behind the other, read as they are asked for.
struct Blocks<'a, M> {
    reader: &'a M,
    group: &'a Group,
    offset: u64,
    /// Where `bytes` begins in the group.
    start: usize,
    bytes: Vec<u8>,
    /// The block to read next.
    next: usize,
}

impl<'a, M: Medium> Blocks<'a, M> {
    /// Blocks from the one that holds `at` on. A group of one page has been read with its header.
    fn new(reader: &'a M, group: &'a Group, offset: u64, at: usize, mut page: Vec<u8>) -> Self {
        let next = at / crate::group::BLOCK_BYTES;
        let start = group.block(next).start;
        let mut blocks = Self { reader, group, offset, start, bytes: Vec::new(), next };
        if group.bytes == PAGE && group.verifies(0, &page[start..]) {
            blocks.bytes = page.split_off(start);
            blocks.next = 1;
        }
        blocks
    }

    fn bytes(&mut self, at: usize, len: usize) -> io::Result<&[u8]> {
        while self.start + self.bytes.len() < at + len {
            self.read_block()?;
        }
        Ok(&self.bytes[at - self.start..][..len])
    }

    fn read_block(&mut self) -> io::Result<()> {
        if self.next >= self.group.blocks() {
            return Err(mismatch());
        }
        let block = self.group.block(self.next);
        let held = self.bytes.len();
        self.bytes.resize(held + block.len(), 0);
        self.reader.read_at(&mut self.bytes[held..], self.offset + wide(block.start))?;
        if !self.group.verifies(self.next, &self.bytes[held..]) {
            return Err(mismatch());
        }
        self.next += 1;
        Ok(())
    }
}

fn mismatch() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match")
}

//! Padded segments: a first page that says what the file is, then groups, each on pages of its own.
//!
//! | offset | bytes | first page |
//! | ---: | ---: | --- |
//! | 0 | 8 | `walsegmt` |
//! | 8 | 4 | CRC-32 of the page without these four bytes |
//! | 12 | 4 | version, 1 |
//! | 16 | 16 | log id |
//! | 32 | 8 | segment number |
//! | 40 | 8 | epoch |
//! | 48 | 8 | length of the segment |
//! | 56 | 4040 | zeros |

use crate::bytes::{Bytes, Malformed, count};

use super::body;
use super::files::Files;
use super::group::{self, Header};
use super::window::Window;
use super::{Part, Reader, Unreadable};

/// The unit of a padded segment.
pub(super) const PAGE: usize = 4096;
/// Where the first group begins.
pub(super) const BODY: u64 = 4096;

/// What a segment says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) log: [u8; 16],
    pub(super) number: u64,
    pub(super) epoch: u64,
    pub(super) bytes: u64,
}

impl Segment {
    fn of_page(page: &[u8]) -> Result<Self, Malformed> {
        let mut bytes = Bytes::new(page);
        expect(bytes.take(8)? == b"walsegmt", "magic")?;
        let stored = bytes.u32()?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(b"walsegmt");
        crc.update(bytes.rest());
        expect(page.len() == PAGE && crc.finalize() == stored, "checksum of its first page")?;
        expect(bytes.u32()? == 1, "version")?;
        let segment = Self {
            log: bytes.array()?,
            number: bytes.u64()?,
            epoch: bytes.u64()?,
            bytes: bytes.u64()?,
        };
        expect(
            bytes.rest().iter().all(|byte| *byte == 0),
            "first page: not zero behind its fields",
        )?;
        Ok(segment)
    }
}

fn expect(holds: bool, what: &'static str) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed(what)) }
}

impl Reader<'_> {
    /// Reads a padded segment, and tells its number.
    pub(super) fn padded(&mut self, number: u64) -> Result<u64, Unreadable> {
        let name = Files::padded_name(number);
        let (file, bytes) = self.open(&name)?;
        let mut window = Window::new(file, bytes);
        let page = window.at(0, PAGE).map_err(self.unreadable(&name))?;
        let segment = match Segment::of_page(page) {
            Ok(segment) => segment,
            Err(error) => {
                self.wrong(&name, format!("it is no segment: {error}"));
                return Ok(number);
            }
        };
        self.identify(&name, &segment, number, bytes);
        for other in self.files.superseded(number, number, &name) {
            self.extent.remarks.push(format!("{other} does not count beside {name}"));
        }
        self.parts.push(Part { segment, name, end: BODY, groups: 0 });
        self.extent.segments = self.extent.segments.saturating_add(1);
        self.follow(&mut window)?;
        Ok(number)
    }

    /// Whether the segment is the one that belongs here.
    fn identify(&mut self, name: &str, segment: &Segment, number: u64, bytes: u64) {
        if segment.number != number {
            self.wrong(name, format!("it is segment {:016x} under this name", segment.number));
        }
        if segment.bytes != bytes {
            self.finding(
                name,
                format!("it has {bytes} bytes, and was made with {}", segment.bytes),
            );
        }
        self.belongs(name, segment.log, segment.epoch);
    }

    /// Whether a file is of this log, and of no life before the last.
    pub(super) fn belongs(&mut self, name: &str, log: [u8; 16], epoch: u64) {
        if *self.log.get_or_insert(log) != log {
            self.wrong(name, "it belongs to another log");
        }
        if epoch < self.epoch {
            self.wrong(name, format!("it is of life {epoch}, the one before of {}", self.epoch));
        }
        self.epoch = self.epoch.max(epoch);
    }

    /// Follows the chain through the last part, from where it ends.
    pub(super) fn follow(&mut self, window: &mut Window) -> Result<(), Unreadable> {
        while !self.broken {
            let Some(part) = self.parts.last() else { return Ok(()) };
            let (end, name) = (part.end, part.name.clone());
            let found = group::whole(window, &part.segment, end).map_err(self.unreadable(&name))?;
            let Some((header, bytes)) = found.filter(|(header, _)| self.follows(header)) else {
                return Ok(());
            };
            self.show(&header, bytes, &name);
            self.pass(&header);
        }
        Ok(())
    }

    fn follows(&self, header: &Header) -> bool {
        header.sequence == self.chain.sequence
            && header.first == self.chain.next
            && header.previous == self.chain.previous
    }

    fn show(&mut self, header: &Header, bytes: &[u8], name: &str) {
        if header.synced >= header.sequence {
            self.finding(
                name,
                format!("group {} says that it was durable before", header.sequence),
            );
        }
        let (body, padding) = header.split(bytes);
        if padding.iter().any(|byte| *byte != 0) {
            self.finding(name, format!("group {} has more than its records", header.sequence));
        }
        if let Err(error) = body::show(body, header.first, header.records, self.visitor, name) {
            self.wrong(name, format!("group {}: {error}", header.sequence));
        }
    }

    fn pass(&mut self, header: &Header) {
        self.chain.sequence = self.chain.sequence.saturating_add(1);
        self.chain.next = self.chain.next.saturating_add(u64::from(header.records));
        self.chain.previous = header.crc;
        self.extent.groups = self.extent.groups.saturating_add(1);
        if let Some(part) = self.parts.last_mut() {
            part.end = part.end.saturating_add(count(header.bytes));
            part.groups = part.groups.saturating_add(1);
        }
    }
}

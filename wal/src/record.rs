//! Records as bytes inside a group, and as values outside it.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 4 | length of the payload, little-endian |
//! | 4 | 1 | number of links *n*, at most 8 |
//! | 5 | 8 × *n* | links: LSNs of earlier records, little-endian |
//! | 5 + 8 × *n* | length | payload |
//!
//! A record's own LSN is not stored: it is the group's first LSN plus its place in the group.

use crate::Lsn;
use crate::size::narrow;

/// The most links that one record may carry.
pub const LINKS_MAX: usize = 8;

/// The longest payload of one record, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// The bytes of a record before its links.
pub(crate) const PREFIX_BYTES: usize = 5;

/// A record as recovery shows it: borrowed from the buffer that it was read into.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// Its number.
    pub lsn: Lsn,
    /// The earlier records that it points at.
    pub links: Links<'a>,
    /// What was appended.
    pub payload: &'a [u8],
}

/// The links of a [`RecordRef`], in the order in which they were given to `append`.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a>(&'a [[u8; 8]]);

/// A record as [`Wal::read`](crate::Wal::read) returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub lsn: Lsn,
    /// The earlier records that it points at.
    pub links: Vec<Lsn>,
    /// What was appended.
    pub payload: Vec<u8>,
}

impl<'a> Links<'a> {
    /// How many there are, at most [`LINKS_MAX`].
    #[must_use]
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether the record points at nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The link given at this place.
    #[must_use]
    pub fn at(self, place: usize) -> Option<Lsn> {
        self.0.get(place).map(|link| lsn_of(*link))
    }

    /// All of them, in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Lsn> + 'a {
        self.0.iter().map(|link| lsn_of(*link))
    }
}

impl RecordRef<'_> {
    /// The same record, owning its bytes.
    #[must_use]
    pub fn to_record(self) -> Record {
        Record { lsn: self.lsn, links: self.links.iter().collect(), payload: self.payload.to_vec() }
    }
}

/// The bytes that a record takes in a group; `None` if it has too many links or is too long.
pub(crate) fn extent(links: usize, payload: usize) -> Option<usize> {
    let fits = links <= LINKS_MAX && payload <= PAYLOAD_BYTES_MAX;
    fits.then_some(PREFIX_BYTES + 8 * links + payload)
}

/// Writes a record whose [`extent`] is known to be allowed, and gives its payload as it lies there.
pub(crate) fn write<'a>(out: &'a mut Vec<u8>, links: &[Lsn], payload: &[u8]) -> &'a mut [u8] {
    let bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&bytes.to_le_bytes());
    out.push(u8::try_from(links.len()).unwrap_or(u8::MAX));
    for link in links {
        out.extend_from_slice(&link.value().to_le_bytes());
    }
    let begin = out.len();
    out.extend_from_slice(payload);
    &mut out[begin..]
}

/// The [`extent`] of the record that begins here, told from its first [`PREFIX_BYTES`].
pub(crate) fn extent_at(bytes: &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let links = usize::from(*rest.first()?);
    extent(links, narrow(u64::from(u32::from_le_bytes(*length))))
}

/// Takes the record that begins here, and what follows it.
pub(crate) fn take(bytes: &[u8], lsn: Lsn) -> Option<(RecordRef<'_>, &[u8])> {
    let links = usize::from(*bytes.get(PREFIX_BYTES - 1)?);
    let (record, rest) = bytes.split_at_checked(extent_at(bytes)?)?;
    let (links, payload) = record.get(PREFIX_BYTES..)?.split_at_checked(8 * links)?;
    let (links, _) = links.as_chunks::<8>();
    Some((RecordRef { lsn, links: Links(links), payload }, rest))
}

fn lsn_of(link: [u8; 8]) -> Lsn {
    Lsn::new(u64::from_le_bytes(link))
}

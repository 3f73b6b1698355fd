//! Records on their way to the one who folds them, many at a time: to hand over one costs more than
//! to fold it.

use wal::{Lsn, RecordRef};

use crate::engine::keys::Key;
use crate::engine::secret::Digest;

/// Records, and keys of records, in the order of the log.
#[derive(Debug, Default)]
pub struct Batch {
    /// Links and payloads, one behind the other.
    bytes: Vec<u8>,
    records: Vec<Packed>,
    /// Keys that were used.
    pub keys: Vec<Key>,
}

/// So many records are folded one after the other: what they touch is in the cache of a core
/// together, beside what they say.
const TOGETHER: usize = 64;

/// Some of the records of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    bytes: &'a [u8],
    records: &'a [Packed],
}

/// What of a record is to be folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The account at its source, or its only one.
    pub source: bool,
    /// The account at its destination.
    pub destination: bool,
    /// What happened at no account.
    pub strays: bool,
}

/// What is known of an action before it is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    /// The hash of the account's name.
    pub name: u64,
    /// Its card transaction.
    pub transaction: Digest,
}

/// Where a record lies.
#[derive(Debug)]
struct Packed {
    lsn: Lsn,
    share: Share,
    ahead: Option<Ahead>,
    links: usize,
    payload: usize,
    end: usize,
}

/// A record of which a share is to be folded.
#[derive(Debug)]
pub struct Unfolded<'a> {
    pub lsn: Lsn,
    pub share: Share,
    pub links: Links<'a>,
    pub payload: &'a [u8],
    pub ahead: Option<Ahead>,
}

/// The links of a record, as they lie in a batch.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a>(&'a [[u8; 8]]);

impl<'a> Links<'a> {
    /// The first three, and the rest: of the source of a transfer, and of its destination.
    #[must_use]
    pub fn split(self) -> [Self; 2] {
        let (source, destination) = self.0.split_at(self.0.len().min(3));
        [source, destination].map(Links)
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Lsn> + 'a {
        self.0.iter().map(|link| Lsn::new(u64::from_le_bytes(*link)))
    }
}

impl Batch {
    /// Takes everything out; the memory is kept for what is put in next.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
        self.keys.clear();
    }

    /// Adds a record.
    pub fn push(&mut self, record: &RecordRef<'_>, share: Share, ahead: Option<Ahead>) {
        let links = self.bytes.len();
        record.links.iter().for_each(|link| self.bytes.extend(link.value().to_le_bytes()));
        let payload = self.bytes.len();
        self.bytes.extend_from_slice(record.payload);
        let (lsn, end) = (record.lsn, self.bytes.len());
        self.records.push(Packed { lsn, share, ahead, links, payload, end });
    }

    /// How much there is in it.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes.len().saturating_add(self.keys.len().saturating_mul(size_of::<Key>()))
    }

    /// The records, in order, some at a time.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        self.records.chunks(TOGETHER).map(|records| Chunk { bytes: &self.bytes, records })
    }
}

impl<'a> Chunk<'a> {
    /// What is known of the actions.
    pub fn ahead(self) -> impl Iterator<Item = Ahead> + 'a {
        self.records.iter().filter_map(|packed| packed.ahead)
    }

    /// Reads something of each cache line, so that all are on their way from the core that packed
    /// them before the first is needed.
    #[must_use]
    pub fn warm(self) -> u8 {
        const LINE_BYTES: usize = 64;
        let begin = self.records.first().map_or(0, |first| first.links);
        let end = self.records.last().map_or(0, |last| last.end);
        let bytes = self.bytes.get(begin..end).unwrap_or_default();
        bytes.iter().step_by(LINE_BYTES).fold(0, |sum, byte| sum ^ byte)
    }

    /// The records, in order.
    pub fn iter(self) -> impl Iterator<Item = Unfolded<'a>> {
        self.records.iter().map(move |packed| {
            let of = |from: usize, to: usize| self.bytes.get(from..to).unwrap_or_default();
            let (links, _) = of(packed.links, packed.payload).as_chunks::<8>();
            let payload = of(packed.payload, packed.end);
            let Packed { lsn, share, ahead, .. } = packed;
            let (lsn, share, ahead) = (*lsn, *share, *ahead);
            Unfolded { lsn, share, links: Links(links), payload, ahead }
        })
    }
}

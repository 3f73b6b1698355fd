//! Records one behind the other, as a group or a dense frame holds them.
//!
//! | offset | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 4 | length of the payload |
//! | 4 | 1 | number of links *n*, at most 8 |
//! | 5 | 8 × *n* | LSNs of earlier records |
//! | 5 + 8 × *n* | length | payload |

use crate::bytes::{Bytes, Malformed, length};

use super::Visitor;

const LINKS_MAX: u8 = 8;
const PAYLOAD_MAX: usize = 1 << 20;

/// A record as the log holds it.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its number.
    pub lsn: u64,
    links: &'a [[u8; 8]],
    /// What happened.
    pub payload: &'a [u8],
}

impl<'a> Stored<'a> {
    /// The earlier records that it points at, in order.
    pub fn links(&self) -> impl ExactSizeIterator<Item = u64> + 'a {
        self.links.iter().map(|link| u64::from_le_bytes(*link))
    }
}

/// The moments of the first and the last record that were shown, where they have one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
}

impl Moments {
    pub(super) fn extend(&mut self, other: Self) {
        self.first = self.first.or(other.first);
        self.last = other.last.or(self.last);
    }
}

/// Shows all records of `body`, of which there must be `records`.
pub(super) fn show(
    body: &[u8],
    first: u64,
    records: u32,
    visitor: &mut dyn Visitor,
    file: &str,
) -> Result<Moments, Malformed> {
    let (mut rest, mut lsn) = (Bytes::new(body), first);
    let mut moments = Moments::default();
    for _ in 0..records {
        let stored = take(&mut rest, lsn)?;
        check_links(&stored, visitor, file);
        let at = visitor.record(&stored, file);
        moments.extend(Moments { first: at, last: at });
        lsn = lsn.saturating_add(1);
    }
    if rest.rest().is_empty() { Ok(moments) } else { Err(Malformed("end of its records")) }
}

fn take<'a>(bytes: &mut Bytes<'a>, lsn: u64) -> Result<Stored<'a>, Malformed> {
    let len = length(u64::from(bytes.u32()?));
    let links = bytes.u8()?;
    if len > PAYLOAD_MAX || links > LINKS_MAX {
        return Err(Malformed("record"));
    }
    let (links, _) = bytes.take(usize::from(links).saturating_mul(8))?.as_chunks();
    Ok(Stored { lsn, links, payload: bytes.take(len)? })
}

fn check_links(stored: &Stored<'_>, visitor: &mut dyn Visitor, file: &str) {
    if let Some(link) = stored.links().find(|link| *link >= stored.lsn) {
        let what = format!("it points at record {link}, which is none before it");
        visitor.findings().add(stored.lsn, file, what);
    }
}

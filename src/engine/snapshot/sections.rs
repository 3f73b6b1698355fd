//! Units cut into sections, and put together again.
//!
//! The checksum of a section covers that of the one before it, so a section stands at its own place
//! or nowhere.

use std::borrow::Cow;
use std::io;

use super::unit::Unit;
use crate::engine::record::{Malformed, Reader, Writer};

/// The longest piece of a unit in one section.
pub const BODY_MAX: usize = (1 << 20) - HEAD;
const HEAD: usize = 8;

/// Cuts units into sections.
#[derive(Debug, Default)]
pub struct Cutter {
    crc: u32,
    section: Vec<u8>,
}

impl Cutter {
    /// Hands a unit to `sink`, a section at a time.
    ///
    /// # Errors
    /// What `sink` says. No more may be cut then.
    pub fn cut(
        &mut self,
        unit: Unit,
        mut body: &[u8],
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            let (piece, rest) = body.split_at(body.len().min(BODY_MAX));
            self.section.clear();
            let mut w = Writer(&mut self.section);
            w.u32(0);
            w.u8(unit.kind());
            w.u8(u8::from(!rest.is_empty()));
            w.u16(0);
            w.raw(piece);
            self.crc = checksum(self.crc, &self.section);
            self.section[..4].copy_from_slice(&self.crc.to_le_bytes());
            sink(&self.section)?;
            if rest.is_empty() {
                return Ok(());
            }
            body = rest;
        }
    }
}

/// Puts units together.
#[derive(Debug, Default)]
pub struct Joiner {
    crc: u32,
    unit: Vec<u8>,
}

impl Joiner {
    /// Takes the next section, which must be of `unit`; returns the unit where that is its end.
    ///
    /// # Errors
    /// When the section is damaged, or is not the next.
    pub fn join<'a>(
        &mut self,
        unit: Unit,
        section: &'a [u8],
    ) -> Result<Option<Cow<'a, [u8]>>, Malformed> {
        let mut r = Reader(section);
        let crc = r.u32()?;
        if checksum(self.crc, section) != crc {
            return Err(Malformed("checksum"));
        }
        self.crc = crc;
        r.expect(u64::from(unit.kind()), Reader::u8, "kind")?;
        let goes_on = r.u8()?;
        r.expect(0, Reader::u16, "unused bytes")?;
        match goes_on {
            0 if self.unit.is_empty() => Ok(Some(Cow::Borrowed(r.0))),
            0 | 1 => {
                self.unit.extend_from_slice(r.0);
                let ended = goes_on == 0;
                Ok(ended.then(|| Cow::Owned(std::mem::take(&mut self.unit))))
            }
            _ => Err(Malformed("end")),
        }
    }
}

/// The checksum of a section that stands behind one of the checksum `before`.
fn checksum(before: u32, section: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&before.to_le_bytes());
    crc.update(section.get(4..).unwrap_or_default());
    crc.finalize()
}

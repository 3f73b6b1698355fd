//! Breaks that a reconciliation opened, and one that was resolved: records without money.
//!
//! | part of breaks that were opened | bytes |
//! | --- | --- |
//! | what tells their file from every other | long text |
//! | breaks | long list: name 16, kind text, what was told long text |
//!
//! | part of a break that was resolved | bytes |
//! | --- | --- |
//! | its name | 16 |
//! | note | long text |

use crate::bytes::{Bytes, Malformed};

/// The names of breaks that were opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreaksOpened(pub Vec<[u8; 16]>);

/// The name of a break that was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakResolved(pub [u8; 16]);

impl BreaksOpened {
    pub(super) fn read(b: &mut Bytes<'_>) -> Result<Self, Malformed> {
        b.long_text()?;
        let mut names = Vec::new();
        for _ in 0..b.u32()? {
            names.push(b.array()?);
            b.text()?;
            b.long_text()?;
        }
        Ok(Self(names))
    }
}

impl BreakResolved {
    pub(super) fn read(b: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let name = b.array()?;
        b.long_text()?;
        Ok(Self(name))
    }
}

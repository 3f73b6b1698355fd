//! Whether two records that differ have one network reference and one type.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use foldhash::fast::RandomState;

use super::breaks::{Break, Found};
use super::kind::Kind;
use super::row::{Eye, FileRow, Part, Pen};
use super::spill::{Pile, hash, partition_of};

/// The network references of a file.
#[derive(Default)]
pub struct References(Pile);

impl References {
    /// Those of one record more.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add(&mut self, row: &FileRow<'_>, spill_dir: &Path) -> io::Result<()> {
        if row.reference.is_empty() || row.part == Part::Unusable {
            return Ok(());
        }
        let meaning = meaning(row);
        self.0.add(partition_of(row.reference.as_bytes()), spill_dir, |out| {
            let mut pen = Pen(out);
            [row.number, row.line, meaning].into_iter().for_each(|it| pen.number(it));
            pen.number(row.of_type.number().into());
            pen.text(row.reference);
            pen.text(row.transaction);
        })
    }

    /// Tells which are used again.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tell(&self, found: &mut Found) -> io::Result<()> {
        for partition in Pile::partitions() {
            let rows = self.0.read(partition)?;
            let mut eye = Eye(&rows);
            let mut seen: HashMap<(&str, u64), (u64, u64), RandomState> = HashMap::default();
            while let Some(it) = used(&mut eye) {
                let key = (it.reference, it.of_type);
                let (number, meaning) = *seen.entry(key).or_insert((it.number, it.meaning));
                if meaning != it.meaning {
                    found.add(Break {
                        record: Some((it.number, it.line)),
                        transaction: it.transaction.to_owned(),
                        reference: it.reference.to_owned(),
                        what: format!("record {number} has it, and says otherwise"),
                        ..Break::new(Kind::ReferenceReused)
                    });
                }
            }
        }
        Ok(())
    }
}

struct Used<'a> {
    number: u64,
    line: u64,
    meaning: u64,
    of_type: u64,
    reference: &'a str,
    transaction: &'a str,
}

fn used<'a>(eye: &mut Eye<'a>) -> Option<Used<'a>> {
    let (number, line, meaning) = (eye.number()?, eye.number()?, eye.number()?);
    let of_type = eye.number()?;
    Some(Used { number, line, meaning, of_type, reference: eye.text()?, transaction: eye.text()? })
}

/// A hash of what a record says, at whatever place.
fn meaning(row: &FileRow<'_>) -> u64 {
    let mut bytes = Vec::with_capacity(128);
    Pen(&mut bytes).file_row(&FileRow { number: 0, line: 0, bytes: 0, of_file: 0, ..*row });
    hash(&bytes)
}

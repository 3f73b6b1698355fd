//! Which transaction of the ledger a record is of, by the names that it gives, partition by
//! partition: first the action of ours that it names is looked for, then `transaction_id`, then
//! `original_transaction_id`. The first of them that the ledger knows is the one; where it knows
//! none, the record stays under its own name.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use foldhash::fast::RandomState;

use super::books::Books;
use super::row::{Eye, FileRow, Pen};
use super::spill::{Pile, partition_of};

/// The records of a file on their way to their transactions.
#[derive(Default)]
pub struct Resolver {
    by_place: Pile,
    by_transaction: Pile,
    by_original: Pile,
    resolved: Pile,
}

/// Names in one partition.
type Names<'a> = HashSet<&'a str, RandomState>;

impl Resolver {
    /// One record more.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add(&mut self, row: &FileRow<'_>, spill_dir: &Path) -> io::Result<()> {
        match row.position() {
            Some(position) => {
                let partition = partition_of(&position.to_le_bytes());
                self.by_place.add(partition, spill_dir, |out| Pen(out).file_row(row))
            }
            None => self.go_on(row, spill_dir),
        }
    }

    /// Whether any record names an action of ours.
    #[must_use]
    pub const fn wants_places(&self) -> bool {
        self.by_place.rows() > 0
    }

    /// All records by the transaction that they are of, in the same partitions as the ledger's.
    ///
    /// # Errors
    /// When they cannot be kept.
    pub fn resolve(mut self, books: &Books, spill_dir: &Path) -> io::Result<Pile> {
        self.look_for_places(books, spill_dir)?;
        self.by_place = Pile::default();
        self.look_for_transactions(books, spill_dir)?;
        self.by_transaction = Pile::default();
        self.look_for_originals(books, spill_dir)?;
        Ok(self.resolved)
    }

    fn look_for_places(&mut self, books: &Books, spill_dir: &Path) -> io::Result<()> {
        for partition in Pile::partitions() {
            let rows = self.by_place.read(partition)?;
            if rows.is_empty() {
                continue;
            }
            let places = books.places.read(partition)?;
            let mut eye = Eye(&places);
            let places = std::iter::from_fn(|| Some((eye.number()?, eye.text()?)));
            let places: HashMap<u64, &str, RandomState> = places.collect();
            let mut eye = Eye(&rows);
            while let Some(row) = eye.file_row() {
                let named = row.position().and_then(|place| places.get(&place).copied());
                let row = FileRow { named: Some(named.unwrap_or_default()), ..row };
                self.go_on(&row, spill_dir)?;
            }
        }
        Ok(())
    }

    /// A record whose action was looked for, or that names none.
    fn go_on(&mut self, row: &FileRow<'_>, spill_dir: &Path) -> io::Result<()> {
        let other = [row.original, row.named.unwrap_or_default()];
        let only = other.iter().all(|other| other.is_empty() || *other == row.transaction);
        let pile = match row.transaction {
            "" => return self.put(row, row.original, spill_dir),
            _ if only => &mut self.resolved,
            _ => &mut self.by_transaction,
        };
        let partition = partition_of(row.transaction.as_bytes());
        pile.add(partition, spill_dir, |out| Pen(out).file_row(row))
    }

    fn look_for_transactions(&mut self, books: &Books, spill_dir: &Path) -> io::Result<()> {
        for partition in Pile::partitions() {
            let rows = self.by_transaction.read(partition)?;
            if rows.is_empty() {
                continue;
            }
            let operations = books.operations.read(partition)?;
            let known = known(&operations);
            let mut eye = Eye(&rows);
            while let Some(row) = eye.file_row() {
                if known.contains(row.transaction) {
                    let write = |out: &mut Vec<u8>| Pen(out).file_row(&row);
                    self.resolved.add(partition, spill_dir, write)?;
                } else {
                    self.put(&row, row.original, spill_dir)?;
                }
            }
        }
        Ok(())
    }

    /// A record that is to be looked for under its original transaction, if it has one.
    fn put(&mut self, row: &FileRow<'_>, original: &str, spill_dir: &Path) -> io::Result<()> {
        if original.is_empty() {
            return self.settle(row, spill_dir);
        }
        let partition = partition_of(original.as_bytes());
        self.by_original.add(partition, spill_dir, |out| Pen(out).file_row(row))
    }

    fn look_for_originals(&mut self, books: &Books, spill_dir: &Path) -> io::Result<()> {
        for partition in Pile::partitions() {
            let rows = self.by_original.read(partition)?;
            if rows.is_empty() {
                continue;
            }
            let operations = books.operations.read(partition)?;
            let known = known(&operations);
            let mut eye = Eye(&rows);
            while let Some(row) = eye.file_row() {
                if known.contains(row.original) {
                    self.resolved.add(partition, spill_dir, |out| {
                        Pen(out).file_row(&FileRow { transaction: row.original, ..row });
                    })?;
                } else {
                    self.settle(&row, spill_dir)?;
                }
            }
        }
        Ok(())
    }

    /// A record whose own names the ledger does not know: it is of the action that it names, else
    /// it stays what it is.
    fn settle(&mut self, row: &FileRow<'_>, spill_dir: &Path) -> io::Result<()> {
        let names = [row.named.unwrap_or_default(), row.transaction, row.original, row.tenant];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or(row.reference);
        let row = FileRow { transaction: name, ..*row };
        let partition = partition_of(name.as_bytes());
        self.resolved.add(partition, spill_dir, |out| Pen(out).file_row(&row))
    }
}

/// The transactions of some operations.
fn known(operations: &[u8]) -> Names<'_> {
    let mut eye = Eye(operations);
    std::iter::from_fn(|| Some(eye.ledger_row()?.transaction)).collect()
}

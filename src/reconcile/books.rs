//! The ledger's side: what each operation of a card transaction moved against `@settlement`, from one
//! pass over the log.

use std::convert::Infallible;
use std::io;
use std::path::Path;

use wal::Storage;

use super::row::{Deed, LedgerRow, Pen};
use super::spill::{Pile, partition_of};
use crate::engine::record::{Action, Record, TransferAction};
use crate::engine::{Engine, Lsn, ScanError, Stamp};
use crate::ledger::{Bucket, Movement, Side};

/// What the ledger knows, in partitions.
pub struct Books {
    /// Operations, by their transaction.
    pub operations: Pile,
    /// The transaction of each record that has one, by its place in the log.
    pub places: Pile,
    /// The last record that was read.
    pub upto: Lsn,
}

/// Why the ledger's side could not be told.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ScanError<Infallible>),
    /// The partitions cannot be written.
    #[error("no room for what is compared: {0}")]
    Spill(#[from] io::Error),
}

/// Reads all that is durable; the places only where they are `wanted`.
///
/// # Errors
/// When the log cannot be read, or the partitions not be written.
pub fn read<S: Storage>(
    ledger: &Engine<S>,
    spill_dir: &Path,
    places_wanted: bool,
) -> Result<Books, BooksError> {
    let nothing = Pile::default;
    let mut books = Books { operations: nothing(), places: nothing(), upto: Lsn::ZERO };
    let scanned = ledger.scan(Lsn::new(1), |record, stamp| {
        books.upto = stamp.lsn;
        if let Some(row) = row(record, stamp) {
            let partition = partition_of(row.transaction.as_bytes());
            books.operations.add(partition, spill_dir, |out| Pen(out).ledger_row(&row))?;
        }
        match record.transaction_id() {
            Some(id) if places_wanted => books.place(stamp.lsn, id, spill_dir),
            _ => Ok(()),
        }
    });
    match scanned {
        Ok(()) => Ok(books),
        Err(ScanError::Stopped(error)) => Err(BooksError::Spill(error)),
        Err(ScanError::Unreadable(why)) => Err(ScanError::Unreadable(why).into()),
        Err(ScanError::Malformed(lsn, why)) => Err(ScanError::Malformed(lsn, why).into()),
    }
}

impl Books {
    fn place(&mut self, lsn: Lsn, transaction: &str, spill_dir: &Path) -> io::Result<()> {
        let position = lsn.value();
        self.places.add(partition_of(&position.to_le_bytes()), spill_dir, |out| {
            let mut pen = Pen(out);
            pen.number(position);
            pen.text(transaction);
        })
    }
}

/// What is kept of a record; nothing of one that is of no card transaction.
fn row<'a>(record: &'a Record<'_>, stamp: Stamp) -> Option<LedgerRow<'a>> {
    match record {
        Record::Action(action) => Some(of_operation(action, stamp)),
        Record::Transfer(transfer) => of_transfer(transfer, stamp),
        _ => None,
    }
}

fn of_operation<'a>(action: &'a Action<'_>, stamp: Stamp) -> LedgerRow<'a> {
    let (transaction, account) = (action.request.transaction_id, action.request.tenant_account_ref);
    let row = of_movement(action.outcome.as_ref().ok(), transaction, account, stamp);
    LedgerRow { posts: action.request.posts().is_some(), ..row }
}

/// One between a customer's account and `@settlement`, under a card transaction.
fn of_transfer<'a>(transfer: &'a TransferAction<'_>, stamp: Stamp) -> Option<LedgerRow<'a>> {
    let (transaction, ends) = (transfer.request.transaction_id?, transfer.request.ends);
    let sides = [(Side::Source, ends.source()), (Side::Destination, ends.destination())];
    let rows = sides.into_iter().filter_map(|(side, account)| {
        let movement = transfer.movement(side)?;
        Some(of_movement(Some(movement), transaction, account, stamp))
    });
    rows.into_iter().find(|row| row.deed == Deed::Moved)
}

fn of_movement<'a>(
    movement: Option<&Movement>,
    transaction: &'a str,
    account: &'a str,
    stamp: Stamp,
) -> LedgerRow<'a> {
    let moved = movement.map_or(0, |movement| movement.net(Bucket::Settlement));
    let deed = match movement {
        None => Deed::Refused,
        Some(_) if moved == 0 => Deed::Held,
        Some(_) => Deed::Moved,
    };
    LedgerRow {
        lsn: stamp.lsn.value(),
        at: stamp.at,
        deed,
        posts: false,
        minor: i64::try_from(moved).unwrap_or(i64::MAX),
        currency: movement.map(|movement| movement.after.pocket.currency),
        transaction,
        account,
    }
}

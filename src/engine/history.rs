//! What the log remembers: single actions, and all that happened under one transaction.
//!
//! Reading is done from the file, outside every lock, and can block: callers keep it off the
//! threads that answer.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use wal::{Lsn, ReadError, Storage};

use super::Engine;
use super::log::Stamp;
use super::record::{Action, Malformed, OperationRequest, Record, TransferAction, TransferRequest};

/// A record as it stands in the log.
#[derive(Clone, Debug)]
pub struct Stored {
    lsn: Lsn,
    links: Vec<Lsn>,
    payload: Vec<u8>,
}

/// Why the past cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no such record.
    #[error("there is no record {0}")]
    Unknown(Lsn),
    /// It cannot be read from the log's file.
    #[error("record {lsn} cannot be read from the log: {why}")]
    Unreadable {
        /// The record.
        lsn: Lsn,
        /// What the log says.
        why: ReadError,
    },
    /// It can be read, and is not of the account whose records led to it.
    #[error("record {0} is not of the account whose records lead to it")]
    Astray(Lsn),
    /// It can be read, and is not a record.
    #[error("record {lsn} cannot be understood: {why}")]
    Malformed {
        /// The record.
        lsn: Lsn,
        /// Which part of it.
        why: Malformed,
    },
}

/// How a request compares with the record that its key has the hash of.
#[derive(Debug)]
pub enum Repeat<T> {
    /// It is the same request: this is what became of it.
    Same(T, Stamp),
    /// Its key was used for something else.
    KeyReused,
    /// Its key only has the same hash.
    OtherKey,
}

impl<S: Storage> Engine<S> {
    /// The record at `lsn`, which must be durable. Blocks.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn stored(&self, lsn: Lsn) -> Result<Stored, HistoryError> {
        self.records_read.fetch_add(1, Ordering::Relaxed);
        let record = self.log.wal.read(lsn).map_err(|why| match why {
            ReadError::Unknown { .. } => HistoryError::Unknown(lsn),
            why => HistoryError::Unreadable { lsn, why },
        })?;
        Ok(Stored { lsn: record.lsn, links: record.links, payload: record.payload })
    }

    /// The newest record of a transaction on each account that it touched, and the newest that
    /// touched none.
    pub fn transaction_heads(&self, transaction_id: &str) -> Vec<Lsn> {
        let digest = self.state.secret.digest(transaction_id);
        let of = |shard| self.state.lock(shard).transactions.newest(digest).collect::<Vec<_>>();
        let mut heads: Vec<Lsn> = self.state.numbers().flat_map(of).collect();
        heads.extend(self.state.lock_strays().transactions.newest(digest));
        heads
    }

    /// The same on that account alone, and on none.
    pub fn transaction_heads_at(&self, tenant_account_ref: &str, transaction_id: &str) -> Vec<Lsn> {
        let digest = self.state.secret.digest(transaction_id);
        let name = self.state.name(tenant_account_ref);
        let shard = self.state.lock_of(name);
        let found = shard.find(name).and_then(|slot| shard.transactions.find(digest, slot));
        let mut heads: Vec<Lsn> = found.map(|it| it.newest()).into_iter().collect();
        heads.extend(self.state.lock_strays().transactions.newest(digest));
        heads
    }

    /// Where the records of a transaction are that `wanted` accepts, oldest first, from `heads`
    /// back. Blocks. All are read, whichever are wanted: the links lead back from the newest.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn transaction(
        &self,
        transaction_id: &str,
        heads: &[Lsn],
        wanted: impl Fn(&Record<'_>) -> bool,
    ) -> Result<Vec<Lsn>, HistoryError> {
        let mut found = BTreeMap::new();
        let mut next: Vec<Lsn> = heads.to_vec();
        while let Some(lsn) = next.pop() {
            if lsn == Lsn::ZERO || found.contains_key(&lsn) {
                continue;
            }
            let stored = self.stored(lsn)?;
            // A transaction of the same hash may have got here: its records are not shown.
            let (record, _) = stored.record()?;
            let shown = record.transaction_id() == Some(transaction_id) && wanted(&record);
            next.extend(stored.links.iter().skip(2).step_by(3));
            found.insert(lsn, shown);
        }
        Ok(found.into_iter().filter(|(_, shown)| *shown).map(|(lsn, _)| lsn).collect())
    }
}

impl Stored {
    /// Where it stands.
    #[must_use]
    pub const fn lsn(&self) -> Lsn {
        self.lsn
    }

    /// The earlier records that it points at.
    #[must_use]
    pub fn links(&self) -> &[Lsn] {
        &self.links
    }

    /// The record and where it stands.
    ///
    /// # Errors
    /// When it is not a record that this version knows.
    pub fn record(&self) -> Result<(Record<'_>, Stamp), HistoryError> {
        let lsn = self.lsn;
        let (record, at) =
            Record::decode(&self.payload).map_err(|why| HistoryError::Malformed { lsn, why })?;
        Ok((record, Stamp { lsn, at }))
    }

    /// How an operation compares with this record.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn repeats(
        &self,
        request: &OperationRequest<'_>,
    ) -> Result<Repeat<Action<'_>>, HistoryError> {
        self.compare(request.idempotency_key, |record| match record {
            Record::Action(action) if action.request == *request => Some(action),
            _ => None,
        })
    }

    /// How a transfer compares with this record.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn repeats_transfer(
        &self,
        request: &TransferRequest<'_>,
    ) -> Result<Repeat<TransferAction<'_>>, HistoryError> {
        self.compare(request.idempotency_key, |record| match record {
            Record::Transfer(action) if action.request.means(request) => Some(*action),
            _ => None,
        })
    }

    /// First the key, in full; then, by `same`, what it was used for.
    fn compare<'a, T>(
        &'a self,
        key: &str,
        same: impl FnOnce(Record<'a>) -> Option<T>,
    ) -> Result<Repeat<T>, HistoryError> {
        let (record, stamp) = self.record()?;
        if record.idempotency_key() != Some(key) {
            return Ok(Repeat::OtherKey);
        }
        Ok(same(record).map_or(Repeat::KeyReused, |action| Repeat::Same(action, stamp)))
    }
}

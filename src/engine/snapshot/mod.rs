//! Snapshots: a copy of all that is in memory, so that a start replays only the end of the log.
//!
//! The copy is taken while the ledger is served, a part at a time: each part is locked, copied and
//! unlocked, and no two parts are of one moment. That costs nothing, because every part tells which
//! records it has seen. A record from the log is replayed at each part that it touches and that has
//! not seen it, and at no other:
//!
//! | part | has seen a record when |
//! | --- | --- |
//! | an account, with its transactions and what its movements did to the books | its newest record is not older |
//! | a shard of the keys | the record is not behind `seen`, read from the log under the shard's lock |
//! | the strays | the same, under their lock |
//!
//! An account that was opened after a record was not there for that record. So replaying begins at
//! `from`, the record behind the newest one when the first part was copied, and once it is past
//! `upto`, the newest one when the last was, all parts are of one moment again. A snapshot without
//! the log up to `upto` is worth nothing: it may hold one half of a transfer whose other half died.
//!
//! A snapshot is read by the lives that come after. What it says is checked as far as it can be
//! without the log; one that is not right is not used, and costs time: an older one, or the whole
//! log, is replayed instead.
//!
//! # Format
//!
//! A snapshot is a row of units, each cut into sections of at most [1 MiB](sections::BODY_MAX) that
//! go to the log's snapshot file one by one. Numbers are little-endian; texts, options and lists
//! are those of a [record](super::record), and so are the parts that have their names.
//!
//! | offset in a section | bytes | field |
//! | ---: | ---: | --- |
//! | 0 | 4 | CRC-32 of the section before's CRC-32 (zero where there is none), and of all that follows |
//! | 4 | 1 | kind of unit |
//! | 5 | 1 | 1 where the unit goes on in the next section, else 0 |
//! | 6 | 2 | zero |
//! | 8 | | a piece of the unit |
//!
//! | kind | unit | how many |
//! | ---: | --- | --- |
//! | 1 | head | one |
//! | 2 | keys of one shard | as many as the head says |
//! | 3 | strays | one |
//! | 4 | accounts of one shard | as many as the head says |
//! | 5 | foot | one |
//!
//! | part of the head | bytes |
//! | --- | --- |
//! | version of the format, 1 | `u32` |
//! | tenant, 0 | `u16` |
//! | shards of keys, shards of accounts | two `u16` |
//! | bits of a key's hash that are used | `u32` |
//! | secret that keys and transactions are hashed with | 16 |
//! | from | `u64` |
//! | a moment that is before all records from there on | `i64`, microseconds |
//!
//! | part of a shard of keys | bytes |
//! | --- | --- |
//! | seen | `u64` |
//! | keys, to the end | 12 each: 52 bits of hash, 44 bits of position |
//!
//! | part of the strays | bytes |
//! | --- | --- |
//! | seen | `u64` |
//! | transactions | long list |
//! | books | list |
//! | number of notifications, roots of their trees, largest tree first | `u32`, list of `u64` |
//! | spend limits of every account that has none of its own | [ruleset](super::record::limits) |
//! | breaks | long list, in the order in which they were opened |
//!
//! | part of a break | bytes |
//! | --- | --- |
//! | its name | 16 |
//! | its kind | text |
//! | the record that opened it, and its place in that | `u64`, `u32` |
//! | the record that resolved it, zero where it is open | `u64` |
//!
//! | part of a shard of accounts | bytes |
//! | --- | --- |
//! | accounts | long list, each as in [`account`] |
//! | transactions | long list |
//! | books | list |
//!
//! | part of a transaction | bytes |
//! | --- | --- |
//! | its hash, and what tells it from others of that hash | `u64`, `u32` |
//! | the account's place in the unit's list, 2^32 − 1 for a stray | `u32` |
//! | its newest record on that account, doubled; odd where it is linked | `u64` |
//!
//! | part of the books | bytes |
//! | --- | --- |
//! | currency | currency |
//! | this unit's part of `@settlement` and of `@funding` | two `i128` |
//!
//! | part of the foot | bytes |
//! | --- | --- |
//! | upto | `u64` |
//! | a moment that no record up to there is after | `i64`, microseconds |
//! | accounts, keys | two `u64` |

mod account;
mod choose;
mod copy;
mod load;
mod parts;
mod sections;
mod unit;

#[cfg(test)]
mod tests;

pub use choose::{Begun, PassedOver};
pub(super) use choose::{newest, read};
pub use copy::{Copied, Copying, Snapshot, TakeError};
pub use load::BadSnapshot;
pub(super) use load::{Base, Limits, Loader, Seen};

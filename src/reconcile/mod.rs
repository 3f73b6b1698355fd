//! Reconciliation: a settlement or clearing file against the actions of this ledger, and what is not
//! the same on both sides.
//!
//! ```text
//! file ─► record by record ─┐                      ┌─► breaks, by the table of [`kind`]
//!                           ├─► 256 partitions ────┤
//! log ──► one pass ─────────┘   by transaction     └─► totals, net, interchange
//! ```
//!
//! | module | does |
//! | --- | --- |
//! | `split`, `file`, `record`, `summary` | the file: its shape, its records, its summary |
//! | `books` | the ledger: what each operation moved against `@settlement` |
//! | `spill`, `row`, `resolve` | both sides in partitions, in memory while they are few |
//! | `references`, `matching` | what is the same, and what is not |
//! | `report` | what is told: JSON, a table, CSV, one page of HTML |
//!
//! Nothing of the file or the ledger is in memory for longer than it takes to sort it into its
//! partition, and one partition of each side at a time is compared. All that one transaction has in
//! the file is in memory together.
//!
//! **Invariant: nothing here knows HTTP or holds a lock.** The log is read beside the server that
//! writes it; what is durable when the reading begins is the ledger's side.

mod books;
pub mod breaks;
pub mod clearing_type;
pub mod file;
pub mod kind;
mod matching;
pub mod record;
mod references;
pub mod report;
mod resolve;
pub mod row;
mod run;
mod spill;
pub mod split;
mod summary;
mod tally;

pub use breaks::Break;
pub use kind::Kind;
pub use report::Report;
pub use run::{Asked, ReconcileError, Window, reconcile};

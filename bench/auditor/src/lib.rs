//! The shadow auditor: a second set of books over the same log, kept by code of its own.
//!
//! It reads the log of a data directory from the tables that document its format, and folds every
//! record into books of its own by the rules of the contract. What the server stored in a record is
//! what it is compared with, and never what it is worked out from. It shares no code with the
//! server, not even the decompressor: an error would have to be made twice, and alike, to go
//! unseen.
//!
//! | module | does |
//! | --- | --- |
//! | [`log`] | files: checksums, the chain of groups, LSNs without a gap, where the log ends |
//! | [`record`] | payloads: what happened, as values |
//! | [`books`] | the rules: each record decided anew, each balance from postings alone |
//! | [`compare`] | a running server's trial balance and accounts against these books |
//! | [`expectation`] | answers that were received against the records that they were given for |
//! | [`report`] | a table for people, JSON for programs |
//!
//! **It changes nothing** and takes no lock: it may read beside a server that runs. Then the log
//! has an end that moves, and what lies behind the end is no finding.
//!
//! Nothing but the books themselves is kept in memory: each account, each hold, a hash of each key
//! and of each transaction.

pub mod audit;
pub mod books;
pub mod bytes;
pub mod cli;
pub mod compare;
pub mod expectation;
pub mod finding;
pub mod log;
pub mod money;
pub mod record;
pub mod report;

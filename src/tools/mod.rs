//! The operator's tools: commands that work on the files of a data directory.
//!
//! | command | does | while a server runs |
//! | --- | --- | --- |
//! | [`wal ls`](wal::ls) | lists the files of the log | yes |
//! | [`wal cat`](wal::cat), [`wal tail`](wal::tail) | prints records, as they are or as they come | yes |
//! | [`wal verify`](wal::verify) | reads everything as an opening would | all but the end |
//! | [`wal cut`](wal::cut) | drops what is corrupt, when asked | no |
//! | [`snapshot`] | lists and verifies snapshots, has one taken | yes |
//! | [`backup`], [`restore`] | copies a log, and verifies the copy | yes; into an empty place |
//! | [`verify`] | replays everything and checks what it makes | all but the end |
//!
//! **Invariant: what is looked at is not changed.** Only `cut` writes into a log, under its lock and
//! with evidence; `restore` and `backup` write where there is nothing.
//!
//! Exit status: 0 right or done, 1 something is wrong with what was looked at, or not done, 2 not
//! understood.

pub mod backup;
mod choice;
mod files;
mod line;
mod lost;
mod place;
mod printer;
pub mod restore;
pub mod snapshot;
pub mod verify;
pub mod wal;

pub use place::DataArgs;

//! A write-ahead log: opaque records in, the same records out, in order, after a crash.
//!
//! The log knows nothing of what it carries. [`Wal::append`] gives a record its [`Lsn`] and puts it
//! into memory; a record is durable once [`Wal::durable`] has reached its LSN, and not before; and
//! [`open`] shows every durable record again, in order, and of the others a prefix or nothing.
//!
//! ```no_run
//! # use std::{convert::Infallible, path::Path, thread};
//! use wal::{Directory, Filesystem, Options};
//!
//! let directory = Directory::open(Path::new("log"), Filesystem::Checked)?;
//! let opened = wal::open(directory, Options::default(), |record| {
//!     println!("{}: {} bytes", record.lsn, record.payload.len());
//!     Ok::<_, Infallible>(())
//! })?;
//! let committer = thread::spawn(|| opened.committer.run());
//! let filler = thread::spawn(|| opened.filler.run());
//! let sealer = thread::spawn(|| opened.sealer.run());
//! let lsn = opened.wal.append(&[], b"hello")?;
//! opened.wal.wait_durable(lsn)?;
//! opened.wal.close();
//! # drop((committer, filler, sealer));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Pieces
//!
//! | piece | what it does | runs |
//! | --- | --- | --- |
//! | [`Wal`] | append, wait, read, close | on any thread |
//! | [`Committer`] | groups, checksums, writes, syncs, publishes | on one thread of its own |
//! | [`Filler`] | prepares the next segment | on one thread of its own |
//! | [`Sealer`] | rewrites finished segments without padding, and makes few files of many | on one thread of its own |
//! | [`SnapshotWriter`], [`read_snapshot`] | what the caller made of the log, so that opening is short | on any thread; before [`open`] |
//! | [`open`], [`replay`] | recovers: reads, judges; then repairs, begins a life | once, before them |
//! | [`Storage`], [`Medium`] | the seam: [`Directory`] for files, [`simulated::Disk`] for tests | |
//!
//! # Promises
//!
//! * LSNs are dense and in the order of the appends. A refused append leaves no trace.
//! * A failed write or sync is the last: the log is poisoned and nothing is tried again.
//! * While no segment can be prepared, an append is refused unless it surely fits into those that
//!   are there. What was accepted while the filler was merely slow waits for it.
//! * Damage of what was durable is refused, and nothing changed; a torn tail is wiped. Which is
//!   which each group tells by vouching for those before it, so the last records before a kill
//!   stand without a witness until the next opening.
//!
//! The bytes are tables in the sources that read them: segment headers in `segment.rs`, groups in
//! `group.rs`, records in `record.rs`, sealed segments and snapshots in `frames/`.
//!
//! # Architecture invariants
//!
//! No clock decides anything here, no retry hides a failure, nothing is async, and no lock is held
//! during I/O. `mmap.rs` is the only unsafe code.

mod backup;
mod batch;
mod committer;
pub mod directory;
mod durability;
mod filler;
mod frames;
mod group;
mod index;
pub mod inspect;
mod library;
mod log;
mod lsn;
pub mod mirror;
mod mmap;
mod name;
mod options;
mod queue;
mod read;
mod record;
mod recovery;
mod sealer;
mod segment;
pub mod simulated;
mod size;
mod snapshot;
pub mod storage;
mod sync;
mod window;

pub use backup::{BackupError, backup};
pub use committer::{CommitError, Committer, Step};
pub use directory::{Directory, DirectoryError, Filesystem};
pub use durability::Poisoned;
pub use filler::{Fill, Filler};
pub use log::{AppendError, Wal};
pub use lsn::Lsn;
pub use mirror::{Mirrored, OnMirrorLoss};
pub use name::Name;
pub use options::{
    Commit, Merged, OnCommit, OnMerge, OnProgress, OnShortage, Options, Progress,
    SEGMENT_BYTES_MIN, Sync,
};
pub use read::ReadError;
pub use record::{LINKS_MAX, Links, PAYLOAD_BYTES_MAX, Record, RecordRef};
pub use recovery::{
    Corruption, Cut, CutError, Damage, OpenError, Opened, Recovered, Replayed, StorageError,
    TornTail, cut, open, replay,
};
pub use sealer::{Seal, Sealer};
pub use segment::LogId;
pub use snapshot::{
    ReadSnapshotError, SECTION_BYTES_MAX, SnapshotError, SnapshotInfo, SnapshotWriter,
    read_snapshot, snapshots,
};
pub use storage::{Medium, Storage};

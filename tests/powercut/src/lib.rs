//! Power cuts on real file systems, under the real server, under load; and every answer that was
//! given asked for again.
//!
//! ```text
//! server ► ext4 or XFS ► loop device ► a file ► /dev/fuse ► disk (in this process)
//!    ▲                                                        │ cut, moment, end
//!   load ► journal ◄───────────── check ◄── server ◄── ext4 or XFS ◄┘
//! ```
//!
//! * [`disk`] is a disk with a volatile cache, kept in memory; [`fuse`] shows it to the kernel as a
//!   file, and [`mount`] puts a loop device and a file system on it. A sync of the file system is a
//!   sync of the file, and that alone makes a sector durable.
//! * [`load`] asks over HTTP and [`journal`] keeps what was answered. When the power goes, the disk
//!   fails whatever it is asked, and the server may live on for a while: what it answers then
//!   counts as well.
//! * [`moment`] makes from one power cut many ends: whatever subset of the unsynced sectors
//!   survives. [`ledger`] starts a machine on each and holds it to the journal: the same bytes to
//!   each repeat, books that are the sum of what was answered and of some of the rest, and each
//!   request without an answer done once, now or before. On one of the ends the next life begins.
//! * [`scene`] is what else happens in a life: a write or a sync fails, the file system is full, the
//!   process is stopped.
//! * [`auditor`] has the last word on each ledger: books that somebody else has kept.
//! * [`control`] goes first, and shows that a loss would be noticed.
//!
//! It speaks HTTP to the server and files to the kernel, and shares no code with holdfast. The same
//! seed makes the same choices; the kernel and the threads make theirs.

pub mod auditor;
pub mod books;
pub mod choices;
pub mod cli;
pub mod clock;
pub mod control;
pub mod disk;
pub mod fuse;
pub mod http;
pub mod image;
pub mod journal;
pub mod ledger;
pub mod load;
pub mod machine;
pub mod moment;
pub mod mount;
pub mod rig;
pub mod scene;
pub mod server;
mod size;
pub mod tally;
mod tool;
pub mod workplace;
pub mod wrong;

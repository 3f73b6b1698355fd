//! The laws of the log, each checked by seeds on a simulated disk or on real files.
//!
//! `HOLDFAST_STATES` says how many states the seeded laws try; the default is small.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod damage; // every bit, every sector: damage is told or harms nothing that was answered
mod faults; // a failed sync, the n-th operation, a full disk
mod files; // real files, threads, two owners
mod lives; // power cuts over several lives
mod merged; // sealed files that became one
mod mirrored; // two copies: both or none
mod moving; // a log that moves under the one who copies it
mod rig; // an answered log, and every way to damage it
mod rotten; // two copies, of which one holds what was not written
mod sealed; // what was sealed is as it was, or its damage is told
mod segments; // rotation, large records, and segments that are not what they should be
mod snapshots; // whole or not there, never ahead of the log, damage is told
mod support; // a log on a simulated disk, and the model of what it must hold
mod sweep; // each call of the storage fails, in each way
mod tools; // looking at a log, copying it, cutting it

//! What the benchmarks of holdfast are made of: a bench is a module with a `run`, an entry of
//! [`cli::Command`], and a [`report::Table`] that it prints.

pub mod batch;
pub mod cli;
pub mod compare;
pub mod discard;
pub mod disk;
pub mod engine;
pub mod files;
pub mod generator;
pub mod growth;
pub mod history;
pub mod http;
pub mod instructions;
pub mod latency;
pub mod limits;
pub mod memory;
pub mod peer;
pub mod reconcile;
pub mod recovery;
pub mod report;
pub mod requests;
pub mod rounds;
pub mod scaling;
pub mod server;
pub mod snapshot;
pub mod socket;
pub mod stage;
pub mod statistics;
pub mod template;
pub mod threads;
pub mod time;

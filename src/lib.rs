//! The ledger in a card issuer's hot path.
extern crate alloc;
pub mod cli;
pub mod config;
pub mod demo;
pub mod engine;
pub mod http;
pub mod ledger;
pub mod serve;

//! The ledger in a card issuer's hot path.
extern crate alloc;
pub mod engine;
pub mod ledger;

//! Logs written by hand, by nobody's code but the tests' own: right ones are clean, and whatever is
//! wrong with one is found, its checksums right or not. Real logs are audited by the server's tests.
#![allow(clippy::as_conversions, clippy::unwrap_used)]

mod forge;

/// Checksums, chains, files, the torn tail.
mod files;

/// Numbers that are wrong under checksums that are right.
mod numbers;

/// The program as it is typed.
mod program;

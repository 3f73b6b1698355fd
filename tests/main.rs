//! The tests of the server, an index.
#![allow(clippy::as_conversions, clippy::float_arithmetic, clippy::unwrap_used)]

mod support;

/// The demonstration as a newcomer runs it, killed half-way.
mod demo;

/// The engine against a model of the contract, through every end of a life.
mod engine;

/// Statements as people and programs read them, asked of a running server.
mod statement;

/// Bytes that nobody would send, to everything that reads bytes.
mod fuzz;

/// The house stays tidy: layers, sizes, the one room with unsafe code.
mod tidy;

/// The operator's tools on directories that a real server made.
mod tools;

/// Servers killed and damaged on a disk of one's own, and liars found out.
mod torture;

/// The server as a black box: exact bytes in, every promise of the contract out.
mod wire;

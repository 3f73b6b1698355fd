//! The tests of the server, an index.
#![allow(clippy::as_conversions, clippy::float_arithmetic)]

mod support;

/// The engine against a model of the contract, through every end of a life.
mod engine;

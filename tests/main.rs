//! The tests of the server, an index.
#![allow(clippy::as_conversions, clippy::float_arithmetic)]

//! Load for a holdfast server over HTTP, and a check of every answer and every balance.
//!
//! One run goes through four rooms in order:
//!
//! ```text
//! cli ► setup (operator API) ► load (network API, one worker per thread) ► audit (operator API) ► report
//! ```
//!
//! * [`schedule`] fixes every send time in advance from the seed. Latency counts from the moment
//!   a request was meant to be sent, so a server that stalls cannot hide the requests it delayed.
//! * [`simulator`] is a stand-in for the network: it draws card life cycles from the seed, and keeps
//!   books of its own. It shares no code with the server and sees no float.
//! * [`account`] plays them: one request in flight per account, so what the answer to each must be
//!   is known when it comes.
//! * [`report`] judges: correct before valid, valid before fast.
//!
//! It is not a fuzzer (its malformed requests are of a dozen kinds, see [`malformed`]), and not a benchmark of the engine without
//! HTTP.

pub mod account;
pub mod audit;
pub mod calibration;
pub mod cli;
pub mod client;
pub mod clock;
pub mod compare;
pub mod environment;
pub mod journal;
pub mod lanes;
pub mod live;
pub mod load;
pub mod machine;
pub mod malformed;
pub mod measurement;
pub mod operator;
pub mod report;
pub mod run;
pub mod schedule;
pub mod seed;
pub mod server;
pub mod setup;
pub mod simulator;
pub mod slo;
pub mod wire;

pub use run::{RunError, run};

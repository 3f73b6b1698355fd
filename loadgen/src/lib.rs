//! Load for a holdfast server over HTTP, and a check of every answer and every balance.
//!
//! One run goes through five rooms in order:
//!
//! ```text
//! cli ► calibration (a server built in) ► setup (operator API) ► load (network API) ► audit (operator API) ► report
//! ```
//!
//! * [`schedule`] fixes every send time in advance from the seed: a rate, a ramp, a spike. Latency
//!   counts from the moment a request was meant to be sent, so a server that stalls cannot hide the
//!   requests it delayed.
//! * [`simulator`] is a stand-in for the network: it draws card life cycles from the seed, and keeps
//!   books of its own. It shares no code with the server and sees no float.
//! * [`account`] plays them: one request in flight per account or card, so what the answer to each
//!   must be is known when it comes. Where all cards are of one account, each card's part is known,
//!   and what the others left between two bounds. [`malformed`] requests must be refused.
//! * [`load`] plays one round of all of them, with a worker per thread; [`run`] plays rounds: repeats,
//!   a search for the knee, or a replay of a [`journal`].
//! * [`server`] starts a server, kills it, and starts it again; what it acknowledged must be there.
//! * [`calibration`] measures the generator itself, and [`machine`] what was stolen from it.
//! * [`report`] judges: correct before valid, valid before fast.
//!
//! It is not a fuzzer (its malformed requests are of sixteen kinds), and not a benchmark of the
//! engine without HTTP.

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

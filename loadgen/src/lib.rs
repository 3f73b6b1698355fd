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
//! * [`load`] plays one round of all of them, with a worker per thread; [`mod@run`] plays rounds: repeats,
//!   a search for the knee, or a replay of a [`journal`].
//! * [`server`] starts a server, kills it, and starts it again; what it acknowledged must be there.
//! * [`calibration`] measures the generator itself, and [`machine`] what was stolen from it.
//! * [`report`] judges: correct before valid, valid before fast. [`compare`] holds two reports against
//!   each other.
//!
//! # Method
//!
//! A client that sends its next request when it has the answer to the last one stops asking while a
//! server stalls. It then reports one slow request where a thousand customers would have waited:
//! *coordinated omission*. Here the times at which requests are **meant** to be sent are fixed before
//! the first one leaves, and [response time](measurement) counts from there, whatever the server
//! does meanwhile. Service time, from the actual send, is told beside it: where the two part,
//! requests waited for a free connection. A closed loop (`--closed`) has no such times; it measures
//! capacity, and its response times must not be taken for what customers would see.
//!
//! A generator that is late itself makes the same mistake in small. So its own lateness is measured
//! for each send, from when it was due and a connection was free, and a run is *invalid* when more
//! than 1 % of the sends were over 1 ms late, when a thread had more work than time, or when the
//! machine was stolen from.
//!
//! A verdict is the first of these that holds:
//!
//! | verdict | exit status | is |
//! | --- | --- | --- |
//! | incorrect | 4 | the server said something that is not so; how fast it was is of no interest |
//! | invalid | 3 | the times say nothing of the server |
//! | missed | 2 | they do, and a promise of the SLO was not kept |
//! | pass | 0 | every answer and every balance was right, and every promise kept |
//!
//! A time-out counts in the response times with the time it took, an immediate failure does not: a
//! fast failure must not make a server look fast. Both are errors. Repeats are kept apart, because
//! only what differs between runs of the same thing tells how far a difference between two things may
//! be chance.
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

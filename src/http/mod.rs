//! HTTP: two listeners over raw hyper, HTTP/1.1 only.
//!
//! ```text
//! acceptor ─► worker with the fewest connections
//! bytes ─► route ─► auth ─► body ─► request ─► engine ─► durable ─► answer ─► bytes
//! ```
//!
//! `connection.rs`, `operation.rs`, `authorization.rs`, `settling.rs`, `webhook/`, `questions/` with
//! `hook.rs`, and `operator/` are the asynchronous shell; [`route`], [`request`] and
//! [`wire`](crate::wire) are pure functions on bytes.
//! **Invariant: nothing here knows a lock.** From the engine's call to its return nothing is
//! asynchronous, so a client that hangs up cannot stop an action half-way; the only wait is for
//! the log.

pub mod answer;
mod auth;
mod authorization;
pub mod authorization_body;
mod body;
mod connection;
pub mod durable;
mod hook;
pub mod listener;
pub mod metrics;
mod operation;
mod operator;
mod outgoing;
mod pieces;
mod questions;
mod quick;
pub mod request;
pub mod route;
mod service;
mod settling;
pub mod shared;
mod socket;
mod timing;
mod unavailable;
mod webhook;
mod worker;

//! The engine against the contract, on a simulated disk and on a real one.

mod boundary;
mod bytes;
mod clearing_simulator;
mod clearings;
mod concurrency;
mod counter;
mod desk;
mod history;
mod laws;
mod model;
mod script;
mod simulator;
mod snapshots;
mod stalls;

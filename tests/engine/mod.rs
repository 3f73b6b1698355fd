//! The engine against the contract, on a simulated disk and on a real one.

mod boundary;
mod history;
mod model;
mod script;

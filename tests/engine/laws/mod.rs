//! The contract, a law at a time.

mod currencies;
mod keys;
mod links;
mod refusals;
mod reservations;
mod starting;
mod statuses;

//! The contract, a law at a time.

mod authorizations;
mod clearings;
mod currencies;
mod folders;
mod keys;
mod limits;
mod links;
mod notifications;
mod orders;
mod past;
mod postings;
mod refusals;
mod reservations;
mod snapshots;
mod starting;
mod statuses;

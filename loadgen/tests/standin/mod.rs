//! A small server that speaks the contract, honestly or with one fault.

mod books;
mod http;
pub(crate) mod process;
mod refusals;

pub(crate) use books::Fault;
pub(crate) use http::Standin;

//! A small HTTP client of a running server, for the commands that talk to one.
//!
//! A [`Client`] is one connection, asynchronous. An [`Operator`] asks an operator listener one thing
//! after another and waits for each answer, for commands that have nothing else to do meanwhile.
//! **Invariant: nothing here knows what is asked.** The server is reached over HTTP alone, as anyone
//! reaches it.

mod address;
mod connection;
mod operator;
mod server_args;
mod upload;

pub use address::{Address, BadAddress};
pub use connection::{AskError, Client, Reply};
pub use operator::{Operator, OperatorError};
pub use server_args::ServerArgs;
pub use upload::Upload;

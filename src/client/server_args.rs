//! The flags of every command that talks to a running server.

use hyper::header::{HeaderName, HeaderValue};

use super::address::Address;
use super::operator::Operator;

/// A running server, and the key that opens its operator listener.
#[derive(Clone, Debug, clap::Args)]
pub struct ServerArgs {
    /// The operator listener of a running server
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:7481",
        value_parser = Address::parse
    )]
    server: Address,
    /// The key that opens it, where it wants one
    #[arg(long, value_name = "KEY", env = "HOLDFAST_API_KEY", hide_env_values = true)]
    api_key: Option<HeaderValue>,
    /// The header that the key is sent in
    #[arg(
        long,
        value_name = "NAME",
        env = "HOLDFAST_API_KEY_HEADER",
        hide_env_values = true,
        default_value = "X-API-Key"
    )]
    api_key_header: HeaderName,
}

impl ServerArgs {
    /// A client of that server.
    ///
    /// # Errors
    /// When the system has nothing to wait with.
    pub fn operator(self) -> std::io::Result<Operator> {
        // A variable that is set to nothing says nothing.
        let key = self.api_key.filter(|key| !key.is_empty());
        Operator::new(match key {
            Some(key) => self.server.with_key(self.api_key_header, key),
            None => self.server,
        })
    }
}

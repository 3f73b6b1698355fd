//! A connection to each listener of a server: what is asked goes to the one that takes it.

use super::request::{Listener, Request};
use crate::child::Server;
use crate::client::{AskError, Client, Reply};

/// Both connections.
#[derive(Debug)]
pub(super) struct Lines {
    network: Client,
    /// Where the books are read.
    pub(super) operator: Client,
}

impl Lines {
    /// Connects to a server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn connect(server: &Server) -> Result<Self, AskError> {
        let listeners = server.listeners();
        Ok(Self {
            network: Client::connect(&listeners.network.into()).await?,
            operator: Client::connect(&listeners.operator.into()).await?,
        })
    }

    /// Sends a request to the listener that it is for.
    ///
    /// # Errors
    /// When no answer comes: what was done is then unknown.
    pub(super) async fn ask(&mut self, request: &Request) -> Result<Reply, AskError> {
        let client = match request.listener {
            Listener::Network => &mut self.network,
            Listener::Operator => &mut self.operator,
        };
        client.post(&request.path, request.body.clone()).await
    }
}

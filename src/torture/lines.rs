//! A connection to each listener of a server: what is asked goes to the one that takes it.

use super::asked::{Asked, Call};
use super::fault::Fault;
use crate::child::Listeners;
use crate::client::{AskError, Client, Reply};

/// Both connections.
#[derive(Debug)]
pub(super) struct Lines {
    network: Client,
    /// To the operator listener.
    pub(super) operator: Client,
}

impl Lines {
    /// Connects to a server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn connect(listeners: Listeners) -> Result<Self, AskError> {
        Ok(Self {
            network: Client::connect(&listeners.network.into()).await?,
            operator: Client::connect(&listeners.operator.into()).await?,
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// When no answer comes: what was done is then unknown.
    pub(super) async fn ask(&mut self, asked: &Asked) -> Result<Reply, AskError> {
        self.ask_with(asked, asked.body.clone()).await
    }

    /// Asks the same with another body.
    ///
    /// # Errors
    /// When no answer comes: what was done is then unknown.
    pub(super) async fn ask_with(
        &mut self,
        asked: &Asked,
        body: String,
    ) -> Result<Reply, AskError> {
        let client = match asked.call {
            Call::Operation(_) => &mut self.network,
            Call::Open | Call::Transfer => &mut self.operator,
        };
        client.post(&asked.path(), body).await
    }
}

/// A server that nobody has ended yet gave no answer.
pub(super) fn silent(error: &AskError) -> Fault {
    Fault::Wrong(format!("a running server did not answer: {error}"))
}

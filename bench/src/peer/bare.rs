//! The bare responder of [`http::bare`](crate::http::bare): what HTTP alone takes.

use std::net::SocketAddr;
use std::process::Command;

use super::Peer;
use crate::generator::Generator;
use crate::server::Server;
use crate::socket::Holds;

/// A responder that holds nothing.
#[derive(Debug)]
pub struct Bare {
    address: SocketAddr,
    accounts: u64,
    _server: Server,
}

impl Bare {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(accounts: u64) -> anyhow::Result<Self> {
        let mut server = Server::start(Command::new(std::env::current_exe()?).arg("bare"))?;
        Ok(Self { address: server.listener()?, accounts, _server: server })
    }
}

impl Peer for Bare {
    fn about(&self) -> String {
        "hyper, one thread: reads the request, always gives the same answer".to_owned()
    }

    fn generator(&self) -> Generator {
        Generator::new(Holds::on(self.address, self.accounts))
    }

    fn held(&mut self) -> anyhow::Result<Option<u64>> {
        Ok(None)
    }
}

//! An operator listener, asked one thing after another.

use std::io;
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::runtime::{Builder, Runtime};

use super::address::Address;
use super::connection::{AskError, Client, PATIENCE, Reply};
use super::upload::Upload;

/// Waits for each answer; connects when it must.
pub struct Operator {
    runtime: Runtime,
    address: Address,
    patience: Duration,
    client: Option<Client>,
}

/// Why there is no answer of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// None came.
    #[error("{0} did not answer")]
    Unanswered(Address, #[source] AskError),
    /// The server says no.
    #[error("{} {code}: {message}", .status.as_u16())]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// `error.code`, where the answer has one.
        code: String,
        /// `error.message`, else the answer as it came.
        message: String,
    },
}

impl Operator {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When the system has nothing to wait with.
    pub fn new(address: Address) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, address, patience: PATIENCE, client: None })
    }

    /// The same, where an answer may take so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The body that answers `GET path` with a status of success. It is asked once more where the
    /// connection was an old one, which the server may have closed meanwhile.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&mut self, path: &str) -> Result<Bytes, OperatorError> {
        let kept = self.client.is_some();
        match self.ask(path, None) {
            Err(AskError::Broken(_)) if kept => self.told(path, None),
            asked => self.judge(asked),
        }
    }

    /// The body that answers `POST path` with a status of success. It is asked once.
    ///
    /// # Errors
    /// When there is none; where none came, what was done is unknown.
    pub fn post(&mut self, path: &str, body: String) -> Result<Bytes, OperatorError> {
        self.told(path, Some(body))
    }

    /// The body that answers `POST path` with a file, with a status of success.
    ///
    /// # Errors
    /// As [`post`](Self::post).
    pub fn upload(&mut self, path: &str, file: Upload) -> Result<Bytes, OperatorError> {
        let (address, patience) = (&self.address, self.patience);
        let asked = self.runtime.block_on(async {
            let mut client = Client::connect(address).await?.with_patience(patience);
            client.upload(path, file).await
        });
        self.judge(asked)
    }

    fn told(&mut self, path: &str, body: Option<String>) -> Result<Bytes, OperatorError> {
        let asked = self.ask(path, body);
        self.judge(asked)
    }

    /// One exchange. A connection on which one failed is of no more use.
    fn ask(&mut self, path: &str, body: Option<String>) -> Result<Reply, AskError> {
        let (address, patience, kept) = (&self.address, self.patience, self.client.take());
        let (client, reply) = self.runtime.block_on(async {
            let mut client = match kept {
                Some(client) => client,
                None => Client::connect(address).await?.with_patience(patience),
            };
            let reply = match body {
                Some(body) => client.post(path, body).await?,
                None => client.get(path).await?,
            };
            Ok::<_, AskError>((client, reply))
        })?;
        self.client = Some(client);
        Ok(reply)
    }

    fn judge(&self, asked: Result<Reply, AskError>) -> Result<Bytes, OperatorError> {
        let unanswered = |why| OperatorError::Unanswered(self.address.clone(), why);
        let reply = asked.map_err(unanswered)?;
        if reply.status.is_success() { Ok(reply.body) } else { Err(refused(&reply)) }
    }
}

#[derive(serde::Deserialize)]
struct Refusal {
    error: Fault,
}

#[derive(serde::Deserialize)]
struct Fault {
    code: String,
    message: String,
}

fn refused(reply: &Reply) -> OperatorError {
    let status = reply.status;
    match serde_json::from_slice::<Refusal>(&reply.body) {
        Ok(Refusal { error: Fault { code, message } }) => {
            OperatorError::Refused { status, code, message }
        }
        Err(_) => {
            let message = String::from_utf8_lossy(&reply.body).into_owned();
            OperatorError::Refused { status, code: "without a code".to_owned(), message }
        }
    }
}

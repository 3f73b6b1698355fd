//! Setting up and asking after: one connection on which one thing is said at a time, and waited for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};

const TIME_OUT: Duration = Duration::from_secs(60);
/// Longer than any answer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection.
#[derive(Debug)]
pub struct Conversation {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Conversation {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn begin(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIME_OUT))?;
        Ok(Self { stream, buffer: vec![0; ANSWER_BYTES_MAX] })
    }

    /// Says something and waits for what `told` finds in the answer, once it is whole.
    ///
    /// # Errors
    /// When `told` finds an error, or the answer never comes.
    pub fn ask<T>(
        &mut self,
        said: &[u8],
        told: impl Fn(&[u8]) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        self.stream.write_all(said)?;
        let mut filled = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[filled..]).context("no answer came")?;
            ensure!(more > 0, "the server closed the connection");
            filled += more;
            if let Some(found) = told(&self.buffer[..filled])? {
                return Ok(found);
            }
        }
    }

    /// The connection, for whoever says the rest.
    ///
    /// # Errors
    /// When it broke.
    pub fn into_stream(self) -> anyhow::Result<TcpStream> {
        self.stream.set_read_timeout(None)?;
        Ok(self.stream)
    }
}

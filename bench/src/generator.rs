//! A closed loop over many connections on one thread: each sends its next request when it has the
//! answer to its last. A server that stalls is asked less, so its latencies flatter it: they are
//! shown to compare, and are not what a network would see.
//!
//! It speaks whatever its [`Protocol`] speaks, one request in flight on each connection.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::statistics::{Ratio, Samples, per_second};
use crate::time::now;

/// The part of a round that is not counted, before what is.
const WARM_UP_PARTS: u32 = 5;
/// Longer than any answer.
const ANSWER_BYTES_MAX: usize = 4096;
/// Numbers of requests begin after it: no log that a bench writes beforehand has so many keys.
const FIRST: u64 = 1_000_000_000_000;
const TIME_OUT: Duration = Duration::from_secs(5);

/// How much is asked.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// By how many at once.
    pub connections: usize,
    /// For how long.
    pub lasts: Duration,
}

/// What one round came to.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Answers.
    pub per_second: u64,
    /// Half of the answers took at most so long.
    pub p50: Duration,
    /// Of a hundred answers 99 took at most so long.
    pub p99: Duration,
}

impl Round {
    /// Its rate in parts of that of another.
    #[must_use]
    pub const fn of(&self, other: &Self) -> Ratio {
        Ratio::of(self.per_second, other.per_second)
    }
}

/// What is said to a server, and how its answers are told.
pub trait Protocol: Send {
    /// A connection on which requests can be sent: whatever comes before the first was said.
    ///
    /// # Errors
    /// When nobody listens, or it is not taken.
    fn connect(&self) -> anyhow::Result<std::net::TcpStream>;

    /// The bytes of request `number`, with a key that no other number has.
    fn request(&mut self, number: u64) -> &[u8];

    /// Whether `bytes` are all of an answer, which has to be a success.
    ///
    /// # Errors
    /// When it is none, or no answer at all.
    fn answered(&self, bytes: &[u8]) -> anyhow::Result<bool>;
}

/// A source of load on one server.
pub struct Generator {
    protocol: Box<dyn Protocol>,
    first: u64,
    sent: u64,
}

struct Connection {
    stream: TcpStream,
    asked: Instant,
    buffer: Box<[u8; ANSWER_BYTES_MAX]>,
    filled: usize,
}

impl Generator {
    /// Load with keys that no log has which was written beforehand.
    #[must_use]
    pub fn new(protocol: impl Protocol + 'static) -> Self {
        Self { protocol: Box::new(protocol), first: FIRST, sent: 0 }
    }

    /// The same with keys that none of so many others has, which ask the same server.
    #[must_use]
    pub fn beside(self, others: u64) -> Self {
        Self { first: FIRST * (others + 1), ..self }
    }

    /// How many requests were sent. After a round without an error each was answered with success.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Connects, asks for as long as a round lasts, and waits for what is still to be answered.
    ///
    /// # Errors
    /// When one request is not done, or not answered in time.
    pub fn round(&mut self, load: Load) -> anyhow::Result<Round> {
        let mut poll = Poll::new()?;
        let mut connections = (0..load.connections)
            .map(|n| Connection::open(self.protocol.connect()?, &poll, Token(n)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        for connection in &mut connections {
            self.ask(connection)?;
        }
        let counted = now() + load.lasts / WARM_UP_PARTS;
        let end = counted + load.lasts;
        let times = self.exchange(&mut poll, &mut connections, counted..end)?;
        let count = u64::try_from(times.len())?;
        let times = Samples::new(times);
        let (p50, p99) = (times.percentile(50), times.percentile(99));
        Ok(Round { per_second: per_second(count, load.lasts), p50, p99 })
    }

    /// How long each answer took that came in time to be counted.
    fn exchange(
        &mut self,
        poll: &mut Poll,
        connections: &mut [Connection],
        counted: std::ops::Range<Instant>,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut events = Events::with_capacity(connections.len());
        let (mut times, mut waiting) = (Vec::new(), connections.len());
        while waiting > 0 {
            poll.poll(&mut events, Some(TIME_OUT))?;
            ensure!(!events.is_empty(), "no answer within {TIME_OUT:?}");
            for Token(n) in events.iter().map(mio::event::Event::token) {
                let connection = connections.get_mut(n).context("no such connection")?;
                if !connection.answered(&*self.protocol)? {
                    continue;
                }
                let answered = now();
                if counted.contains(&answered) {
                    times.push(answered - connection.asked);
                }
                if answered < counted.end { self.ask(connection)? } else { waiting -= 1 }
            }
        }
        Ok(times)
    }

    fn ask(&mut self, connection: &mut Connection) -> anyhow::Result<()> {
        self.sent += 1;
        connection.ask(self.protocol.request(self.first + self.sent))
    }
}

impl Connection {
    fn open(stream: std::net::TcpStream, poll: &Poll, token: Token) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, token, Interest::READABLE)?;
        Ok(Self { stream, asked: now(), buffer: Box::new([0; ANSWER_BYTES_MAX]), filled: 0 })
    }

    /// A request is far smaller than what the kernel buffers, so it goes out whole.
    fn ask(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.asked = now();
        let written = self.stream.write(request)?;
        ensure!(written == request.len(), "a request was written in part");
        Ok(())
    }

    /// Reads what is there, and says whether that completes the answer.
    fn answered(&mut self, protocol: &dyn Protocol) -> anyhow::Result<bool> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => anyhow::bail!("the server closed a connection"),
            Ok(more) => self.filled += more,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let whole = protocol.answered(&self.buffer[..self.filled])?;
        if whole {
            self.filled = 0;
        }
        Ok(whole)
    }
}

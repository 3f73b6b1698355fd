//! Durable operations per second through `POST /v1/ledger/batch`, by the length of a batch.
//!
//! The requests of a round are written before its time begins, and answers are only counted, so that
//! the one who asks takes little of the machine beside the server. One connection sends its batches
//! one after the other; a long one is written by a thread while another reads.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::cli::Subject;
use crate::report::Table;
use crate::requests::{Draw, account};
use crate::server::Holdfast;
use crate::socket::{Client, open_account};
use crate::statistics::{Samples, per_second};
use crate::threads::joined;
use crate::time::timed;

/// A batch of fewer operations than this is written before its answer is read.
const SHORT: u64 = 64;
/// So many open accounts at once.
const OPENERS: u64 = 64;
/// What each answer of an operation that was done has, once.
const DONE: &[u8] = b"\"success\":true";
/// How a response ends that is sent in chunks.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// What `batch` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many operations a batch has
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,64,8189,100000")]
    sizes: Vec<u64>,
    /// How many connections send batches at once
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,4")]
    connections: Vec<u64>,
    /// In which forms
    #[arg(long, value_delimiter = ',', default_value = "lines,array")]
    forms: Vec<Form>,
    /// What is asked for: debits and credits by turns, or holds
    #[arg(long, default_value = "debits")]
    work: Work,
    /// How often each is measured
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
    /// How many operations each connection sends in a round; of short batches as many as take as long
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    operations: u64,
    /// How many accounts they are spread over
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    accounts: u64,
    /// How many threads of the server answer
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u32,
}

/// How operations follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// `application/x-ndjson`
    Lines,
    /// `application/json`
    Array,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Work {
    /// `debit_balance` and `credit_balance`
    Debits,
    /// `hold_balance`
    Holds,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
struct Lane {
    form: Form,
    size: u64,
    connections: u64,
}

/// What was measured in a round: operations per second, and for how many nanoseconds the server had a
/// processor for each.
type Round = (u64, u64);

/// Measures and prints.
///
/// # Errors
/// When a process does not start or an operation is not done.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    let threads = args.threads.to_string();
    let server = Holdfast::start(&binary, scratch.path(), &["--threads", &threads])?;
    open_accounts(server.operator, args.accounts)?;
    let mut lanes = Vec::new();
    for &form in &args.forms {
        for &connections in &args.connections {
            lanes.extend(args.sizes.iter().map(|&size| Lane { form, size, connections }));
        }
    }
    let mut requests = Requests::new(args);
    let mut rounds = vec![Vec::new(); lanes.len()];
    for _ in 0..args.rounds {
        for (lane, rounds) in lanes.iter().zip(&mut rounds) {
            rounds.push(measure(&server, *lane, &mut requests)?);
        }
    }
    let head = ["durable batches of", "connections", "/s", "range", "server ns each"];
    let mut table = Table::new(&head);
    lanes.iter().zip(&rounds).for_each(|(lane, rounds)| table.row(lane.row(rounds)));
    table.print();
    println!("figure: at least 500 000 operations a second in long batches");
    Ok(())
}

/// The accounts, by many at once: each is durable before it is answered.
fn open_accounts(operator: SocketAddr, accounts: u64) -> anyhow::Result<()> {
    let open = |first: u64| {
        let mut client = Client::connect(operator)?;
        let mut each = (first..accounts).step_by(usize::try_from(OPENERS)?);
        each.try_for_each(|number| open_account(&mut client, number))
    };
    thread::scope(|scope| {
        let openers: Vec<_> = (0..OPENERS).map(|first| scope.spawn(move || open(first))).collect();
        openers.into_iter().try_for_each(joined)
    })
}

fn measure(server: &Holdfast, lane: Lane, requests: &mut Requests) -> anyhow::Result<Round> {
    let sent: Vec<Vec<Vec<u8>>> = (0..lane.connections).map(|_| requests.of(lane)).collect();
    let batches: usize = sent.iter().map(Vec::len).sum();
    let count = lane.size * u64::try_from(batches)?;
    let connect = |_| TcpStream::connect(server.operator);
    let streams: Vec<TcpStream> = sent.iter().map(connect).collect::<Result<_, _>>()?;
    let asked = || {
        thread::scope(|scope| {
            let asking = streams.iter().zip(&sent);
            let asking: Vec<_> = asking
                .map(|(stream, sent)| scope.spawn(move || ask(stream, lane.size, sent)))
                .collect();
            asking.into_iter().try_for_each(joined)
        })
    };
    let ((done, took), worked) = server.worked(|| Ok(timed(asked)))?;
    done?;
    Ok((per_second(count, took), nanoseconds(worked) / count.max(1)))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Sends batches over one connection, each when the one before it is answered.
fn ask(stream: &TcpStream, size: u64, batches: &[Vec<u8>]) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = Answers::new(stream);
    if size <= SHORT {
        return batches.iter().try_for_each(|batch| {
            (&*stream).write_all(batch)?;
            answers.read(size)
        });
    }
    thread::scope(|scope| {
        let (next, wanted) = channel();
        let writing = scope.spawn(move || write(stream, batches, &wanted));
        for _ in batches {
            next.send(()).context("the batches could not be written")?;
            answers.read(size)?;
        }
        drop(next);
        joined(writing)
    })
}

fn write(mut stream: &TcpStream, batches: &[Vec<u8>], wanted: &Receiver<()>) -> anyhow::Result<()> {
    for (batch, ()) in batches.iter().zip(wanted) {
        stream.write_all(batch)?;
    }
    Ok(())
}

/// Counts answers as they come.
struct Answers<'a> {
    stream: &'a TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl<'a> Answers<'a> {
    fn new(stream: &'a TcpStream) -> Self {
        Self { stream, buffer: vec![0; 1 << 20], filled: 0 }
    }

    /// Reads one response, which must have so many operations that were done.
    fn read(&mut self, size: u64) -> anyhow::Result<()> {
        let mut done = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[self.filled..])?;
            ensure!(more > 0, "the server closed the connection");
            self.filled += more;
            let bytes = &self.buffer[..self.filled];
            let found = memchr::memmem::find_iter(bytes, DONE);
            let (count, behind) = found.fold((0, 0), |(n, _), at| (n + 1, at + DONE.len()));
            done += count;
            if bytes.ends_with(END) {
                let all = String::from_utf8_lossy(bytes);
                ensure!(done == size, "{done} of {size} operations were done: {all}");
                self.filled = 0;
                return Ok(());
            }
            // What may be the beginning of the next one, or of the end.
            let kept = behind.max(self.filled.saturating_sub(DONE.len().max(END.len())));
            self.buffer.copy_within(kept..self.filled, 0);
            self.filled -= kept;
        }
    }
}

/// Batches made ahead, each operation with names of its own.
struct Requests {
    random: Draw,
    made: u64,
    work: Work,
    accounts: u64,
    operations: u64,
}

impl Requests {
    fn new(args: &Args) -> Self {
        let (work, accounts, operations) = (args.work, args.accounts, args.operations);
        Self { random: Draw::default(), made: 0, work, accounts, operations }
    }

    /// What one connection sends in a round. A short batch takes about as long as a thousand
    /// operations of a long one.
    fn of(&mut self, lane: Lane) -> Vec<Vec<u8>> {
        let batches = (self.operations / lane.size.max(1_000)).max(1);
        (0..batches).map(|_| self.batch(lane)).collect()
    }

    fn batch(&mut self, lane: Lane) -> Vec<u8> {
        let (open, between, close, kind) = match lane.form {
            Form::Lines => ("", "\n", "\n", "application/x-ndjson"),
            Form::Array => ("[", ",", "]", "application/json"),
        };
        let mut body = open.to_owned();
        for n in 0..lane.size {
            body.push_str(if n == 0 { "" } else { between });
            self.operation(&mut body);
        }
        body.push_str(close);
        let head = format!(
            "POST /v1/ledger/batch HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    }

    fn operation(&mut self, out: &mut String) {
        self.made += 1;
        let name = match (self.work, self.made % 2) {
            (Work::Holds, _) => "hold_balance",
            (Work::Debits, 0) => "debit_balance",
            (Work::Debits, _) => "credit_balance",
        };
        let (number, account) = (self.made, account(self.random.below(self.accounts)));
        out.push_str(&format!(
            r#"{{"operation":"{name}","idempotency_key":"key_-0000-4000-8000-{number:018}","transaction_id":"txn_-0000-4000-8000-{number:018}","tenant_account_ref":"{account}","of_action_ref":"act_-0000-4000-8000-{number:018}","amount":{{"value":12.50,"currency":"SGD"}}}}"#
        ));
    }
}

impl Lane {
    fn row(&self, rounds: &[Round]) -> [String; 5] {
        let rates = Samples::new(rounds.iter().map(|(rate, _)| *rate));
        let each = Samples::new(rounds.iter().map(|(_, each)| *each));
        let form = match self.form {
            Form::Lines => "lines",
            Form::Array => "one array",
        };
        [
            format!("{} in {form}", self.size),
            self.connections.to_string(),
            rates.median().to_string(),
            format!("{}..{}", rates.least(), rates.most()),
            each.median().to_string(),
        ]
    }
}

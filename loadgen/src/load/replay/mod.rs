//! A replay: the requests of a journal, at the times at which they were meant to be sent then.
//!
//! An account's requests keep their order: one whose account still waits for an answer waits behind
//! it, and its response time counts from when it was meant to be sent. Each answer is held against
//! the recorded one in its success, its code and its amounts, as long as these are determined.
//!
//! The file is read as it is needed. What is kept is an account's names and those of its holds.

mod book;
mod recorded;

use std::{
    cell::RefCell,
    collections::{HashSet, VecDeque},
    io,
    path::Path,
    rc::Rc,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hyper::Method;
use tokio::{sync::Mutex, task::JoinSet, time::sleep};

use super::{Round, desk::PAUSE, on_one_thread, outages::Outages, pace::Pace};
use crate::{
    account::{ATTEMPTS_MAX, Difference},
    client::{Client, ExchangeError},
    clock::now,
    journal::{JournalError, Recorded, lines},
    measurement::{Measurement, Moments, thread_busy},
    wire::{Paths, Reply},
};

pub use book::Replayed;
use book::{Book, Turn};
pub use recorded::{Names, account_of};

/// How long a request of unknown outcome waits before it is asked again.
const REST: Duration = Duration::from_millis(500);

/// What came of a replay.
#[derive(Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Outcome {
    pub measurement: Measurement,
    pub differences: Vec<Difference>,
    pub replayed: Replayed,
}

/// Reads a whole journal once, and returns the names of its accounts and when its first request
/// was meant to be sent.
///
/// # Errors
///
/// A line is none, or names no account.
pub fn survey(path: &Path) -> Result<(Vec<String>, Duration), JournalError> {
    let (mut seen, mut names, mut first) = (HashSet::new(), Vec::new(), None);
    for line in lines(path)? {
        let line = line?;
        first = first.or(Some(line.intended));
        let name = account_of(&line.body).ok_or_else(|| {
            let why = "its body names no tenant_account_ref".to_owned();
            JournalError::Line(path.to_owned(), line.number, why)
        })?;
        if seen.insert(name.clone()) {
            names.push(name);
        }
    }
    Ok((names, first.unwrap_or_default()))
}

/// Plays the journal at `path`, whose first request was meant to be sent at `first`, with accounts
/// that are called so.
///
/// # Errors
///
/// The file cannot be opened any more, or the system grants no thread, runtime or timer.
pub fn replay(
    round: &Round<'_>,
    path: &Path,
    first: Duration,
    names: Vec<Names>,
) -> io::Result<Outcome> {
    let hands = super::deal(names, round.plan.threads);
    thread::scope(|scope| {
        let threads = hands.into_iter().enumerate().map(|(index, names)| {
            let thread = thread::Builder::new().name(format!("replay-{index}"));
            thread.spawn_scoped(scope, move || run_thread(round, index, (path, first), names))
        });
        let threads: Vec<_> = threads.collect::<io::Result<_>>()?;
        let mut sum = Outcome::since(round.start);
        for thread in threads {
            sum.add(thread.join().expect("a replay thread does not panic")?);
        }
        Ok(sum)
    })
}

fn run_thread(
    round: &Round<'_>,
    index: usize,
    (path, first): (&Path, Duration),
    names: Vec<Names>,
) -> io::Result<Outcome> {
    on_one_thread(async {
        let mine: HashSet<_> = names.iter().map(|names| names.before.clone()).collect();
        let lines = lines(path).map_err(io::Error::other)?.map_while(Result::ok);
        let due: Rc<RefCell<VecDeque<Recorded>>> = Rc::default();
        let upcoming = Rc::clone(&due);
        let mine =
            lines.filter(move |it| account_of(&it.body).is_some_and(|it| mine.contains(&it)));
        let times = mine.map(move |line| {
            let offset = line.intended.saturating_sub(first);
            upcoming.borrow_mut().push_back(line);
            offset
        });
        let desk = Rc::new(Desk {
            pace: Mutex::new(Pace::open(round.start, times)?),
            due,
            book: RefCell::new(Book::new(names, round.plan.time_to_live)),
            measurement: RefCell::new(
                Measurement::since(round.start).shown_on(round.board.counters()),
            ),
            outages: Arc::clone(&round.outages),
            paths: round.plan.paths.clone(),
        });
        let clients = super::connect(round.plan, round.plan.connections_of(index)).await;
        tokio::time::sleep_until(round.start.into()).await;
        let busy = thread_busy();
        let mut connections = JoinSet::new();
        for client in clients {
            connections.spawn_local(Rc::clone(&desk).run_connection(client));
        }
        while let Some(ended) = connections.join_next().await {
            ended.expect("a connection does not panic")?;
        }
        let mut outcome = desk.clear();
        outcome.measurement.busy_percent = super::busy_percent(busy, now() - round.start);
        Ok(outcome)
    })
}

/// What the connections of one thread share.
struct Desk {
    pace: Mutex<Pace>,
    /// What the pace has given a time to and no connection has taken yet.
    due: Rc<RefCell<VecDeque<Recorded>>>,
    book: RefCell<Book>,
    measurement: RefCell<Measurement>,
    outages: Arc<Outages>,
    paths: Paths,
}

impl Desk {
    async fn run_connection(self: Rc<Self>, mut client: Client) -> io::Result<()> {
        let mut free = now();
        while let Some(turn) = self.next_turn().await? {
            let mut turn = self.book.borrow_mut().begin(turn);
            while let Some(present) = turn {
                let told = self.ask(&mut client, &present, free).await;
                turn = self.book.borrow_mut().end(&present, told.as_ref());
                free = now();
            }
        }
        Ok(())
    }

    async fn next_turn(&self) -> io::Result<Option<Turn>> {
        let mut pace = self.pace.lock().await;
        let Some(due) = pace.next().await? else { return Ok(None) };
        let recorded = self.due.borrow_mut().pop_front();
        drop(pace);
        Ok(recorded.map(|recorded| {
            let account = account_of(&recorded.body).unwrap_or_default();
            Turn { due, recorded, account }
        }))
    }

    /// Asks until the answer tells, and measures the first time.
    async fn ask(&self, client: &mut Client, turn: &Turn, free: Instant) -> Option<Reply> {
        let body = self.book.borrow().body(turn);
        let operation = turn.recorded.operation;
        let mut attempts = 0;
        while attempts < ATTEMPTS_MAX {
            let sent = now();
            let uri = self.paths.of(operation);
            let outcome = client.exchange(Method::POST, uri, body.clone()).await;
            let at = Moments { due: turn.due, free, sent, done: now() };
            let reply = outcome.as_ref().ok().filter(|reply| !reply.leaves_unknown());
            if reply.is_some() {
                self.outages.answered(at.sent, at.done);
            }
            if attempts == 0 {
                self.measure(turn, reply.is_some(), at, client);
            }
            match outcome {
                Ok(reply) if !reply.leaves_unknown() => return Some(reply),
                // Nothing was asked.
                Err(ExchangeError::Connect(..)) if self.outages.is_open() => sleep(PAUSE).await,
                _ => sleep(REST).await,
            }
            attempts += u32::from(!self.outages.is_open());
        }
        None
    }

    fn measure(&self, turn: &Turn, answered: bool, at: Moments, client: &Client) {
        if self.outages.covers(at.due, at.done) {
            return;
        }
        let operation = turn.recorded.operation;
        let mut measurement = self.measurement.borrow_mut();
        measurement.told_by_server(operation, client.server_timing());
        match answered {
            true => measurement.answered(operation, at),
            false => measurement.failed(operation, at),
        }
    }

    fn clear(&self) -> Outcome {
        let Book { differences, replayed, .. } = self.book.take();
        Outcome { measurement: self.measurement.borrow().clone(), differences, replayed }
    }
}

impl Outcome {
    fn since(start: Instant) -> Self {
        let (differences, replayed) = (Vec::new(), Replayed::default());
        Self { measurement: Measurement::since(start), differences, replayed }
    }

    fn add(&mut self, other: Self) {
        self.measurement.add(&other.measurement);
        self.differences.extend(other.differences);
        self.replayed.compared += other.replayed.compared;
        self.replayed.undetermined += other.replayed.undetermined;
    }
}

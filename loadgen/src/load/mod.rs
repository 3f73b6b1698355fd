//! The measured run: threads, each with its own runtime, connections, accounts and share of the
//! schedule, so that nothing is shared between them but the server.

pub mod acknowledged;
mod desk;
pub mod drift;
pub mod fleet;
pub mod hot;
pub mod outages;
pub mod pace;
pub mod replay;

use std::{
    cell::Cell,
    io,
    rc::Rc,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime,
    task::{JoinSet, LocalSet},
    time::sleep,
};

use acknowledged::Acknowledged;
use desk::{Desk, PAUSE};
use drift::Drift;
use fleet::{Fleet, Out};
use outages::Outages;
use pace::Pace;

use crate::{
    account::Account,
    cli::{Mode, Plan},
    client::Client,
    clock::now,
    journal::Pen,
    lanes::deal,
    live::Board,
    measurement::{Measurement, thread_busy},
    seed::Seed,
};

/// How many tasks run before the sockets and the timer are looked at again.
const EVENT_INTERVAL: u32 = 31;

/// One round of a run: what is played once, and measured by itself.
#[derive(Debug, Clone)]
pub struct Round<'a> {
    /// What is played.
    pub plan: &'a Plan,
    /// When what counts begins; the warm-up is before it.
    pub start: Instant,
    /// Where it is counted for whoever watches.
    pub board: &'a Board,
    /// When the server was down by our own hand.
    pub outages: Arc<Outages>,
    /// Where every certain answer is written.
    pub pen: Option<Pen>,
    /// How many of them are kept at most.
    pub keeps: u32,
    /// Whether the server keeps no books, and what it answers is not believed.
    pub deaf: bool,
}

/// What came of a round.
#[derive(Debug)]
pub struct Outcome {
    /// The accounts that can still be checked.
    pub accounts: Vec<Account>,
    /// The accounts that cannot.
    pub out: Out,
    /// What was measured.
    pub measurement: Measurement,
    /// The begin and the end of a soak.
    pub drift: Option<Drift>,
    /// What was acknowledged, as far as it was kept.
    pub kept: Vec<Acknowledged>,
}

impl<'a> Round<'a> {
    /// A round of `plan` that begins as soon as its connections may be made.
    #[must_use]
    pub fn soon(plan: &'a Plan, board: &'a Board) -> Self {
        let connections = u64::try_from(plan.connections).unwrap_or(u64::MAX);
        let time_to_connect = Duration::from_millis(connections.saturating_add(100));
        let start = now() + time_to_connect + plan.warm_up;
        let outages = Arc::default();
        Self { plan, start, board, outages, pen: None, keeps: 0, deaf: false }
    }
}

/// Plays `accounts` until the round's end.
///
/// # Errors
///
/// The system grants no thread, runtime or timer.
pub fn load(round: &Round<'_>, accounts: Vec<Account>) -> io::Result<Outcome> {
    let hands = deal(accounts, round.plan.threads);
    thread::scope(|scope| {
        let threads = hands.into_iter().enumerate().map(|(index, accounts)| {
            let thread = thread::Builder::new().name(format!("load-{index}"));
            thread.spawn_scoped(scope, move || run_thread(round, index, accounts))
        });
        let threads: Vec<_> = threads.collect::<io::Result<_>>()?;
        let mut sum = Outcome::since(round.start);
        for thread in threads {
            sum.add(thread.join().expect("a load thread does not panic")?);
        }
        Ok(sum)
    })
}

fn run_thread(round: &Round<'_>, index: usize, accounts: Vec<Account>) -> io::Result<Outcome> {
    let Round { plan, start, .. } = *round;
    on_one_thread(async {
        let pace = plan.pace(index, start)?;
        let desk = Rc::new(Desk::new(round, index, pace, plan.fleet(index, accounts)));
        let clients = connect(plan, plan.connections_of(index)).await;
        tokio::time::sleep_until((start - plan.warm_up).into()).await;
        let busy = Rc::new(Cell::new(None));
        let at_start = tokio::task::spawn_local(look_at_start(start, Rc::clone(&busy)));
        run_connections(&desk, clients).await?;
        at_start.abort();
        let mut outcome = desk.clear();
        outcome.measurement.busy_percent = busy_percent(busy.get(), now() - start);
        Ok(outcome)
    })
}

fn on_one_thread<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().event_interval(EVENT_INTERVAL).build()?;
    LocalSet::new().block_on(&runtime, work)
}

/// A connection that cannot be made yet is made, or missed, when it is needed.
async fn connect(plan: &Plan, count: usize) -> Vec<Client> {
    let target = Rc::new(plan.network.clone());
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = Client::new(Rc::clone(&target));
        if client.connect().await.is_err() {
            sleep(PAUSE).await;
        }
        clients.push(client);
    }
    clients
}

async fn run_connections(desk: &Rc<Desk>, clients: Vec<Client>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    for client in clients {
        connections.spawn_local(Rc::clone(desk).run_connection(client));
    }
    while let Some(ended) = connections.join_next().await {
        ended.expect("a connection does not panic")?;
    }
    Ok(())
}

/// Notes how busy the thread has been before what counts.
async fn look_at_start(start: Instant, busy: Rc<Cell<Option<Duration>>>) {
    tokio::time::sleep_until(start.into()).await;
    busy.set(thread_busy());
}

fn busy_percent(before: Option<Duration>, wall: Duration) -> u64 {
    let busy = thread_busy().zip(before).map_or(Duration::ZERO, |(after, before)| after - before);
    u64::try_from(busy.as_micros() * 100 / wall.as_micros().max(1)).unwrap_or(u64::MAX)
}

impl Outcome {
    fn since(start: Instant) -> Self {
        let (accounts, out) = (Vec::new(), Out::default());
        let (drift, kept) = (None, Vec::new());
        Self { accounts, out, measurement: Measurement::since(start), drift, kept }
    }

    fn add(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.out.given_up.extend(other.out.given_up);
        self.out.differences.extend(other.out.differences);
        self.measurement.add(&other.measurement);
        self.drift = Drift::sum(self.drift.take(), other.drift);
        self.kept.extend(other.kept);
    }
}

impl Plan {
    fn pace(&self, thread: usize, start: Instant) -> io::Result<Pace> {
        match &self.mode {
            Mode::Open(schedule) => {
                Pace::open(start - self.warm_up, schedule.share(thread, self.threads))
            }
            Mode::Closed(limit) => {
                let requests = share(limit.requests, thread, self.threads);
                Ok(Pace::closed(self.warm_up, start, limit.after, requests))
            }
        }
    }

    fn connections_of(&self, thread: usize) -> usize {
        (thread..self.connections).step_by(self.threads).count()
    }

    fn fleet(&self, thread: usize, accounts: Vec<Account>) -> Fleet {
        Fleet::new(accounts, self.thread_seed(thread), self.hot, (thread, self.threads))
    }

    fn thread_seed(&self, thread: usize) -> Seed {
        let stream = u64::try_from(thread).unwrap_or(u64::MAX);
        Seed::new(self.seed).fork(u64::MAX - stream)
    }

    fn drift(&self, start: Instant) -> Option<Drift> {
        match &self.mode {
            Mode::Open(schedule) if self.soak => Some(Drift::new(start, schedule.limit.after)),
            Mode::Open(_) | Mode::Closed(_) => None,
        }
    }
}

/// What thread `thread` of `threads` has of `whole`.
fn share(whole: u64, thread: usize, threads: usize) -> u64 {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (each, rest) = (whole / number(threads), whole % number(threads));
    each + u64::from(number(thread) < rest)
}

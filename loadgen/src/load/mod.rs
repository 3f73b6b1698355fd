//! The measured run: threads, each with its own runtime, connections, accounts and share of the
//! schedule, so that nothing is shared between them but the server.

pub mod fleet;
pub mod hot;
pub mod pace;

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use hyper::Method;
use tokio::{
    runtime,
    sync::Mutex,
    task::{JoinSet, LocalSet},
    time::sleep,
};

use fleet::{Fleet, Out, Taken};
use hot::Hot;
use pace::Pace;

use crate::{
    account::{Account, Standing},
    cli::{Mode, Plan},
    client::{Client, ExchangeError, TIME_OUT},
    clock::now,
    lanes::deal,
    live::Board,
    measurement::{Measurement, Moments, thread_busy},
    seed::Seed,
    simulator::{books::Span, step::Operation},
    wire::{Paths, Reply},
};

/// How long a connection pauses when it cannot connect or finds no idle account.
const PAUSE: Duration = Duration::from_millis(10);
/// How many tasks run before the sockets and the timer are looked at again.
const EVENT_INTERVAL: u32 = 31;

/// What came of the run.
#[derive(Debug)]
pub struct Outcome {
    /// The accounts that can still be checked.
    pub accounts: Vec<Account>,
    /// The accounts that cannot.
    pub out: Out,
    /// What was measured.
    pub measurement: Measurement,
}

/// Plays `accounts` until the plan's end, and counts on `board` for whoever watches. What counts
/// begins at `start`, and the warm-up before it.
///
/// # Errors
///
/// The system grants no thread, runtime or timer.
pub fn load(
    plan: &Plan,
    accounts: Vec<Account>,
    start: Instant,
    board: &Board,
) -> io::Result<Outcome> {
    let hands = deal(accounts, plan.threads);
    thread::scope(|scope| {
        let threads = hands.into_iter().enumerate().map(|(index, accounts)| {
            let thread = thread::Builder::new().name(format!("load-{index}"));
            let measurement = Measurement::since(start).shown_on(board.counters());
            thread
                .spawn_scoped(scope, move || run_thread(plan, index, accounts, start, measurement))
        });
        let threads: Vec<_> = threads.collect::<io::Result<_>>()?;
        let mut sum = Outcome::since(start);
        for thread in threads {
            sum.add(thread.join().expect("a load thread does not panic")?);
        }
        Ok(sum)
    })
}

fn run_thread(
    plan: &Plan,
    index: usize,
    accounts: Vec<Account>,
    start: Instant,
    measurement: Measurement,
) -> io::Result<Outcome> {
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().event_interval(EVENT_INTERVAL).build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let pace = plan.pace(index, start)?;
        let fleet = plan.fleet(index, accounts);
        let desk = Rc::new(Desk::new(plan, pace, fleet, measurement));
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

/// What the connections of one thread share.
struct Desk {
    /// First come, first served: the connection that has been free for longest sends next.
    pace: Mutex<Pace>,
    fleet: RefCell<Fleet>,
    measurement: RefCell<Measurement>,
    /// What is due before that counts nowhere.
    paths: Paths,
}

impl Desk {
    fn new(plan: &Plan, pace: Pace, fleet: Fleet, measurement: Measurement) -> Self {
        Self {
            pace: Mutex::new(pace),
            fleet: RefCell::new(fleet),
            measurement: RefCell::new(measurement),
            paths: plan.paths.clone(),
        }
    }

    async fn run_connection(self: Rc<Self>, mut client: Client) -> io::Result<()> {
        let mut free = now();
        while let Some(due) = self.next_due().await? {
            let at = now();
            if at.saturating_duration_since(due) > TIME_OUT {
                self.not_sent(due, at);
                continue;
            }
            let taken = self.fleet.borrow_mut().take(at);
            free = match taken {
                Some(taken) => self.exchange(&mut client, taken, due, free).await,
                None => self.pause_without_account(due, at).await,
            };
        }
        Ok(())
    }

    async fn next_due(&self) -> io::Result<Option<Instant>> {
        self.pace.lock().await.next().await
    }

    /// Sends an account's next request. Returns when the connection was free again.
    async fn exchange(
        &self,
        client: &mut Client,
        mut taken: Taken,
        due: Instant,
        free: Instant,
    ) -> Instant {
        let (operation, body) = taken.account.next_request();
        let asked = (Method::POST, self.paths.of(operation), body);
        let sent = now();
        let outcome = client.exchange_as(taken.account.next_content_type(), asked).await;
        let done = now();
        self.measure(operation, &outcome, Moments { due, free, sent, done }, client);
        let standing = match &outcome {
            // It was not asked.
            Err(ExchangeError::Connect(..)) => Standing::Unknown,
            outcome => {
                let span = Span { asked: sent, told: done };
                taken.account.learn(outcome.as_ref().ok(), span)
            }
        };
        self.fleet.borrow_mut().put_back(taken, standing, done);
        if let Err(ExchangeError::Connect(..)) = outcome {
            sleep(PAUSE).await;
            return now();
        }
        done
    }

    async fn pause_without_account(&self, due: Instant, at: Instant) -> Instant {
        self.not_sent(due, at);
        sleep(PAUSE).await;
        now()
    }

    fn not_sent(&self, due: Instant, at: Instant) {
        let mut measurement = self.measurement.borrow_mut();
        if due >= measurement.start() {
            measurement.not_sent(due, at);
        }
    }

    fn measure(
        &self,
        operation: Operation,
        outcome: &Result<Reply, ExchangeError>,
        at: Moments,
        client: &Client,
    ) {
        let mut measurement = self.measurement.borrow_mut();
        if at.due < measurement.start() {
            return;
        }
        measurement.told_by_server(operation, client.server_timing());
        match outcome {
            Ok(reply) if !reply.leaves_unknown() => measurement.answered(operation, at),
            _ => measurement.failed(operation, at),
        }
    }

    /// Takes out what was gathered, once no connection runs.
    fn clear(&self) -> Outcome {
        let fleet = self.fleet.replace(Fleet::new(Vec::new(), Seed::new(0), Hot::Even, (0, 1)));
        let (accounts, out) = fleet.disband();
        let measurement = self.measurement.borrow().clone();
        Outcome { accounts, out, measurement }
    }
}

impl Outcome {
    fn since(start: Instant) -> Self {
        let (accounts, out) = (Vec::new(), Out::default());
        Self { accounts, out, measurement: Measurement::since(start) }
    }

    fn add(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.out.given_up.extend(other.out.given_up);
        self.out.differences.extend(other.out.differences);
        self.measurement.add(&other.measurement);
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
        let stream = u64::try_from(thread).unwrap_or(u64::MAX);
        let seed = Seed::new(self.seed).fork(u64::MAX - stream);
        Fleet::new(accounts, seed, self.hot, (thread, self.threads))
    }
}

/// What thread `thread` of `threads` has of `whole`.
fn share(whole: u64, thread: usize, threads: usize) -> u64 {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (each, rest) = (whole / number(threads), whole % number(threads));
    each + u64::from(number(thread) < rest)
}

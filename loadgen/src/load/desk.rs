//! The desk of one thread: its connections come here to learn when to send what, and bring what
//! they were answered.

use std::{
    cell::RefCell,
    io,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{Method, body::Bytes};
use tokio::{sync::Mutex, time::sleep};

use super::{
    Outcome, Round,
    acknowledged::{Acknowledged, Sample},
    drift::Drift,
    fleet::{Fleet, Taken},
    hot::Hot,
    outages::Outages,
    pace::Pace,
};
use crate::{
    account::Standing,
    client::{Client, ExchangeError, TIME_OUT},
    clock::now,
    journal::{Line, Pen},
    measurement::{Measurement, Moments},
    seed::Seed,
    simulator::{books::Span, step::Operation},
    wire::{Paths, Reply},
};

/// How long a connection pauses when it cannot connect or finds no idle account.
pub(super) const PAUSE: Duration = Duration::from_millis(10);

/// What the connections of one thread share.
pub(super) struct Desk {
    /// First come, first served: the connection that has been free for longest sends next.
    pace: Mutex<Pace>,
    fleet: RefCell<Fleet>,
    measurement: RefCell<Measurement>,
    drift: RefCell<Option<Drift>>,
    sample: RefCell<Sample>,
    outages: Arc<Outages>,
    pen: Option<Pen>,
    /// Whether what is answered is not believed.
    deaf: bool,
    paths: Paths,
}

impl Desk {
    pub(super) fn new(round: &Round<'_>, thread: usize, pace: Pace, fleet: Fleet) -> Self {
        let measurement = Measurement::since(round.start).shown_on(round.board.counters());
        let kept_max = round.keeps / u32::try_from(round.plan.threads).unwrap_or(u32::MAX);
        Self {
            pace: Mutex::new(pace),
            fleet: RefCell::new(fleet),
            measurement: RefCell::new(measurement),
            drift: RefCell::new(round.plan.drift(round.start)),
            sample: RefCell::new(Sample::new(round.plan.thread_seed(thread).fork(1), kept_max)),
            outages: Arc::clone(&round.outages),
            pen: round.pen.clone(),
            deaf: round.deaf,
            paths: round.plan.paths.clone(),
        }
    }

    pub(super) async fn run_connection(self: Rc<Self>, mut client: Client) -> io::Result<()> {
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
        let asked = (Method::POST, self.paths.of(operation), body.clone());
        let sent = now();
        let outcome = client.exchange_as(taken.account.next_content_type(), asked).await;
        let done = now();
        let at = Moments { due, free, sent, done };
        self.measure(operation, &outcome, at, client);
        if let Some(reply) = certain(&outcome).filter(|_| !taken.account.next_is_malformed()) {
            self.note(Line { at, operation, body, reply: reply.clone() });
        }
        let standing = self.learn(&mut taken, &outcome, Span { asked: sent, told: done });
        self.fleet.borrow_mut().put_back(taken, standing, done);
        if let Err(ExchangeError::Connect(..)) = outcome {
            sleep(PAUSE).await;
            return now();
        }
        done
    }

    fn learn(
        &self,
        taken: &mut Taken,
        outcome: &Result<Reply, ExchangeError>,
        span: Span,
    ) -> Standing {
        match outcome {
            // It was not asked.
            Err(ExchangeError::Connect(..)) => Standing::Unknown,
            Ok(reply) if self.deaf => taken.account.disbelieve(reply, span),
            outcome => taken.account.learn(outcome.as_ref().ok(), span),
        }
    }

    async fn pause_without_account(&self, due: Instant, at: Instant) -> Instant {
        self.not_sent(due, at);
        sleep(PAUSE).await;
        now()
    }

    fn not_sent(&self, due: Instant, at: Instant) {
        let mut measurement = self.measurement.borrow_mut();
        if due >= measurement.start() && !self.outages.covers(due, at) {
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
        let answered = certain(outcome).is_some();
        if answered {
            self.outages.answered(at.sent, at.done);
        }
        let mut measurement = self.measurement.borrow_mut();
        if at.due < measurement.start() || self.outages.covers(at.due, at.done) {
            return;
        }
        measurement.told_by_server(operation, client.server_timing());
        if !answered {
            return measurement.failed(operation, at);
        }
        measurement.answered(operation, at);
        if let Some(drift) = self.drift.borrow_mut().as_mut() {
            drift.answered(at);
        }
    }

    /// Notes what was acknowledged.
    fn note(&self, line: Line) {
        let Line { operation, ref body, ref reply, .. } = line;
        let (body, reply): (Bytes, Reply) = (body.clone(), reply.clone());
        self.sample.borrow_mut().take_in(Acknowledged { operation, body, reply });
        if let Some(pen) = &self.pen {
            pen.write(line);
        }
    }

    /// Takes out what was gathered, once no connection runs.
    pub(super) fn clear(&self) -> Outcome {
        let fleet = self.fleet.replace(Fleet::new(Vec::new(), Seed::new(0), Hot::Even, (0, 1)));
        let (accounts, out) = fleet.disband();
        let measurement = self.measurement.borrow().clone();
        let drift = self.drift.take();
        let kept = self.sample.replace(Sample::new(Seed::new(0), 0)).into_kept();
        Outcome { accounts, out, measurement, drift, kept }
    }
}

/// The answer, when it says for certain what was done.
fn certain(outcome: &Result<Reply, ExchangeError>) -> Option<&Reply> {
    outcome.as_ref().ok().filter(|reply| !reply.leaves_unknown())
}

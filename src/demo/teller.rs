//! The card network's part: asks what the story says, compares each answer with what it should
//! be, remembers it, and asks again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use hyper::StatusCode;
use hyper::body::Bytes;
use rust_decimal::Decimal;

use super::books::{Books, Expectation, balance, exact, same};
use super::lines::Lines;
use super::request::{Reference, Request};
use super::story::{ACCOUNTS, About, Ask, CURRENCY, Step};
use super::wire::{Answer, Balance, Fault, read, shown};
use crate::child::Server;
use crate::client::{AskError, Reply};

/// How often the client looks for an answer before the server is killed: enough to write the
/// request to the socket, and seldom enough for an answer to come.
const LOOKS: usize = 32;

/// Asks, and remembers what it was told.
#[derive(Debug)]
pub(super) struct Teller {
    lines: Lines,
    /// What the first answer in each transaction named.
    references: HashMap<&'static str, Reference>,
    told: Vec<Told>,
    expectation: Expectation,
    times: Vec<Duration>,
    repeats: usize,
}

/// A step, what was asked for it, and the first answer.
#[derive(Debug)]
struct Told {
    step: &'static Step,
    request: Request,
    first: Bytes,
}

/// What a step came to.
#[derive(Debug)]
pub(super) struct Settled {
    /// Which step it was, from one.
    pub(super) number: usize,
    /// The balance after it, as the server tells it.
    pub(super) balance: Balance,
    /// Whether the answer was the first one, told again.
    pub(super) replayed: bool,
}

/// What the demonstration came to.
#[derive(Debug)]
pub(super) struct Figures {
    /// Actions that were answered, refusals included.
    pub(super) actions: usize,
    /// Those that were refused.
    pub(super) refused: usize,
    /// How often an action was asked again.
    pub(super) repeats: usize,
    /// How long an action took at the median, from the request to its durable answer.
    pub(super) median: Duration,
}

impl Teller {
    /// Connects to a server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn new(server: &Server) -> Result<Self, AskError> {
        Ok(Self {
            lines: Lines::connect(server).await?,
            references: HashMap::new(),
            told: Vec::new(),
            expectation: Expectation::default(),
            times: Vec::new(),
            repeats: 0,
        })
    }

    /// Connects to the next server, with all that the last one told in mind.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn reach(&mut self, server: &Server) -> Result<(), AskError> {
        self.lines = Lines::connect(server).await?;
        Ok(())
    }

    /// Opens the accounts of the story.
    ///
    /// # Errors
    /// When one was not opened.
    pub(super) async fn open_accounts(&mut self) -> anyhow::Result<()> {
        for account in ACCOUNTS {
            let body =
                format!(r#"{{"tenant_account_ref":"{account}","currencies":["{CURRENCY}"]}}"#);
            let reply = self.lines.operator.post("/v1/accounts", body).await?;
            let opened = reply.status == StatusCode::CREATED;
            ensure!(opened, "account {account} was not opened: {}", shown(&reply));
        }
        Ok(())
    }

    /// Takes a step: asks for the first time, and compares the answer and the balance.
    ///
    /// # Errors
    /// When either is not what the story says.
    pub(super) async fn take(&mut self, step: &'static Step) -> anyhow::Result<Settled> {
        let request = self.request(step)?;
        let start = now();
        let reply = self.lines.ask(&request).await?;
        self.times.push(start.elapsed());
        ensure!(!reply.replayed, "a first answer calls itself a repeat: {}", shown(&reply));
        self.settle(step, request, reply).await
    }

    /// Sends the request of a step and does not wait for the answer, which may be there at once.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(super) async fn begin(&mut self, step: &'static Step) -> anyhow::Result<Option<Reply>> {
        let request = self.request(step)?;
        tokio::select! {
            biased;
            reply = self.lines.ask(&request) => Ok(Some(reply?)),
            () = look(LOOKS) => Ok(None),
        }
    }

    /// Asks for the step that was begun: whatever became of it, it must now be done once.
    ///
    /// # Errors
    /// When it is not.
    pub(super) async fn finish(
        &mut self,
        step: &'static Step,
        early: Option<Reply>,
    ) -> anyhow::Result<Settled> {
        let request = self.request(step)?;
        let reply = self.lines.ask(&request).await?;
        let kept = early.is_none_or(|early| early.body == reply.body && reply.replayed);
        ensure!(kept, "an answer changed over the restart: {}", shown(&reply));
        self.settle(step, request, reply).await
    }

    /// Asks every key so far again, and returns how many those were: each gets the first answer,
    /// byte for byte, and nothing moves.
    ///
    /// # Errors
    /// When an answer differs, or something moved.
    pub(super) async fn ask_everything_again(&mut self) -> anyhow::Result<usize> {
        for Told { step, request, first } in &self.told {
            let reply = self.lines.ask(request).await?;
            let same = reply.status == StatusCode::OK && reply.replayed && reply.body == first;
            let first = String::from_utf8_lossy(first);
            let (happened, again) = (step.happened, shown(&reply));
            ensure!(same, "{happened}: first told {first}, asked again {again}");
        }
        self.books().await?;
        self.repeats += self.told.len();
        Ok(self.told.len())
    }

    /// Asks every key so far for another amount, and returns how many those were: each is told
    /// that its key is used, and nothing moves.
    ///
    /// # Errors
    /// When one is not, or something moved.
    pub(super) async fn reuse_every_key(&mut self) -> anyhow::Result<usize> {
        for (n, told) in self.told.iter().enumerate() {
            let amount = told.step.amount.map_or(Ok(Decimal::ZERO), exact)? + Decimal::ONE;
            let request = self.request_with(told.step, n, Some(amount))?;
            let reply = self.lines.ask(&request).await?;
            let code = read::<Answer>(&reply)?.error.map(|error| error.code);
            let told = reply.status == StatusCode::CONFLICT
                && code.as_deref() == Some("IDEMPOTENCY_KEY_REUSED");
            ensure!(told, "a key that was used before was not refused: {}", shown(&reply));
        }
        self.books().await?;
        Ok(self.told.len())
    }

    /// The books, which are as the story so far says.
    ///
    /// # Errors
    /// When they are not.
    pub(super) async fn books(&mut self) -> anyhow::Result<Books> {
        let books = Books::read(&mut self.lines.operator).await?;
        self.expectation.check_books(&books)?;
        Ok(books)
    }

    /// What it came to so far.
    pub(super) fn figures(&self) -> Figures {
        let mut times = self.times.clone();
        times.sort_unstable();
        Figures {
            actions: self.told.len(),
            refused: self.told.iter().filter(|told| told.step.refusal.is_some()).count(),
            repeats: self.repeats,
            median: times.get(times.len() / 2).copied().unwrap_or_default(),
        }
    }

    /// The request of the next step.
    fn request(&self, step: &Step) -> anyhow::Result<Request> {
        self.request_with(step, self.told.len(), step.amount.map(exact).transpose()?)
    }

    /// The request of the step after `before` others, for that amount.
    fn request_with(
        &self,
        step: &Step,
        before: usize,
        amount: Option<Decimal>,
    ) -> anyhow::Result<Request> {
        let reference = match step.about {
            About::Account => None,
            About::SameAsBefore => {
                Some(self.references.get(step.transaction).with_context(|| {
                    format!("no answer in {} named a balance or hold", step.transaction)
                })?)
            }
        };
        Ok(Request::new(step, &format!("key-{}", before + 1), amount, reference)?)
    }

    /// Compares what a step came to with the story, and remembers the answer.
    async fn settle(
        &mut self,
        step: &'static Step,
        request: Request,
        reply: Reply,
    ) -> anyhow::Result<Settled> {
        let answer = check(step, &reply).with_context(|| format!("answer: {}", shown(&reply)))?;
        if let Some(reference) = reference(answer) {
            self.references.entry(step.transaction).or_insert(reference);
        }
        let balance = balance(&mut self.lines.operator, step.account).await?;
        self.expectation.check_step(step, &balance)?;
        self.told.push(Told { step, request, first: reply.body });
        Ok(Settled { number: self.told.len(), balance, replayed: reply.replayed })
    }
}

/// Holds an answer to what the story says: done or refused, and the amount that it tells.
fn check(step: &Step, reply: &Reply) -> anyhow::Result<Answer> {
    let created = step.ask == Ask::TopUp && step.refusal.is_none();
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    ensure!(reply.status == status, "the status should be {status}");
    let answer: Answer = read(reply)?;
    let refusal = answer.error.as_ref().map(|Fault { code }| code.as_str());
    ensure!(answer.success == refusal.is_none(), "success and error contradict each other");
    ensure!(refusal == step.refusal, "the refusal should be {:?}", step.refusal);
    if step.refusal.is_some() {
        return Ok(answer);
    }
    let moved = answer.destination.as_ref().map(|destination| destination.available);
    let (what, told, expected) = match answer.hold_balance {
        Some(left) => ("the hold", Some(left), step.on_hold),
        None => ("available", answer.available_balance.or(moved), step.available),
    };
    let told = told.context("no balance is told")?;
    same(what, told.value(), exact(expected)?)?;
    Ok(answer)
}

/// The balance or hold that an answer names.
fn reference(answer: Answer) -> Option<Reference> {
    let hold = answer.tenant_hold_balance_ref.map(Reference::Hold);
    hold.or_else(|| answer.tenant_balance_ref.map(Reference::Balance))
}

/// Lets whatever is ready go on, so often.
async fn look(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a client's stopwatch, of which no server hears")]
fn now() -> Instant {
    Instant::now()
}

//! One account playing its life cycles: the next request, ready before it is due, and what the
//! answer to it says.
//!
//! An account's requests are a function of the seed and its own answers alone, never of time or
//! of other accounts. It has at most one request in flight, which is what makes each answer
//! predictable.

use std::{
    fmt,
    time::{Duration, Instant},
};

use hyper::body::Bytes;
use rust_decimal::Decimal;

use crate::{
    seed::Seed,
    simulator::{
        books::Span,
        expected::same,
        network::{Life, Network},
        step::{Names, Operation, Step},
    },
    wire::{Balance, Reply, Request},
};

/// How often one request is asked before its outcome counts as unknown for good.
pub const ATTEMPTS_MAX: u32 = 5;
/// One request in so many repeats an earlier one.
const REPEAT_ONE_IN: u32 = 12;
/// One answer in so many is remembered, in place of the one before, to be asked for again.
const REMEMBER_ONE_IN: u32 = 4;

/// One account, the network with its books, and the next request.
#[derive(Debug)]
pub struct Account {
    name: String,
    balance_ref: String,
    seed: Seed,
    network: Network,
    keys: u64,
    last_action_ref: String,
    remembered: Option<Remembered>,
    next: Next,
}

/// A request and the answer that every repeat of it must get.
#[derive(Debug, Clone)]
struct Remembered {
    operation: Operation,
    body: Bytes,
    reply: Reply,
}

#[derive(Debug)]
struct Next {
    operation: Operation,
    body: Bytes,
    awaited: Awaited,
    attempts: u32,
    first_asked: Option<Instant>,
}

#[derive(Debug)]
enum Awaited {
    First(Step),
    Repeat(Reply),
}

/// How an account stands after an exchange.
#[derive(Debug)]
pub enum Standing {
    /// The answer was the expected one, and the next request is ready.
    Settled,
    /// The outcome is unknown. The next request is the same one, with the same key.
    Unknown,
    /// The outcome stayed unknown. The account is of no more use and cannot be checked.
    GivenUp,
    /// The answer was not what it must be. What the account's books are is now anybody's guess.
    Different(Difference),
}

/// Something the server said that is not so.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Difference {
    /// The account, or the book that differs.
    pub account: String,
    /// What was asked.
    pub request: String,
    /// What differs.
    pub difference: String,
    /// What was answered.
    pub answer: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}", self.account, self.difference)?;
        writeln!(out, "    asked    {}", self.request)?;
        write!(out, "    answered {}", self.answer)
    }
}

impl Account {
    /// The account `name`, just created and topped up with `posted`, with its first request ready.
    #[must_use]
    pub fn open(name: String, balance_ref: String, posted: Decimal, life: Life) -> Self {
        let mut account = Self {
            network: Network::new(name.clone(), posted, Life { seed: life.seed.fork(0), ..life }),
            seed: life.seed,
            name,
            balance_ref,
            keys: 0,
            last_action_ref: String::new(),
            remembered: None,
            next: Next::nothing(),
        };
        account.next = account.plan();
        account
    }

    /// The account's `tenant_account_ref`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The network's virtual clock: when the next request is due on it.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.network.clock()
    }

    /// How many card transactions are over.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.network.finished()
    }

    /// Whether the outcome of a request is unknown.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.next.attempts > 0
    }

    /// The next request, built beforehand.
    #[must_use]
    pub fn next_request(&self) -> (Operation, Bytes) {
        (self.next.operation, self.next.body.clone())
    }

    /// Takes in what became of [`Account::next_request`] within `span`, `None` when no answer came,
    /// and gets the request after it ready.
    pub fn learn(&mut self, reply: Option<&Reply>, span: Span) -> Standing {
        self.next.attempts += 1;
        let asked = *self.next.first_asked.get_or_insert(span.asked);
        let span = Span { asked, ..span };
        match reply {
            Some(reply) if !reply.leaves_unknown() => match self.settle(reply, span) {
                Ok(()) => Standing::Settled,
                Err(difference) => Standing::Different(self.difference(difference, reply)),
            },
            _ if self.next.attempts < ATTEMPTS_MAX => Standing::Unknown,
            _ => Standing::GivenUp,
        }
    }

    /// What differs between a balance that was read within `span`, after all that was asked was
    /// answered, and the network's books.
    #[must_use]
    pub fn compare(&self, balance: &Balance, span: Span) -> Option<Difference> {
        let difference = self.network.compare(balance, span).err()?;
        Some(Difference {
            account: self.name.clone(),
            request: "its balance, after the run".to_owned(),
            difference,
            answer: format!("{balance:?}"),
        })
    }

    fn settle(&mut self, reply: &Reply, span: Span) -> Result<(), String> {
        match &self.next.awaited {
            Awaited::Repeat(first) => compare_repeat(first, reply)?,
            &Awaited::First(step) => self.settle_first(&step, reply, span)?,
        }
        self.next = self.plan();
        Ok(())
    }

    fn settle_first(&mut self, step: &Step, reply: &Reply, span: Span) -> Result<(), String> {
        // When an earlier attempt was executed after all, this one repeats its answer.
        let may_be_replayed = self.next.attempts > 1;
        same("Idempotency-Replayed", reply.replayed && !may_be_replayed, false)?;
        let expected = self.network.expect(step, span);
        let known = self.network.known(&self.balance_ref, &self.last_action_ref);
        let answer = expected.compare(step, known, reply)?;
        match expected.done {
            Some(after) if answer.success => self.network.enter(after, &answer, span),
            _ => self.network.refuse(),
        }
        if !answer.is_undecided() {
            self.last_action_ref = answer.action_ref;
            self.remember(reply);
        }
        Ok(())
    }

    fn remember(&mut self, reply: &Reply) {
        if self.seed.below(REMEMBER_ONE_IN) == 0 {
            let (operation, body) = self.next_request();
            let reply = Reply { replayed: true, ..reply.clone() };
            self.remembered = Some(Remembered { operation, body, reply });
        }
    }

    fn plan(&mut self) -> Next {
        let repeats = self.seed.below(REPEAT_ONE_IN) == 0;
        if let (true, Some(Remembered { operation, body, reply })) = (repeats, &self.remembered) {
            let awaited = Awaited::Repeat(reply.clone());
            return Next::new(*operation, body.clone(), awaited);
        }
        let step = self.network.next_step();
        self.keys += 1;
        Next::new(step.operation, self.encode(&step), Awaited::First(step))
    }

    fn encode(&self, step: &Step) -> Bytes {
        let names = |reference: Names| step.names == reference;
        let request = Request {
            transaction_id: self.network.transaction_id(),
            account: &self.name,
            key: &format!("{}-k{}", self.name, self.keys),
            amount: step.amount,
            balance_ref: names(Names::Balance).then_some(&self.balance_ref),
            hold_ref: self.network.hold_ref().filter(|_| names(Names::Hold)),
        };
        if step.operation.is_authorization() {
            request.encode_authorization()
        } else {
            request.encode()
        }
    }

    fn difference(&self, difference: String, reply: &Reply) -> Difference {
        let body = String::from_utf8_lossy(&self.next.body);
        Difference {
            account: self.name.clone(),
            request: format!("{} {body}", self.next.operation.name()),
            difference,
            answer: reply.to_string(),
        }
    }
}

impl Next {
    fn new(operation: Operation, body: Bytes, awaited: Awaited) -> Self {
        Self { operation, body, awaited, attempts: 0, first_asked: None }
    }

    /// What stands in the place of the first request until it is planned.
    fn nothing() -> Self {
        let step = Step::restore(None);
        Self::new(step.operation, Bytes::new(), Awaited::First(step))
    }
}

fn compare_repeat(first: &Reply, reply: &Reply) -> Result<(), String> {
    same("status of the repeat", reply.status, first.status)?;
    same("Idempotency-Replayed", reply.replayed, first.replayed)?;
    same("body of the repeat", &reply.body, &first.body)
}

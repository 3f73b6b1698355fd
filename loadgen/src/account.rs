//! One account playing its life cycles: the next request, ready before it is due, and what the
//! answer to it says.
//!
//! An account's requests are a function of the seed and its own answers alone, never of time or
//! of other accounts. It has at most one request in flight, which is what makes each answer
//! predictable.

use std::{fmt, vec};

use hyper::body::Bytes;

use crate::{
    client::ExchangeError,
    expectation::{Books, Expected, Known, same},
    lifecycle::{self, Mix, Names, Operation, Step},
    seed::Seed,
    wire::{Answer, Reply, Request, UNDECIDED},
};

/// How often one request is asked before its outcome counts as unknown for good.
pub const ATTEMPTS_MAX: u32 = 5;
/// One request in so many repeats an earlier one.
const REPEAT_ONE_IN: u32 = 12;
/// One answer in so many is remembered, in place of the one before, to be asked for again.
const REMEMBER_ONE_IN: u32 = 4;

/// One account, its books as they must be, and its next request.
#[derive(Debug)]
pub struct Account {
    name: String,
    balance_ref: String,
    seed: Seed,
    mix: Mix,
    books: Books,
    cycle: vec::IntoIter<Step>,
    cycles: u64,
    keys: u64,
    transaction_id: String,
    hold_ref: Option<String>,
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
}

#[derive(Debug)]
enum Awaited {
    First(Step, Expected),
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
    /// The account `name`, just created and topped up, with its first request ready.
    #[must_use]
    pub fn open(
        name: String,
        balance_ref: String,
        books: Books,
        (mix, mut seed): (Mix, Seed),
    ) -> Self {
        let cycle = lifecycle::draw(mix, &mut seed, books.available()).into_iter();
        let mut account = Self {
            transaction_id: format!("{name}-t0"),
            name,
            balance_ref,
            seed,
            mix,
            books,
            cycle,
            cycles: 0,
            keys: 0,
            hold_ref: None,
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

    /// The books as they must be, unless the outcome of a request is unknown.
    #[must_use]
    pub fn books(&self) -> &Books {
        &self.books
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

    /// Takes in what became of [`Account::next_request`], and gets the one after it ready.
    pub fn learn(&mut self, outcome: Result<&Reply, &ExchangeError>) -> Standing {
        self.next.attempts += 1;
        match outcome {
            Ok(reply) if !reply.leaves_unknown() => match self.settle(reply) {
                Ok(()) => Standing::Settled,
                Err(difference) => Standing::Different(self.difference(difference, reply)),
            },
            _ if self.next.attempts < ATTEMPTS_MAX => Standing::Unknown,
            _ => Standing::GivenUp,
        }
    }

    fn settle(&mut self, reply: &Reply) -> Result<(), String> {
        match &self.next.awaited {
            Awaited::Repeat(first) => compare_repeat(first, reply)?,
            Awaited::First(step, expected) => {
                // When an earlier attempt was executed after all, this one repeats its answer.
                let may_be_replayed = self.next.attempts > 1;
                same("Idempotency-Replayed", reply.replayed && !may_be_replayed, false)?;
                let answer = expected.compare(step, self.known(), reply)?;
                let expected = *expected;
                if step.operation.is_authorization() && is_undecided(&answer) {
                    // Nothing was set aside: what was to follow is of no sense.
                    self.cycle = Vec::new().into_iter();
                } else {
                    self.apply(expected, answer);
                    self.remember(reply);
                }
            }
        }
        self.next = self.plan();
        Ok(())
    }

    fn apply(&mut self, expected: Expected, answer: Answer) {
        self.last_action_ref = answer.action_ref;
        if let Expected::Success(after) = expected {
            self.books = after;
            self.hold_ref = answer.hold_ref.or(self.hold_ref.take());
        }
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
            return Next { operation: *operation, body: body.clone(), awaited, attempts: 0 };
        }
        let step = self.next_step();
        self.keys += 1;
        Next {
            operation: step.operation,
            body: self.encode(&step),
            awaited: Awaited::First(step, self.books.expect(&step)),
            attempts: 0,
        }
    }

    fn next_step(&mut self) -> Step {
        loop {
            if let Some(step) = self.cycle.next() {
                return step;
            }
            self.cycles += 1;
            self.transaction_id = format!("{}-t{}", self.name, self.cycles);
            self.hold_ref = None;
            self.books = self.books.in_new_transaction();
            let available = self.books.available();
            self.cycle = lifecycle::draw(self.mix, &mut self.seed, available).into_iter();
        }
    }

    fn encode(&self, step: &Step) -> Bytes {
        let names = |reference: Names| step.names == reference;
        let request = Request {
            transaction_id: &self.transaction_id,
            account: &self.name,
            key: &format!("{}-k{}", self.name, self.keys),
            amount: step.amount,
            balance_ref: names(Names::Balance).then_some(&self.balance_ref),
            hold_ref: self.hold_ref.as_deref().filter(|_| names(Names::Hold)),
        };
        if step.operation.is_authorization() {
            request.encode_authorization()
        } else {
            request.encode()
        }
    }

    fn known(&self) -> Known<'_> {
        Known {
            balance_ref: &self.balance_ref,
            hold_ref: self.hold_ref.as_deref(),
            last_action_ref: &self.last_action_ref,
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
    /// What stands in the place of the first request until it is planned.
    fn nothing() -> Self {
        let step =
            Step { operation: Operation::CreditBalance, names: Names::Nothing, amount: None };
        let awaited = Awaited::First(step, Expected::Refusal("AMOUNT_REQUIRED"));
        Self { operation: step.operation, body: Bytes::new(), awaited, attempts: 0 }
    }
}

fn is_undecided(answer: &Answer) -> bool {
    answer.error_code.as_deref().is_some_and(|code| UNDECIDED.contains(&code))
}

fn compare_repeat(first: &Reply, reply: &Reply) -> Result<(), String> {
    same("status of the repeat", reply.status, first.status)?;
    same("Idempotency-Replayed", reply.replayed, first.replayed)?;
    same("body of the repeat", &reply.body, &first.body)
}

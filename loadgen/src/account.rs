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
    malformed::Malformed,
    seed::Seed,
    simulator::{
        books::{Between, Span, Sums},
        expected::same,
        member::Member,
        network::{Life, Network},
        share::Shares,
        step::{Names, Operation, Step},
    },
    wire::{Balance, Reply, Request},
};

/// How often one request is asked before its outcome counts as unknown for good.
pub const ATTEMPTS_MAX: u32 = 5;
/// One answer in so many is remembered, in place of the one before, to be asked for again.
const REMEMBER_ONE_IN: u32 = 4;

/// One account, the network with its books, and the next request.
#[derive(Debug)]
pub struct Account {
    name: String,
    /// What its keys begin with: its name, or its own among those that share the name.
    label: String,
    shares: Shares,
    /// Its place among those that share the name.
    member: Option<Member>,
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
    /// That it is refused, whereupon the request follows as it should be.
    Refusal(Malformed, Box<Next>),
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
        Self::new(name.clone(), name, balance_ref, posted, life, None)
    }

    /// A card of the account `name` that has others, too: with books of its own that begin with
    /// `posted`, and transactions and keys that begin with `label`.
    #[must_use]
    pub fn card(
        name: String,
        label: String,
        balance_ref: String,
        posted: Decimal,
        life: Life,
        member: Member,
    ) -> Self {
        Self::new(name, label, balance_ref, posted, life, Some(member))
    }

    fn new(
        name: String,
        label: String,
        balance_ref: String,
        posted: Decimal,
        life: Life,
        member: Option<Member>,
    ) -> Self {
        let shares = life.shares;
        let mut account = Self {
            network: Network::new(label.clone(), posted, Life { seed: life.seed.fork(0), ..life }),
            seed: life.seed,
            label,
            shares,
            member,
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

    /// The next request, built beforehand. From now on it counts as asked.
    #[must_use]
    pub fn next_request(&self) -> (Operation, Bytes) {
        if let Some(member) = &self.member {
            member.ask(self.stake());
        }
        (self.next.operation, self.next.body.clone())
    }

    /// What the next request's content is said to be.
    #[must_use]
    pub fn next_content_type(&self) -> &'static str {
        match &self.next.awaited {
            Awaited::Refusal(malformed, _) => malformed.content_type(),
            Awaited::First(_) | Awaited::Repeat(_) => "application/json",
        }
    }

    /// Whether the next request is in a form that is wrong.
    #[must_use]
    pub fn next_is_malformed(&self) -> bool {
        matches!(self.next.awaited, Awaited::Refusal(..))
    }

    /// By how much the next request would change what its own books have available.
    fn stake(&self) -> Decimal {
        match &self.next.awaited {
            Awaited::First(step) => self.network.stake(step),
            Awaited::Repeat(_) | Awaited::Refusal(..) => Decimal::ZERO,
        }
    }

    /// Takes in what became of [`Account::next_request`] within `span`, `None` when no answer came,
    /// and gets the request after it ready.
    pub fn learn(&mut self, reply: Option<&Reply>, span: Span) -> Standing {
        self.next.attempts += 1;
        let asked = *self.next.first_asked.get_or_insert(span.asked);
        let span = Span { asked, ..span };
        match reply {
            Some(reply) if !reply.leaves_unknown() => match self.settle(reply, span) {
                Ok(()) => {
                    self.tell_the_others();
                    Standing::Settled
                }
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
        self.compare_sums(self.sums(span), balance)
    }

    /// What its own books are within `span`.
    #[must_use]
    pub fn sums(&self, span: Span) -> Sums {
        self.network.sums(span)
    }

    /// The same as [`Account::compare`] with the sums of all that play the account.
    #[must_use]
    pub fn compare_sums(&self, sums: Sums, balance: &Balance) -> Option<Difference> {
        let difference = sums.compare(balance).err()?;
        Some(Difference {
            account: self.name.clone(),
            request: "its balance, after the run".to_owned(),
            difference,
            answer: format!("{balance:?}"),
        })
    }

    /// Takes in what a server answered that keeps no books: as much work as [`Account::learn`], but
    /// what is answered counts as a refusal.
    pub fn disbelieve(&mut self, reply: &Reply, span: Span) -> Standing {
        if let Awaited::First(step) = &self.next.awaited {
            let expected = self.network.expect(step, span, Between::exactly(Decimal::ZERO));
            let known = self.network.known(&self.balance_ref, &self.last_action_ref);
            // Whatever it says, it is wrong.
            drop(expected.compare(step, known, reply));
            self.network.refuse();
        }
        self.next = self.plan();
        Standing::Settled
    }

    fn settle(&mut self, reply: &Reply, span: Span) -> Result<(), String> {
        match &mut self.next.awaited {
            Awaited::Repeat(first) => compare_repeat(first, reply)?,
            Awaited::Refusal(malformed, right) => {
                malformed.compare(reply)?;
                self.next = std::mem::replace(&mut **right, Next::nothing());
                return Ok(());
            }
            &mut Awaited::First(step) => self.settle_first(&step, reply, span)?,
        }
        self.next = self.plan();
        Ok(())
    }

    fn tell_the_others(&self) {
        if let Some(member) = &self.member {
            member.settle(self.network.available());
        }
    }

    fn settle_first(&mut self, step: &Step, reply: &Reply, span: Span) -> Result<(), String> {
        // When an earlier attempt was executed after all, this one repeats its answer.
        let may_be_replayed = self.next.attempts > 1;
        same("Idempotency-Replayed", reply.replayed && !may_be_replayed, false)?;
        let others = self.member.as_ref().map_or(Between::exactly(Decimal::ZERO), Member::others);
        let expected = self.network.expect(step, span, others);
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
            let (operation, body) = (self.next.operation, self.next.body.clone());
            let reply = Reply { replayed: true, ..reply.clone() };
            self.remembered = Some(Remembered { operation, body, reply });
        }
    }

    fn plan(&mut self) -> Next {
        let repeats = self.shares.repeat.draw(&mut self.seed);
        if let (true, Some(Remembered { operation, body, reply })) = (repeats, &self.remembered) {
            let awaited = Awaited::Repeat(reply.clone());
            return Next::new(*operation, body.clone(), awaited);
        }
        let step = self.network.next_step();
        self.keys += 1;
        let next = Next::new(step.operation, self.encode(&step), Awaited::First(step));
        match self.shares.malformed.draw(&mut self.seed) {
            true => next.after_malformed(&mut self.seed),
            false => next,
        }
    }

    fn encode(&self, step: &Step) -> Bytes {
        let names = |reference: Names| step.names == reference;
        let request = Request {
            transaction_id: self.network.transaction_id(),
            account: &self.name,
            key: &format!("{}-k{}", self.label, self.keys),
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

    /// The same in a form that is wrong, and then as it is.
    fn after_malformed(self, seed: &mut Seed) -> Self {
        let (malformed, body) = Malformed::draw(seed, self.operation, &self.body);
        Self::new(self.operation, body, Awaited::Refusal(malformed, Box::new(self)))
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

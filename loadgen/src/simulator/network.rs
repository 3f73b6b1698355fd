//! The network as one account meets it: the card transactions under way, what is sent next, and
//! what must be answered.
//!
//! What is sent is a function of the seed and of the answers alone, never of time or of other
//! accounts. The virtual clock orders what is sent, and jumps: whoever drives the network lets as
//! much time pass as it says, or none.

use std::{collections::VecDeque, time::Duration};

use rust_decimal::Decimal;

use super::{
    books::{Between, Books, Span, Sums},
    cycle,
    expected::{After, Expected, Known},
    mix::{self, Mix},
    share::Shares,
    step::{Operation, Scheduled, Step},
    transaction::{Decided, Movement, Transaction},
};
use crate::{seed::Seed, wire::Answer};

/// How many transactions of one account are under way at once, at most.
const AT_ONCE_MAX: usize = 8;
/// One transaction in so many begins a while after the one before, the others within seconds.
const APART_ONE_IN: u32 = 4;
const SOON: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// What an account's life is drawn from.
#[derive(Debug, Clone)]
pub struct Life {
    /// Which life cycles are played.
    pub mix: Mix,
    /// What they are drawn from.
    pub seed: Seed,
    /// How long what was approved is set aside; `None` when longer than the run.
    pub time_to_live: Option<Duration>,
    /// What is asked beside the cycles.
    pub shares: Shares,
    /// Whether others play the same account.
    pub shared: bool,
}

/// The network, as one account meets it.
#[derive(Debug)]
pub struct Network {
    account: String,
    life: Life,
    books: Books,
    underway: Vec<Underway>,
    /// Which of them the last step was of.
    current: usize,
    clock: Duration,
    next_start: Duration,
    begun: u64,
    finished: u64,
}

/// One card transaction under way.
#[derive(Debug)]
struct Underway {
    id: String,
    hold_ref: Option<String>,
    transaction: Transaction,
    steps: VecDeque<Scheduled>,
    /// When its next step is sent.
    due: Duration,
}

impl Network {
    /// The network before anything was sent to `account`, which was topped up with `posted`.
    #[must_use]
    pub fn new(account: String, posted: Decimal, life: Life) -> Self {
        Self {
            account,
            life,
            books: Books::opened_with(posted),
            underway: Vec::new(),
            current: 0,
            clock: Duration::ZERO,
            next_start: Duration::ZERO,
            begun: 0,
            finished: 0,
        }
    }

    /// The virtual time at which the last step is sent.
    #[must_use]
    pub fn clock(&self) -> Duration {
        self.clock
    }

    /// How many transactions are over.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// What is sent next.
    pub fn next_step(&mut self) -> Step {
        self.end_what_is_over();
        while self.may_begin() {
            self.begin();
        }
        let dues = self.underway.iter().map(|it| it.due).enumerate();
        let (first, due) = dues.min_by_key(|(_, due)| *due).expect("one was begun");
        (self.current, self.clock) = (first, self.clock.max(due));
        let underway = &mut self.underway[first];
        let Scheduled { step, .. } = underway.steps.pop_front().expect("else it is over");
        underway.due = self.clock + underway.steps.front().map_or(Duration::ZERO, |it| it.pause);
        step
    }

    /// The name of the card transaction that the last step was of.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        &self.current().id
    }

    /// The hold of the card transaction that the last step was of.
    #[must_use]
    pub fn hold_ref(&self) -> Option<&str> {
        self.current().hold_ref.as_deref()
    }

    /// What the answer to `step`, the last one, must be when it is decided within `span` and
    /// `others` have so much available of the same account.
    #[must_use]
    pub fn expect(&self, step: &Step, span: Span, others: Between) -> Expected {
        let transaction = &self.current().transaction;
        let elsewhere = self.set_aside_elsewhere(span);
        let set_aside = elsewhere + transaction.set_aside(span);
        let decided = transaction.decide(step, set_aside.taken_from(self.owned()) + others);
        if let Decided::Refused(code) = decided {
            return Expected { done: None, refusal: Some(code) };
        }
        let mut after = transaction.clone();
        let movement = after.enter(step, span, self.life.time_to_live);
        let owned = self.owned() + movement.posted - movement.held;
        let available = (elsewhere + after.set_aside(span)).taken_from(owned) + others;
        let refusal = if let Decided::Either(code) = decided { Some(code) } else { None };
        Expected { done: Some(After { transaction: after, movement, available }), refusal }
    }

    /// What the books have available, where nothing that is set aside lapses within the run.
    #[must_use]
    pub fn available(&self) -> Decimal {
        let underway = self.underway.iter().map(|it| it.transaction.set_aside_at_first());
        self.books.free() - underway.sum::<Decimal>()
    }

    /// By how much `step`, the last one, would change what the books have available.
    #[must_use]
    pub fn stake(&self, step: &Step) -> Decimal {
        let before = &self.current().transaction;
        let mut after = before.clone();
        let Movement { posted, held } = after.enter_lasting(step);
        posted - held + before.set_aside_at_first() - after.set_aside_at_first()
    }

    /// Enters what was done by the last step.
    pub fn enter(&mut self, after: After, answer: &Answer, span: Span) {
        let After { transaction, movement: Movement { posted, held }, .. } = after;
        self.books.posted += posted;
        self.books.held += held;
        self.books.forget_lapsed(span);
        let underway = &mut self.underway[self.current];
        underway.transaction = transaction;
        if let Some(hold) = &answer.hold_ref {
            underway.hold_ref = Some(hold.clone());
        }
    }

    /// Notes that the last step was refused, declined, or not decided: what would follow from it is
    /// not sent. A hold that was placed before is cleared all the same.
    pub fn refuse(&mut self) {
        if self.life.mix.outlives_refusals() {
            return;
        }
        let underway = &mut self.underway[self.current];
        if underway.hold_ref.is_none() {
            underway.steps.clear();
        } else {
            underway.steps.pop_front_if(|next| next.step.operation == Operation::HoldBalance);
        }
    }

    /// What is known already of the account, to compare an answer's references with.
    #[must_use]
    pub fn known<'a>(&'a self, balance_ref: &'a str, last_action_ref: &'a str) -> Known<'a> {
        Known { balance_ref, hold_ref: self.hold_ref(), last_action_ref }
    }

    /// What a balance must be that is read within `span`.
    #[must_use]
    pub fn sums(&self, span: Span) -> Sums {
        let underway = self.underway.iter().map(|it| it.transaction.set_aside(span));
        let reserved = self.books.set_aside(span) + underway.sum();
        Sums { posted: self.books.posted, held: self.books.held, reserved }
    }

    fn current(&self) -> &Underway {
        &self.underway[self.current]
    }

    fn owned(&self) -> Decimal {
        self.books.posted - self.books.held
    }

    /// What is set aside within `span`, but for the transaction that the last step was of.
    fn set_aside_elsewhere(&self, span: Span) -> Between {
        let others = self.underway.iter().enumerate().filter(|(n, _)| *n != self.current);
        let others: Between = others.map(|(_, it)| it.transaction.set_aside(span)).sum();
        self.books.set_aside(span) + others
    }

    /// Only the last one that something was sent of can have ended since.
    fn end_what_is_over(&mut self) {
        if self.underway.get(self.current).is_some_and(|it| it.steps.is_empty()) {
            let over = self.underway.swap_remove(self.current);
            over.transaction.into_grants().into_iter().for_each(|it| self.books.take_over(it));
            self.finished += 1;
        }
    }

    fn may_begin(&self) -> bool {
        let Some(due) = self.underway.iter().map(|underway| underway.due).min() else {
            return true;
        };
        let room = self.life.mix.overlaps() && self.underway.len() < AT_ONCE_MAX;
        room && self.next_start <= due
    }

    fn begin(&mut self) {
        self.clock = self.clock.max(self.next_start);
        let Life { mix, seed, shares, shared, .. } = &mut self.life;
        let steps = match shares.refuse.draw(seed) {
            true => mix::draw_refused(*mix, seed),
            false => mix::draw(*mix, seed, self.books.free(), *shared),
        };
        if mix.overlaps() {
            let most = if seed.below(APART_ONE_IN) == 0 { A_WHILE } else { SOON };
            self.next_start = self.clock + cycle::between(seed, Duration::ZERO, most);
        }
        self.underway.push(Underway {
            id: format!("{}-t{}", self.account, self.begun),
            hold_ref: None,
            transaction: Transaction::default(),
            steps: steps.into(),
            due: self.clock,
        });
        self.begun += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE_MAX, Life, Network};
    use crate::{
        seed::Seed,
        simulator::{mix::Mix, share::Shares},
    };
    use rust_decimal::Decimal;

    fn network(mix: Mix, seed: u64) -> Network {
        let shares = Shares::default();
        let life = Life { mix, seed: Seed::new(seed), time_to_live: None, shares, shared: false };
        Network::new("a".to_owned(), Decimal::ONE_THOUSAND, life)
    }

    #[test]
    fn life_cycles_overlap_and_the_clock_never_goes_back() {
        let mut network = network(Mix::Cycles, 1);
        let (mut most, mut before) = (0, network.clock());
        for _ in 0..10_000 {
            network.next_step();
            assert!(network.clock() >= before);
            (most, before) = (most.max(network.underway.len()), network.clock());
        }
        assert_eq!(most, AT_ONCE_MAX);
        assert!(network.finished() > 1_000, "{}", network.finished());
    }

    #[test]
    fn the_other_cycles_follow_one_another_at_once() {
        let mut network = network(Mix::Cards, 1);
        for _ in 0..1_000 {
            network.next_step();
            assert_eq!((network.underway.len(), network.clock().as_nanos()), (1, 0));
        }
    }

    #[test]
    fn a_seed_fixes_what_is_sent() {
        let (mut one, mut other) = (network(Mix::Cycles, 7), network(Mix::Cycles, 7));
        for _ in 0..1_000 {
            assert_eq!(
                (one.next_step(), one.clock()),
                (other.next_step(), other.clock()),
                "seed 7"
            );
            assert_eq!(one.transaction_id(), other.transaction_id(), "seed 7");
        }
    }
}

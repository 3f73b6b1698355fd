//! Authorizations on a disk that stalls for seconds, with crashes in between.
//!
//! `HOLDFAST_AUTHORIZATIONS` says how many messages are sent in all; `HOLDFAST_SEED` repeats one
//! story.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast::ledger::Operation;
use wal::simulated::Choices;

use super::counter::{BUDGET, Card, Counter, Reply, TIME_TO_LIVE};
use crate::support::engine::cut_power;

const MESSAGES_PER_STORY: u64 = 500;
const MESSAGES_DEFAULT: u64 = 10_000;
const ACCOUNTS: u64 = 4;
const FUNDS: u64 = 5_000;

/// What was answered is repeated; no approval is late; what was declined holds nothing once its time
/// to live is over.
#[test]
fn a_stalled_disk_is_a_decline_in_time_that_holds_nothing_for_long() {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    if let Some(seed) = number("HOLDFAST_SEED") {
        return Story::new(seed).run();
    }
    let messages: u64 = number("HOLDFAST_AUTHORIZATIONS").unwrap_or(MESSAGES_DEFAULT);
    for seed in 0..messages.div_ceil(MESSAGES_PER_STORY) {
        Story::new(seed).run();
    }
}

struct Story {
    seed: u64,
    choices: Choices,
    counter: Counter,
    sent: Vec<Sent>,
}

/// A message, and the first answer to it that left.
struct Sent {
    account: String,
    transaction: String,
    message: String,
    minor: u64,
    first: Option<Reply>,
    /// Whether the process died before all that it meant was durable.
    uncertain: bool,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut counter = Counter::new();
        (0..ACCOUNTS).for_each(|n| counter.open(&format!("account-{n}"), FUNDS));
        counter.world.commit_all().unwrap();
        Self { seed, choices: Choices::new(seed), counter, sent: Vec::new() }
    }

    fn run(mut self) {
        for _ in 0..MESSAGES_PER_STORY {
            match self.choices.below(40) {
                0 => self = self.crash(),
                1..6 => self.ask_again(),
                6..10 => self.use_one(),
                10..12 => self.pass(),
                12..15 => self.forget(),
                _ => self.ask_anew(),
            }
        }
        self.crash().settle();
    }

    /// No stall, one that is nearly too long, or one of seconds.
    fn stall(&mut self) -> Duration {
        match self.choices.below(6) {
            0 => Duration::from_millis(500 + self.choices.below(4_500)),
            1 => BUDGET - Duration::from_millis(1),
            _ => Duration::ZERO,
        }
    }

    fn compose(&mut self) -> usize {
        let n = self.sent.len();
        let transaction = if self.choices.once_in(4) { n / 2 } else { n };
        self.sent.push(Sent {
            account: format!("account-{}", self.choices.below(ACCOUNTS)),
            transaction: format!("t-{transaction}"),
            message: format!("m-{n}"),
            minor: self.choices.below(900),
            first: None,
            uncertain: false,
        });
        n
    }

    fn ask_anew(&mut self) {
        let n = self.compose();
        let stall = self.stall();
        self.ask(n, stall);
    }

    fn ask_again(&mut self) {
        if let Some(n) = self.any() {
            let stall = self.stall();
            self.ask(n, stall);
        }
    }

    fn any(&mut self) -> Option<usize> {
        let count = u64::try_from(self.sent.len()).unwrap();
        (count > 0).then(|| usize::try_from(self.choices.below(count)).unwrap())
    }

    fn ask(&mut self, n: usize, stall: Duration) {
        let it = &self.sent[n];
        let card = Card::pre(&it.account, &it.message, it.minor).of(&it.transaction);
        let reply = self.counter.ask(&card, stall);
        let late = matches!(reply, Reply::Approved(..)) && stall > BUDGET && it.first.is_none();
        assert!(!late || it.uncertain, "seed {}: {card:?} was approved too late", self.seed);
        match it.first {
            Some(first) if !it.uncertain => {
                assert_eq!(reply, first, "seed {}: {card:?} was answered otherwise", self.seed);
            }
            _ => {
                self.sent[n].first = Some(reply);
                self.sent[n].uncertain = false;
            }
        }
    }

    /// A client that hangs up before it is answered.
    fn forget(&mut self) {
        let n = self.compose();
        let it = &mut self.sent[n];
        it.uncertain = true;
        let card = Card::pre(&it.account, &it.message, it.minor).of(&it.transaction);
        self.counter.forget(&card);
    }

    fn use_one(&mut self) {
        let Some(n) = self.any() else { return };
        let it = &self.sent[n];
        if let (Some(Reply::Approved(granted, _)), false) = (it.first, it.uncertain) {
            let minor = granted.min(self.choices.below(900));
            let held =
                self.counter.operate(Operation::HoldBalance, &it.account, &it.transaction, minor);
            let fits = i128::from(minor) <= self.counter.available(&it.account);
            assert!(held.is_ok() || !fits, "seed {}: {held:?}", self.seed);
        }
    }

    fn pass(&mut self) {
        self.counter.hand.advance(Duration::from_millis(self.choices.below(90_000)));
        self.counter.world.engine.sweep();
        self.counter.world.engine.lapse_due();
    }

    /// What left stays; of what was being undone or made when the power failed, either.
    fn crash(mut self) -> Self {
        if self.choices.once_in(2) {
            self.counter.world.commit_all().unwrap();
        } else {
            // A late one's undoing may die with the process.
            let late = |it: &&mut Sent| it.first == Some(Reply::Late) || it.first.is_none();
            self.sent.iter_mut().filter(late).for_each(|it| it.uncertain = true);
            let declined = |it: &&mut Sent| matches!(it.first, Some(Reply::Declined(_)));
            self.sent.iter_mut().filter(declined).for_each(|it| it.uncertain = true);
        }
        let disk = cut_power(&self.counter.world.disk, &mut self.choices);
        self.counter = self.counter.again(&disk);
        self
    }

    /// In the end nothing is set aside, and every answer is the one that was given.
    fn settle(mut self) {
        self.counter.hand.advance(TIME_TO_LIVE + BUDGET);
        self.counter.world.engine.sweep();
        self.counter.world.engine.lapse_due();
        let mut set_aside = BTreeMap::new();
        for n in 0..ACCOUNTS {
            let account = format!("account-{n}");
            set_aside.insert(account.clone(), self.counter.reserved(&account));
        }
        assert!(set_aside.values().all(|minor| *minor == 0), "seed {}: {set_aside:?}", self.seed);
        for n in 0..self.sent.len() {
            if self.sent[n].first.is_some() {
                self.ask(n, Duration::ZERO);
            }
        }
    }
}

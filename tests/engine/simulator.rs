//! Card life cycles from a seed, on a clock on which weeks pass in milliseconds, played by a
//! stand-in for the network that keeps its own books and compares them at the end.
//!
//! | cycle | what follows an approval |
//! | --- | --- |
//! | purchase | its debit |
//! | reversal, expiry | its debit; seconds or seven days later its credit |
//! | clearing for more, for less | its debit; days later the difference |
//! | hotel | its hold; increments, each with its raise; captures over weeks; the rest restored |
//! | over-clearing | its hold; a capture of more |
//! | clearing reversed | its hold; its capture; the hold re-opened, and captured again |
//! | pre-authorization expired | its hold; thirty days later restored |
//! | lost | nothing: the approval never reached the network, and lapses |
//! | refund, refund reversed | no approval; a credit; its debit |
//! | chargeback, challenged, ruled | a debit long ago; a credit; a debit; a credit |
//! | declined, checked | more than there is; nothing at all |
//!
//! Answers are lost on the way and asked for again; the disk stalls; the server is killed and
//! started anew. What was approved must be honoured, whatever happens in between. `HOLDFAST_CYCLES`
//! says how many cycles in all, `HOLDFAST_SEED` repeats one story.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast::engine::record::AuthorizationKind;
use holdfast::ledger::{Merchant, Operation};
use wal::simulated::Choices;

use super::counter::{Card, Counter, Reply, Slip, TIME_TO_LIVE};

use Operation::{
    CreditBalance, CreditHoldBalance, DebitBalance, DebitHoldBalance, HoldBalance, RestoreBalance,
};

const CYCLES_PER_STORY: u64 = 1_000;
const CYCLES_DEFAULT: u64 = 10_000;
const ACCOUNTS: u64 = 20;
/// How many cycles go on at once.
const AT_ONCE: usize = 50;
const FUNDS: u64 = 100_000;
const DAY: u64 = 24 * 60 * 60;

#[test]
fn both_sides_have_the_same_books_after_any_number_of_life_cycles() {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    if let Some(seed) = number("HOLDFAST_SEED") {
        return Network::new(seed).run();
    }
    let cycles: u64 = number("HOLDFAST_CYCLES").unwrap_or(CYCLES_DEFAULT);
    for seed in 0..cycles.div_ceil(CYCLES_PER_STORY) {
        Network::new(seed).run();
    }
}

/// What is done next in a cycle, so many seconds after what was done before.
#[derive(Clone, Copy, Debug)]
enum Step {
    Approve(AuthorizationKind, u64),
    Do(Operation, u64),
    /// Restores all that is left.
    RestoreAll,
    Wait(u64),
}

use Step::{Approve, Do, RestoreAll, Wait};

/// One card transaction under way.
struct Cycle {
    name: String,
    account: String,
    steps: std::vec::IntoIter<Step>,
    hold: Option<String>,
    /// What is left of the hold, by the network's books.
    left: u64,
    sent: u64,
}

/// What the network knows of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Book {
    posted: i64,
    held: i64,
}

struct Network {
    seed: u64,
    choices: Choices,
    counter: Counter,
    books: BTreeMap<String, Book>,
    cycles: u64,
}

impl Network {
    fn new(seed: u64) -> Self {
        let mut counter = Counter::new();
        let mut books = BTreeMap::new();
        for n in 0..ACCOUNTS {
            let account = format!("account-{n}");
            counter.open(&account, FUNDS);
            let posted = i64::try_from(FUNDS).unwrap();
            books.insert(account, Book { posted, held: 0 });
        }
        counter.world.commit_all().unwrap();
        Self { seed, choices: Choices::new(seed), counter, books, cycles: 0 }
    }

    fn run(mut self) {
        let mut open: Vec<Cycle> = Vec::new();
        while self.cycles < CYCLES_PER_STORY || !open.is_empty() {
            if open.len() < AT_ONCE && self.cycles < CYCLES_PER_STORY {
                let cycle = self.begin();
                open.push(cycle);
                continue;
            }
            let count = u64::try_from(open.len()).unwrap();
            let n = usize::try_from(self.choices.below(count)).unwrap();
            if !self.go_on(&mut open[n]) {
                open.swap_remove(n);
            }
            let seconds = self.choices.below(3);
            self.pass(seconds);
            if self.choices.once_in(2_000) {
                self = self.restart();
            }
        }
        self.compare();
    }

    fn begin(&mut self) -> Cycle {
        self.cycles += 1;
        let account = format!("account-{}", self.choices.below(ACCOUNTS));
        let steps = self.draw().into_iter();
        let name = format!("t-{}", self.cycles);
        Cycle { name, account, steps, hold: None, left: 0, sent: 0 }
    }

    fn amount(&mut self) -> u64 {
        1 + self.choices.below(900)
    }

    fn draw(&mut self) -> Vec<Step> {
        use AuthorizationKind::{Final, Pre};
        let (a, b) = (self.amount(), self.amount());
        let bought = vec![Approve(Final, a), Do(DebitBalance, a)];
        let held = vec![Approve(Pre, a), Do(HoldBalance, a)];
        let then = |steps: Vec<Step>, more: Vec<Step>| [steps, more].concat();
        match self.choices.below(16) {
            0..=2 => bought,
            3 => then(bought, vec![Wait(5), Do(CreditBalance, a)]),
            4 => then(bought, vec![Wait(7 * DAY), Do(CreditBalance, a)]),
            5 => then(bought, vec![Wait(2 * DAY), Do(DebitBalance, b)]),
            6 => then(bought, vec![Wait(2 * DAY), Do(CreditBalance, a / 2)]),
            7 => {
                let raised = vec![Approve(Pre, b), Do(HoldBalance, b), Wait(3 * DAY)];
                let part = (a + b) / 3;
                let captured = vec![Do(DebitHoldBalance, part), Wait(9 * DAY)];
                let rest = vec![Do(DebitHoldBalance, part), Wait(DAY), RestoreAll];
                then(then(held, raised), then(captured, rest))
            }
            8 => then(held, vec![Wait(DAY), Do(DebitHoldBalance, a + b)]),
            9 => {
                let again = vec![Do(CreditHoldBalance, a), Wait(DAY), Do(DebitHoldBalance, a)];
                then(then(held, vec![Wait(DAY), Do(DebitHoldBalance, a), Wait(DAY)]), again)
            }
            10 => then(held, vec![Wait(30 * DAY), RestoreAll]),
            11 => vec![Approve(if a % 2 == 0 { Final } else { Pre }, a)],
            12 => vec![Do(CreditBalance, a), Wait(3 * DAY), Do(DebitBalance, a)],
            13 => {
                let ruled = vec![Wait(9 * DAY), Do(DebitBalance, a), Wait(9 * DAY)];
                let back = vec![Wait(20 * DAY), Do(CreditBalance, a)];
                then(then(bought, back), then(ruled, vec![Do(CreditBalance, a)]))
            }
            14 => vec![Approve(Final, FUNDS * 1_000), Do(DebitBalance, FUNDS * 1_000)],
            _ => vec![Approve(Final, 0)],
        }
    }

    /// Does the next step of a cycle; `false` when it is over.
    fn go_on(&mut self, cycle: &mut Cycle) -> bool {
        let Some(step) = cycle.steps.next() else { return false };
        match step {
            Wait(seconds) => self.pass(seconds / 40),
            Approve(kind, minor) => return self.approve(cycle, kind, minor),
            Do(operation, minor) => self.operate(cycle, operation, Some(minor)),
            RestoreAll if cycle.left > 0 => self.operate(cycle, RestoreBalance, None),
            RestoreAll => {}
        }
        true
    }

    /// Asks until it hears an answer; a decline ends the cycle.
    fn approve(&mut self, cycle: &mut Cycle, kind: AuthorizationKind, minor: u64) -> bool {
        cycle.sent += 1;
        let message = format!("{}-m{}", cycle.name, cycle.sent);
        let (account, transaction) = (&*cycle.account, &*cycle.name);
        let card = Card {
            kind,
            account,
            transaction,
            message: &message,
            minor,
            partial: false,
            merchant: Merchant::default(),
        };
        let stall = if self.choices.once_in(50) { 2_000 } else { self.choices.below(700) };
        let mut reply = self.counter.ask(&card, Duration::from_millis(stall));
        while self.choices.once_in(5) {
            let again = self.counter.ask(&card, Duration::ZERO);
            assert_eq!(again, reply, "seed {}: {card:?}", self.seed);
            reply = again;
        }
        match reply {
            Reply::Approved(granted, _) => {
                assert_eq!(granted, minor, "seed {}: {card:?}", self.seed);
                true
            }
            Reply::Late => false,
            Reply::Declined(code) => {
                assert_eq!(code, "INSUFFICIENT_FUNDS", "seed {}: {card:?}", self.seed);
                false
            }
        }
    }

    /// An operation that the network settles whatever is answered: it must be done.
    fn operate(&mut self, cycle: &mut Cycle, operation: Operation, minor: Option<u64>) {
        cycle.sent += 1;
        let key = format!("{}-k{}", cycle.name, cycle.sent);
        let on_hold = matches!(operation, DebitHoldBalance | CreditHoldBalance | RestoreBalance);
        let raises = operation == HoldBalance && cycle.hold.is_some();
        let slip = Slip {
            key: &key,
            operation,
            account: &cycle.account,
            transaction_id: &cycle.name,
            minor,
            hold: cycle.hold.as_deref().filter(|_| on_hold || raises),
        };
        let mut told = self.counter.hand_in(&slip).map(|(_, hold)| hold);
        while self.choices.once_in(5) {
            let again = self.counter.hand_in(&slip).map(|(_, hold)| hold);
            assert_eq!(again, told, "seed {}: {slip:?}", self.seed);
            told = again;
        }
        let hold = told.unwrap_or_else(|code| panic!("seed {}: {code} for {slip:?}", self.seed));
        let book = self.books.get_mut(&cycle.account).unwrap();
        book.enter(operation, minor.unwrap_or(cycle.left), &mut cycle.left);
        cycle.hold = hold.or(cycle.hold.take());
    }

    fn pass(&mut self, seconds: u64) {
        self.counter.hand.advance(Duration::from_secs(seconds));
        self.counter.world.engine.sweep();
        self.counter.world.engine.lapse_due();
    }

    /// The server is killed once all that was answered is durable, and started again.
    fn restart(mut self) -> Self {
        self.counter.world.commit_all().unwrap();
        let disk = self.counter.world.disk.kill();
        self.counter = self.counter.again(&disk);
        self
    }

    fn compare(mut self) {
        self.pass(TIME_TO_LIVE.as_secs() + 1);
        for (account, book) in &self.books {
            let view = self.counter.world.engine.account(account).unwrap();
            let pocket = view.balances[0].1;
            let found = Book { posted: pocket.posted.minor(), held: pocket.held.minor() };
            assert_eq!((found, pocket.reserved.minor()), (*book, 0), "seed {}", self.seed);
        }
        assert!(self.counter.world.engine.audit(|| {}).are_clean());
    }
}

impl Book {
    fn enter(&mut self, operation: Operation, minor: u64, left: &mut u64) {
        let of_hold = minor.min(*left);
        let signed = |minor: u64| i64::try_from(minor).unwrap();
        match operation {
            DebitBalance => self.posted -= signed(minor),
            CreditBalance => self.posted += signed(minor),
            HoldBalance => (self.held, *left) = (self.held + signed(minor), *left + minor),
            RestoreBalance => (self.held, *left) = (self.held - signed(minor), *left - minor),
            DebitHoldBalance => {
                self.posted -= signed(minor);
                (self.held, *left) = (self.held - signed(of_hold), *left - of_hold);
            }
            CreditHoldBalance => {
                self.posted += signed(minor);
                (self.held, *left) = (self.held + signed(minor), *left + minor);
            }
        }
    }
}

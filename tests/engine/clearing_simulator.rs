//! The card life cycles of [`simulator`](super::simulator) in clearing mode: nothing but approvals,
//! reversals and clearing records moves the money, and the network keeps books of its own.
//!
//! | cycle | what follows an approval |
//! | --- | --- |
//! | purchase | nothing, for it is cleared as it was approved |
//! | reversal, expiry | seconds later its reversal; seven days later its expiry |
//! | clearing for more, for less, in parts | days later its clearing; two parts, and the rest expires |
//! | hotel | increments; a part cleared; the last part, and the rest is free |
//! | over-clearing | a clearing of more than the hold |
//! | clearing reversed | a part cleared, undone, and cleared again |
//! | pre-authorization reversed, expired | a part reversed; the rest expires |
//! | refund, refund reversed, chargeback to its ruling | what they say |
//! | unlinked | no approval; a clearing |
//! | declined, checked | more than there is; nothing at all |
//!
//! Messages come again, the disk stalls, the power fails in the middle of what a message does, and
//! the message is sent once more. After every answer the account has available what the network
//! expects, posted or still set aside. `HOLDFAST_CYCLES` says how many cycles in all, `HOLDFAST_SEED`
//! repeats one story.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast::engine::Verdict;
use holdfast::engine::record::AuthorizationKind;
use holdfast::ledger::Merchant;
use holdfast_auditor::audit::Audit;
use holdfast_auditor::books::Rules;
use wal::simulated::Choices;

use super::clearings::{Done, Message};
use super::counter::{Card, Counter, Reply};
use crate::support::engine::{cut_power, write_out};

use AuthorizationKind::{Final, Pre};
use Message::{Clear, Reverse};
use Step::{Approve, Tell, Wait};

const CYCLES_PER_STORY: u64 = 1_000;
const CYCLES_DEFAULT: u64 = 4_000;
const ACCOUNTS: u64 = 20;
/// How many cycles go on at once.
const AT_ONCE: usize = 50;
const FUNDS: u64 = 100_000;
const DAY: u64 = 24 * 60 * 60;

#[test]
fn both_sides_have_the_same_books_when_nothing_but_what_is_told_moves_money() {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    if let Some(seed) = number("HOLDFAST_SEED") {
        return Network::new(seed).run();
    }
    let cycles: u64 = number("HOLDFAST_CYCLES").unwrap_or(CYCLES_DEFAULT);
    for seed in 0..cycles.div_ceil(CYCLES_PER_STORY) {
        Network::new(seed).run();
    }
}

/// What is done next in a cycle, and what the network then adds to what the account owns and holds.
#[derive(Clone, Copy, Debug)]
enum Step {
    Approve(AuthorizationKind, u64),
    Tell(Message, i64, i64),
    Wait(u64),
}

/// One card transaction under way.
struct Cycle {
    name: String,
    account: String,
    steps: std::vec::IntoIter<Step>,
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

fn signed(minor: u64) -> i64 {
    i64::try_from(minor).unwrap()
}

impl Network {
    fn new(seed: u64) -> Self {
        let mut counter = Counter::in_clearing_mode();
        let mut books = BTreeMap::new();
        for n in 0..ACCOUNTS {
            let account = format!("account-{n}");
            counter.open(&account, FUNDS);
            books.insert(account, Book { posted: signed(FUNDS), held: 0 });
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
            let goes_on;
            (self, goes_on) = self.go_on(&mut open[n]);
            self.expect(&open[n].account);
            if !goes_on {
                open.swap_remove(n);
            }
            let seconds = self.choices.below(3);
            self.pass(seconds);
        }
        self.compare();
    }

    fn begin(&mut self) -> Cycle {
        self.cycles += 1;
        let account = format!("account-{}", self.choices.below(ACCOUNTS));
        let steps = self.draw().into_iter();
        Cycle { name: format!("t-{}", self.cycles), account, steps, sent: 0 }
    }

    fn draw(&mut self) -> Vec<Step> {
        let (a, b) = (1 + self.choices.below(900), 1 + self.choices.below(900));
        let (own, other, third) = (signed(a), signed(b), signed(a / 3));
        let bought = |more: Vec<Step>| [vec![Approve(Final, a), Wait(2 * DAY)], more].concat();
        let held = |more: Vec<Step>| [vec![Approve(Pre, a), Wait(2 * DAY)], more].concat();
        let takes =
            |of_type, minor: u64, held| Tell(Clear(of_type, false, minor), -signed(minor), held);
        let gives =
            |of_type, minor: u64, held| Tell(Clear(of_type, true, minor), signed(minor), held);
        match self.choices.below(17) {
            0..=1 => vec![Approve(Final, a)],
            2 => vec![Approve(Final, a), Wait(5), Tell(Reverse("final", a), own, 0)],
            3 => bought(vec![Wait(5 * DAY), Tell(Clear("final_auth_expiry", true, a), own, 0)]),
            4 => bought(vec![Tell(Clear("final_auth", false, b), own - other, 0)]),
            5 => {
                let part = Tell(Clear("final_auth_partial", false, a / 3), 0, 0);
                let rest = Tell(Clear("final_auth_expiry", true, a), own - 2 * third, 0);
                bought(vec![part, Wait(DAY), part, rest])
            }
            6 => {
                let part = (a + b) / 3;
                let rest = own + other - signed(part);
                let raised = vec![Approve(Pre, b), Wait(3 * DAY)];
                let captured = takes("pre_auth_partial", part, -signed(part));
                let last = takes("pre_auth_final", part, -rest);
                held([raised, vec![captured, Wait(9 * DAY), last]].concat())
            }
            7 => held(vec![takes("pre_auth_final", a + b, -own)]),
            8 => held(vec![
                takes("pre_auth_partial", a, -own),
                gives("pre_auth_partial_reversal", a, own),
                takes("pre_auth_final", a, -own),
                gives("pre_auth_final_reversal", a, 0),
            ]),
            9 => held(vec![
                Tell(Reverse("pre", a / 3), 0, -third),
                Tell(Clear("pre_auth_expiry", true, a), 0, third - own),
            ]),
            10 => vec![gives("refund", a, 0), Wait(3 * DAY), takes("refund_reversal", a, 0)],
            11 => bought(vec![
                gives("chargeback", a, 0),
                Wait(20 * DAY),
                takes("chargeback_challenge", a, 0),
                gives("chargeback_challenge_reversal", a, 0),
            ]),
            12 => vec![takes("unlinked_auth_final", a, 0)],
            13 => vec![gives("unlinked_refund", a, 0), takes("unlinked_refund_reversal", a, 0)],
            14 => vec![Approve(Final, FUNDS * 1_000)],
            15 => held(vec![Tell(Reverse("pre", a), 0, -own)]),
            _ => vec![Approve(Final, 0)],
        }
    }

    /// Does the next step of a cycle; `false` when it is over.
    fn go_on(mut self, cycle: &mut Cycle) -> (Self, bool) {
        let Some(step) = cycle.steps.next() else { return (self, false) };
        cycle.sent += 1;
        let goes_on = match step {
            Wait(seconds) => {
                self.pass(seconds / 40);
                true
            }
            Approve(kind, minor) => self.approve(cycle, kind, minor),
            Tell(message, posted, held) => {
                self = self.tell(cycle, message);
                self.enter(&cycle.account, posted, held);
                true
            }
        };
        (self, goes_on)
    }

    fn enter(&mut self, account: &str, posted: i64, held: i64) {
        let book = self.books.get_mut(account).unwrap();
        (book.posted, book.held) = (book.posted + posted, book.held + held);
    }

    /// Asks until it hears an answer; a decline ends the cycle.
    fn approve(&mut self, cycle: &Cycle, kind: AuthorizationKind, minor: u64) -> bool {
        let message = format!("{}-m{}", cycle.name, cycle.sent);
        let card = Card {
            kind,
            account: &cycle.account,
            transaction: &cycle.name,
            message: &message,
            minor,
            partial: false,
            merchant: Merchant::default(),
        };
        let stall = if self.choices.once_in(50) { 2_000 } else { self.choices.below(700) };
        let reply = self.counter.ask(&card, Duration::from_millis(stall));
        while self.choices.once_in(5) {
            let again = self.counter.ask(&card, Duration::ZERO);
            assert_eq!(again, reply, "seed {}: {card:?}", self.seed);
        }
        match reply {
            Reply::Approved(..) => match kind {
                Final => self.enter(&cycle.account, -signed(minor), 0),
                Pre => self.enter(&cycle.account, 0, signed(minor)),
            },
            // Only what is on the disk is certain not to stand after a crash.
            Reply::Late => self.counter.world.commit_all().unwrap(),
            Reply::Declined(code) => assert_eq!(code, "INSUFFICIENT_FUNDS", "seed {}", self.seed),
        }
        matches!(reply, Reply::Approved(..))
    }

    /// Tells of something until it is acknowledged, which it is once all is durable.
    fn tell(mut self, cycle: &Cycle, message: Message) -> Self {
        let name = format!("{}-n{}", cycle.name, cycle.sent);
        let tell =
            |counter: &mut Counter| counter.tell(message, &name, &cycle.account, &cycle.name);
        tell(&mut self.counter);
        while self.choices.once_in(8) {
            let disk = cut_power(&self.counter.world.disk, &mut self.choices);
            self.counter = self.counter.again(&disk);
            tell(&mut self.counter);
        }
        self.counter.world.commit_all().unwrap();
        while self.choices.once_in(5) {
            assert_eq!(tell(&mut self.counter), Done::Before, "seed {}: {name}", self.seed);
        }
        self
    }

    fn pass(&mut self, seconds: u64) {
        self.counter.hand.advance(Duration::from_secs(seconds));
        self.counter.world.engine.sweep();
        self.counter.world.engine.lapse_due();
        if self.choices.once_in(3) {
            self.counter.post_due();
        }
    }

    /// What is available is what the network expects, whether it is posted or set aside.
    fn expect(&self, account: &str) {
        let book = self.books[account];
        let available = i128::from(book.posted - book.held);
        assert_eq!(self.counter.available(account), available, "seed {}: {account}", self.seed);
    }

    fn compare(mut self) {
        self.counter.post_due();
        for (account, book) in &self.books {
            let view = self.counter.world.engine.account(account).unwrap();
            let pocket = view.balances[0].1;
            let found = Book { posted: pocket.posted.minor(), held: pocket.held.minor() };
            assert_eq!((found, pocket.reserved.minor()), (*book, 0), "seed {}", self.seed);
        }
        assert!(self.counter.world.engine.audit(|| {}).are_clean());
        self.counter.world.commit_all().unwrap();
        self.explain();
        self.audit();
    }

    /// Each decision comes out again, by what the log has.
    fn explain(&self) {
        let engine = &self.counter.world.engine;
        for n in (1..=self.cycles).step_by(40) {
            let name = format!("t-{n}");
            for it in engine.explain(&name, &engine.transaction_heads(&name)).unwrap() {
                assert!(!matches!(it.verdict, Verdict::Differs(_)), "seed {}: {it:?}", self.seed);
            }
        }
    }

    /// The shadow auditor, which shares no code with the engine, finds nothing wrong.
    fn audit(&self) {
        let home = tempfile::tempdir().unwrap();
        write_out(&self.counter.world.disk, &home.path().join("wal"));
        let mut audit = Audit::new(Rules::default(), 8);
        audit.run(home.path(), None).unwrap();
        assert!(audit.findings.is_clean(), "seed {}: {:#?}", self.seed, audit.findings);
    }
}

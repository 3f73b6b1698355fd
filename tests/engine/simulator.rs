//! Whole card life cycles against the engine, on a clock on which weeks pass in milliseconds.
//!
//! The cycles, the network that plays them and its books are the load generator's
//! ([`holdfast_loadgen::simulator`]); every answer is compared with these books as it comes, and
//! every balance at the end. Here answers are lost on the way and asked for again, the disk stalls,
//! the power is cut, and the server started anew. What was approved must be honoured, whatever
//! happens in between.
//!
//! `HOLDFAST_CYCLES` says how many cycles in all, `HOLDFAST_SEED` repeats one story.

use std::time::{Duration, Instant};

use holdfast::ledger::Operation;
use holdfast_loadgen::account::{ATTEMPTS_MAX, Account, Standing};
use holdfast_loadgen::clock;
use holdfast_loadgen::seed::Seed;
use holdfast_loadgen::simulator::{books::Span, mix::Mix, network::Life, share::Shares};
use holdfast_loadgen::wire::{Amount, Balance, Reply};
use rust_decimal::Decimal;
use wal::simulated::Choices;

use super::counter::{Counter, TIME_TO_LIVE};
use crate::support::engine::cut_power;

const CYCLES_PER_STORY: u64 = 1_000;
const CYCLES_DEFAULT: u64 = 10_000;
const ACCOUNTS: u64 = 20;
/// 300.00: so little that some of what is asked is refused.
const FUNDS: u64 = 30_000;
/// Longer than any reservation lasts.
const LONG: Duration = TIME_TO_LIVE.saturating_mul(2);

#[test]
fn both_sides_have_the_same_books_after_any_number_of_life_cycles() {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    if let Some(seed) = number("HOLDFAST_SEED") {
        println!("{:?}", one_story(seed));
        return;
    }
    let cycles: u64 = number("HOLDFAST_CYCLES").unwrap_or(CYCLES_DEFAULT);
    let mut met = Met::default();
    (0..cycles.div_ceil(CYCLES_PER_STORY)).for_each(|seed| met.add(one_story(seed)));
    println!("{met:?}");
    let Met { lost, late, declined, refused, deaths } = met;
    let every = [lost, late, declined, refused, deaths].iter().all(|it| *it > 0);
    assert!(every || cycles < CYCLES_DEFAULT, "not all was met: {met:?}");
}

fn one_story(seed: u64) -> Met {
    let story = Story::new(seed, Fault::None);
    story.run().unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"))
}

#[test]
fn a_wrong_entry_of_the_ledger_is_found_by_the_networks_books() {
    for fault in [Fault::ACentMore, Fault::NothingLapses, Fault::AnswersEarly] {
        for seed in 0..3 {
            let wrong = Story::new(seed, fault).run();
            assert!(wrong.is_err(), "seed {seed}: {fault:?} was not found");
        }
    }
}

/// What is wrong with the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Half-way an account is given a cent.
    ACentMore,
    /// What was approved and not used is set aside for ever.
    NothingLapses,
    /// It answers before what it tells is durable.
    AnswersEarly,
}

/// What befell the cycles.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    /// Answers that were lost and asked for again.
    lost: u64,
    /// Approvals that came too late.
    late: u64,
    /// Authorizations that were declined.
    declined: u64,
    /// Operations that were refused.
    refused: u64,
    /// Servers that died.
    deaths: u64,
}

struct Story {
    fault: Fault,
    met: Met,
    choices: Choices,
    counter: Counter,
    accounts: Vec<Account>,
    /// How far the network's clock is.
    clock: Duration,
    start: Instant,
    began: i64,
}

impl Met {
    fn note(&mut self, reply: &Reply, lost: bool) {
        let says = |text: &str| u64::from(String::from_utf8_lossy(&reply.body).contains(text));
        self.lost += u64::from(lost);
        self.late += says("TOO_LATE");
        self.declined += says("declined") - says("TOO_LATE");
        self.refused += says("\"success\":false");
    }

    fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.late += other.late;
        self.declined += other.declined;
        self.refused += other.refused;
        self.deaths += other.deaths;
    }
}

impl Story {
    fn new(seed: u64, fault: Fault) -> Self {
        let mut counter = Counter::new();
        let accounts = (0..ACCOUNTS).map(|n| open(&mut counter, n, Seed::new(seed))).collect();
        counter.world.commit_all().unwrap();
        let (start, began) = (clock::now(), counter.world.engine.now().micros());
        let (choices, clock) = (Choices::new(seed), Duration::ZERO);
        let met = Met::default();
        Self { fault, met, choices, counter, accounts, clock, start, began }
    }

    fn run(mut self) -> Result<Met, String> {
        while self.finished() < CYCLES_PER_STORY {
            let earliest = (0..self.accounts.len()).min_by_key(|n| self.accounts[*n].due());
            self.play(earliest.unwrap())?;
            if self.choices.once_in(2_000) {
                self.restart();
            }
            if self.fault == Fault::ACentMore && self.finished() > CYCLES_PER_STORY / 2 {
                self.fault = Fault::None;
                self.counter.operate(Operation::CreditBalance, "account-0", "a cent", 1).unwrap();
                self.counter.world.commit_all().unwrap();
            }
        }
        self.compare()?;
        Ok(self.met)
    }

    fn finished(&self) -> u64 {
        self.accounts.iter().map(Account::finished).sum()
    }

    /// Asks for the next thing of an account until its answer is heard.
    fn play(&mut self, n: usize) -> Result<(), String> {
        let due = self.accounts[n].due();
        self.pass(due.saturating_sub(self.clock));
        for attempt in 1..=ATTEMPTS_MAX {
            let (call, body) = self.accounts[n].next_request();
            let stall = self.stall(attempt);
            let asked = self.now();
            let reply = self.counter.post(call, &body, stall);
            let lost = attempt < ATTEMPTS_MAX && self.choices.once_in(5);
            if !lost && self.fault != Fault::AnswersEarly {
                self.counter.world.commit_all().unwrap();
            }
            self.met.note(&reply, lost);
            let span = Span { asked, told: self.now() };
            match self.accounts[n].learn((!lost).then_some(&reply), span) {
                Standing::Settled => return Ok(()),
                Standing::Different(difference) => return Err(difference.to_string()),
                Standing::Unknown if self.choices.once_in(20) => self.restart(),
                Standing::Unknown => {}
                Standing::GivenUp => unreachable!("the last answer is heard"),
            }
        }
        unreachable!("the last answer is heard")
    }

    /// How slow the disk is: seldom, and only for what is asked first, too slow.
    fn stall(&mut self, attempt: u32) -> Duration {
        let too_slow = self.choices.once_in(50);
        let millis = if too_slow { 2_000 } else { self.choices.below(700) };
        if attempt == 1 { Duration::from_millis(millis) } else { Duration::ZERO }
    }

    fn now(&self) -> Instant {
        let since = self.counter.world.engine.now().micros() - self.began;
        self.start + Duration::from_micros(u64::try_from(since).unwrap())
    }

    fn pass(&mut self, time: Duration) {
        self.clock += time;
        self.counter.hand.advance(time);
        self.counter.world.engine.sweep();
        if self.fault != Fault::NothingLapses {
            self.counter.world.engine.lapse_due();
        }
    }

    /// The process dies, or the machine loses its power, and what is on the disk is started again.
    /// All that was answered is there; what was not may be.
    fn restart(&mut self) {
        self.met.deaths += 1;
        let disk = &self.counter.world.disk;
        let disk = match self.choices.once_in(2) {
            true => disk.kill(),
            false => cut_power(disk, &mut self.choices),
        };
        self.counter.restart(&disk);
    }

    /// Compares every balance, when all that was not used has lapsed.
    fn compare(&mut self) -> Result<(), String> {
        self.pass(LONG);
        let at = self.now();
        for (n, account) in (0..).zip(&self.accounts) {
            let balance = balance(&self.counter, n);
            let difference = account.compare(&balance, Span { asked: at, told: at });
            difference.map_or(Ok(()), |difference| Err(difference.to_string()))?;
        }
        let findings = self.counter.world.engine.audit(|| {});
        if findings.are_clean() { Ok(()) } else { Err(format!("{findings:?}")) }
    }
}

fn open(counter: &mut Counter, n: u64, seed: Seed) -> Account {
    let name = name(n);
    counter.open(&name, FUNDS);
    let balance_ref = balance(counter, n).balance_ref;
    let (mix, seed, time_to_live) = (Mix::Cycles, seed.fork(n), Some(TIME_TO_LIVE));
    Account::open(
        name,
        balance_ref,
        cents(FUNDS.into()),
        Life { mix, seed, time_to_live, shares: Shares::default(), shared: false },
    )
}

fn name(n: u64) -> String {
    format!("account-{n}")
}

fn balance(counter: &Counter, n: u64) -> Balance {
    let view = counter.world.engine.account(&name(n)).unwrap();
    let (balance_ref, pocket) = &view.balances[0];
    let amount = |minor: i64| Amount(cents(minor.into()));
    Balance {
        balance_ref: balance_ref.to_string(),
        posted: amount(pocket.posted.minor()),
        held: amount(pocket.held.minor()),
        reserved: amount(pocket.reserved.minor()),
        available: Amount(cents(pocket.available())),
    }
}

fn cents(minor: i128) -> Decimal {
    Decimal::from_i128_with_scale(minor, 2)
}

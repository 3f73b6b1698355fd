//! Every account is shown as it was at any moment, and what moved it is listed, from the log alone.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::engine::record::standing::WHOLE_EVERY;
use holdfast::engine::{AccountView, HistoryError, StatementAsked};
use holdfast::ledger::{Amendment, BalanceRef, Moment, Pocket, Status};
use wal::Lsn;
use wal::simulated::Operation;

use crate::engine::desk::Desk;
use crate::engine::model::{Answer, Ask, Model, Rules};
use crate::engine::script::Script;
use crate::support::engine::{World, short_segments};

/// All that a view tells of an account, but for the moment of the view itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: Status,
    metadata: Option<String>,
    balances: Vec<(BalanceRef, Pocket)>,
    newest: Lsn,
}

impl From<&AccountView> for Seen {
    fn from(view: &AccountView) -> Self {
        let metadata = view.profile.as_ref().and_then(|profile| profile.metadata.as_deref());
        Self {
            status: view.status,
            metadata: metadata.map(str::to_owned),
            balances: view.balances.clone(),
            newest: view.seen,
        }
    }
}

/// What an account looked like after each of its records.
type Lives = BTreeMap<String, Vec<Seen>>;

/// A random history of several lives, with what was seen of every account right then.
struct Chronicle {
    desk: Desk,
    model: Model,
    lives: Lives,
}

impl Chronicle {
    fn of(seed: u64, asks: usize) -> Self {
        let (desk, model) = (Desk::new(), Model::new(Rules::default()));
        let mut chronicle = Self { desk, model, lives: Lives::new() };
        let mut script = Script::new(seed);
        for n in 1..=asks {
            chronicle.ask(&script.next(&chronicle.model), seed);
            if n % 17 == 0 {
                chronicle.describe(&format!("account-{}", n % 10), n);
            }
            if n % 400 == 0 {
                chronicle.reopen();
            }
        }
        chronicle.desk.subject.world.commit_all().unwrap();
        chronicle
    }

    fn ask(&mut self, ask: &Ask, seed: u64) {
        assert_eq!(self.desk.ask(ask), self.model.ask(ask), "seed {seed}");
        self.watch();
    }

    /// New metadata, which the model takes for an amendment of nothing.
    fn describe(&mut self, account: &str, n: usize) {
        let metadata = format!("{{\"n\":{n}}}");
        let engine = &self.desk.subject.world.engine;
        let amended = engine.amend_account(account, Amendment::default(), Some(&metadata));
        let (account, status, limits, add) = (account.to_owned(), None, vec![], vec![]);
        let answer = self.model.ask(&Ask::Amend { account, status, limits, add });
        assert_eq!(amended.is_ok(), matches!(answer, Answer::Done(_)));
        self.watch();
    }

    fn watch(&mut self) {
        for n in 0..10 {
            let name = format!("account-{n}");
            let Some(view) = self.desk.subject.world.engine.account(&name) else { continue };
            let life = self.lives.entry(name).or_default();
            if life.last().is_none_or(|last| last.newest < view.seen) {
                life.push(Seen::from(&view));
            }
        }
    }

    fn reopen(&mut self) {
        let world = std::mem::replace(&mut self.desk.subject.world, World::new(short_segments()));
        self.desk.subject.world = World::open(&world.close(), short_segments()).unwrap();
    }

    fn world(&self) -> &World {
        &self.desk.subject.world
    }

    fn live(&self, account: &str) -> AccountView {
        self.world().engine.account(account).unwrap()
    }

    fn at(&self, record: Lsn) -> Moment {
        self.world().engine.stored(record).unwrap().record().unwrap().1.at
    }

    /// The actions that moved an account, oldest first, as the model knows them.
    fn movements(&self, account: &str) -> Vec<u64> {
        let involved = |ask: &Ask| match ask {
            Ask::Operate(it) => it.account == account,
            Ask::Transfer(it) => it.source == account || it.destination == account,
            _ => false,
        };
        let moved = |answer: &Answer| matches!(answer, Answer::Done(it) if !it.postings.is_empty());
        let log = (1..).zip(self.model.log());
        log.filter(|(_, (ask, answer))| involved(ask) && moved(answer)).map(|(n, _)| n).collect()
    }
}

/// The moment before.
fn before(at: Moment) -> Moment {
    Moment::from_micros(at.micros() - 1)
}

/// The account at a moment, and how many records were read for it.
fn past(world: &World, live: &AccountView, at: Moment) -> (Option<Seen>, u64) {
    let read = world.engine.records_read();
    let view = world.engine.account_at(live, at).unwrap();
    assert!(view.iter().all(|view| view.as_of == at && view.created_at == live.created_at));
    (view.as_ref().map(Seen::from), world.engine.records_read() - read)
}

/// The most that may be read to see an account that has so many records.
fn bound(records: usize) -> u64 {
    u64::from(3 * (records + 1).ilog2() + WHOLE_EVERY + 1)
}

/// All pages of a statement, newest first.
fn statement(world: &World, live: &AccountView, mut asked: StatementAsked) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        let page = world.engine.statement(live, asked).unwrap();
        assert!(page.actions.len() <= asked.limit);
        found.extend(page.actions.iter().map(|stored| stored.lsn().value()));
        if page.next.is_none() {
            return found;
        }
        assert_eq!(page.actions.len(), asked.limit, "a page that goes on is full");
        asked.before = page.next;
    }
}

#[test]
fn at_every_moment_an_account_is_shown_as_it_was_then() {
    for seed in 0..6 {
        let chronicle = Chronicle::of(seed, 1_500);
        for (name, life) in &chronicle.lives {
            let live = chronicle.live(name);
            let mut previous = None;
            for seen in life {
                let at = chronicle.at(seen.newest);
                let (shown, read) = past(chronicle.world(), &live, at);
                assert_eq!(shown.as_ref(), Some(seen), "seed {seed}: {name} at {at:?}");
                assert!(read <= bound(life.len()), "{read} records read of {}", life.len());
                let (shown, _) = past(chronicle.world(), &live, before(at));
                assert_eq!(shown.as_ref(), previous, "seed {seed}: {name} before {at:?}");
                previous = Some(seen);
            }
            assert_eq!(past(chronicle.world(), &live, live.as_of).0.as_ref(), previous);
        }
    }
}

#[test]
fn a_statement_lists_what_moved_the_account_and_nothing_else_in_pages_of_any_size() {
    for seed in 0..3 {
        let chronicle = Chronicle::of(seed, 1_500);
        for name in chronicle.lives.keys() {
            let live = chronicle.live(name);
            let mut expected = chronicle.movements(name);
            expected.reverse();
            let (from, to) = (Moment::from_micros(i64::MIN), Moment::from_micros(i64::MAX));
            for limit in [1, 7, 1_000] {
                let asked = StatementAsked { from, to, before: None, limit };
                assert_eq!(statement(chronicle.world(), &live, asked), expected, "seed {seed}");
            }
            let at = |n: &u64| chronicle.at(Lsn::new(*n));
            let some: Vec<u64> = expected.iter().step_by(23).copied().collect();
            for (first, last) in some.iter().zip(&some).chain(some.iter().skip(1).zip(&some)) {
                let asked =
                    StatementAsked { from: at(first), to: at(last), before: None, limit: 5 };
                let within = |n: &&u64| (*first..*last).contains(*n);
                let within: Vec<u64> = expected.iter().filter(within).copied().collect();
                assert_eq!(statement(chronicle.world(), &live, asked), within, "seed {seed}");
            }
        }
    }
}

#[test]
fn nothing_that_is_long_ago_is_far_away() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD", "JPY"], 1_000);
    desk.open("b", &["SGD"], 1_000);
    let mut moments = Vec::new();
    for n in 0..6_000 {
        let account = if n % 3 == 0 { "a" } else { "b" };
        desk.sgd("credit_balance", account, "t", 1).done();
        moments.push(desk.subject.world.engine.now());
        if n % 2_000 == 0 {
            desk.subject.world.commit_all().unwrap();
        }
    }
    for _ in 0..2_000 {
        let unknown = Some("bal_00000000000000ff_0");
        let refused = desk.operate("credit_balance", "b", "t", unknown, Some(("SGD", 1)));
        assert_eq!(refused.code(), "BALANCE_NOT_FOUND");
    }
    moments.push(desk.subject.world.engine.now());
    desk.subject.world.commit_all().unwrap();
    let (world, mut told) = (&desk.subject.world, BTreeSet::new());
    for account in ["a", "b"] {
        let live = world.engine.account(account).unwrap();
        for at in moments.iter().step_by(7).chain(moments.last()) {
            let (shown, read) = past(world, &live, *at);
            told.extend(shown.map(|seen| seen.balances[0].1.posted.minor()));
            assert!(read <= bound(6_000), "{read} records read");
        }
        let everything = StatementAsked {
            from: Moment::from_micros(i64::MIN),
            to: moments[2_000],
            before: None,
            limit: 3,
        };
        let read = world.engine.records_read();
        assert_eq!(world.engine.statement(&live, everything).unwrap().actions.len(), 3);
        assert!(world.engine.records_read() - read <= bound(6_000) + 4, "the end is walked to");
    }
    assert!(told.len() > 800, "{} balances were told", told.len());
}

/// What cannot be read is told as such: neither as nothing nor as what was before.
#[test]
fn a_past_that_cannot_be_read_is_not_made_up() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD", "JPY"], 1_000);
    let mut moments = Vec::new();
    for _ in 0..50 {
        desk.sgd("credit_balance", "a", "t", 1).done();
        moments.push(desk.subject.world.engine.now());
    }
    desk.subject.world.commit_all().unwrap();
    let world = &desk.subject.world;
    let live = world.engine.account("a").unwrap();
    let everything = StatementAsked {
        from: Moment::from_micros(i64::MIN),
        to: moments[10],
        before: None,
        limit: 100,
    };
    for nth in 1..=8 {
        world.disk.fail(Operation::Read, nth);
        let shown = world.engine.account_at(&live, moments[3]);
        assert!(matches!(shown, Err(HistoryError::Unreadable { .. })), "{nth}: {shown:?}");
        world.disk.fail(Operation::Read, nth);
        let listed = world.engine.statement(&live, everything);
        assert!(matches!(listed, Err(HistoryError::Unreadable { .. })), "{nth}: {listed:?}");
    }
}

/// Refusals move nothing: a statement of nothing else comes in pages that are bounded, and ends.
#[test]
fn a_statement_passes_refusals_a_bounded_number_at_a_time() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD"], 1_000);
    for n in 0..10_500 {
        assert_eq!(desk.sgd("debit_balance", "a", "t", 1_001).code(), "INSUFFICIENT_FUNDS");
        if n % 1_000 == 0 {
            desk.subject.world.commit_all().unwrap();
        }
    }
    desk.subject.world.commit_all().unwrap();
    let engine = &desk.subject.world.engine;
    let live = engine.account("a").unwrap();
    let (from, to) = (Moment::from_micros(i64::MIN), Moment::from_micros(i64::MAX));
    let page =
        |before| engine.statement(&live, StatementAsked { from, to, before, limit: 100 }).unwrap();
    let first = page(None);
    assert!(first.actions.is_empty() && first.next.is_some());
    let second = page(first.next);
    assert_eq!((second.actions.len(), second.next), (1, None));
}

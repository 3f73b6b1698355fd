//! Whole histories from a seed, of several lives each, asked of the engine and of the model.
//!
//! `HOLDFAST_OPERATIONS` says how many things are asked in all, a third of them under each law;
//! `HOLDFAST_SEED` repeats one history.

use std::collections::{BTreeMap, VecDeque};

use holdfast::engine::{Currencies, OpenError, Options};
use holdfast::ledger::{OverCapture, Rules as EngineRules, UnlinkedDebits};
use holdfast_auditor::audit::Audit;
use holdfast_auditor::books::{OverCapture as OverCaptures, Rules as ShadowRules, Unlinked};
use wal::simulated::{Choices, Disk, Operation};

use super::boundary::Subject;
use super::model::{Answer, Ask, Model, Rules};
use super::script::Script;
use super::snapshots::Snapshots;
use crate::support::engine::{World, cut_power, short_segments, write_out};

const OPERATIONS_PER_HISTORY: u64 = 2_000;
const OPERATIONS_DEFAULT: u64 = 200_000;
const LAWS: u64 = 3;

/// Each answer is the model's; what was told survives every end of a life; what died is asked anew.
#[test]
fn the_engine_answers_as_the_contract_says_through_every_life() {
    run(&Plan { seed: 1, commits: 2, ends: &[End::Restart, End::Kill, End::PowerCut] });
}

/// Groups of many records, and power that fails while they are written.
#[test]
fn what_was_told_outlives_the_power_and_what_was_not_is_a_prefix() {
    run(&Plan { seed: 1 << 32, commits: 40, ends: &[End::PowerCut] });
}

/// What was in flight is unknown until the key is asked again, and then it has one effect.
#[test]
fn a_failed_sync_leaves_exactly_one_effect_of_each_key() {
    run(&Plan { seed: 2 << 32, commits: 20, ends: &[End::FailedSync, End::FailedDisk] });
}

/// How a law is put to the test.
struct Plan {
    /// The first seed; the others follow it.
    seed: u64,
    /// A group is committed once in so many things asked.
    commits: u64,
    ends: &'static [End],
}

/// How a life ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// All is made durable, and the log closed.
    Restart,
    /// The process dies, and the page cache lives.
    Kill,
    /// The power fails at some operation of the disk.
    PowerCut,
    /// The disk fails to sync, the process ends, and the page cache or nothing of it lives.
    FailedSync,
    /// Some operation of the disk fails.
    FailedDisk,
}

fn run(plan: &Plan) {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    if let Some(seed) = number("HOLDFAST_SEED") {
        return History::new(seed, plan).run();
    }
    let operations = number("HOLDFAST_OPERATIONS").unwrap_or(OPERATIONS_DEFAULT);
    for n in 0..operations.div_ceil(LAWS * OPERATIONS_PER_HISTORY) {
        History::new(plan.seed + n, plan).run();
    }
}

struct History<'a> {
    plan: &'a Plan,
    trace: Trace,
    choices: Choices,
    script: Script,
    rules: Rules,
    key_bits: u32,
    model: Model,
    subject: Subject,
    snapshots: Snapshots,
    /// Whether the disk has no room for another segment.
    full: bool,
}

/// The seed and the last steps, told when a test panics.
struct Trace {
    seed: u64,
    steps: VecDeque<String>,
}

impl<'a> History<'a> {
    fn new(seed: u64, plan: &'a Plan) -> Self {
        let mut choices = Choices::new(seed);
        let rules = Rules {
            unlinked_debits_post: choices.once_in(4),
            over_capture_refused: choices.once_in(4),
        };
        let key_bits = if choices.once_in(4) { 6 } else { 64 };
        let subject =
            Subject { world: World::new(options(rules, key_bits)), currencies: Currencies::iso() };
        let trace = Trace { seed, steps: VecDeque::new() };
        let (script, model) = (Script::new(seed), Model::new(rules));
        let (snapshots, full) = (Snapshots::default(), false);
        Self { plan, trace, choices, script, rules, key_bits, model, subject, snapshots, full }
    }

    fn run(mut self) {
        for _ in 0..OPERATIONS_PER_HISTORY {
            let ask = self.script.next(&self.model);
            self.ask(&ask);
            self.housekeeping();
        }
        self.check_all();
        self.end_life(End::PowerCut);
        self.check_shadow();
    }

    /// Asks both, and compares.
    fn ask(&mut self, ask: &Ask) {
        self.trace.note(|| format!("{ask:?}"));
        let answer = self.subject.ask(ask);
        self.trace.note(|| format!("  -> {answer:?}"));
        if answer == Answer::Unavailable {
            return assert!(self.full, "refused for no reason");
        }
        assert_eq!(answer, self.model.ask(ask), "the engine on the left, the model on the right");
        assert_eq!(self.subject.totals(), nonzero(&self.model), "the books");
    }

    /// What goes on beside the questions.
    fn housekeeping(&mut self) {
        if self.choices.once_in(self.plan.commits) {
            self.subject.world.committer.step().unwrap();
        }
        self.snapshots.go_on(&self.subject.world.engine, &mut self.choices);
        match self.choices.below(400) {
            0..40 => drop(self.subject.world.filler.step()),
            40 => self.check_all(),
            41 => self.fill_up(),
            42..60 => self.make_room(),
            80 => self.take_snapshot(),
            62..80 => (0..4).for_each(|_| drop(self.subject.world.sealer.step())),
            60..62 => {
                let n = usize::try_from(self.choices.below(self.plan.ends.len() as u64)).unwrap();
                self.end_life(self.plan.ends[n]);
            }
            _ => {}
        }
    }

    /// The filler finds no room; it is told when it next tries.
    fn fill_up(&mut self) {
        self.full = true;
        self.subject.world.disk.fill_up();
    }

    fn make_room(&mut self) {
        self.full = false;
        self.subject.world.disk.make_room();
        self.subject.world.filler.step();
    }

    /// Takes one while nothing happens, if there is room.
    fn take_snapshot(&mut self) {
        let world = &mut self.subject.world;
        let taken = world.commit_all().is_ok() && world.engine.snapshot(|| {}).is_ok();
        assert!(taken || self.full, "no snapshot was taken, for no reason");
    }

    /// Everything that both can tell of the whole ledger.
    fn check_all(&self) {
        assert_eq!(self.subject.views(), self.model.views());
        assert_eq!(self.subject.totals(), nonzero(&self.model));
        let findings = self.subject.world.engine.audit(|| {});
        assert!(findings.are_clean(), "{findings:?}");
    }

    /// The shadow auditor, which shares no code with the engine, comes to the model's books.
    fn check_shadow(&self) {
        let home = tempfile::tempdir().unwrap();
        write_out(&self.subject.world.disk, &home.path().join("wal"));
        let mut audit = Audit::new(shadow_rules(self.rules), 8);
        audit.run(home.path(), None).unwrap();
        assert!(audit.findings.is_clean(), "{:#?}", audit.findings);
        let own = audit.books.totals().into_iter().map(|it| {
            let (posted, held, reserved) = (it.posted, it.held, it.reserved);
            let (settlement, funding) = (it.settlement, it.funding);
            let totals = super::model::Totals { posted, held, reserved, settlement, funding };
            (it.currency.code().to_owned(), totals)
        });
        let moved = own.filter(|(_, totals)| *totals != super::model::Totals::default());
        assert_eq!(moved.collect::<BTreeMap<_, _>>(), nonzero(&self.model), "the shadow's books");
    }

    fn end_life(&mut self, end: End) {
        self.trace.note(|| format!("{end:?}"));
        let disk = self.end(end);
        let told = self.subject.world.engine.durable().value();
        self.subject.world = self.begin_life(&disk, told);
        let survived = self.subject.world.recovered.value();
        self.trace.note(|| format!("  -> {told} were told, {survived} survived"));
        assert!(told <= survived, "what was told is lost");
        let lost = self.roll_back(usize::try_from(survived).unwrap());
        self.check_all();
        self.ask_again(&lost);
    }

    /// The next life, replayed from the beginning or on a snapshot: no question tells which.
    fn begin_life(&mut self, disk: &Disk, durable: u64) -> World {
        let options = || options(self.rules, self.key_bits);
        let begun = |life: Result<_, OpenError>| match life {
            Ok(world) => world,
            Err(error) => panic!("the next life does not begin: {error}"),
        };
        let whole = Options { snapshots: false, ..options() };
        let whole: World = begun(World::open(&disk.kill(), whole));
        let world: World = match self.snapshots.pick(durable, &mut self.choices) {
            Some(copy) => begun(World::open_on(disk, options(), &copy.sections)),
            None => begun(World::open(disk, options())),
        };
        assert!(world.begun.passed_over.is_empty(), "{:?}", world.begun);
        assert_eq!(world.recovered, whole.recovered);
        assert_eq!(world.engine.state_hash(), whole.engine.state_hash(), "{:?}", world.begun);
        world
    }

    /// Ends the life in that way; returns what the next one begins with.
    fn end(&mut self, end: End) -> Disk {
        self.make_room();
        let world = &mut self.subject.world;
        match end {
            End::Restart => {
                world.commit_all().unwrap();
                world.engine.close();
                while world.committer.step().unwrap() != wal::Step::Ended {}
                world.disk.clone()
            }
            End::Kill => world.disk.kill(),
            End::PowerCut => {
                world.disk.fail_any(1 + self.choices.below(6));
                drop(world.commit_all());
                cut_power(&world.disk, &mut self.choices)
            }
            End::FailedSync | End::FailedDisk => self.fail(end),
        }
    }

    /// The disk fails under a group; after that nothing is taken, and nothing is told.
    fn fail(&mut self, end: End) -> Disk {
        if matches!(end, End::FailedSync) {
            self.subject.world.disk.fail(Operation::Sync, 1);
        } else {
            self.subject.world.disk.fail_any(1 + self.choices.below(5));
        }
        let failed = self.subject.world.commit_all().is_err();
        if failed && self.subject.world.engine.is_poisoned() {
            let ask = self.script.next(&self.model);
            let answer = self.subject.ask(&ask);
            let fresh = ask.key().is_some_and(|key| !self.model.knows(key));
            let took = !matches!(answer, Answer::Unavailable | Answer::Unknown);
            assert!(!fresh || !took, "a poisoned log took {answer:?}");
        }
        match self.choices.below(2) {
            0 => self.subject.world.disk.kill(),
            _ => cut_power(&self.subject.world.disk, &mut self.choices),
        }
    }

    /// The model as it was after so many actions; returns what was asked after them.
    fn roll_back(&mut self, survived: usize) -> Vec<Ask> {
        let log = self.model.log();
        assert!(survived <= log.len(), "more survived than was ever asked");
        let lost = log[survived..].iter().map(|(ask, _)| ask.clone()).collect();
        self.model = self.model.at(survived);
        lost
    }

    /// What survived has its first answer; what was lost is executed anew, once.
    fn ask_again(&mut self, lost: &[Ask]) {
        let log = self.model.log();
        let recent = log.iter().rev().take(60);
        let survivors: Vec<Ask> = recent.map(|(ask, _)| ask.clone()).collect();
        for ask in survivors.iter().filter(|ask| ask.key().is_some()) {
            self.ask(ask);
        }
        for ask in lost.iter().chain(lost).filter(|ask| ask.key().is_some()) {
            self.ask(ask);
        }
    }
}

impl Trace {
    fn note(&mut self, step: impl FnOnce() -> String) {
        if self.steps.len() == 16 {
            self.steps.pop_front();
        }
        self.steps.push_back(step());
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("HOLDFAST_SEED={} repeats it; the last steps were", self.seed);
            self.steps.iter().for_each(|step| eprintln!("{step}"));
        }
    }
}

fn options(rules: Rules, key_bits: u32) -> Options {
    let unlinked =
        if rules.unlinked_debits_post { UnlinkedDebits::Post } else { UnlinkedDebits::Refuse };
    let over = if rules.over_capture_refused { OverCapture::Refuse } else { OverCapture::Post };
    let rules = EngineRules { unlinked_debits: unlinked, over_capture: over };
    Options { rules, key_bits, ..short_segments() }
}

/// The engine takes any amount; how much a request may move is held to before it.
fn shadow_rules(rules: Rules) -> ShadowRules {
    let unlinked = if rules.unlinked_debits_post { Unlinked::Post } else { Unlinked::Refuse };
    let over_capture =
        if rules.over_capture_refused { OverCaptures::Refuse } else { OverCaptures::Post };
    ShadowRules { unlinked, over_capture, request_max: u64::MAX }
}

fn nonzero(model: &Model) -> BTreeMap<String, super::model::Totals> {
    let mut totals = model.totals();
    totals.retain(|currency, sums| {
        assert_eq!(sums.posted + sums.settlement + sums.funding, 0, "the model's {currency}");
        *sums != super::model::Totals::default()
    });
    totals
}

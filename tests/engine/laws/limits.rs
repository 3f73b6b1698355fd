//! Spend limits: what is counted, when a day begins, what is given back and where.

use std::time::Duration;

use holdfast::engine::Used;
use holdfast::ledger::{
    ActionRef, Frequency, HoldRef, Merchant, MerchantFact, Mode, Moment, Operation, Rule, Ruleset,
    Values, What,
};
use jiff::tz::TimeZone;
use wal::simulated::Choices;

use crate::engine::counter::{BUDGET, Card, Counter, Reply, TIME_TO_LIVE};
use crate::support::engine::money;
use Frequency::{Daily, Monthly, Weekly};

const AT_ONCE: Duration = Duration::from_micros(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn amount(minor: u64, frequency: Frequency) -> What {
    What::AccountBilling(money("SGD", minor), frequency)
}

fn rules<const N: usize>(whats: [What; N]) -> Ruleset {
    let rule = |(n, what)| Rule { name: format!("rule {n}").into(), what };
    Ruleset::new(whats.into_iter().enumerate().map(rule).collect()).unwrap()
}

/// An account `a` with much, and these limits.
fn counter<const N: usize>(whats: [What; N]) -> Counter {
    let mut counter = Counter::new();
    counter.open("a", 1_000_000);
    counter.world.engine.set_default_limits(rules(whats)).unwrap();
    counter
}

fn ask(counter: &mut Counter, message: &str, minor: u64) -> Result<ActionRef, &'static str> {
    ask_of(counter, &Card::pre("a", message, minor))
}

fn ask_of(counter: &mut Counter, card: &Card<'_>) -> Result<ActionRef, &'static str> {
    match counter.ask(card, AT_ONCE) {
        Reply::Approved(granted, at) => {
            assert_eq!(granted, card.minor);
            Ok(at)
        }
        Reply::Declined(code) => Err(code),
        Reply::Late => panic!("it was not late"),
    }
}

const EXCEEDED: Result<ActionRef, &str> = Err("LIMIT_EXCEEDED");

/// What is used of each rule on a period.
fn used(counter: &Counter) -> Vec<u64> {
    let view = counter.world.engine.limits("a").unwrap();
    let number = |used: Option<Used>| match used {
        Some(Used::Amount(minor)) => minor,
        Some(Used::Count(count)) => count,
        None => panic!("a rule without a period"),
    };
    view.used.into_iter().map(number).collect()
}

#[test]
fn the_funds_are_asked_first_and_then_the_limits() {
    let mut counter = counter([amount(100, Daily)]);
    assert_eq!(ask(&mut counter, "m1", 1_000_001), Err("INSUFFICIENT_FUNDS"));
    assert_eq!(ask(&mut counter, "m2", 101), EXCEEDED);
    ask(&mut counter, "m3", 100).unwrap();
    assert_eq!(ask(&mut counter, "m4", 1), EXCEEDED);
    ask(&mut counter, "m5", 0).expect("an account check spends nothing");
    assert_eq!(counter.operate(Operation::DebitBalance, "a", "d", 1), Err("LIMIT_EXCEEDED"));
    assert_eq!(counter.operate(Operation::HoldBalance, "a", "h", 1), Err("LIMIT_EXCEEDED"));
    counter.operate(Operation::CreditBalance, "a", "c", 1).unwrap();
    assert_eq!(counter.reserved("a"), 100);
}

#[test]
fn an_operation_of_an_approved_transaction_is_not_asked_again() {
    let mut counter = counter([amount(100, Daily), What::AccountCount(1, Daily)]);
    ask(&mut counter, "m1", 100).unwrap();
    counter.operate(Operation::HoldBalance, "a", "m1", 130).expect("it was approved");
    assert_eq!(used(&counter), [130, 1], "what it is more counts too");
    counter.operate(Operation::DebitBalance, "a", "m1", 50).expect("the network settled it");
    assert_eq!(used(&counter), [180, 1]);
}

#[test]
fn increments_add_up_and_a_transaction_counts_once() {
    let mut counter = counter([amount(100, Daily), What::AccountCount(2, Daily)]);
    ask(&mut counter, "m1", 30).unwrap();
    ask_of(&mut counter, &Card::pre("a", "m2", 30).of("m1")).unwrap();
    ask(&mut counter, "n", 10).unwrap();
    assert_eq!(used(&counter), [70, 2]);
    assert_eq!(ask(&mut counter, "o", 1), EXCEEDED, "a third transaction");
    assert_eq!(ask_of(&mut counter, &Card::pre("a", "m3", 31).of("m1")), EXCEEDED);
    ask_of(&mut counter, &Card::pre("a", "m4", 30).of("m1")).unwrap();
    assert_eq!(used(&counter), [100, 2]);
}

#[test]
fn what_lapses_gives_its_part_back_and_counts_again_when_it_is_used() {
    let mut counter = counter([amount(100, Daily), What::AccountCount(1, Daily)]);
    ask(&mut counter, "m1", 100).unwrap();
    counter.hand.advance(TIME_TO_LIVE + BUDGET);
    assert_eq!((counter.world.engine.lapse_due(), used(&counter)), (1, vec![0, 0]));
    ask(&mut counter, "m2", 60).unwrap();
    counter.operate(Operation::DebitBalance, "a", "m1", 80).expect("it was promised");
    assert_eq!(used(&counter), [140, 2]);
    counter.operate(Operation::DebitBalance, "a", "m2", 50).unwrap();
    assert_eq!(used(&counter), [130, 2], "what it did not use is given back");
}

#[test]
fn what_is_undone_gives_its_part_back() {
    let mut counter = counter([amount(100, Daily), What::AccountCount(1, Daily)]);
    let late = BUDGET + Duration::from_millis(1);
    assert_eq!(counter.ask(&Card::pre("a", "m1", 100), late), Reply::Late);
    assert_eq!(used(&counter), [0, 0]);
    ask(&mut counter, "m2", 100).unwrap();
}

#[test]
fn what_is_restored_or_credited_back_is_taken_out_and_never_more() {
    let mut counter = counter([amount(100, Weekly), What::AccountCount(9, Weekly)]);
    ask(&mut counter, "m1", 80).unwrap();
    let hold = counter.operate_on(None, Operation::HoldBalance, "a", "m1", 80).unwrap();
    let hold = Some(HoldRef::opened_by(hold));
    counter.operate_on(hold, Operation::RestoreBalance, "a", "m1", 30).unwrap();
    assert_eq!(used(&counter), [50, 1]);
    counter.operate_on(hold, Operation::DebitHoldBalance, "a", "m1", 70).unwrap();
    assert_eq!(used(&counter), [70, 1], "a capture of more than its hold");
    counter.operate(Operation::CreditBalance, "a", "another", 70).unwrap();
    assert_eq!(used(&counter), [70, 1], "money that comes in is no reversal");
    counter.operate(Operation::CreditBalance, "a", "m1", 1_000).unwrap();
    assert_eq!(used(&counter), [0, 0]);
}

#[test]
fn what_is_given_back_leaves_the_periods_that_it_was_in() {
    // Friday, 2027-01-15.
    let whats = [Daily, Weekly, Monthly].map(|frequency| amount(1_000, frequency));
    let mut counter = counter(whats);
    counter.operate(Operation::DebitBalance, "a", "friday", 100).unwrap();
    ask(&mut counter, "m1", 7).unwrap();
    counter.hand.advance(DAY);
    counter.operate(Operation::DebitBalance, "a", "saturday", 10).unwrap();
    assert_eq!(used(&counter), [10, 117, 117]);
    assert_eq!((counter.world.engine.lapse_due(), used(&counter)), (1, vec![10, 110, 110]));
    counter.hand.advance(2 * DAY);
    assert_eq!(used(&counter), [0, 0, 110]);
    counter.operate(Operation::DebitBalance, "a", "monday", 1).unwrap();
    counter.operate(Operation::CreditBalance, "a", "friday", 60).unwrap();
    assert_eq!(used(&counter), [1, 1, 51]);
    counter.hand.advance(14 * DAY);
    assert_eq!(used(&counter), [0, 0, 0], "it is February");
    counter.operate(Operation::CreditBalance, "a", "friday", 40).unwrap();
    assert_eq!(used(&counter), [0, 0, 0]);
}

/// The clocks go forward in New York on 2027-03-14: that day has twenty-three hours.
#[test]
fn a_day_begins_where_the_tenant_is() {
    let midnight = Moment::from_micros(1_805_000_400_000_000);
    let before = Moment::from_micros(midnight.micros() - 1_000_000);
    let mut counter = Counter::at(TimeZone::get("America/New_York").unwrap(), before);
    counter.open("a", 1_000_000);
    counter.world.engine.set_default_limits(rules([amount(100, Daily)])).unwrap();
    ask(&mut counter, "saturday", 100).unwrap();
    assert_eq!(ask(&mut counter, "still saturday", 1), EXCEEDED);
    counter.hand.advance(2 * Duration::from_secs(1));
    ask(&mut counter, "sunday", 100).unwrap();
    counter.hand.advance(23 * HOUR - Duration::from_secs(2));
    assert_eq!(ask(&mut counter, "still sunday", 1), EXCEEDED);
    counter.hand.advance(Duration::from_secs(2));
    ask(&mut counter, "monday", 100).unwrap();
}

#[test]
fn a_merchant_is_looked_at_in_authorizations_alone() {
    let list = |mode, text: &str| (mode, Values::new(vec![text.into()]));
    let (block, gambling) = list(Mode::Block, "7995");
    let (allow, singapore) = list(Mode::Allow, "SGP");
    let mut counter = counter([
        What::Merchant(MerchantFact::Category, block, gambling),
        What::Merchant(MerchantFact::Country, allow, singapore),
    ]);
    let at = |category, country| Merchant { category: Some(category), country, id: None };
    let cards = [("5812", Some("SGP"), true), ("7995", Some("SGP"), false), ("5812", None, false)];
    for (n, (category, country, approved)) in cards.into_iter().enumerate() {
        let name = format!("m{n}");
        let card = Card { merchant: at(category, country), ..Card::pre("a", &name, 1) };
        assert_eq!(ask_of(&mut counter, &card).is_ok(), approved, "{category} {country:?}");
    }
    counter.operate(Operation::DebitBalance, "a", "d", 1).unwrap();
}

#[test]
fn limits_of_an_account_displace_the_default_until_they_are_taken_away() {
    let mut counter = counter([amount(100, Daily)]);
    let engine = &counter.world.engine;
    let appended = engine.appended();
    assert!(!engine.limits("a").unwrap().own);
    engine.set_default_limits(rules([amount(100, Daily)])).unwrap();
    engine.set_limits("a", None).unwrap();
    assert_eq!(engine.appended(), appended, "the same again is no record");
    assert!(engine.set_limits("nobody", None).is_err() && engine.limits("nobody").is_none());

    ask(&mut counter, "m1", 100).unwrap();
    counter.world.engine.set_limits("a", Some(rules([amount(150, Daily)]))).unwrap();
    assert_eq!(ask(&mut counter, "m2", 51), EXCEEDED);
    ask(&mut counter, "m3", 50).unwrap();
    counter.world.engine.set_limits("a", Some(rules([]))).unwrap();
    ask(&mut counter, "m4", 5_000).expect("it has no limits");
    counter.world.engine.set_limits("a", None).unwrap();
    assert_eq!(used(&counter), [150], "what no limit was on is not counted");
    assert_eq!(ask(&mut counter, "m5", 1), EXCEEDED);
}

/// A story from a seed, in which the clock moves by minutes and days.
fn story(counter: &mut Counter, choices: &mut Choices, steps: u64) {
    for _ in 0..steps {
        let minor = choices.below(40);
        let name = format!("t{}", choices.below(30));
        let message = format!("m{}", choices.below(1 << 40));
        match choices.below(9) {
            0..4 => drop(ask_of(counter, &Card::pre("a", &message, minor).of(&name))),
            4 => drop(counter.operate(Operation::DebitBalance, "a", &message, minor)),
            5 => drop(counter.operate(Operation::CreditBalance, "a", &name, minor)),
            6 => drop(counter.operate_on(None, Operation::HoldBalance, "a", &name, minor)),
            7 => counter.hand.advance(Duration::from_secs(choices.below(400) * 60)),
            _ => drop(counter.world.engine.lapse_due()),
        }
    }
}

#[test]
fn what_is_counted_is_the_same_in_the_next_life_replayed_or_on_a_snapshot() {
    for seed in 0..12 {
        let whats = [amount(200, Daily), amount(900, Monthly), What::AccountCount(9, Weekly)];
        let mut counter = counter(whats);
        let mut choices = Choices::new(seed);
        story(&mut counter, &mut choices, 150);
        let own = rules([amount(300, Weekly), What::AccountCount(30, Monthly)]);
        counter.world.engine.set_limits("a", Some(own)).unwrap();
        for snapshot in [false, true] {
            story(&mut counter, &mut choices, 50);
            counter.world.commit_all().unwrap();
            if snapshot {
                counter.world.engine.snapshot(|| {}).unwrap();
            }
            story(&mut counter, &mut choices, 50);
            // A life begins with this.
            counter.world.engine.lapse_due();
            counter.world.commit_all().unwrap();
            let (hash, before) = (counter.world.engine.state_hash(), used(&counter));
            let disk = counter.world.disk.kill();
            counter = counter.again(&disk);
            assert_eq!(counter.world.begun.on.is_some(), snapshot);
            assert_eq!(counter.world.engine.state_hash(), hash, "seed {seed}");
            assert_eq!(used(&counter), before, "seed {seed}");
        }
    }
}

/// Nothing but what is asked about is spent: so no sum is ever beyond its limit.
#[test]
fn whatever_is_asked_no_limit_is_exceeded_by_a_minor_unit() {
    for seed in 0..12 {
        let mut counter = counter([amount(100, Daily), amount(250, Weekly), amount(600, Monthly)]);
        let mut choices = Choices::new(seed);
        let mut full = 0;
        for n in 0..300 {
            let (name, minor) = (format!("t{n}"), choices.below(60));
            let refused = match choices.below(6) {
                0 => counter.operate(Operation::DebitBalance, "a", &name, minor).is_err(),
                1 => counter.operate(Operation::HoldBalance, "a", &name, minor).is_err(),
                2 => {
                    counter.hand.advance(Duration::from_secs(choices.below(600) * 60));
                    counter.world.engine.lapse_due();
                    false
                }
                _ => ask(&mut counter, &name, minor).is_err(),
            };
            let used = used(&counter);
            assert!(used[0] <= 100 && used[1] <= 250 && used[2] <= 600, "seed {seed}: {used:?}");
            full += u32::from(refused);
        }
        assert!(full > 20, "seed {seed} asks for more than there is");
    }
}

//! Whole life cycles of card transactions, random but legal, over weeks of the virtual clock.
//!
//! | cycle | steps under one `transaction_id` |
//! | --- | --- |
//! | purchase | final authorization; its debit |
//! | reversed | a purchase; within two days its credit, to the same balance; or the credit overtakes the debit |
//! | expired | a purchase; seven days later its credit |
//! | cleared for more, for less | a purchase; days later a debit, or a credit, of the difference |
//! | cleared in part | a purchase; the rest expires after seven days |
//! | hotel | pre-authorization; its hold; increments, each with its raise; captures over weeks; the rest restored |
//! | increment asked twice | the first approval is lost on the way; raised; captured; the rest restored |
//! | over-cleared | pre-authorization; its hold; a capture of more |
//! | cleared with an excess | pre-authorization; its hold; its capture, and a debit of what exceeds it |
//! | clearing reversed | its hold; its capture; the hold re-opened and captured again |
//! | reversed in part | its hold; some of it restored; the rest captured |
//! | pre-authorization expired | its hold; thirty days later restored |
//! | approval lost | an approval that never reached the network; it lapses |
//! | refund, and reversed | a credit, without an approval; days later its debit |
//! | chargeback, challenged, ruled | a purchase; weeks later a credit, a debit, a credit |
//! | declined; account check | more than there is; nothing at all |
//! | unlinked clearing | a debit that no approval went before, which may be refused |
//! | fee, and given back | the same for a small sum; days later its credit |
//!
//! What follows an approval follows within seconds, and now and then so late that the approval has
//! lapsed: it must be honoured all the same.

use std::time::Duration;

use rust_decimal::Decimal;

use super::{
    mix::{part_of, small},
    step::{Scheduled, Step},
};
use crate::seed::Seed;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A final authorization that is not cleared expires after this.
const EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A pre-authorization that is not cleared expires after this.
const PRE_EXPIRY: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// One operation in so many follows its approval only when that has lapsed.
const LATE_ONE_IN: u32 = 8;
/// One amount in so many is a part of all that there is.
const LARGE_ONE_IN: u32 = 8;

/// The next cycle of an account that has `available` at most.
pub(super) fn draw(seed: &mut Seed, available: Decimal) -> Vec<Scheduled> {
    let amount = amount(seed, available);
    match seed.below(24) {
        0..=3 => purchase(seed, amount),
        4 if seed.below(4) == 0 => overtaken(seed, amount),
        4 => purchase_and(seed, amount, Step::credit_back(amount), (MINUTE, 2 * DAY)),
        5 => purchase_and(seed, amount, Step::credit_back(amount), (EXPIRY, EXPIRY)),
        6 => {
            let more = Step::debit(small(seed));
            purchase_and(seed, amount, more, (DAY, 3 * DAY))
        }
        7 => {
            let less = Step::credit_back(part_of(amount, seed));
            purchase_and(seed, amount, less, (DAY, 3 * DAY))
        }
        8 => {
            let rest = Step::credit_back(part_of(amount, seed));
            purchase_and(seed, amount, rest, (EXPIRY, EXPIRY))
        }
        9..=11 => hotel(seed, amount),
        12 => increment_asked_twice(seed, amount),
        13 => {
            let capture = Step::capture(amount + small(seed));
            held_and(seed, amount, vec![capture.after(DAY)])
        }
        14 => {
            let excess = Step::debit(small(seed)).at_once();
            held_and(seed, amount, vec![Step::capture(amount).after(DAY), excess])
        }
        15 => clearing_reversed(seed, amount),
        16 => {
            let back = part_of(amount, seed).min(amount);
            let restore = Step::restore(Some(back)).after(between(seed, MINUTE, DAY));
            held_and(seed, amount, vec![restore, Step::capture(amount - back).after(DAY)])
        }
        17 => held_and(seed, amount, vec![Step::restore(None).after(PRE_EXPIRY)]),
        18 if seed.below(2) == 0 => vec![Step::final_auth(amount).at_once()],
        18 => vec![Step::pre_auth(amount).at_once()],
        19 => perhaps_undone(seed, Step::credit(amount), Step::debit_back(amount)),
        20 => chargeback(seed, amount),
        21 if seed.below(2) == 0 => vec![Step::final_auth(Decimal::ZERO).at_once()],
        21 => {
            let too_much = available.max(Decimal::ZERO) + amount;
            vec![Step::final_auth(too_much).at_once(), Step::debit(too_much).at_once()]
        }
        22 => perhaps_undone(seed, Step::debit(amount), Step::credit_back(amount)),
        _ => {
            let fee = small(seed);
            perhaps_undone(seed, Step::debit(fee), Step::credit_back(fee))
        }
    }
}

fn purchase(seed: &mut Seed, amount: Decimal) -> Vec<Scheduled> {
    vec![Step::final_auth(amount).at_once(), Step::debit(amount).after(soon(seed))]
}

fn purchase_and(
    seed: &mut Seed,
    amount: Decimal,
    then: Step,
    (least, most): (Duration, Duration),
) -> Vec<Scheduled> {
    let mut steps = purchase(seed, amount);
    steps.push(then.after(between(seed, least, most)));
    steps
}

fn overtaken(seed: &mut Seed, amount: Decimal) -> Vec<Scheduled> {
    let (reversal, debit) = (Step::credit(amount).at_once(), Step::debit(amount));
    vec![Step::final_auth(amount).at_once(), reversal, debit.after(soon(seed))]
}

fn held_and(seed: &mut Seed, amount: Decimal, then: Vec<Scheduled>) -> Vec<Scheduled> {
    let mut steps = vec![Step::pre_auth(amount).at_once(), Step::hold(amount).after(soon(seed))];
    steps.extend(then);
    steps
}

fn hotel(seed: &mut Seed, amount: Decimal) -> Vec<Scheduled> {
    let mut held = amount;
    let mut then = Vec::new();
    for _ in 0..seed.below(3) {
        let increment = small(seed);
        held += increment;
        then.push(Step::pre_auth(increment).after(between(seed, HOUR, 3 * DAY)));
        then.push(Step::raise(increment).after(soon(seed)));
    }
    for _ in 0..=seed.below(2) {
        let part = (part_of(held, seed) / Decimal::TWO).round_dp(2);
        then.push(Step::capture(part).after(between(seed, DAY, 9 * DAY)));
    }
    then.push(Step::restore(None).after(DAY));
    held_and(seed, amount, then)
}

fn increment_asked_twice(seed: &mut Seed, amount: Decimal) -> Vec<Scheduled> {
    let increment = small(seed);
    let then = vec![
        Step::pre_auth(increment).after(DAY),
        Step::pre_auth(increment).after(soon(seed)),
        Step::raise(increment).after(soon(seed)),
        Step::capture(part_of(amount + increment, seed)).after(between(seed, DAY, 9 * DAY)),
        Step::restore(None).after(DAY),
    ];
    held_and(seed, amount, then)
}

fn clearing_reversed(seed: &mut Seed, amount: Decimal) -> Vec<Scheduled> {
    let then = vec![
        Step::capture(amount).after(between(seed, HOUR, DAY)),
        Step::reopen(amount).after(between(seed, DAY, 3 * DAY)),
        Step::capture(amount).after(DAY),
    ];
    held_and(seed, amount, then)
}

fn chargeback(seed: &mut Seed, amount: Decimal) -> Vec<Scheduled> {
    let disputed = [Step::credit_back(amount), Step::debit(amount), Step::credit_back(amount)];
    let moves = usize::try_from(1 + seed.below(3)).unwrap_or(disputed.len());
    let mut steps = purchase(seed, amount);
    for step in disputed.into_iter().take(moves) {
        steps.push(step.after(between(seed, 9 * DAY, 20 * DAY)));
    }
    steps
}

fn perhaps_undone(seed: &mut Seed, step: Step, undone: Step) -> Vec<Scheduled> {
    let mut steps = vec![step.at_once()];
    if seed.below(2) == 0 {
        steps.push(undone.after(between(seed, HOUR, 9 * DAY)));
    }
    steps
}

/// From 0.01 to 50.00, now and then nearly all that there is.
fn amount(seed: &mut Seed, available: Decimal) -> Decimal {
    if seed.below(LARGE_ONE_IN) == 0 { part_of(available, seed) } else { small(seed) }
}

/// Within seconds of an approval, now and then when it has lapsed.
fn soon(seed: &mut Seed) -> Duration {
    if seed.below(LATE_ONE_IN) == 0 {
        return between(seed, 2 * MINUTE, 6 * HOUR);
    }
    Duration::from_millis(seed.below(5_000).into())
}

/// From `least` to `most`, to the second.
pub(super) fn between(seed: &mut Seed, least: Duration, most: Duration) -> Duration {
    let width = u32::try_from(most.saturating_sub(least).as_secs()).unwrap_or(u32::MAX);
    least + Duration::from_secs(seed.below(width).into())
}

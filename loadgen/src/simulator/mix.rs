//! The workloads, each a mix of life cycles that are drawn from a seed.
//!
//! | mix | is |
//! | --- | --- |
//! | `ledger` | the six operations, each in every way that it can end, without authorizations |
//! | `cards` | cards that clear at once, each approval before its operations |
//! | `authorizations` | one final authorization in each cycle, that no operation follows |
//! | `cycles` | whole lives of cards, many of an account at once, over weeks: [`cycle`] |
//!
//! | cycle of `ledger` | steps under one `transaction_id` |
//! | --- | --- |
//! | purchase and reversal | debit; credit of the same to the same balance |
//! | pre-authorization | hold; raise it; capture a part; restore the rest |
//! | over-capture | hold; capture more than it holds |
//! | refund to a hold | hold; capture it; credit the hold at zero; restore that |
//! | refund | credit |
//! | refused debit | debit of more than there is |
//! | refused hold and restore | hold of more than there is; hold; restore of more than it has; restore it |
//! | late clearing | debit; a second debit beyond what there is, which must post; refused hold; credit of both |
//!
//! The last three are left out where the account is shared ([`super::member`]): what is more than
//! one card has is not more than there is.
//!
//! Every cycle ends with its hold at zero, and no amount is drawn later than the cycle.
//!
//! | cycle of `cards` | steps under one `transaction_id` |
//! | --- | --- |
//! | purchase | final authorization; its debit |
//! | purchase and reversal | final authorization; its debit; credit of the same to the same balance |
//! | hotel | pre-authorization; its hold; an increment; raise the hold by it; capture a part; restore the rest |
//! | over-clearing | pre-authorization; its hold; capture more than it holds |
//! | declined | final authorization of more than there is |
//! | account check | final authorization of zero |
//! | refund | credit |
//!
//! `authorizations` is for a server whose reservations outlive the run (`--reservation-ttl-s`).

use rust_decimal::Decimal;

use super::{
    cycle,
    step::{Scheduled, Step},
};
use crate::seed::Seed;

/// Which life cycles are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mix {
    /// The six operations, without authorizations
    Ledger,
    /// Authorizations, and the operations that follow them
    Cards,
    /// Authorizations alone
    Authorizations,
    /// Whole card life cycles, many at once: reversals, expiries, clearings of every kind,
    /// refunds, chargebacks, fees
    Cycles,
}

impl Mix {
    /// Whether cycles of one account go on at once.
    #[must_use]
    pub fn overlaps(self) -> bool {
        self == Self::Cycles
    }

    /// Whether a cycle goes on when one of its steps is refused.
    #[must_use]
    pub fn outlives_refusals(self) -> bool {
        self == Self::Ledger
    }
}

/// The next cycle of an account that has `available` for it, or of one card of a `shared` one.
pub fn draw(mix: Mix, seed: &mut Seed, available: Decimal, shared: bool) -> Vec<Scheduled> {
    // Where money is short, much is declined, and what was approved must be honoured all the same.
    let bears_want = mix == Mix::Cycles && seed.below(WANT_FOR) > 0;
    if available < LOW_WATER && !bears_want {
        return vec![Step::credit(REFILL).at_once()];
    }
    let steps = match mix {
        Mix::Ledger => draw_operations(seed, available, shared),
        Mix::Cards => draw_card(seed, available),
        Mix::Authorizations => vec![Step::final_auth(small(seed))],
        Mix::Cycles => return cycle::draw(seed, available),
    };
    steps.into_iter().map(Step::at_once).collect()
}

/// A cycle of one request for more than any account has.
pub fn draw_refused(mix: Mix, seed: &mut Seed) -> Vec<Scheduled> {
    let too_much = BEYOND + small(seed);
    let step = match mix {
        Mix::Ledger if seed.below(2) == 0 => Step::hold(too_much),
        Mix::Ledger => Step::debit(too_much),
        Mix::Cards | Mix::Authorizations | Mix::Cycles => Step::final_auth(too_much),
    };
    vec![step.at_once()]
}

fn draw_card(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    let amount = small(seed);
    let authorize = Step::final_auth(amount);
    match seed.below(16) {
        0..=5 => vec![authorize, Step::debit(amount)],
        6..=7 => [vec![authorize], purchase_and_reversal(amount)].concat(),
        8..=11 => hotel(seed),
        12 => {
            let capture = Step::capture(amount + small(seed));
            vec![Step::pre_auth(amount), Step::hold(amount), capture]
        }
        13 => vec![Step::final_auth(available + amount)],
        14 => vec![Step::final_auth(Decimal::ZERO)],
        _ => vec![Step::credit(amount)],
    }
}

fn draw_operations(seed: &mut Seed, available: Decimal, shared: bool) -> Vec<Step> {
    match seed.below(if shared { 13 } else { 16 }) {
        0..=4 => purchase_and_reversal(small(seed)),
        5..=9 => pre_authorization(seed),
        10 => over_capture(seed),
        11 => refund_to_hold(seed),
        12 => vec![Step::credit(small(seed))],
        13 => vec![Step::debit(available + small(seed))],
        14 => refused_hold_and_restore(seed, available),
        _ => late_clearing(seed, available),
    }
}

fn hotel(seed: &mut Seed) -> Vec<Step> {
    let (placed, raised) = (small(seed), small(seed));
    let capture = part_of(placed + raised, seed);
    let first = [Step::pre_auth(placed), Step::hold(placed)];
    let increment = [Step::pre_auth(raised), Step::raise(raised)];
    let end = [Step::capture(capture), Step::restore(None)];
    [first, increment, end].concat()
}

fn purchase_and_reversal(amount: Decimal) -> Vec<Step> {
    vec![Step::debit(amount), Step::credit_back(amount)]
}

fn pre_authorization(seed: &mut Seed) -> Vec<Step> {
    let (placed, raised) = (small(seed), small(seed));
    let capture = Step::capture(part_of(placed + raised, seed));
    vec![Step::hold(placed), Step::raise(raised), capture, Step::restore(None)]
}

fn over_capture(seed: &mut Seed) -> Vec<Step> {
    let placed = small(seed);
    vec![Step::hold(placed), Step::capture(placed + small(seed))]
}

fn refund_to_hold(seed: &mut Seed) -> Vec<Step> {
    let (placed, refund) = (small(seed), small(seed));
    let (capture, restore) = (Step::capture(placed), Step::restore(Some(refund)));
    vec![Step::hold(placed), capture, Step::reopen(refund), restore]
}

fn refused_hold_and_restore(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    let placed = small(seed);
    let too_much = Step::hold(available + small(seed));
    let too_much_of_it = Step::restore(Some(placed + small(seed)));
    vec![too_much, Step::hold(placed), too_much_of_it, Step::restore(Some(placed))]
}

fn late_clearing(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    let (first, beyond) = (small(seed), small(seed));
    let late = available - first + beyond;
    let refused = Step::hold(small(seed));
    vec![Step::debit(first), Step::debit(late), refused, Step::credit(first + late)]
}

/// From 0.01 to 50.00.
pub(super) fn small(seed: &mut Seed) -> Decimal {
    Decimal::new(i64::from(seed.below(5_000)) + 1, 2)
}

/// At least a cent of it, and less than all.
pub(super) fn part_of(sum: Decimal, seed: &mut Seed) -> Decimal {
    CENT.max(sum * Decimal::new(i64::from(seed.below(100)), 2)).round_dp(2)
}

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// 200.00: more than any cycle needs that is not meant to be refused, but for whole life cycles.
const LOW_WATER: Decimal = Decimal::from_parts(20_000, 0, 0, false, 2);
/// For how many cycles an account is short of money, on average.
const WANT_FOR: u32 = 4;
/// 1,000,000,000.00
const BEYOND: Decimal = Decimal::from_parts(0x4876_E800, 0x17, 0, false, 2);
/// 1000.00
const REFILL: Decimal = Decimal::from_parts(100_000, 0, 0, false, 2);

#[cfg(test)]
mod tests {
    use super::{Mix, draw};
    use crate::{
        clock::now,
        seed::Seed,
        simulator::{
            books::Span,
            step::{Operation, Scheduled},
            transaction::{Decided, Movement, Transaction},
        },
    };
    use rust_decimal::Decimal;

    /// Plays `steps` on an account that has `owned`. What it has then, and what is left set aside.
    fn play(mix: Mix, owned: Decimal, steps: &[Scheduled]) -> (Decimal, Decimal) {
        let span = Span { asked: now(), told: now() };
        let (mut posted, mut transaction) = (owned, Transaction::default());
        for Scheduled { step, .. } in steps {
            let left = transaction.hold_left();
            let available = transaction.set_aside(span).taken_from(posted - left);
            match transaction.decide(step, available) {
                Decided::Done => {
                    let Movement { posted: moved, .. } = transaction.enter(step, span, None);
                    posted += moved;
                }
                _ if mix.outlives_refusals() => {}
                refused => {
                    let asks = step.operation.is_authorization();
                    let unlinked = step.operation == Operation::DebitBalance && posted == owned;
                    assert!(asks || unlinked, "{mix:?} {step:?}: {refused:?}");
                    break;
                }
            }
        }
        assert_eq!(transaction.hold_left(), Decimal::ZERO, "{mix:?} {steps:?}");
        (posted, transaction.set_aside(span).most)
    }

    #[test]
    fn a_cycle_leaves_no_hold_and_no_debt() {
        for seed in 0..50 {
            for mix in [Mix::Ledger, Mix::Cards] {
                let (mut random, mut owned) = (Seed::new(seed), Decimal::ONE_THOUSAND);
                for _ in 0..100 {
                    let steps = draw(mix, &mut random, owned, false);
                    let (posted, set_aside) = play(mix, owned, &steps);
                    assert_eq!(set_aside, Decimal::ZERO, "{mix:?}, seed {seed}");
                    assert!(posted >= Decimal::ZERO && posted.scale() <= 2, "seed {seed}");
                    owned = posted;
                }
            }
        }
    }

    #[test]
    fn every_life_cycle_is_legal_and_ends_with_its_hold_at_zero() {
        let (mut random, rich) = (Seed::new(1), Decimal::ONE_THOUSAND * Decimal::ONE_HUNDRED);
        for owned in [-rich, Decimal::ZERO, Decimal::TEN, rich].repeat(2_000) {
            let steps = draw(Mix::Cycles, &mut random, owned, false);
            let is_money = |sum: Decimal| sum >= Decimal::ZERO && sum.scale() <= 2;
            assert!(steps.iter().all(|it| it.step.amount.is_none_or(is_money)), "{steps:?}");
            play(Mix::Cycles, rich, &steps);
        }
    }
}

//! The life cycles of card transactions, drawn from a seed.
//!
//! | cycle | steps under one `transaction_id` |
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
//! Every cycle ends with its hold at zero, and no amount is drawn later than the cycle.

use rust_decimal::Decimal;

use crate::seed::Seed;

/// One of the six operations of the network API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub enum Operation {
    DebitBalance,
    CreditBalance,
    HoldBalance,
    RestoreBalance,
    DebitHoldBalance,
    CreditHoldBalance,
}

/// Which reference a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// None: the default balance, or a hold of its own.
    Nothing,
    /// The account's balance.
    Balance,
    /// The hold that this cycle placed.
    Hold,
}

/// One request of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is asked.
    pub operation: Operation,
    /// Of what.
    pub names: Names,
    /// How much, in major units; `None` restores all that is left.
    pub amount: Option<Decimal>,
}

impl Operation {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::DebitBalance,
        Self::CreditBalance,
        Self::HoldBalance,
        Self::RestoreBalance,
        Self::DebitHoldBalance,
        Self::CreditHoldBalance,
    ];

    /// The operation's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DebitBalance => "debit_balance",
            Self::CreditBalance => "credit_balance",
            Self::HoldBalance => "hold_balance",
            Self::RestoreBalance => "restore_balance",
            Self::DebitHoldBalance => "debit_hold_balance",
            Self::CreditHoldBalance => "credit_hold_balance",
        }
    }
}

/// The next cycle of an account that has `available` and no open hold.
pub fn draw(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    if available < LOW_WATER {
        return vec![credit(REFILL)];
    }
    match seed.below(16) {
        0..=4 => purchase_and_reversal(seed),
        5..=9 => pre_authorization(seed),
        10 => over_capture(seed),
        11 => refund_to_hold(seed),
        12 => vec![credit(small(seed))],
        13 => vec![debit(available + small(seed))],
        14 => refused_hold_and_restore(seed, available),
        _ => late_clearing(seed, available),
    }
}

fn purchase_and_reversal(seed: &mut Seed) -> Vec<Step> {
    let amount = small(seed);
    let reversal =
        Step { operation: Operation::CreditBalance, names: Names::Balance, amount: Some(amount) };
    vec![debit(amount), reversal]
}

fn pre_authorization(seed: &mut Seed) -> Vec<Step> {
    let (placed, raised) = (small(seed), small(seed));
    let capture =
        CENT.max((placed + raised) * Decimal::new(i64::from(seed.below(100)), 2)).round_dp(2);
    vec![hold(placed), raise(raised), capture_of(capture), restore(None)]
}

fn over_capture(seed: &mut Seed) -> Vec<Step> {
    let placed = small(seed);
    vec![hold(placed), capture_of(placed + small(seed))]
}

fn refund_to_hold(seed: &mut Seed) -> Vec<Step> {
    let (placed, refund) = (small(seed), small(seed));
    let reopen = on_hold(Operation::CreditHoldBalance, Some(refund));
    vec![hold(placed), capture_of(placed), reopen, restore(Some(refund))]
}

fn refused_hold_and_restore(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    let placed = small(seed);
    let too_much = hold(available + small(seed));
    vec![too_much, hold(placed), restore(Some(placed + small(seed))), restore(Some(placed))]
}

fn late_clearing(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    let (first, beyond) = (small(seed), small(seed));
    let late = available - first + beyond;
    vec![debit(first), debit(late), hold(small(seed)), credit(first + late)]
}

fn debit(amount: Decimal) -> Step {
    Step { operation: Operation::DebitBalance, names: Names::Nothing, amount: Some(amount) }
}

fn credit(amount: Decimal) -> Step {
    Step { operation: Operation::CreditBalance, names: Names::Nothing, amount: Some(amount) }
}

fn hold(amount: Decimal) -> Step {
    Step { operation: Operation::HoldBalance, names: Names::Nothing, amount: Some(amount) }
}

fn raise(amount: Decimal) -> Step {
    on_hold(Operation::HoldBalance, Some(amount))
}

fn capture_of(amount: Decimal) -> Step {
    on_hold(Operation::DebitHoldBalance, Some(amount))
}

fn restore(amount: Option<Decimal>) -> Step {
    on_hold(Operation::RestoreBalance, amount)
}

fn on_hold(operation: Operation, amount: Option<Decimal>) -> Step {
    Step { operation, names: Names::Hold, amount }
}

/// From 0.01 to 50.00.
fn small(seed: &mut Seed) -> Decimal {
    Decimal::new(i64::from(seed.below(5_000)) + 1, 2)
}

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// 200.00: more than any cycle needs that is not meant to be refused.
const LOW_WATER: Decimal = Decimal::from_parts(20_000, 0, 0, false, 2);
/// 1000.00
const REFILL: Decimal = Decimal::from_parts(100_000, 0, 0, false, 2);

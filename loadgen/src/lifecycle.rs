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
//! Every cycle ends with its hold at zero, and no amount is drawn later than the cycle. In the mix
//! `cards` approvals come first, as on a real card:
//!
//! | cycle | steps under one `transaction_id` |
//! | --- | --- |
//! | purchase | final authorization; its debit |
//! | purchase and reversal | final authorization; its debit; credit of the same to the same balance |
//! | hotel | pre-authorization; its hold; an increment; raise the hold by it; capture a part; restore the rest |
//! | over-clearing | pre-authorization; its hold; capture more than it holds |
//! | declined | final authorization of more than there is |
//! | account check | final authorization of zero |
//! | refund | credit |
//!
//! In the mix `authorizations` each cycle is one final authorization that no operation follows: it
//! is for a server whose reservations outlive the run (`--reservation-ttl-s`).

use rust_decimal::Decimal;

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
}

/// One of the calls of the network API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub enum Operation {
    FinalAuth,
    PreAuth,
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
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FinalAuth,
        Self::PreAuth,
        Self::DebitBalance,
        Self::CreditBalance,
        Self::HoldBalance,
        Self::RestoreBalance,
        Self::DebitHoldBalance,
        Self::CreditHoldBalance,
    ];

    /// Whether it asks for an approval, and moves nothing by itself.
    #[must_use]
    pub fn is_authorization(self) -> bool {
        matches!(self, Self::FinalAuth | Self::PreAuth)
    }

    /// Its path, behind what all paths begin with.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::FinalAuth => "/transactions/final-auth/approval".to_owned(),
            Self::PreAuth => "/transactions/pre-auth/approval".to_owned(),
            _ => format!("/ledger/{}", self.name()),
        }
    }

    /// The call's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FinalAuth => "final_auth",
            Self::PreAuth => "pre_auth",
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
pub fn draw(mix: Mix, seed: &mut Seed, available: Decimal) -> Vec<Step> {
    if available < LOW_WATER {
        return vec![credit(REFILL)];
    }
    match mix {
        Mix::Ledger => draw_operations(seed, available),
        Mix::Cards => draw_card(seed, available),
        Mix::Authorizations => vec![authorize(small(seed))],
    }
}

fn draw_card(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    let amount = small(seed);
    match seed.below(16) {
        0..=5 => vec![authorize(amount), debit(amount)],
        6..=7 => [vec![authorize(amount)], purchase_and_reversal(amount)].concat(),
        8..=11 => hotel(seed),
        12 => vec![pre_authorize(amount), hold(amount), capture_of(amount + small(seed))],
        13 => vec![authorize(available + amount)],
        14 => vec![authorize(Decimal::ZERO)],
        _ => vec![credit(amount)],
    }
}

fn draw_operations(seed: &mut Seed, available: Decimal) -> Vec<Step> {
    match seed.below(16) {
        0..=4 => purchase_and_reversal(small(seed)),
        5..=9 => pre_authorization(seed),
        10 => over_capture(seed),
        11 => refund_to_hold(seed),
        12 => vec![credit(small(seed))],
        13 => vec![debit(available + small(seed))],
        14 => refused_hold_and_restore(seed, available),
        _ => late_clearing(seed, available),
    }
}

fn hotel(seed: &mut Seed) -> Vec<Step> {
    let (placed, raised) = (small(seed), small(seed));
    let capture = part_of(placed + raised, seed);
    let (first, increment) = (pre_authorize(placed), pre_authorize(raised));
    vec![first, hold(placed), increment, raise(raised), capture_of(capture), restore(None)]
}

fn part_of(sum: Decimal, seed: &mut Seed) -> Decimal {
    CENT.max(sum * Decimal::new(i64::from(seed.below(100)), 2)).round_dp(2)
}

fn authorize(amount: Decimal) -> Step {
    Step { operation: Operation::FinalAuth, names: Names::Nothing, amount: Some(amount) }
}

fn pre_authorize(amount: Decimal) -> Step {
    Step { operation: Operation::PreAuth, names: Names::Nothing, amount: Some(amount) }
}

fn purchase_and_reversal(amount: Decimal) -> Vec<Step> {
    let reversal =
        Step { operation: Operation::CreditBalance, names: Names::Balance, amount: Some(amount) };
    vec![debit(amount), reversal]
}

fn pre_authorization(seed: &mut Seed) -> Vec<Step> {
    let (placed, raised) = (small(seed), small(seed));
    let capture = part_of(placed + raised, seed);
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

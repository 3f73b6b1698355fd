//! From where a transaction stands to where it must come: which operations that takes.

use super::sums::Target;
use crate::ledger::{HoldRef, Operation};

/// An operation that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub operation: Operation,
    /// How much, in minor units.
    pub minor: i128,
    /// On which hold; of the balance where it is on none.
    pub hold: Option<HoldRef>,
}

/// What takes an account that took so much, and has these holds with so much left in each, to its
/// target. Nothing where it is there.
#[must_use]
pub fn plan(taken: i128, holds: &[(HoldRef, i128)], target: Target) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut take = target.taken - taken;
    let held: i128 = holds.iter().map(|(_, left)| left).sum();
    let mut less = held - target.held;
    for (hold, left) in holds {
        let out = less.min(*left).max(0);
        let captured = take.clamp(0, out);
        (less, take) = (less - out, take - captured);
        let on_hold = [(Operation::DebitHoldBalance, captured)];
        let on_hold = on_hold.into_iter().chain([(Operation::RestoreBalance, out - captured)]);
        steps.extend(on_hold.map(|(operation, minor)| Step {
            operation,
            minor,
            hold: Some(*hold),
        }));
    }
    if let Some((hold, _)) = holds.last().filter(|_| less < 0) {
        let minor = (-less).min(-take).max(0);
        take += minor;
        steps.push(Step { operation: Operation::CreditHoldBalance, minor, hold: Some(*hold) });
    }
    let operation = if take < 0 { Operation::CreditBalance } else { Operation::DebitBalance };
    steps.push(Step { operation, minor: take.abs(), hold: None });
    steps.retain(|step| step.minor > 0);
    steps
}

#[cfg(test)]
mod tests {
    use Operation::{
        CreditBalance, CreditHoldBalance, DebitBalance, DebitHoldBalance, RestoreBalance,
    };

    use super::*;
    use crate::ledger::ActionRef;

    fn planned(taken: i128, left: &[i128], to: (i128, i128)) -> Vec<(Operation, i128)> {
        let hold = |n| HoldRef::opened_by(ActionRef::new(n));
        let holds: Vec<_> = (1..).map(hold).zip(left.iter().copied()).collect();
        let target = Target { taken: to.0, held: to.1 };
        let steps = plan(taken, &holds, target);
        assert!(steps.iter().all(|it| it.hold.is_some() == it.operation.needs_its_reference()));
        steps.into_iter().map(|it| (it.operation, it.minor)).collect()
    }

    #[test]
    fn what_is_captured_comes_out_of_the_holds_first() {
        assert_eq!(planned(0, &[100], (0, 100)), []);
        assert_eq!(planned(0, &[100], (60, 40)), [(DebitHoldBalance, 60)]);
        assert_eq!(planned(0, &[100], (80, 0)), [(DebitHoldBalance, 80), (RestoreBalance, 20)]);
        assert_eq!(planned(0, &[100], (130, 0)), [(DebitHoldBalance, 100), (DebitBalance, 30)]);
        let both = [(DebitHoldBalance, 70), (DebitHoldBalance, 10), (RestoreBalance, 20)];
        assert_eq!(planned(0, &[70, 30], (80, 0)), both);
    }

    #[test]
    fn what_is_undone_goes_back_to_where_it_came_from() {
        assert_eq!(planned(60, &[40], (0, 100)), [(CreditHoldBalance, 60)]);
        let both = [(CreditHoldBalance, 100), (CreditBalance, 30)];
        assert_eq!(planned(130, &[0], (0, 100)), both);
        assert_eq!(planned(100, &[], (0, 0)), [(CreditBalance, 100)]);
        assert_eq!(planned(100, &[], (110, 0)), [(DebitBalance, 10)]);
        assert_eq!(planned(0, &[0], (0, 50)), [], "a hold is never raised out of nothing");
    }
}

//! What the network knows of one card transaction, and the rules by which the ledger decides on it.
//!
//! The rules are written down here a second time on purpose: a model that shared the server's code
//! would share its mistakes.

use std::time::Duration;

use rust_decimal::Decimal;

use super::{
    books::{Between, Grant, Span},
    step::{Operation, Step},
};

/// What was granted to one card transaction, and what it moved.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    /// What approvals granted, the oldest first.
    grants: Vec<Grant>,
    /// What its hold has left.
    hold_left: Decimal,
    /// Whether something was approved or moved: its debits must post then.
    linked: bool,
}

/// What a step moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the books'")]
pub struct Movement {
    pub posted: Decimal,
    pub held: Decimal,
}

/// How a step may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is done.
    Done,
    /// It is refused with this code.
    Refused(&'static str),
    /// Either, because what is set aside may lapse just then.
    Either(&'static str),
}

impl Transaction {
    /// What its hold has left.
    #[must_use]
    pub fn hold_left(&self) -> Decimal {
        self.hold_left
    }

    /// What is set aside for it within `span`.
    #[must_use]
    pub fn set_aside(&self, span: Span) -> Between {
        self.grants.iter().map(|grant| grant.set_aside(span)).sum()
    }

    /// What is set aside for it as long as nothing has lapsed.
    #[must_use]
    pub fn set_aside_at_first(&self) -> Decimal {
        self.grants.iter().map(Grant::set_aside_at_first).sum()
    }

    /// What was granted to it and not used, when it is over.
    #[must_use]
    pub fn into_grants(self) -> Vec<Grant> {
        self.grants
    }

    /// How `step` ends when so much is available.
    #[must_use]
    pub fn decide(&self, step: &Step, available: Between) -> Decided {
        let amount = self.amount(step);
        let spent = match step.operation {
            Operation::RestoreBalance if amount > self.hold_left => {
                return Decided::Refused("HOLD_AMOUNT_EXCEEDED");
            }
            Operation::FinalAuth | Operation::PreAuth => amount,
            Operation::DebitBalance if !self.linked => amount,
            Operation::HoldBalance => (amount - self.promised()).max(Decimal::ZERO),
            _ => return Decided::Done,
        };
        match spent {
            spent if spent.is_zero() || spent <= available.least => Decided::Done,
            spent if spent > available.most => Decided::Refused("INSUFFICIENT_FUNDS"),
            _ => Decided::Either("INSUFFICIENT_FUNDS"),
        }
    }

    /// Enters `step`, which was done within `span`, and says what it moved.
    pub fn enter(&mut self, step: &Step, span: Span, time_to_live: Option<Duration>) -> Movement {
        self.enter_as(step, |amount| Grant::new(amount, span, time_to_live))
    }

    /// The same where nothing that is set aside lapses.
    pub fn enter_lasting(&mut self, step: &Step) -> Movement {
        self.enter_as(step, Grant::lasting)
    }

    fn enter_as(&mut self, step: &Step, grant: impl FnOnce(Decimal) -> Grant) -> Movement {
        let amount = self.amount(step);
        self.linked |= !amount.is_zero();
        if step.operation.is_authorization() {
            if !amount.is_zero() {
                self.grants.push(grant(amount));
            }
            return Movement { posted: Decimal::ZERO, held: Decimal::ZERO };
        }
        if matches!(step.operation, Operation::DebitBalance | Operation::HoldBalance) {
            self.draw(amount);
        }
        let (posted, held) = match step.operation {
            Operation::DebitBalance => (-amount, Decimal::ZERO),
            Operation::CreditBalance => (amount, Decimal::ZERO),
            Operation::HoldBalance => (Decimal::ZERO, amount),
            Operation::RestoreBalance => (Decimal::ZERO, -amount),
            Operation::DebitHoldBalance => (-amount, -amount.min(self.hold_left)),
            Operation::CreditHoldBalance => (amount, amount),
            Operation::FinalAuth | Operation::PreAuth => (Decimal::ZERO, Decimal::ZERO),
        };
        self.hold_left += held;
        Movement { posted, held }
    }

    fn amount(&self, step: &Step) -> Decimal {
        step.amount.unwrap_or(self.hold_left)
    }

    fn promised(&self) -> Decimal {
        self.grants.iter().map(|grant| grant.unused).sum()
    }

    fn draw(&mut self, amount: Decimal) {
        self.grants.iter_mut().fold(amount, |rest, grant| grant.draw(rest));
        self.grants.retain(|grant| !grant.unused.is_zero());
    }
}

#[cfg(test)]
mod tests {
    use super::{Decided, Movement, Transaction};
    use crate::{
        clock::now,
        simulator::{
            books::{Between, Span},
            step::Step,
        },
    };
    use rust_decimal::Decimal;

    /// One transaction on an account of its own, in cents.
    struct Book {
        transaction: Transaction,
        posted: Decimal,
        held: Decimal,
        span: Span,
    }

    impl Book {
        fn opened_with(posted: i64) -> Self {
            let (at, held) = (now(), Decimal::ZERO);
            let span = Span { asked: at, told: at };
            Self { transaction: Transaction::default(), posted: cents(posted), held, span }
        }

        fn available(&self) -> Between {
            self.transaction.set_aside(self.span).taken_from(self.posted - self.held)
        }

        fn play(&mut self, step: Step) -> Result<(Decimal, Decimal), &'static str> {
            match self.transaction.decide(&step, self.available()) {
                Decided::Done => {
                    let Movement { posted, held } = self.transaction.enter(&step, self.span, None);
                    (self.posted, self.held) = (self.posted + posted, self.held + held);
                    Ok((self.posted, self.held))
                }
                Decided::Refused(code) | Decided::Either(code) => Err(code),
            }
        }
    }

    fn cents(cents: i64) -> Decimal {
        Decimal::new(cents, 2)
    }

    #[test]
    fn each_operation_moves_what_the_contract_says() {
        let mut book = Book::opened_with(10_000);
        let rows = [
            (Step::hold(cents(3_000)), Ok((10_000, 3_000))),
            (Step::raise(cents(7_001)), Err("INSUFFICIENT_FUNDS")),
            (Step::raise(cents(7_000)), Ok((10_000, 10_000))),
            (Step::restore(Some(cents(10_001))), Err("HOLD_AMOUNT_EXCEEDED")),
            (Step::restore(Some(cents(8_000))), Ok((10_000, 2_000))),
            (Step::capture(cents(2_500)), Ok((7_500, 0))),
            (Step::reopen(cents(100)), Ok((7_600, 100))),
            (Step::restore(None), Ok((7_600, 0))),
            (Step::debit(cents(7_700)), Ok((-100, 0))),
            (Step::credit_back(cents(100)), Ok((0, 0))),
        ];
        for (step, expected) in rows {
            let expected = expected.map(|(posted, held)| (cents(posted), cents(held)));
            assert_eq!(book.play(step), expected, "{step:?}");
        }
    }

    #[test]
    fn an_unlinked_debit_is_checked() {
        let mut book = Book::opened_with(100);
        assert_eq!(book.play(Step::debit(cents(101))), Err("INSUFFICIENT_FUNDS"));
        assert_eq!(book.play(Step::debit(cents(100))), Ok((cents(0), cents(0))));
        assert_eq!(book.play(Step::debit(cents(1))), Ok((cents(-1), cents(0))), "linked now");
    }

    #[test]
    fn what_was_granted_is_honoured_whatever_is_available_and_no_more() {
        let mut book = Book::opened_with(100);
        for amount in [60, 40] {
            book.play(Step::pre_auth(cents(amount))).unwrap();
        }
        assert_eq!(book.available(), Between::exactly(cents(0)));
        assert_eq!(book.play(Step::pre_auth(cents(1))), Err("INSUFFICIENT_FUNDS"));
        book.posted = cents(0);
        assert_eq!(book.play(Step::hold(cents(101))), Err("INSUFFICIENT_FUNDS"));
        assert_eq!(book.play(Step::hold(cents(50))), Ok((cents(0), cents(50))));
        // All that the older one had set aside is free; the younger one is still set aside.
        assert_eq!(book.available(), Between::exactly(cents(-90)));
        assert_eq!(book.play(Step::raise(cents(50))), Ok((cents(0), cents(100))));
        assert_eq!(book.available(), Between::exactly(cents(-100)));
    }

    #[test]
    fn where_a_reservation_may_have_lapsed_either_answer_is_right() {
        let (transaction, step) = (Transaction::default(), Step::final_auth(cents(100)));
        let rows = [
            ((100, 200), Decided::Done),
            ((0, 99), Decided::Refused("INSUFFICIENT_FUNDS")),
            ((0, 100), Decided::Either("INSUFFICIENT_FUNDS")),
        ];
        for ((least, most), expected) in rows {
            let available = Between { least: cents(least), most: cents(most) };
            assert_eq!(transaction.decide(&step, available), expected, "{available:?}");
        }
    }
}

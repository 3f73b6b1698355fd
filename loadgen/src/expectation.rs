//! The generator's own model of one account's books, and the answer that each request must get.
//!
//! Exact decimals, read from the number's own text. The rules are written down here a second
//! time on purpose: a model that shared the server's code would share its mistakes.

use rust_decimal::Decimal;

use crate::{
    lifecycle::{Names, Operation, Step},
    wire::{Amount, Answer, Decision, Reply},
};

/// One account's books as they must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    posted: Decimal,
    held: Decimal,
    reserved: Decimal,
    /// What approvals of the present transaction promised and no operation has used.
    promised: Decimal,
    /// What the hold of the present transaction has left.
    hold_left: Decimal,
    /// Whether an operation of the present transaction moved money: its debits must post then.
    linked: bool,
}

/// What the answer to one request must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A success, with the books after it.
    Success(Books),
    /// A refusal or decline with this code. The books stay.
    Refusal(&'static str),
}

/// What the generator already knows of an account, to compare an answer's references with.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The account's balance.
    pub balance_ref: &'a str,
    /// The hold of the present transaction, once it is placed.
    pub hold_ref: Option<&'a str>,
    /// The reference of the account's last action: the next one sorts after it.
    pub last_action_ref: &'a str,
}

impl Books {
    /// The books of an account that was topped up with `posted`.
    #[must_use]
    pub fn opened_with(posted: Decimal) -> Self {
        let none = Decimal::ZERO;
        Self { posted, held: none, reserved: none, promised: none, hold_left: none, linked: false }
    }

    /// What the customer owns.
    #[must_use]
    pub fn posted(&self) -> Decimal {
        self.posted
    }

    /// The sum of the account's holds.
    #[must_use]
    pub fn held(&self) -> Decimal {
        self.held
    }

    /// What is set aside for approvals.
    #[must_use]
    pub fn reserved(&self) -> Decimal {
        self.reserved
    }

    /// What may be spent.
    #[must_use]
    pub fn available(&self) -> Decimal {
        self.posted - self.held - self.reserved
    }

    /// The same books at the start of a new transaction, which has no hold and no history.
    #[must_use]
    pub fn in_new_transaction(self) -> Self {
        Self { promised: Decimal::ZERO, hold_left: Decimal::ZERO, linked: false, ..self }
    }

    /// What the answer to `step` must be.
    #[must_use]
    pub fn expect(&self, step: &Step) -> Expected {
        let amount = step.amount.unwrap_or(self.hold_left);
        let promised = !self.promised.is_zero();
        let (checked, spent) = match step.operation {
            Operation::DebitBalance => (!self.linked && !promised, amount),
            Operation::HoldBalance => {
                (!promised || amount > self.promised, amount - amount.min(self.promised))
            }
            _ => (step.operation.is_authorization(), amount),
        };
        if step.operation == Operation::RestoreBalance && amount > self.hold_left {
            return Expected::Refusal("HOLD_AMOUNT_EXCEEDED");
        }
        if checked && spent > self.available() {
            return Expected::Refusal("INSUFFICIENT_FUNDS");
        }
        Expected::Success(self.after(step.operation, amount))
    }

    fn after(self, operation: Operation, amount: Decimal) -> Self {
        if operation.is_authorization() {
            let (reserved, promised) = (self.reserved + amount, self.promised + amount);
            return Self { reserved, promised, ..self };
        }
        let uses = matches!(operation, Operation::DebitBalance | Operation::HoldBalance);
        let used = if uses { amount.min(self.promised) } else { Decimal::ZERO };
        let (posted, on_hold) = match operation {
            Operation::DebitBalance => (-amount, Decimal::ZERO),
            Operation::CreditBalance => (amount, Decimal::ZERO),
            Operation::HoldBalance => (Decimal::ZERO, amount),
            Operation::RestoreBalance => (Decimal::ZERO, -amount),
            Operation::DebitHoldBalance => (-amount, -amount.min(self.hold_left)),
            Operation::CreditHoldBalance => (amount, amount),
            Operation::FinalAuth | Operation::PreAuth => (Decimal::ZERO, Decimal::ZERO),
        };
        Self {
            posted: self.posted + posted,
            held: self.held + on_hold,
            reserved: self.reserved - used,
            promised: self.promised - used,
            hold_left: self.hold_left + on_hold,
            linked: self.linked || !amount.is_zero(),
        }
    }
}

impl Expected {
    /// Compares a first answer to `step`. Returns what differs, in words.
    ///
    /// # Errors
    ///
    /// The first member of the answer that is not what it must be.
    pub fn compare(&self, step: &Step, known: Known<'_>, reply: &Reply) -> Result<Answer, String> {
        same("status", reply.status.as_u16(), 200)?;
        if step.operation.is_authorization() {
            return self.compare_decision(step, known, reply);
        }
        let answer = Answer::parse(&reply.body).map_err(|error| format!("no answer: {error}"))?;
        match self {
            Self::Refusal(code) => {
                same("success", answer.success, false)?;
                same("error.code", answer.error_code.as_deref(), Some(*code))?;
            }
            Self::Success(after) => compare_success(after, step, known, &answer)?,
        }
        sorts_after(known, answer)
    }

    /// Compares the first answer to an authorization. A decline because the server could not decide
    /// in time is an answer, too, and leaves the books as they are.
    fn compare_decision(
        &self,
        step: &Step,
        known: Known<'_>,
        reply: &Reply,
    ) -> Result<Answer, String> {
        let decision =
            Decision::parse(&reply.body).map_err(|error| format!("no answer: {error}"))?;
        if decision.is_undecided() {
            return Ok(decision.into_answer());
        }
        let (status, approved, reason) = match self {
            Self::Success(_) => ("approved", step.amount.unwrap_or_default(), None),
            Self::Refusal(code) => ("declined", Decimal::ZERO, Some(*code)),
        };
        same("status", &*decision.status, status)?;
        same("reason", decision.reason.as_deref(), reason)?;
        same("approved_amount", decision.approved, Amount(approved))?;
        sorts_after(known, decision.into_answer())
    }
}

fn sorts_after(known: Known<'_>, answer: Answer) -> Result<Answer, String> {
    match answer.action_ref.as_str() {
        later if later > known.last_action_ref => Ok(answer),
        other => Err(format!(
            "the action's reference is {other:?}, which does not sort after {:?}",
            known.last_action_ref
        )),
    }
}

fn compare_success(
    after: &Books,
    step: &Step,
    known: Known<'_>,
    answer: &Answer,
) -> Result<(), String> {
    same("error.code", answer.error_code.as_deref(), None)?;
    same("success", answer.success, true)?;
    let (available, left) = (Some(Amount(after.available())), Some(Amount(after.hold_left)));
    let (available, left) = match step.operation {
        Operation::DebitHoldBalance | Operation::CreditHoldBalance => (None, left),
        _ => (available, None),
    };
    same("available_balance", answer.available_balance, available)?;
    same("hold_balance", answer.hold_balance, left)?;
    compare_references(step, known, answer)
}

fn compare_references(step: &Step, known: Known<'_>, answer: &Answer) -> Result<(), String> {
    let (balance, hold) = (answer.balance_ref.as_deref(), answer.hold_ref.as_deref());
    match (step.operation, step.names) {
        (Operation::HoldBalance, Names::Nothing) => match hold {
            Some(new) if known.hold_ref != Some(new) => Ok(()),
            _ => Err(format!("tenant_hold_balance_ref is {hold:?}, which is no new hold")),
        },
        (
            Operation::HoldBalance | Operation::DebitHoldBalance | Operation::CreditHoldBalance,
            _,
        ) => same("tenant_hold_balance_ref", hold, known.hold_ref),
        _ => same("tenant_balance_ref", balance, Some(known.balance_ref)),
    }
}

/// Nothing when `found` is `expected`, else what the member called `name` is and must be.
///
/// # Errors
///
/// The difference, in words.
pub fn same<T: PartialEq + std::fmt::Debug>(
    name: &str,
    found: T,
    expected: T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{name} is {found:?} and must be {expected:?}"))
}

#[cfg(test)]
mod tests {
    use super::{Books, Expected};
    use crate::{
        lifecycle::{self, Mix, Names, Operation, Step},
        seed::Seed,
    };
    use rust_decimal::Decimal;

    fn cents(cents: i64) -> Decimal {
        Decimal::new(cents, 2)
    }

    #[test]
    fn each_operation_moves_what_the_contract_says() {
        let (mut books, hold) = (Books::opened_with(cents(10_000)), Names::Hold);
        let rows = [
            (Operation::HoldBalance, Names::Nothing, Some(3_000), Ok((10_000, 3_000))),
            (Operation::HoldBalance, hold, Some(7_001), Err("INSUFFICIENT_FUNDS")),
            (Operation::HoldBalance, hold, Some(7_000), Ok((10_000, 10_000))),
            (Operation::RestoreBalance, hold, Some(10_001), Err("HOLD_AMOUNT_EXCEEDED")),
            (Operation::RestoreBalance, hold, Some(8_000), Ok((10_000, 2_000))),
            (Operation::DebitHoldBalance, hold, Some(2_500), Ok((7_500, 0))),
            (Operation::CreditHoldBalance, hold, Some(100), Ok((7_600, 100))),
            (Operation::RestoreBalance, hold, None, Ok((7_600, 0))),
            (Operation::DebitBalance, Names::Nothing, Some(7_700), Ok((-100, 0))),
            (Operation::CreditBalance, Names::Balance, Some(100), Ok((0, 0))),
        ];
        for (operation, names, amount, expected) in rows {
            let found = books.expect(&Step { operation, names, amount: amount.map(cents) });
            match (found, expected) {
                (Expected::Success(after), Ok((posted, held))) => {
                    assert_eq!((after.posted, after.held), (cents(posted), cents(held)));
                    books = after;
                }
                (Expected::Refusal(found), Err(code)) => assert_eq!(found, code),
                (found, expected) => panic!("{operation:?}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn an_unlinked_debit_is_checked() {
        let step = |amount| Step {
            operation: Operation::DebitBalance,
            names: Names::Nothing,
            amount: Some(cents(amount)),
        };
        let books = Books::opened_with(cents(100));
        assert_eq!(books.expect(&step(101)), Expected::Refusal("INSUFFICIENT_FUNDS"));
        assert!(matches!(books.expect(&step(100)), Expected::Success(_)));
    }

    #[test]
    fn a_cycle_leaves_no_hold_and_no_debt() {
        for seed in 0..50 {
            let mut random = Seed::new(seed);
            let mut books = Books::opened_with(cents(100_000));
            for _ in 0..100 {
                books = books.in_new_transaction();
                let mix = if seed % 2 == 0 { Mix::Ledger } else { Mix::Cards };
                for step in lifecycle::draw(mix, &mut random, books.available()) {
                    if let Expected::Success(after) = books.expect(&step) {
                        books = after;
                    }
                }
                assert_eq!((books.held(), books.reserved()), (Decimal::ZERO, Decimal::ZERO));
                assert!(books.available() >= Decimal::ZERO, "seed {seed}");
                assert!(books.posted().scale() <= 2, "seed {seed}");
            }
        }
    }
}

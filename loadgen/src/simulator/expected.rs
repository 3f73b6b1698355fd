//! The answer that each request must get, and how a wrong one is told from it.

use super::{
    books::Between,
    step::{Names, Operation, Step},
    transaction::{Movement, Transaction},
};
use crate::wire::{Amount, Answer, Decision, Reply};
use rust_decimal::Decimal;

/// What the answer to one request must be. Where both are possible, either.
#[derive(Debug, Clone)]
pub struct Expected {
    /// A success, and how things stand after it.
    pub done: Option<After>,
    /// A refusal or decline with this code. Nothing moves.
    pub refusal: Option<&'static str>,
}

/// How things stand after a success.
#[derive(Debug, Clone)]
pub struct After {
    /// The transaction.
    pub transaction: Transaction,
    /// What was moved.
    pub movement: Movement,
    /// What may be spent from the account.
    pub available: Between,
}

/// What is known already of an account, to compare an answer's references with.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The account's balance.
    pub balance_ref: &'a str,
    /// The hold of the present transaction, once it is placed.
    pub hold_ref: Option<&'a str>,
    /// The reference of the account's last action: the next one sorts after it.
    pub last_action_ref: &'a str,
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
        match self.of(answer.success) {
            Expectation::Done(after) => compare_success(after, step, known, &answer)?,
            Expectation::Refused(code) => {
                same("success", answer.success, false)?;
                same("error.code", answer.error_code.as_deref(), Some(code))?;
            }
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
        let (status, approved, reason) = match self.of(decision.status == "approved") {
            Expectation::Done(_) => ("approved", step.amount.unwrap_or_default(), None),
            Expectation::Refused(code) => ("declined", Decimal::ZERO, Some(code)),
        };
        same("status", &*decision.status, status)?;
        same("reason", decision.reason.as_deref(), reason)?;
        same("approved_amount", decision.approved, Amount(approved))?;
        sorts_after(known, decision.into_answer())
    }

    /// What is expected of an answer that says so: where one of the two cannot be, the other.
    fn of(&self, success: bool) -> Expectation<'_> {
        match (&self.done, self.refusal) {
            (Some(after), None) => Expectation::Done(after),
            (Some(after), Some(_)) if success => Expectation::Done(after),
            (_, code) => Expectation::Refused(code.unwrap_or_default()),
        }
    }
}

enum Expectation<'a> {
    Done(&'a After),
    Refused(&'static str),
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
    after: &After,
    step: &Step,
    known: Known<'_>,
    answer: &Answer,
) -> Result<(), String> {
    same("error.code", answer.error_code.as_deref(), None)?;
    same("success", answer.success, true)?;
    match step.operation {
        Operation::DebitHoldBalance | Operation::CreditHoldBalance => {
            same("available_balance", answer.available_balance, None)?;
            let left = Amount(after.transaction.hold_left());
            same("hold_balance", answer.hold_balance, Some(left))?;
        }
        _ => {
            after.available.has("available_balance", answer.available_balance)?;
            same("hold_balance", answer.hold_balance, None)?;
        }
    }
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

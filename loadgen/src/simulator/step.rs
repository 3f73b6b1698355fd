//! One request of a life cycle, as a value, and how long after the one before it it is sent.

use std::time::Duration;

use rust_decimal::Decimal;

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

/// A step, and when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// So long after the step before it, on the network's virtual clock.
    pub pause: Duration,
    /// What is sent then.
    pub step: Step,
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

impl Step {
    /// A final authorization.
    #[must_use]
    pub fn final_auth(amount: Decimal) -> Self {
        Self::plain(Operation::FinalAuth, amount)
    }

    /// A pre-authorization, or an increment of one.
    #[must_use]
    pub fn pre_auth(amount: Decimal) -> Self {
        Self::plain(Operation::PreAuth, amount)
    }

    /// A debit of the default balance.
    #[must_use]
    pub fn debit(amount: Decimal) -> Self {
        Self::plain(Operation::DebitBalance, amount)
    }

    /// A debit of exactly the balance that was credited.
    #[must_use]
    pub fn debit_back(amount: Decimal) -> Self {
        Self { names: Names::Balance, ..Self::debit(amount) }
    }

    /// A credit to the default balance.
    #[must_use]
    pub fn credit(amount: Decimal) -> Self {
        Self::plain(Operation::CreditBalance, amount)
    }

    /// A credit to exactly the balance that was debited.
    #[must_use]
    pub fn credit_back(amount: Decimal) -> Self {
        Self { names: Names::Balance, ..Self::credit(amount) }
    }

    /// A hold of its own.
    #[must_use]
    pub fn hold(amount: Decimal) -> Self {
        Self::plain(Operation::HoldBalance, amount)
    }

    /// More on the cycle's hold.
    #[must_use]
    pub fn raise(amount: Decimal) -> Self {
        Self::on_hold(Operation::HoldBalance, Some(amount))
    }

    /// A debit of the cycle's hold.
    #[must_use]
    pub fn capture(amount: Decimal) -> Self {
        Self::on_hold(Operation::DebitHoldBalance, Some(amount))
    }

    /// A credit to the cycle's hold, be it at zero.
    #[must_use]
    pub fn reopen(amount: Decimal) -> Self {
        Self::on_hold(Operation::CreditHoldBalance, Some(amount))
    }

    /// Some of the cycle's hold given back, or all that is left.
    #[must_use]
    pub fn restore(amount: Option<Decimal>) -> Self {
        Self::on_hold(Operation::RestoreBalance, amount)
    }

    /// The step at once after the one before it.
    #[must_use]
    pub fn at_once(self) -> Scheduled {
        self.after(Duration::ZERO)
    }

    /// The step after a pause.
    #[must_use]
    pub fn after(self, pause: Duration) -> Scheduled {
        Scheduled { pause, step: self }
    }

    fn plain(operation: Operation, amount: Decimal) -> Self {
        Self { operation, names: Names::Nothing, amount: Some(amount) }
    }

    fn on_hold(operation: Operation, amount: Option<Decimal>) -> Self {
        Self { operation, names: Names::Hold, amount }
    }
}

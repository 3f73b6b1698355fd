//! What is asked of a ledger and what it answers, in plain words: texts, and `i128` for money.

/// Something asked of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// An account with these balances, each a currency and an overdraft limit.
    Open { account: String, balances: Vec<(String, i128)> },
    /// A change of an account.
    Amend { account: String, status: Option<String>, limits: Vec<(String, i128)>, add: Vec<String> },
    /// One of the six operations.
    Operate(Operate),
    /// Money from one end to the other.
    Transfer(Transfer),
    /// An approved authorization sets a sum aside.
    Reserve { account: String, transaction: String, amount: Sum },
    /// What the approval by that action still sets aside returns.
    Lapse { account: String, approval: u64 },
}

/// One of the six operations as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operate {
    pub(crate) name: &'static str,
    pub(crate) key: String,
    pub(crate) transaction: String,
    pub(crate) account: String,
    pub(crate) of_action: String,
    pub(crate) reference: Option<String>,
    pub(crate) amount: Option<Sum>,
}

/// A transfer as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) key: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) transaction: Option<String>,
    pub(crate) amount: Sum,
}

/// So many minor units of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) currency: String,
    pub(crate) minor: i128,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was done, as the action of that number.
    Done(Done),
    /// It was refused, as the action of that number.
    Refused { at: u64, code: &'static str },
    /// The key was used for the same before: the first answer.
    Repeated(Box<Answer>),
    /// The key was used for something else.
    KeyReused,
    /// It was refused and leaves no trace.
    Declined(&'static str),
    /// The ledger takes nothing now; certainly nothing was done.
    Unavailable,
    /// The log failed: it may have been done or not.
    Unknown,
}

/// What an action moved, and what was there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) at: u64,
    pub(crate) postings: Vec<Posting>,
    pub(crate) after: Vec<BalanceView>,
    pub(crate) hold: Option<HoldView>,
}

/// So much from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) minor: i128,
}

/// A balance as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BalanceView {
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) posted: i128,
    pub(crate) held: i128,
    pub(crate) reserved: i128,
    pub(crate) available: i128,
    pub(crate) limit: i128,
    pub(crate) shortfall: i128,
}

/// A hold as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldView {
    pub(crate) name: String,
    pub(crate) balance: String,
    pub(crate) held: i128,
    pub(crate) placed: i128,
    pub(crate) captured: i128,
    pub(crate) restored: i128,
}

/// All that is told of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountView {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) balances: Vec<BalanceView>,
    pub(crate) holds: Vec<HoldView>,
}

/// The books of one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) posted: i128,
    pub(crate) held: i128,
    pub(crate) reserved: i128,
    pub(crate) settlement: i128,
    pub(crate) funding: i128,
}

impl Ask {
    /// Its idempotency key, where it has one.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Operate(operate) => Some(&operate.key),
            Self::Transfer(transfer) => Some(&transfer.key),
            _ => None,
        }
    }
}

impl Answer {
    /// Whether it is an action of the log.
    pub(crate) fn is_recorded(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Refused { .. })
    }
}

//! Requests made ahead of need, with texts as long as a network's, so that making them is not
//! measured.

use holdfast::engine::record::OperationRequest;
use holdfast::ledger::{Amount, Currency, Money, Operation};

/// So many minor units of the currency that all benches use.
///
/// # Panics
/// When there is no such currency or amount.
#[must_use]
pub fn money(minor: u64) -> Money {
    let amount = Amount::new(minor).expect("benches move small amounts");
    Money { amount, currency: currency() }
}

/// The currency that all benches use.
///
/// # Panics
/// Never: it is of the right form.
#[must_use]
pub fn currency() -> Currency {
    Currency::new(*b"SGD", 2).expect("it is of the right form")
}

/// The name of an account, from zero.
#[must_use]
pub fn account(number: u64) -> String {
    format!("account-{number:08}")
}

/// Which accounts are asked of, and in what order.
#[derive(Clone, Copy, Debug)]
pub enum Spread {
    /// Any of so many, drawn at random.
    Over(u64),
    /// Always the first.
    Hot,
}

/// A source of requests with fresh keys and transactions, the same for the same calls.
#[derive(Debug, Default)]
pub struct Source {
    random: Draw,
    made: u64,
}

/// The texts of one request.
#[derive(Clone, Debug)]
pub struct Request {
    operation: Operation,
    key: String,
    transaction: String,
    account: String,
    of_action: String,
    money: Money,
}

/// A sequence of numbers that look drawn, the same each time: linear congruential (Knuth's MMIX).
#[derive(Debug)]
pub struct Draw(u64);

impl Default for Draw {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Draw {
    /// The next number, below a bound that is not zero: of its better half.
    pub const fn below(&mut self, bound: u64) -> u64 {
        const FACTOR: u64 = 6_364_136_223_846_793_005;
        const STEP: u64 = 1_442_695_040_888_963_407;
        self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(STEP);
        (self.0 >> 32) % bound
    }
}

impl Source {
    /// One request for each of the operations.
    pub fn take_some<const N: usize>(
        &mut self,
        operations: [Operation; N],
        spread: Spread,
    ) -> [Request; N] {
        operations.map(|operation| self.request(operation, spread, money(100)))
    }

    /// So many requests, the operations by turns.
    pub fn take(&mut self, count: usize, operations: &[Operation], spread: Spread) -> Vec<Request> {
        let money = money(100);
        let operations = operations.iter().cycle().take(count);
        operations.map(|&operation| self.request(operation, spread, money)).collect()
    }

    fn request(&mut self, operation: Operation, spread: Spread, money: Money) -> Request {
        self.made += 1;
        let number = match spread {
            Spread::Over(accounts) => self.random.below(accounts),
            Spread::Hot => 0,
        };
        let of = |kind: &str| format!("{kind}-0000-4000-8000-{:018}", self.made);
        Request {
            operation,
            key: of("key_"),
            transaction: of("txn_"),
            account: account(number),
            of_action: of("act_"),
            money,
        }
    }
}

impl Request {
    /// The same request under another transaction.
    #[must_use]
    pub fn under(self, transaction: &str) -> Self {
        Self { transaction: transaction.to_owned(), ..self }
    }

    /// The same request on another account.
    #[must_use]
    pub fn on(self, account: String) -> Self {
        Self { account, ..self }
    }

    /// Its card transaction.
    #[must_use]
    pub fn transaction(&self) -> &str {
        &self.transaction
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// How much.
    #[must_use]
    pub const fn money(&self) -> Money {
        self.money
    }

    /// As the engine takes it.
    #[must_use]
    pub fn as_operation(&self) -> OperationRequest<'_> {
        OperationRequest {
            operation: self.operation,
            idempotency_key: &self.key,
            transaction_id: &self.transaction,
            tenant_account_ref: &self.account,
            of_action_ref: &self.of_action,
            reference: None,
            money: Some(self.money),
        }
    }
}

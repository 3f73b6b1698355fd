//! One kind of load on one engine, in bursts that are timed one by one.

use std::time::Duration;

use anyhow::ensure;
use holdfast::engine::record::{Asked, AuthorizationKind, Message};
use holdfast::engine::{AuthorizationRequest, Earlier, Lsn, Submitted};
use holdfast::ledger::{Merchant, Moment, Operation, Ruleset};

use super::world::World;
use crate::requests::{Request, Source, Spread};
use crate::statistics::{Samples, per_second};
use crate::time::processor_timed;

/// How many actions are submitted between two turns of the committer.
const BURST: usize = 20_000;

/// What is submitted.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Operations by turns, each under a transaction of its own.
    Operations(&'static [Operation]),
    /// Authorizations, each followed by the debit that uses it.
    Cards,
}

/// One kind of load.
pub struct Lane {
    name: &'static str,
    work: Work,
    spread: Spread,
    world: World,
    source: Source,
    submitting: Vec<Duration>,
    grouping: Duration,
}

impl Lane {
    /// A new engine with the accounts that the load is on.
    pub fn new(name: &'static str, work: Work, spread: Spread) -> anyhow::Result<Self> {
        let accounts = match spread {
            Spread::Over(accounts) => accounts,
            Spread::Hot => 1,
        };
        let world = World::with_accounts(accounts)?;
        let (source, submitting, grouping) = (Source::default(), Vec::new(), Duration::ZERO);
        Ok(Self { name, work, spread, world, source, submitting, grouping })
    }

    /// The same under spend limits.
    pub fn under(self, rules: Ruleset) -> anyhow::Result<Self> {
        self.world.engine.set_default_limits(rules)?;
        Ok(self)
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// For how long it was submitted to.
    pub fn submitting(&self) -> Duration {
        self.submitting.iter().sum()
    }

    /// Submits once more.
    pub fn burst(&mut self) -> anyhow::Result<()> {
        let mut approved = Vec::with_capacity(BURST);
        let (done, time) = match self.work {
            Work::Operations(operations) => {
                let requests = self.source.take(BURST, operations, self.spread);
                processor_timed(|| self.submit(&requests))
            }
            Work::Cards => {
                let debits = self.source.take(BURST / 2, &[Operation::DebitBalance], self.spread);
                processor_timed(|| self.swipe(&debits, &mut approved))
            }
        };
        ensure!(done == BURST, "only {done} of {BURST} actions of {} were done", self.name);
        self.submitting.push(time);
        let (drained, time) = processor_timed(|| self.world.drain());
        self.grouping += time;
        drained?;
        // As a server does beside its work.
        for lsn in approved {
            self.world.engine.settle(lsn);
        }
        self.world.engine.lapse_due();
        Ok(())
    }

    /// Asks for an authorization for each debit, then for the debit.
    fn swipe(&self, debits: &[Request], approved: &mut Vec<Lsn>) -> usize {
        let engine = &self.world.engine;
        let done = |submitted: &Request| {
            let authorized = engine.authorize(authorization(submitted), &Earlier::default());
            let Ok(Submitted::Decided(it, stamp)) = authorized else { return 0 };
            approved.push(stamp.lsn);
            let debited = engine.submit(submitted.as_operation(), &[]);
            let debited = matches!(debited, Ok(Submitted::Decided(it, _)) if it.outcome.is_ok());
            usize::from(it.outcome.is_ok()) + usize::from(debited)
        };
        debits.iter().map(done).sum()
    }

    fn submit(&self, requests: &[Request]) -> usize {
        let engine = &self.world.engine;
        let done = requests.iter().filter(|request| {
            let submitted = engine.submit(request.as_operation(), &[]);
            matches!(submitted, Ok(Submitted::Decided(action, _)) if action.outcome.is_ok())
        });
        done.count()
    }

    /// Actions per second at the median burst.
    pub fn rate(&self) -> u64 {
        per_second(burst(), self.bursts().median())
    }

    fn bursts(&self) -> Samples<Duration> {
        Samples::new(self.submitting.iter().copied())
    }

    /// What it came to.
    pub fn row(&self) -> [String; 6] {
        let bursts = self.bursts();
        let each = |percent| bursts.percentile(percent).as_nanos() / u128::from(burst());
        let total = self.submitting();
        let actions = burst() * u64::try_from(self.submitting.len()).unwrap_or(u64::MAX);
        [
            self.name.to_owned(),
            self.rate().to_string(),
            each(50).to_string(),
            format!("{}..{}", each(10), each(90)),
            per_second(actions, total).to_string(),
            per_second(actions, total + self.grouping).to_string(),
        ]
    }
}

/// As long as a network's message.
const CONTENT: &str = r#"{"transaction_id":"0b8c2e0e-5b1a-4f4e-9a38-0f1f5d0a7c11","network_transaction_ref":"Qm3vT8xZr1LkP0aYd7Nf2HsWc9BgJe4U","tenant_account_ref":"account-00000000","amount":1.00,"currency":"SGD","billing_amount":1.00,"billing_currency_code":"SGD","network_merchant_id":"MRC000000000042","network_merchant_category_code":"5812"}"#;

fn authorization(request: &Request) -> AuthorizationRequest<'_> {
    let money = request.money();
    let transaction_id = request.transaction();
    AuthorizationRequest {
        kind: AuthorizationKind::Final,
        message: Message { transaction_id, network_message_ref: None },
        account: Ok(request.account()),
        asked: Asked { billing: money, amount: money, partial: false },
        answer_by: Moment::from_micros(i64::MAX),
        time_to_live: Duration::from_micros(1),
        merchant: Merchant {
            category: Some("5812"),
            country: Some("SGP"),
            id: Some("MRC000000000042"),
        },
        content: CONTENT,
    }
}

fn burst() -> u64 {
    u64::try_from(BURST).unwrap_or(u64::MAX)
}

//! Clearing mode: where no operation of the network follows, what it tells moves the money.
//!
//! ```text
//! approval in time ──────────────► posted (final) or held (pre), by the engine
//! reversal, clearing record ─► recorded once ─► [turn: position ─► target ─► plan ─► operations]
//! ```
//!
//! | module | does |
//! | --- | --- |
//! | `effect` | what each type of clearing record does: a table |
//! | `reversal` | what a reversal notification undoes |
//! | `sums`, `plan` | what was told, added up; what the account must come to; what that takes. Pure |
//! | `position` | where a transaction stands, by its records in the log |
//! | `naming` | which transaction and account a clearing record is of |
//! | `record` | a clearing record, applied or refused |
//! | `input` | the forms in which clearing records are sent |
//! | `apply` | all of an input, and the report of it |
//!
//! What is told is recorded before it moves anything, once, as a notification. What an account must
//! come to is worked out from *all* that was told of a transaction, and is then approached by
//! operations like those that the network would have sent. So neither the order of messages nor
//! their number matters, and what a crash left undone is done by whoever looks next: the sender, who
//! was not answered, sends again.
//!
//! **Invariant: one transaction is looked at by one at a time.** Whoever does has its turn. Only an
//! approval may be posted without one, where nothing was told of its transaction: so whoever has the
//! turn records first that something was, and looks then.

mod apply;
mod effect;
mod input;
mod naming;
mod plan;
mod position;
mod record;
mod reversal;
mod sums;

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use parking_lot::{Mutex, MutexGuard};
use wal::{Lsn, Storage};

pub use apply::{Asked, ClearError, Report, apply};
pub use record::{Applied, Outcome, Refused};
pub use reversal::of as reversal;

use crate::engine::record::{Action, OperationRequest, key_of_told};
use crate::engine::{
    Currencies, Engine, HistoryError, Posting, Repeat, Stamp, Submitted, Unavailable,
};
use crate::ledger::{ActionRef, Amount, AuthorizationRef, Currency, Money, Refusal};
use plan::Step;
use position::Position;

/// So many transactions can be looked at beside each other, at the most.
const TURNS: usize = 64;

/// Whoever moves money by what was told.
pub struct Clerk {
    currencies: Currencies,
    turns: Vec<Mutex<()>>,
}

/// Why a transaction is not where it must be yet.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// A record of it is not durable: to be tried again once it is.
    #[error("record {0} is not durable yet")]
    NotDurable(Lsn),
    /// The log takes nothing now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A record of it cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// What was done of a transaction.
#[derive(Debug, Default)]
pub struct Settled {
    /// The operations.
    pub actions: Vec<ActionRef>,
    /// The last record, where there is one.
    pub last: Option<Lsn>,
    /// Why one of them was refused, where one was.
    pub refusal: Option<Refusal>,
}

/// What wants operations, and what they are called by the network.
#[derive(Clone, Copy, Debug)]
struct Cause<'a> {
    transaction_id: &'a str,
    told: Lsn,
    of_action_ref: &'a str,
}

impl Clerk {
    /// One who knows these currencies.
    #[must_use]
    pub fn new(currencies: Currencies) -> Self {
        Self { currencies, turns: (0..TURNS).map(|_| Mutex::new(())).collect() }
    }

    /// Takes a transaction to where all that was told of it wants it; `told` is the record for which
    /// somebody looks, and `of_action_ref` what the network calls it. Blocks.
    ///
    /// # Errors
    /// When it is not there yet.
    pub fn settle<S: Storage>(
        &self,
        ledger: &Engine<S>,
        transaction_id: &str,
        told: Lsn,
        of_action_ref: &str,
    ) -> Result<Settled, Stop> {
        let _turn = self.turn(transaction_id);
        let position = Position::read(ledger, &self.currencies, transaction_id)?;
        go_on(ledger, position, Cause { transaction_id, told, of_action_ref })
    }

    /// Posts approvals of whose transactions something else is known; how many there were. What
    /// cannot be posted now is tried again at the next call. Blocks.
    pub fn post_due<S: Storage>(&self, ledger: &Engine<S>) -> usize {
        let mut posted = 0;
        for transaction_id in ledger.unposted() {
            let Some(approval) = ledger.unposted_of(&transaction_id).first().copied() else {
                continue;
            };
            let name = name_of(approval).to_string();
            match self.settle(ledger, &transaction_id, approval, &name) {
                Ok(_) => posted += 1,
                Err(Stop::NotDurable(_) | Stop::Unavailable(_)) => {}
                Err(Stop::History(error)) => {
                    tracing::error!(%error, %transaction_id, "an approval cannot be posted");
                }
            }
        }
        posted
    }

    fn turn(&self, transaction_id: &str) -> MutexGuard<'_, ()> {
        let hash = FixedState::default().hash_one(transaction_id);
        let place = usize::try_from(hash).unwrap_or(0) % TURNS;
        self.turns[place].lock()
    }
}

/// Posts what stands, then does what is wanted.
fn go_on<S: Storage>(
    ledger: &Engine<S>,
    mut position: Position,
    cause: Cause<'_>,
) -> Result<Settled, Stop> {
    let mut done = Settled::default();
    post(ledger, &mut position, cause.transaction_id, &mut done)?;
    let (Some(account), Some(currency)) = (position.account.clone(), position.currency) else {
        return Ok(done);
    };
    for step in position.steps(ledger, &account) {
        position.wanted += 1;
        let key = key_of_told(cause.told, position.wanted);
        let hold = step.hold.map(|hold| hold.to_string());
        let request = OperationRequest {
            operation: step.operation,
            idempotency_key: &key,
            transaction_id: cause.transaction_id,
            tenant_account_ref: &account,
            of_action_ref: cause.of_action_ref,
            reference: hold.as_deref(),
            money: money(&step, currency),
        };
        submit(ledger, request, &mut done, |_, _| {})?;
    }
    Ok(done)
}

impl Position {
    /// What takes it to where it must come.
    fn steps<S: Storage>(&self, ledger: &Engine<S>, account: &str) -> Vec<Step> {
        let holds = self.on_hold(ledger, account);
        plan::plan(self.taken, &holds, self.sums.target(!holds.is_empty()))
    }
}

/// Posts the approvals that stand, oldest first.
fn post<S: Storage>(
    ledger: &Engine<S>,
    position: &mut Position,
    transaction_id: &str,
    done: &mut Settled,
) -> Result<(), Stop> {
    let account = position.account.clone().unwrap_or_default();
    for (approval, kind) in std::mem::take(&mut position.unposted) {
        if let Some(money) = ledger.set_aside(&account, approval) {
            let posting =
                Posting { approval, kind, tenant_account_ref: &account, transaction_id, money };
            posting.ask(position.holds.first().copied(), |request| {
                submit(ledger, request, done, |action, stamp| position.action(action, stamp))
            })?;
        }
        ledger.posted(approval);
    }
    Ok(())
}

fn name_of(approval: Lsn) -> AuthorizationRef {
    AuthorizationRef::decided_as(ActionRef::new(approval.value()))
}

fn money(step: &Step, currency: Currency) -> Option<Money> {
    let minor = u64::try_from(step.minor).ok()?;
    Some(Money { amount: Amount::new(minor)?, currency })
}

/// Does an operation once, and shows it to `see`.
fn submit<S: Storage>(
    ledger: &Engine<S>,
    request: OperationRequest<'_>,
    done: &mut Settled,
    see: impl FnOnce(&Action<'_>, Stamp),
) -> Result<(), Stop> {
    let mut others = Vec::new();
    loop {
        match ledger.submit(request, &others)? {
            Submitted::Decided(action, stamp) => {
                done.took(&action, stamp);
                see(&action, stamp);
                return Ok(());
            }
            Submitted::Seen(lsn) if lsn > ledger.durable() => return Err(Stop::NotDurable(lsn)),
            Submitted::Seen(lsn) => {
                let stored = ledger.stored(lsn)?;
                match stored.repeats(&request)? {
                    Repeat::Same(action, stamp) => {
                        see(&action, stamp);
                        return Ok(());
                    }
                    // Nobody else has such keys: it was done, by what was known then.
                    Repeat::KeyReused => return Ok(()),
                    Repeat::OtherKey => others.push(lsn),
                }
            }
        }
    }
}

impl Settled {
    fn took(&mut self, action: &Action<'_>, stamp: Stamp) {
        self.last = Some(stamp.lsn);
        match &action.outcome {
            Ok(_) => self.actions.push(stamp.action()),
            Err(refused) => self.refusal = Some(refused.refusal),
        }
    }
}

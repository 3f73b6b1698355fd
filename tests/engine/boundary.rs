//! Asks the engine what the model is asked, and tells its answer in the model's words.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast::engine::record::{
    Action, Asked, Authorization, AuthorizationKind, Ends, Message, OperationRequest, Profile,
    TransferAction, TransferRequest,
};
use holdfast::engine::{
    AccountNames, AmendError, AuthorizationRequest, Currencies, Earlier, HistoryError,
    HoldView as EngineHold, HoldsAsked, Opened, Repeat, Stamp, Stored, Submitted, Unavailable,
};
use holdfast::ledger::{
    ActionRef, Amendment, Amount, BalanceRef, Bucket, Currency, Hold, Merchant, Moment, Money,
    Movement, Opening, Operation, Pocket, Side, Status,
};
use wal::Lsn;

use super::model::{
    AccountView, Answer, Ask, BalanceView, Done, HoldView, Operate, Posting, Sum, Totals, Transfer,
};
use crate::support::engine::{Stuck, World};

/// The engine in the place of the model.
pub(crate) struct Subject {
    pub(crate) world: World,
    pub(crate) currencies: Currencies,
}

impl Subject {
    /// Asks the engine. `Unknown` where its log fails on the way.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Answer {
        match ask {
            Ask::Open { account, balances } => self.open(account, balances),
            Ask::Amend { account, status, limits, add } => {
                let amendment = Amendment {
                    status: status.as_deref().map(|name| Status::parse(name).unwrap()),
                    overdraft_limits: self.limits(limits),
                    add_currencies: add.iter().map(|code| self.currency(code)).collect(),
                };
                self.amend(account, amendment)
            }
            Ask::Operate(asked) => self.operate(asked),
            Ask::Transfer(asked) => self.transfer(asked),
            Ask::Reserve { account, transaction, amount } => {
                self.reserve(account, transaction, amount)
            }
            Ask::Lapse { account, approval } => self.lapse(account, *approval),
        }
    }

    /// All that the engine tells of the accounts, in the order in which they were opened.
    pub(crate) fn views(&self) -> Vec<AccountView> {
        let (accounts, more) = self.world.engine.accounts(Lsn::ZERO, usize::MAX, |_| true);
        assert!(!more, "a page without a limit is the last");
        let view = |account: holdfast::engine::AccountView| {
            let every = HoldsAsked { all: true, after: None, limit: usize::MAX };
            let holds = self.world.engine.holds(&account.tenant_account_ref, every).unwrap().holds;
            AccountView {
                name: account.tenant_account_ref.into(),
                status: account.status.name().to_owned(),
                balances: account.balances.iter().map(balance_view).collect(),
                holds: holds.iter().map(listed_hold).collect(),
            }
        };
        accounts.into_iter().map(view).collect()
    }

    /// The engine's books, by currency, those left out where nothing ever was.
    pub(crate) fn totals(&self) -> BTreeMap<String, Totals> {
        let books = self.world.engine.trial_balance().currencies.into_iter();
        let of = |(currency, sums): (Currency, holdfast::engine::Totals)| {
            assert_eq!(sums.sum(), 0, "the postings in {currency} do not add up to zero");
            let totals = Totals {
                posted: sums.posted,
                held: sums.held,
                reserved: sums.reserved,
                settlement: sums.settlement,
                funding: sums.funding,
            };
            (currency.code().to_owned(), totals)
        };
        books.map(of).filter(|(_, totals)| *totals != Totals::default()).collect()
    }

    fn open(&self, account: &str, balances: &[(String, i128)]) -> Answer {
        let opening = Opening { balances: self.limits(balances) };
        match self.world.engine.open_account(account, opening, Profile::default()) {
            Ok(Opened::New(view)) => changed(view.seen.value(), &view),
            Ok(Opened::Exists(_)) => Answer::Declined("ACCOUNT_EXISTS"),
            Err(why) => unavailable(why),
        }
    }

    fn amend(&self, account: &str, amendment: Amendment) -> Answer {
        match self.world.engine.amend_account(account, amendment, None) {
            Ok(view) => changed(view.seen.value(), &view),
            Err(AmendError::NotFound) => Answer::Declined("ACCOUNT_NOT_FOUND"),
            Err(AmendError::NotEmpty(_)) => Answer::Declined("ACCOUNT_NOT_EMPTY"),
            Err(AmendError::NoSuchCurrency(..)) => Answer::Declined("NO_SUCH_CURRENCY"),
            Err(AmendError::TooManyBalances(_)) => Answer::Declined("TOO_MANY_BALANCES"),
            Err(AmendError::Unavailable(why)) => unavailable(why),
        }
    }

    /// Each is a message of its own, which is never too late.
    fn reserve(&mut self, account: &str, transaction: &str, amount: &Sum) -> Answer {
        let money = self.money(amount);
        let names = AccountNames { tenant_account_ref: Some(account), ..AccountNames::default() };
        let named = self.world.engine.named(&names, Some(money.currency));
        let name = self.world.engine.appended().to_string();
        let request = AuthorizationRequest {
            kind: AuthorizationKind::Pre,
            message: Message { transaction_id: transaction, network_message_ref: Some(&name) },
            account: named.as_ref().map(|named| &*named.tenant_account_ref).map_err(|why| *why),
            asked: Asked { billing: money, amount: money, partial: false },
            answer_by: Moment::from_micros(i64::MAX),
            time_to_live: Duration::MAX,
            merchant: Merchant::default(),
            content: "{}",
        };
        let mut earlier = Earlier::default();
        loop {
            let seen = match self.world.engine.authorize(request, &earlier) {
                Ok(Submitted::Decided(it, stamp)) => return self.authorized(&it, stamp),
                Ok(Submitted::Seen(seen)) => seen,
                Err(why) => return unavailable(why),
            };
            if self.stored(seen).is_none() {
                return Answer::Unknown;
            }
            earlier.read.push(seen);
        }
    }

    fn authorized(&self, it: &Authorization<'_>, stamp: Stamp) -> Answer {
        let at = stamp.lsn.value();
        match &it.outcome {
            Ok(_) => {
                changed(at, &self.world.engine.account(it.tenant_account_ref.unwrap()).unwrap())
            }
            Err(declined) => Answer::Refused { at, code: declined.decline.code() },
        }
    }

    fn lapse(&self, account: &str, approval: u64) -> Answer {
        let engine = &self.world.engine;
        match engine.lapse(account, ActionRef::new(approval)) {
            Ok(Some(stamp)) => changed(stamp.lsn.value(), &engine.account(account).unwrap()),
            Ok(None) => Answer::Declined("NOTHING_TO_LAPSE"),
            Err(why) => unavailable(why),
        }
    }

    fn operate(&mut self, asked: &Operate) -> Answer {
        let request = OperationRequest {
            operation: Operation::parse(asked.name).unwrap(),
            idempotency_key: &asked.key,
            transaction_id: &asked.transaction,
            tenant_account_ref: &asked.account,
            of_action_ref: &asked.of_action,
            reference: asked.reference.as_deref(),
            money: asked.amount.as_ref().map(|amount| self.money(amount)),
        };
        let mut others = Vec::new();
        loop {
            let seen = match self.world.engine.submit(request, &others) {
                Ok(Submitted::Decided(action, stamp)) => return told(&action, stamp),
                Ok(Submitted::Seen(seen)) => seen,
                Err(why) => return unavailable(why),
            };
            let Some(stored) = self.stored(seen) else { return Answer::Unknown };
            match stored.repeats(&request).unwrap() {
                Repeat::Same(action, stamp) => {
                    return Answer::Repeated(Box::new(told(&action, stamp)));
                }
                Repeat::KeyReused => return Answer::KeyReused,
                Repeat::OtherKey => others.push(seen),
            }
        }
    }

    fn transfer(&mut self, asked: &Transfer) -> Answer {
        let request = TransferRequest {
            idempotency_key: &asked.key,
            ends: Ends::new(&asked.source, &asked.destination).unwrap(),
            money: self.money(&asked.amount),
            transaction_id: asked.transaction.as_deref(),
            description: None,
            metadata: None,
        };
        let mut others = Vec::new();
        loop {
            let seen = match self.world.engine.transfer(request, &others) {
                Ok(Submitted::Decided(action, stamp)) => return told_transfer(&action, stamp),
                Ok(Submitted::Seen(seen)) => seen,
                Err(why) => return unavailable(why),
            };
            let Some(stored) = self.stored(seen) else { return Answer::Unknown };
            match stored.repeats_transfer(&request).unwrap() {
                Repeat::Same(action, stamp) => {
                    return Answer::Repeated(Box::new(told_transfer(&action, stamp)));
                }
                Repeat::KeyReused => return Answer::KeyReused,
                Repeat::OtherKey => others.push(seen),
            }
        }
    }

    /// A record, once it is durable, for which room is made; nothing where the log fails.
    fn stored(&mut self, seen: Lsn) -> Option<Stored> {
        while self.world.engine.durable() < seen {
            match self.world.commit_all() {
                Ok(()) => {}
                Err(Stuck::NoRoom) => self.world.disk.make_room(),
                Err(Stuck::Poisoned(_)) => return None,
            }
        }
        match self.world.engine.stored(seen) {
            Ok(stored) => Some(stored),
            Err(HistoryError::Unreadable { .. }) => None,
            Err(why) => panic!("{why}"),
        }
    }

    fn currency(&self, code: &str) -> Currency {
        self.currencies.find(code).unwrap()
    }

    fn money(&self, sum: &Sum) -> Money {
        Money { currency: self.currency(&sum.currency), amount: amount(sum.minor) }
    }

    fn limits(&self, limits: &[(String, i128)]) -> Vec<(Currency, Amount)> {
        limits.iter().map(|(code, limit)| (self.currency(code), amount(*limit))).collect()
    }
}

/// An action as the model tells it.
fn told(action: &Action<'_>, stamp: Stamp) -> Answer {
    let at = stamp.lsn.value();
    let movement = match &action.outcome {
        Ok(movement) => movement,
        Err(refused) => return Answer::Refused { at, code: refused.refusal.code() },
    };
    let located = action.located(stamp.action()).unwrap();
    let hold = located.hold.zip(located.after.hold);
    Answer::Done(Done {
        at,
        postings: postings(movement),
        after: vec![balance_view(&(located.balance, located.after.pocket))],
        hold: hold.map(|(name, sums)| hold_view(name.to_string(), located.balance, &sums)),
    })
}

fn told_transfer(action: &TransferAction<'_>, stamp: Stamp) -> Answer {
    let at = stamp.lsn.value();
    let transfer = match &action.outcome {
        Ok(transfer) => transfer,
        Err(refused) => return Answer::Refused { at, code: refused.refused.refusal.code() },
    };
    let ends =
        [Side::Source, Side::Destination].into_iter().filter_map(|side| action.located(side));
    let movements = [&transfer.source, &transfer.destination].into_iter().flatten();
    Answer::Done(Done {
        at,
        postings: movements.flat_map(postings).collect(),
        after: ends.map(|(name, place)| balance_view(&(name, place.pocket))).collect(),
        hold: None,
    })
}

fn changed(at: u64, view: &holdfast::engine::AccountView) -> Answer {
    let after = view.balances.iter().map(balance_view).collect();
    Answer::Done(Done { at, postings: Vec::new(), after, hold: None })
}

fn unavailable(_: Unavailable) -> Answer {
    Answer::Unavailable
}

fn postings(movement: &Movement) -> Vec<Posting> {
    let bucket = |bucket| match bucket {
        Bucket::Available => "available",
        Bucket::Hold => "hold",
        Bucket::Settlement => "@settlement",
        Bucket::Funding => "@funding",
        Bucket::Counterparty => "counterparty",
    };
    let posting = |posting: &holdfast::ledger::Posting| Posting {
        from: bucket(posting.from),
        to: bucket(posting.to),
        minor: i128::from(posting.amount.minor()),
    };
    movement.postings.iter().map(posting).collect()
}

fn balance_view((name, pocket): &(BalanceRef, Pocket)) -> BalanceView {
    BalanceView {
        name: name.to_string(),
        currency: pocket.currency.code().to_owned(),
        posted: i128::from(pocket.posted.minor()),
        held: i128::from(pocket.held.minor()),
        reserved: i128::from(pocket.reserved.minor()),
        available: pocket.available(),
        limit: i128::from(pocket.overdraft_limit.minor()),
        shortfall: pocket.shortfall(),
    }
}

fn listed_hold(view: &EngineHold) -> HoldView {
    hold_view(view.hold.to_string(), view.balance, &view.sums)
}

fn hold_view(name: String, balance: BalanceRef, sums: &Hold) -> HoldView {
    HoldView {
        name,
        balance: balance.to_string(),
        held: i128::from(sums.held().minor()),
        placed: i128::from(sums.placed.minor()),
        captured: i128::from(sums.captured.minor()),
        restored: i128::from(sums.restored.minor()),
    }
}

fn amount(minor: i128) -> Amount {
    Amount::new(u64::try_from(minor).unwrap()).unwrap()
}

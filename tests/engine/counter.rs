//! Where authorizations are asked for, on a simulated disk, by a clock that is moved by hand.

use std::time::Duration;

use holdfast::engine::record::{
    Action, Asked, Authorization, AuthorizationKind, Message, OperationRequest, Profile,
};
use holdfast::engine::{
    AccountNames, AuthorizationRequest, Earlier, Hand, Lsn, Options, Repeat, Settled, Stamp,
    Submitted, Told,
};
use holdfast::ledger::{ActionRef, Amount, HoldRef, Merchant, Moment, Opening, Operation};
use jiff::tz::TimeZone;
use wal::simulated::Disk;

use crate::support::engine::{World, money, short_segments};

/// How long an answer may take.
pub(crate) const BUDGET: Duration = Duration::from_millis(800);
/// How long what was approved is set aside.
pub(crate) const TIME_TO_LIVE: Duration = Duration::from_secs(60);
const NOON: Moment = Moment::from_micros(1_800_000_000_000_000);

/// An engine and the hand on its clock.
pub(crate) struct Counter {
    pub(crate) world: World,
    pub(crate) hand: Hand,
    zone: TimeZone,
    keys: u64,
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Card<'a> {
    pub(crate) kind: AuthorizationKind,
    pub(crate) account: &'a str,
    pub(crate) transaction: &'a str,
    pub(crate) message: &'a str,
    pub(crate) minor: u64,
    pub(crate) partial: bool,
    pub(crate) merchant: Merchant<'a>,
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slip<'a> {
    pub(crate) key: &'a str,
    pub(crate) operation: Operation,
    pub(crate) account: &'a str,
    pub(crate) transaction_id: &'a str,
    pub(crate) minor: Option<u64>,
    pub(crate) hold: Option<&'a str>,
}

/// What a message was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// So much was approved, by that action.
    Approved(u64, ActionRef),
    /// The code of the decline.
    Declined(&'static str),
    /// Its time was over.
    Late,
}

impl<'a> Card<'a> {
    pub(crate) const fn pre(account: &'a str, message: &'a str, minor: u64) -> Self {
        let (kind, transaction) = (AuthorizationKind::Pre, message);
        let merchant = Merchant { category: None, country: None, id: None };
        Self { kind, account, transaction, message, minor, partial: false, merchant }
    }

    pub(crate) const fn of(self, transaction: &'a str) -> Self {
        Self { transaction, ..self }
    }
}

fn options(hand: &Hand, zone: &TimeZone, wall: Moment) -> Options {
    Options {
        wall: Some(wall),
        time_zone: zone.clone(),
        accept_clock_jump: true,
        hand: Some(hand.clone()),
        ..short_segments()
    }
}

impl Counter {
    pub(crate) fn new() -> Self {
        Self::at(TimeZone::UTC, NOON)
    }

    /// A first life that begins at that moment.
    pub(crate) fn at(zone: TimeZone, wall: Moment) -> Self {
        let hand = Hand::default();
        Self { world: World::new(options(&hand, &zone, wall)), hand, zone, keys: 0 }
    }

    /// The next life, on that disk. The wall clock went on.
    pub(crate) fn again(self, disk: &Disk) -> Self {
        let wall = self.world.engine.now();
        let world = World::open(disk, options(&self.hand, &self.zone, wall)).unwrap();
        Self { world, ..self }
    }

    /// An account with so much.
    pub(crate) fn open(&mut self, account: &str, minor: u64) {
        let opening = Opening { balances: vec![(money("SGD", 0).currency, Amount::ZERO)] };
        self.world.engine.open_account(account, opening, Profile::default()).unwrap();
        self.operate(Operation::CreditBalance, account, "top up", minor).unwrap();
    }

    /// An operation with a new key; the code of its refusal.
    pub(crate) fn operate(
        &mut self,
        operation: Operation,
        account: &str,
        transaction_id: &str,
        minor: u64,
    ) -> Result<(), &'static str> {
        self.operate_on(None, operation, account, transaction_id, minor).map(|_| ())
    }

    /// The same, on a hold.
    pub(crate) fn operate_on(
        &mut self,
        hold: Option<HoldRef>,
        operation: Operation,
        account: &str,
        transaction_id: &str,
        minor: u64,
    ) -> Result<ActionRef, &'static str> {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let hold = hold.map(|hold| hold.to_string());
        let (minor, hold) = (Some(minor), hold.as_deref());
        let slip = Slip { key: &key, operation, account, transaction_id, minor, hold };
        self.hand_in(&slip).map(|(action, _)| action)
    }

    /// An operation, maybe one that was asked for before; and the hold that it was about.
    pub(crate) fn hand_in(
        &mut self,
        slip: &Slip<'_>,
    ) -> Result<(ActionRef, Option<String>), &'static str> {
        let request = OperationRequest {
            operation: slip.operation,
            idempotency_key: slip.key,
            transaction_id: slip.transaction_id,
            tenant_account_ref: slip.account,
            of_action_ref: "of",
            reference: slip.hold,
            money: slip.minor.map(|minor| money("SGD", minor)),
        };
        let told = |action: &Action<'_>, stamp: Stamp| match &action.outcome {
            Ok(movement) => {
                let hold = movement.hold(stamp.action()).map(|hold| hold.to_string());
                Ok((stamp.action(), hold))
            }
            Err(refused) => Err(refused.refusal.code()),
        };
        match self.world.engine.submit(request, &[]).unwrap() {
            Submitted::Decided(action, stamp) => told(&action, stamp),
            Submitted::Seen(lsn) => {
                self.world.commit_all().unwrap();
                let stored = self.world.engine.stored(lsn).unwrap();
                match stored.repeats(&request).unwrap() {
                    Repeat::Same(action, stamp) => told(&action, stamp),
                    other => panic!("{} was used by {lsn}: {other:?}", slip.key),
                }
            }
        }
    }

    /// Asks on a disk that is as slow as `stall`.
    pub(crate) fn ask(&mut self, card: &Card<'_>, stall: Duration) -> Reply {
        let (mut earlier, mut undone) = (Earlier::default(), Vec::new());
        let answer_by = self.world.engine.now().after(BUDGET);
        loop {
            let seen = match self.submit(card, answer_by, &earlier) {
                Submitted::Decided(it, stamp) => {
                    let (it, at) = (outcome(&it), stamp.action());
                    self.hand.advance(stall);
                    return self.answer(it, at);
                }
                Submitted::Seen(lsn) => lsn,
            };
            self.world.commit_all().unwrap();
            earlier.read.push(seen);
            let stored = self.world.engine.stored(seen).unwrap();
            match stored.tells_of(card.kind, &message(card), "{}").unwrap() {
                Told::Same(first, stamp) => {
                    let first = outcome(&first);
                    return self.repeat(card, first, stamp.action(), earlier, &undone);
                }
                Told::Undoes(approval) => undone.push(approval),
                Told::SameTransaction => earlier.known = true,
                Told::Other => {}
            }
        }
    }

    fn submit<'a>(
        &self,
        card: &'a Card<'a>,
        answer_by: Moment,
        earlier: &Earlier,
    ) -> Submitted<Authorization<'a>> {
        let billing = money("SGD", card.minor);
        let names =
            AccountNames { tenant_account_ref: Some(card.account), ..AccountNames::default() };
        let named = self.world.engine.named(&names, None);
        let request = AuthorizationRequest {
            kind: card.kind,
            message: message(card),
            account: named.map(|_| card.account),
            asked: Asked { billing, amount: billing, partial: card.partial },
            answer_by,
            time_to_live: TIME_TO_LIVE,
            merchant: card.merchant,
            content: "{}",
        };
        self.world.engine.authorize(request, earlier).unwrap()
    }

    /// Answers what was decided, when the disk is done or its time is over.
    fn answer(&mut self, outcome: Result<u64, &'static str>, at: ActionRef) -> Reply {
        let granted = match outcome {
            Ok(granted) => granted,
            Err(code) => return Reply::Declined(code),
        };
        let lsn = Lsn::new(at.position());
        match self.world.engine.settle(lsn) {
            Settled::Late => return Reply::Late,
            Settled::NotYet => self.world.commit_all().unwrap(),
            settled => panic!("{settled:?} before anybody asked"),
        }
        match self.world.engine.settle(lsn) {
            Settled::InTime => Reply::Approved(granted, at),
            settled => panic!("{settled:?} though it is durable in time"),
        }
    }

    /// Answers as the message was answered first.
    fn repeat(
        &self,
        card: &Card<'_>,
        outcome: Result<u64, &'static str>,
        at: ActionRef,
        mut earlier: Earlier,
        undone: &[ActionRef],
    ) -> Reply {
        let granted = match outcome {
            Ok(granted) => granted,
            Err(code) => return Reply::Declined(code),
        };
        let late = match self.world.engine.settle(Lsn::new(at.position())) {
            Settled::Late => true,
            Settled::InTime => false,
            settled => {
                assert_eq!(settled, Settled::Before);
                let mut undone = undone.contains(&at);
                while let Some(lsn) = self.world.engine.seen_under(card.transaction, &earlier) {
                    let stored = self.world.engine.stored(lsn).unwrap();
                    let told = stored.tells_of(card.kind, &message(card), "{}").unwrap();
                    undone |= matches!(told, Told::Undoes(approval) if approval == at);
                    earlier.read.push(lsn);
                }
                undone
            }
        };
        if late { Reply::Late } else { Reply::Approved(granted, at) }
    }

    /// Sends a message and does not wait for its answer.
    pub(crate) fn forget(&mut self, card: &Card<'_>) {
        let answer_by = self.world.engine.now().after(BUDGET);
        let mut earlier = Earlier { read: Vec::new(), known: true };
        while let Submitted::Seen(lsn) = self.submit(card, answer_by, &earlier) {
            earlier.read.push(lsn);
        }
    }

    /// What is set aside for authorizations on an account.
    pub(crate) fn reserved(&self, account: &str) -> i64 {
        self.world.engine.account(account).unwrap().balances[0].1.reserved.minor()
    }

    /// What may be spent from an account.
    pub(crate) fn available(&self, account: &str) -> i128 {
        self.world.engine.account(account).unwrap().balances[0].1.available()
    }
}

fn message<'a>(card: &Card<'a>) -> Message<'a> {
    Message { transaction_id: card.transaction, network_message_ref: Some(card.message) }
}

fn outcome(it: &Authorization<'_>) -> Result<u64, &'static str> {
    match &it.outcome {
        Ok(reserved) => Ok(reserved.granted.minor()),
        Err(declined) => Err(declined.decline.code()),
    }
}

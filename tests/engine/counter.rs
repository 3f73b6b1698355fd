//! Where authorizations are asked for, on a simulated disk, by a clock that is moved by hand.

use std::time::Duration;

use holdfast::engine::record::{
    Action, Asked, Authorization, AuthorizationKind, Message, OperationRequest, Profile,
};
use holdfast::engine::{
    AccountNames, AuthorizationRequest, Earlier, Hand, IntegrationMode, Lsn, Options, Repeat,
    Settled, Stamp, Submitted, Told,
};
use holdfast::ledger::{ActionRef, Amount, HoldRef, Merchant, Moment, Opening, Operation};
use holdfast::wire::{authorization, operation_answer};
use jiff::tz::TimeZone;
use wal::simulated::Disk;

use super::snapshots::Snapshot;
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
    pub(crate) like: Like,
    keys: u64,
}

/// What every life of an engine is told alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Like {
    mode: IntegrationMode,
    key_bits: u32,
    pub(crate) max_keys: u64,
}

impl Like {
    const fn new(mode: IntegrationMode) -> Self {
        Self { mode, key_bits: 64, max_keys: 1_000_000 }
    }
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

/// What was answered: what it means, and the bytes that a server sends.
pub(crate) struct Answered<T> {
    pub(crate) means: T,
    pub(crate) body: Vec<u8>,
    pub(crate) replayed: bool,
}

/// What an operation was answered: the action and the hold that it was about, or the code of its
/// refusal.
type Done = Result<(ActionRef, Option<String>), &'static str>;

/// What was decided of a message, before it is known whether in time.
struct Decided {
    outcome: Result<u64, &'static str>,
    at: ActionRef,
    in_time: Vec<u8>,
    late: Vec<u8>,
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

fn options(hand: &Hand, zone: &TimeZone, like: Like, wall: Moment) -> Options {
    Options {
        mode: like.mode,
        key_bits: like.key_bits,
        max_keys: like.max_keys,
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
        Self::of(Like::new(IntegrationMode::Ledger), zone, wall)
    }

    /// A ledger that moves money by itself.
    pub(crate) fn in_clearing_mode() -> Self {
        Self::of(Like::new(IntegrationMode::Clearing), TimeZone::UTC, NOON)
    }

    /// The same, where nearly every key has the hash of others.
    pub(crate) fn where_keys_collide() -> Self {
        let like = Like { key_bits: 2, ..Like::new(IntegrationMode::Clearing) };
        Self::of(like, TimeZone::UTC, NOON)
    }

    fn of(like: Like, zone: TimeZone, wall: Moment) -> Self {
        let hand = Hand::default();
        Self { world: World::new(options(&hand, &zone, like, wall)), hand, zone, like, keys: 0 }
    }

    /// The next life, on that disk.
    pub(crate) fn again(mut self, disk: &Disk) -> Self {
        self.restart(disk);
        self
    }

    /// The same, on a snapshot.
    pub(crate) fn again_on(mut self, disk: &Disk, snapshot: &Snapshot) -> Self {
        let options = options(&self.hand, &self.zone, self.like, self.world.engine.now());
        self.world = World::open_on(disk, options, &snapshot.sections).unwrap();
        self
    }

    /// The same, in the place of this life. The wall clock went on.
    pub(crate) fn restart(&mut self, disk: &Disk) {
        let wall = self.world.engine.now();
        self.world = World::open(disk, options(&self.hand, &self.zone, self.like, wall)).unwrap();
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
    pub(crate) fn hand_in(&mut self, slip: &Slip<'_>) -> Done {
        let request = OperationRequest {
            operation: slip.operation,
            idempotency_key: slip.key,
            transaction_id: slip.transaction_id,
            tenant_account_ref: slip.account,
            of_action_ref: "of",
            reference: slip.hold,
            money: slip.minor.map(|minor| money("SGD", minor)),
        };
        self.take_in(&request).means
    }

    /// The same as it was asked for, and with the bytes of the answer. It need not be durable.
    pub(crate) fn take_in(&mut self, request: &OperationRequest<'_>) -> Answered<Done> {
        match self.world.engine.submit(*request, &[]).unwrap() {
            Submitted::Decided(action, stamp) => done(&action, stamp, false),
            Submitted::Seen(lsn) => {
                self.world.commit_all().unwrap();
                let stored = self.world.engine.stored(lsn).unwrap();
                match stored.repeats(request).unwrap() {
                    Repeat::Same(action, stamp) => done(&action, stamp, true),
                    other => panic!("{} was used by {lsn}: {other:?}", request.idempotency_key),
                }
            }
        }
    }

    /// Asks on a disk that is as slow as `stall`.
    pub(crate) fn ask(&mut self, card: &Card<'_>, stall: Duration) -> Reply {
        self.decide(&self.request(card), stall).means
    }

    /// The same as it was asked for, and with the bytes of the answer.
    pub(crate) fn decide(
        &mut self,
        request: &AuthorizationRequest<'_>,
        stall: Duration,
    ) -> Answered<Reply> {
        let (mut earlier, mut undone) = (Earlier::default(), Vec::new());
        loop {
            let seen = match self.world.engine.authorize(*request, &earlier).unwrap() {
                Submitted::Decided(it, stamp) => {
                    let decided = Decided::of(&it, stamp);
                    self.hand.advance(stall);
                    return self.answer(decided);
                }
                Submitted::Seen(lsn) => lsn,
            };
            self.world.commit_all().unwrap();
            earlier.read.push(seen);
            let stored = self.world.engine.stored(seen).unwrap();
            match stored.tells_of(request.kind, &request.message, request.content).unwrap() {
                Told::Same(first, stamp) => {
                    return self.repeat(request, Decided::of(&first, stamp), earlier, &undone);
                }
                Told::Undoes(approval) => undone.push(approval),
                Told::SameTransaction => earlier.known = true,
                Told::Other => {}
            }
        }
    }

    fn request<'a>(&self, card: &'a Card<'a>) -> AuthorizationRequest<'a> {
        let billing = money("SGD", card.minor);
        let names =
            AccountNames { tenant_account_ref: Some(card.account), ..AccountNames::default() };
        let named = self.world.engine.named(&names, None);
        AuthorizationRequest {
            kind: card.kind,
            message: message(card),
            account: named.map(|_| card.account),
            asked: Asked { billing, amount: billing, partial: card.partial },
            answer_by: self.world.engine.now().after(BUDGET),
            time_to_live: TIME_TO_LIVE,
            merchant: card.merchant,
            content: "{}",
        }
    }

    /// Answers what was decided, when the disk is done or its time is over.
    fn answer(&mut self, decided: Decided) -> Answered<Reply> {
        if decided.outcome.is_err() {
            return decided.told(true, false);
        }
        let lsn = Lsn::new(decided.at.position());
        match self.world.engine.settle(lsn) {
            Settled::Late => return decided.told(false, false),
            Settled::NotYet => self.world.commit_all().unwrap(),
            settled => panic!("{settled:?} before anybody asked"),
        }
        match self.world.engine.settle(lsn) {
            Settled::InTime => decided.told(true, false),
            settled => panic!("{settled:?} though it is durable in time"),
        }
    }

    /// Answers as the message was answered first.
    fn repeat(
        &self,
        request: &AuthorizationRequest<'_>,
        decided: Decided,
        earlier: Earlier,
        undone: &[ActionRef],
    ) -> Answered<Reply> {
        if decided.outcome.is_err() {
            return decided.told(true, true);
        }
        match self.world.engine.settle(Lsn::new(decided.at.position())) {
            Settled::Late => decided.told(false, true),
            Settled::InTime => decided.told(true, true),
            settled => {
                assert_eq!(settled, Settled::Before);
                let undone =
                    undone.contains(&decided.at) || self.undoes(request, decided.at, earlier);
                decided.told(!undone, true)
            }
        }
    }

    /// Whether one of the records that were not read yet undoes an approval.
    fn undoes(
        &self,
        request: &AuthorizationRequest<'_>,
        approval: ActionRef,
        mut earlier: Earlier,
    ) -> bool {
        let transaction_id = request.message.transaction_id;
        while let Some(lsn) = self.world.engine.seen_under(transaction_id, &earlier) {
            let stored = self.world.engine.stored(lsn).unwrap();
            let told = stored.tells_of(request.kind, &request.message, request.content).unwrap();
            if matches!(told, Told::Undoes(undone) if undone == approval) {
                return true;
            }
            earlier.read.push(lsn);
        }
        false
    }

    /// Sends a message and does not wait for its answer.
    pub(crate) fn forget(&mut self, card: &Card<'_>) {
        let (engine, request) = (&self.world.engine, self.request(card));
        let mut earlier = Earlier::default();
        while let Submitted::Seen(lsn) = engine.authorize(request, &earlier).unwrap() {
            earlier.read.push(lsn);
            earlier.known = true;
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

fn done(action: &Action<'_>, stamp: Stamp, replayed: bool) -> Answered<Done> {
    let means = match &action.outcome {
        Ok(movement) => {
            let hold = movement.hold(stamp.action()).map(|hold| hold.to_string());
            Ok((stamp.action(), hold))
        }
        Err(refused) => Err(refused.refusal.code()),
    };
    Answered { means, body: operation_answer::body(action, stamp.action()), replayed }
}

impl Decided {
    fn of(it: &Authorization<'_>, stamp: Stamp) -> Self {
        let (at, currency) = (stamp.action(), it.asked.amount.currency);
        let outcome = match &it.outcome {
            Ok(reserved) => Ok(reserved.granted.minor()),
            Err(declined) => Err(declined.decline.code()),
        };
        let late = authorization::declined_body(at, currency, authorization::TOO_LATE);
        Self { outcome, at, in_time: authorization::body(it, at), late }
    }

    fn told(self, in_time: bool, replayed: bool) -> Answered<Reply> {
        let (means, body) = match self.outcome {
            Ok(granted) if in_time => (Reply::Approved(granted, self.at), self.in_time),
            Ok(_) => (Reply::Late, self.late),
            Err(code) => (Reply::Declined(code), self.in_time),
        };
        Answered { means, body, replayed }
    }
}

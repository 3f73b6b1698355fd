//! A short life of a real engine, for the records that it leaves.

use std::sync::OnceLock;
use std::time::Duration;

use holdfast::engine::record::{
    Asked, AuthorizationKind, Ends, Message, Notification, NotificationName, OperationRequest,
    Profile, TransferRequest,
};
use holdfast::engine::{
    AuthorizationRequest, Currencies, Earlier, Engine, Options, Running, Submitted, open,
};
use holdfast::ledger::{
    ActionRef, Amendment, Amount, Merchant, Moment, Money, Opening, Operation, Status,
};
use wal::Lsn;
use wal::simulated::Disk;

/// A life that has ended, and a snapshot that was taken while it went on.
pub(super) struct Told {
    pub(super) disk: Disk,
    pub(super) from: Lsn,
    pub(super) upto: Lsn,
    pub(super) sections: Vec<Vec<u8>>,
}

/// Every record of the life, in order.
pub(super) fn records() -> &'static [wal::Record] {
    static RECORDS: OnceLock<Vec<wal::Record>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let mut records = Vec::new();
        let opened = wal::open(told().disk.kill(), wal::Options::default(), |record| {
            records.push(record.to_record());
            Ok::<_, std::convert::Infallible>(())
        });
        drop(opened.expect("the log of a life opens"));
        records
    })
}

/// The life.
pub(super) fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(lived)
}

fn lived() -> Told {
    let disk = Disk::new();
    let wall = Some(Moment::from_micros(1_700_000_000_000_000));
    let options = Options { wall, ..Options::default() };
    let Running { engine, mut committer, .. } =
        open(disk.clone(), options).expect("an empty disk opens");
    begin(&engine);
    let mut copying = engine.begin_copy();
    let (from, mut sections) = (copying.from(), Vec::new());
    let mut n = 0;
    let upto = loop {
        let keep = |section: &[u8]| {
            sections.push(section.to_vec());
            Ok(())
        };
        if let Some(copied) = copying.step(&engine, keep).expect("it is kept") {
            break copied.upto;
        }
        if n < MEANWHILE {
            go_on(&engine, n);
            n += 1;
        }
    };
    go_on(&engine, MEANWHILE);
    engine.close();
    while committer.step().expect("the disk is whole") != wal::Step::Ended {}
    Told { disk, from, upto, sections }
}

/// How much happens while the snapshot is taken.
const MEANWHILE: u64 = 9;

fn begin(engine: &Engine<Disk>) {
    account(engine, "ann", &["USD"]);
    account(engine, "bob", &["USD", "JPY"]);
    transfer(engine, "@funding", "ann", 100_000);
    transfer(engine, "ann", "bob", 2_500);
    let promised = approve(engine, "ann", "promised", money(700));
    let hold = Some("hold_0000000000000006");
    operate(engine, Operation::HoldBalance, "ann", "promised", None, Some(900));
    operate(engine, Operation::DebitHoldBalance, "ann", "promised", hold, Some(1_000));
    operate(engine, Operation::CreditHoldBalance, "ann", "promised", hold, Some(50));
    operate(engine, Operation::RestoreBalance, "ann", "promised", hold, None);
    operate(engine, Operation::RestoreBalance, "ann", "promised", hold, Some(1));
    operate(engine, Operation::DebitBalance, "bob", "big", None, Some(1_000_000));
    operate(engine, Operation::CreditBalance, "nobody", "t", None, Some(1));
    operate(engine, Operation::DebitBalance, "ann", "t", Some("bal_0000000000000001_0"), Some(0));
    let lapsing = approve(engine, "bob", "lapsing", money(10));
    assert!(engine.lapse("ann", promised).is_ok());
    assert!(engine.lapse("bob", lapsing).is_ok());
    amend(engine, "bob", Status::Frozen);
    notify(engine, "n-1", Some("t"));
    notify(engine, "n-2", None);
}

fn notify(engine: &Engine<Disk>, id: &str, transaction: Option<&str>) {
    let notification = Notification {
        name: NotificationName { id: id.into(), hashed: transaction.is_none() },
        kind: "v1:pba:transaction:final_auth_reversed".into(),
        created_at: transaction.map(|_| "2026-01-31T12:00:00Z".into()),
        transaction_id: transaction.map(Into::into),
        tenant_reference_id: None,
        data: r#"{"amount":1.0}"#.into(),
    };
    engine.notify(&notification, &[]).expect("there is room");
}

/// An approval of so much.
fn approve(engine: &Engine<Disk>, account: &str, transaction_id: &str, money: Money) -> ActionRef {
    let request = AuthorizationRequest {
        kind: AuthorizationKind::Pre,
        message: Message { transaction_id, network_message_ref: None },
        account: Ok(account),
        asked: Asked { billing: money, amount: money, partial: false },
        answer_by: Moment::from_micros(i64::MAX),
        time_to_live: Duration::from_micros(1),
        merchant: Merchant::default(),
        content: "{}",
    };
    let mut earlier = Earlier::default();
    loop {
        match engine.authorize(request, &earlier) {
            Ok(Submitted::Decided(_, stamp)) => return stamp.action(),
            Ok(Submitted::Seen(seen)) => earlier.read.push(seen),
            Err(why) => panic!("{why}"),
        }
    }
}

fn go_on(engine: &Engine<Disk>, n: u64) {
    transfer(engine, "@funding", "bob", n);
    transfer(engine, "bob", "nobody", n);
    notify(engine, &format!("n-{}", engine.appended()), Some("moved"));
}

fn account(engine: &Engine<Disk>, name: &str, codes: &[&str]) {
    let balances = codes.iter().filter_map(|code| Currencies::iso().find(code));
    let opening = Opening { balances: balances.map(|code| (code, Amount::ZERO)).collect() };
    let profile = Profile {
        account_id: Some("an id".into()),
        tenant_customer_ref: None,
        metadata: Some(r#"{"a":1}"#.into()),
    };
    engine.open_account(name, opening, profile).expect("there is room");
}

fn amend(engine: &Engine<Disk>, name: &str, status: Status) {
    let amendment = Amendment {
        status: Some(status),
        overdraft_limits: vec![(money(0).currency, money(5).amount)],
        add_currencies: Currencies::iso().find("KWD").into_iter().collect(),
    };
    engine.amend_account(name, amendment, Some("{}")).expect("it is there");
}

fn operate(
    engine: &Engine<Disk>,
    operation: Operation,
    account: &str,
    transaction: &str,
    reference: Option<&str>,
    minor: Option<u64>,
) {
    let key = format!("key-{}", engine.appended());
    let request = OperationRequest {
        operation,
        idempotency_key: &key,
        transaction_id: transaction,
        tenant_account_ref: account,
        of_action_ref: "of",
        reference,
        money: minor.map(money),
    };
    engine.submit(request, &[]).expect("there is room");
}

fn transfer(engine: &Engine<Disk>, source: &str, destination: &str, minor: u64) {
    let key = format!("key-{}", engine.appended());
    let request = TransferRequest {
        idempotency_key: &key,
        ends: Ends::new(source, destination).expect("they are two"),
        money: money(minor),
        transaction_id: Some("moved"),
        description: Some("for people"),
        metadata: None,
    };
    engine.transfer(request, &[]).expect("there is room");
}

/// So many cents.
fn money(minor: u64) -> Money {
    let currency = Currencies::iso().find("USD").expect("it is a currency");
    Money { amount: Amount::new(minor).unwrap_or_default(), currency }
}

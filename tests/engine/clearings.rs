//! Where the network tells of reversals and clearing records, on a simulated disk.

use holdfast::clearing::{Clerk, Outcome, Stop};
use holdfast::engine::record::{Notification, NotificationName};
use holdfast::engine::{Currencies, Submitted};
use holdfast::reconcile::record::Read;
use holdfast::reconcile::split::Spot;

use super::counter::Counter;
use crate::support::engine::World;

/// One message that is not waited for as an authorization is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    /// A clearing record: its type, whether it gives to the customer, how much.
    Clear(&'static str, bool, u64),
    /// A reversal, `final` or `pre`, and how much.
    Reverse(&'static str, u64),
}

/// What was done of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was told now.
    Now,
    /// It was told before.
    Before,
}

/// Who posts what could not be posted at once, and takes messages.
pub(crate) fn clerk() -> Clerk {
    Clerk::new(Currencies::iso())
}

impl Counter {
    /// Posts what stands and was not posted.
    pub(crate) fn post_due(&mut self) {
        let clerk = clerk();
        while !self.world.engine.unposted().is_empty() {
            self.world.commit_all().unwrap();
            clerk.post_due(&self.world.engine);
        }
    }

    /// Tells of something under that name; what must be durable first is made so.
    pub(crate) fn tell(
        &mut self,
        message: Message,
        name: &str,
        account: &str,
        transaction: &str,
    ) -> Done {
        match message {
            Message::Clear(of_type, gives, minor) => {
                let record = record(name, of_type, gives, minor, account, transaction);
                clear(&mut self.world, &record)
            }
            Message::Reverse(kind, minor) => {
                reverse(&mut self.world, kind, name, transaction, minor)
            }
        }
    }
}

fn record(
    name: &str,
    of_type: &str,
    gives: bool,
    minor: u64,
    account: &str,
    transaction: &str,
) -> String {
    let transfer = if gives { "consumer_credit" } else { "consumer_debit" };
    let (whole, cents) = (minor / 100, minor % 100);
    format!(
        r#"{{"network_clearing_ref":"{name}","type":"{of_type}","transfer_type":"{transfer}","transaction_id":"{transaction}","tenant_account_ref":"{account}","billing_amount":{whole}.{cents:02},"billing_currency_code":"SGD"}}"#
    )
}

fn clear(world: &mut World, record: &str) -> Done {
    let (clerk, currencies) = (clerk(), Currencies::iso());
    let read = Read::new(record.as_bytes(), 1, Spot::default(), &currencies);
    loop {
        match clerk.apply(&world.engine, &read) {
            Ok(applied) => match applied.outcome {
                Outcome::Now(_) => return Done::Now,
                Outcome::Before => return Done::Before,
                Outcome::Refused(refused) => panic!("{refused:?} of {record}"),
            },
            Err(Stop::NotDurable(_)) => world.commit_all().unwrap(),
            Err(stop) => panic!("{stop} for {record}"),
        }
    }
}

fn reverse(world: &mut World, kind: &str, name: &str, transaction: &str, minor: u64) -> Done {
    let (whole, cents) = (minor / 100, minor % 100);
    let data = format!(r#"{{"billing_amount":{whole}.{cents:02},"billing_currency_code":"SGD"}}"#);
    let told = Notification {
        name: NotificationName { id: name.into(), hashed: false },
        kind: format!("v1:pba:transaction:{kind}_auth_reversed").into(),
        created_at: None,
        transaction_id: Some(transaction.into()),
        tenant_reference_id: None,
        data: data.into(),
    };
    let (lsn, done) = match world.engine.notify(&told, &[]).unwrap() {
        Submitted::Decided((), stamp) => (stamp.lsn, Done::Now),
        Submitted::Seen(lsn) => (lsn, Done::Before),
    };
    loop {
        match clerk().settle(&world.engine, transaction, lsn, name) {
            Ok(settled) => {
                assert_eq!(settled.refusal, None);
                return done;
            }
            Err(Stop::NotDurable(_)) => world.commit_all().unwrap(),
            Err(stop) => panic!("{stop} for {name}"),
        }
    }
}

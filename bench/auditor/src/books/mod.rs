//! The second set of books: every record decided anew, every balance from postings alone.
//!
//! What a record says that it asked for is decided by the rules of the contract on these books, and
//! the outcome is compared. Then what it says that moved is moved here, and what was left is
//! compared. So a wrong number in the log is found where it was written, and not only where it
//! makes a sum wrong.

mod account;
mod amount;
mod authorization;
mod breaks;
mod check;
mod hash;
mod limits;
mod links;
mod manage;
mod notification;
mod operation;
mod rules;
mod spending;
mod standing;
mod totals;
mod transfer;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::finding::Margin;
use crate::record::{Event, Record, Rule};

pub use account::{Account, Profile};
pub use amount::held;
pub use rules::{OverCapture, Rules, Unlinked};
pub use totals::{Totals, Unattributed};

use hash::{Hash, Known};

/// The account that a record found, by its place in the books.
type Slot = Option<usize>;

/// The books.
#[derive(Debug, Default)]
pub struct Books {
    rules: Rules,
    accounts: Vec<Account>,
    names: HashMap<Box<str>, usize>,
    /// Each transaction on each account, and each on none.
    touched: HashMap<u128, Touched, Known>,
    /// Transactions that have authorizations.
    authorized: HashSet<u128, Known>,
    /// Where the notifications are.
    notifications: links::Trail,
    /// Each notification's name.
    notified: HashSet<u128, Known>,
    /// Each idempotency key, and the record that used it.
    keys: HashMap<u128, u64, Known>,
    /// Each break by its name.
    breaks: HashMap<[u8; 16], breaks::Known>,
    totals: totals::Ledger,
    /// The spend limits of every account that has none of its own.
    limits: Rc<[Rule]>,
    last: Option<i64>,
    hash: Hash,
}

/// What is known of a transaction on one account.
#[derive(Clone, Copy, Debug, Default)]
struct Touched {
    /// Its newest record.
    newest: u64,
    /// Whether the account has, under it, a successful operation that moved money.
    linked: bool,
}

/// Where a record stands in the log.
#[derive(Clone, Copy, Debug)]
struct At<'a> {
    lsn: u64,
    links: &'a [u64],
}

impl Books {
    /// Empty books, kept by these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Takes in the next record.
    pub fn fold(&mut self, lsn: u64, links: &[u64], record: &Record<'_>, margin: &mut Margin<'_>) {
        if let Some(last) = self.last.filter(|last| record.at <= *last) {
            margin.note(format!("its moment {} is not after {last}, the one before", record.at));
        }
        self.last = Some(record.at);
        self.key(lsn, record.key(), margin);
        let at = At { lsn, links };
        match &record.event {
            Event::Operation(it) => self.operation(at, it, margin),
            Event::Transfer(it) => self.transfer(at, it, margin),
            Event::Opened(it) => self.opened(at, it, margin),
            Event::Amended(it) => self.amended(at, it, margin),
            Event::Authorization(it) => self.authorization(at, it, margin),
            Event::Lapsed(it) => self.lapsed(at, it, margin),
            Event::Undone(it) => self.undone(at, it, margin),
            Event::Notification(it) => self.notification(at, it, margin),
            Event::LimitsSet(it) => self.limits_set(at, it, margin),
            Event::BreaksOpened(it) => self.breaks(at, it, margin),
            Event::BreakResolved(it) => self.resolved(at, it, margin),
        }
    }

    /// All accounts, in the order in which they were opened.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// What there is of each currency, by code.
    #[must_use]
    pub fn totals(&self) -> Vec<Totals> {
        self.totals.sorted()
    }

    /// What belongs to no currency.
    #[must_use]
    pub const fn unattributed(&self) -> Unattributed {
        self.totals.unattributed
    }

    /// How many idempotency keys were used.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    fn key(&mut self, lsn: u64, key: Option<&str>, margin: &mut Margin<'_>) {
        let Some(key) = key else { return };
        if let Some(before) = self.keys.insert(self.hash.text(key), lsn) {
            margin.note(format!("its idempotency key {key:?} was used by record {before}"));
        }
    }

    fn find(&self, name: &str) -> Slot {
        self.names.get(name).copied()
    }

    fn account(&self, slot: Slot) -> Option<&Account> {
        slot.and_then(|slot| self.accounts.get(slot))
    }

    fn account_mut(&mut self, slot: Slot) -> Option<&mut Account> {
        slot.and_then(|slot| self.accounts.get_mut(slot))
    }

    /// Stands for a transaction on an account, or on none.
    fn touch(&self, slot: Slot, transaction: &str) -> u128 {
        self.hash.text_at(slot, transaction)
    }

    fn touched(&self, transaction: Option<u128>) -> Touched {
        transaction.and_then(|of| self.touched.get(&of)).copied().unwrap_or_default()
    }

    /// The links that a record about that account and transaction must have.
    fn links(&self, slot: Slot, transaction: Option<u128>) -> [u64; 3] {
        let [previous, skip] = self.account(slot).map(|it| it.trail.next()).unwrap_or_default();
        [previous, skip, self.touched(transaction).newest]
    }

    /// Notes that the record was about that account and transaction, and whether it links them.
    fn note(&mut self, slot: Slot, transaction: Option<u128>, lsn: u64, links: bool) {
        if let Some(account) = self.account_mut(slot) {
            account.trail.push(lsn);
        }
        if let Some(of) = transaction {
            let touched = self.touched.entry(of).or_default();
            *touched = Touched { newest: lsn, linked: touched.linked || links };
        }
    }
}

impl At<'_> {
    fn check_links(&self, own: &[u64], margin: &mut Margin<'_>) {
        if self.links != own {
            margin.note(format!("links: the record has {:?}, the books say {own:?}", self.links));
        }
    }
}

//! The model behind the hand-made log: a few accounts in dollars, each record with right numbers.

use std::collections::HashMap;

use super::record::Raw;

/// A log being made.
#[derive(Default)]
pub(crate) struct Forge {
    pub(crate) records: Vec<Raw>,
    accounts: HashMap<String, Account>,
    transactions: HashMap<(String, String), u64>,
    keys: u64,
}

#[derive(Clone, Default)]
struct Account {
    opened: u64,
    posted: i64,
    held: i64,
    reserved: i64,
    limit: u64,
    /// All its records.
    records: Vec<u64>,
    holds: HashMap<u64, [i64; 3]>,
}

/// What an operation is and does.
struct Deed<'a> {
    operation: u8,
    account: &'a str,
    transaction: &'a str,
    reference: Option<String>,
    amount: u64,
}

const DEBIT: u8 = 1;
const CREDIT: u8 = 2;
const HOLD: u8 = 3;
const RESTORE: u8 = 4;
const CAPTURE: u8 = 5;

/// One balance, active, and nothing more to tell.
const ALONE: u8 = 1;

/// No spend limit is in force.
const NOT_COUNTED: u8 = 0;

const AVAILABLE: u8 = 0;
const HELD: u8 = 1;
const SETTLEMENT: u8 = 2;

/// The key of what posts that approval.
pub(crate) fn own_key(approval: u64) -> String {
    format!("\u{3}auth_{approval:016x}")
}

impl Forge {
    /// The LSN of the next record.
    fn next(&self) -> u64 {
        self.records.len() as u64 + 1
    }

    fn at(&self) -> i64 {
        1_700_000_000_000_000 + self.records.len() as i64
    }

    /// Previous, skip and transaction, the skip found by building the trees anew each time.
    fn links(&self, account: &str, transaction: &str) -> [u64; 3] {
        let records = &self.accounts[account].records;
        let mut trees: Vec<(u64, usize)> = Vec::new();
        let mut skip = 0;
        for lsn in records.iter().copied().chain([u64::MAX]) {
            let mut size = 1;
            if let [.., (_, a), (_, b)] = trees[..]
                && a == b
            {
                trees.truncate(trees.len() - 2);
                size = a + b + 1;
            }
            skip = trees.last().map_or(0, |(root, _)| *root);
            trees.push((lsn, size));
        }
        let previous = records.last().copied().unwrap_or(0);
        let key = (account.to_owned(), transaction.to_owned());
        [previous, skip, self.transactions.get(&key).copied().unwrap_or(0)]
    }

    fn push(&mut self, raw: Raw, account: &str, transaction: Option<&str>) -> u64 {
        self.records.push(raw);
        let lsn = self.records.len() as u64;
        self.accounts.get_mut(account).unwrap().records.push(lsn);
        if let Some(transaction) = transaction {
            self.transactions.insert((account.to_owned(), transaction.to_owned()), lsn);
        }
        lsn
    }

    pub(crate) fn open(&mut self, name: &str, limit: u64) -> u64 {
        let mut raw = Raw::new(&[0; 3], 3, self.at());
        raw.text(name).u8(1).currency().u64(limit).u8(0).u8(0).u8(0);
        let account = Account { opened: self.next(), limit, ..Account::default() };
        self.accounts.insert(name.to_owned(), account);
        self.push(raw, name, None)
    }

    pub(crate) fn credit(&mut self, account: &str, amount: u64) -> u64 {
        self.simple(CREDIT, account, amount, (SETTLEMENT, AVAILABLE), amount as i64)
    }

    pub(crate) fn debit(&mut self, account: &str, amount: u64) -> u64 {
        self.simple(DEBIT, account, amount, (AVAILABLE, SETTLEMENT), -(amount as i64))
    }

    fn simple(&mut self, op: u8, account: &str, amount: u64, way: (u8, u8), posted: i64) -> u64 {
        self.accounts.get_mut(account).unwrap().posted += posted;
        let deed = Deed { operation: op, account, transaction: "t", reference: None, amount };
        let mut raw = self.begin(&deed);
        raw.u8(0).u8(0).u8(0).u8(1).u8(way.0).u8(way.1).u64(amount);
        self.finish(raw, &deed, None)
    }

    /// Sets a sum aside; the action is the hold's name.
    pub(crate) fn hold(&mut self, account: &str, amount: u64) -> u64 {
        let lsn = self.next();
        let it = self.accounts.get_mut(account).unwrap();
        it.held += amount as i64;
        it.holds.insert(lsn, [amount as i64, 0, 0]);
        let deed = Deed { operation: HOLD, account, transaction: "h", reference: None, amount };
        let mut raw = self.begin(&deed);
        raw.u8(0).u8(0).u8(1).u8(1).u8(AVAILABLE).u8(HELD).u64(amount);
        self.finish(raw, &deed, Some(lsn))
    }

    pub(crate) fn restore(&mut self, account: &str, hold: u64, amount: u64) -> u64 {
        self.end_hold(RESTORE, account, hold, amount)
    }

    pub(crate) fn capture(&mut self, account: &str, hold: u64, amount: u64) -> u64 {
        self.end_hold(CAPTURE, account, hold, amount)
    }

    fn end_hold(&mut self, operation: u8, account: &str, hold: u64, amount: u64) -> u64 {
        let captures = operation == CAPTURE;
        let it = self.accounts.get_mut(account).unwrap();
        it.held -= amount as i64;
        it.posted -= if captures { amount as i64 } else { 0 };
        it.holds.get_mut(&hold).unwrap()[if captures { 1 } else { 2 }] += amount as i64;
        let reference = Some(format!("hold_{hold:016x}"));
        let deed = Deed { operation, account, transaction: "h", reference, amount };
        let mut raw = self.begin(&deed);
        let to = if captures { SETTLEMENT } else { AVAILABLE };
        raw.u8(0).u8(0).u8(2).u64(hold).u8(1).u8(HELD).u8(to).u64(amount);
        self.finish(raw, &deed, Some(hold))
    }

    /// A debit that is refused for lack of funds, right or wrong.
    pub(crate) fn refuse_debit(&mut self, account: &str, amount: u64) -> u64 {
        let transaction = "unknown";
        let deed = Deed { operation: DEBIT, account, transaction, reference: None, amount };
        let mut raw = self.begin(&deed);
        raw.u8(9).u8(1).u8(0).u8(0);
        let it = &self.accounts[account];
        raw.place([it.posted, it.held, it.reserved], it.limit, None);
        raw.u8(ALONE);
        self.push(raw, account, Some(transaction))
    }

    /// A promise to a card transaction.
    pub(crate) fn reserve(&mut self, account: &str, transaction: &str, amount: u64) -> u64 {
        let links = self.links(account, transaction);
        let mut raw = Raw::new(&links, 5, self.at());
        let it = self.accounts.get_mut(account).unwrap();
        raw.u8(2).text(transaction).u8(0).u8(1).text(account).u8(1).u64(it.opened);
        raw.currency().u64(amount).currency().u64(amount).u8(0).i64(i64::MAX).u64(0);
        raw.u8(0).u8(0).u64(amount).i64(i64::MAX);
        it.reserved += amount as i64;
        raw.currency().i64(it.posted).i64(it.held).i64(it.reserved).u64(it.limit);
        raw.u8(NOT_COUNTED).u8(ALONE);
        raw.payload.extend([0; 4]);
        self.push(raw, account, Some(transaction))
    }

    pub(crate) fn lapse(&mut self, account: &str, approval: u64, amount: u64) -> u64 {
        let links = self.links(account, "no transaction has this name");
        let mut raw = Raw::new(&links, 6, self.at());
        raw.text(account).u64(approval).u64(0).u8(0);
        let it = self.accounts.get_mut(account).unwrap();
        it.reserved -= amount as i64;
        raw.currency().i64(it.posted).i64(it.held).i64(it.reserved).u64(it.limit).u8(ALONE);
        self.push(raw, account, None)
    }

    /// What the ledger posts by itself of an approval of so much, under that key: rightly it is all,
    /// once.
    pub(crate) fn post(&mut self, key: &str, approval: u64, granted: u64, amount: u64) -> u64 {
        let (account, transaction) = ("bob", "p");
        let it = self.accounts.get_mut(account).unwrap();
        it.posted -= amount as i64;
        it.reserved -= granted as i64;
        let deed = Deed { operation: DEBIT, account, transaction, reference: None, amount };
        let mut raw = self.begin_as(key, &deed);
        raw.u8(0).u8(0).u8(0).u8(1).u8(AVAILABLE).u8(SETTLEMENT).u64(amount);
        raw.payload.extend([1, 0, 0, 0]);
        raw.u64(approval).u64(amount);
        let it = &self.accounts[account];
        raw.place([it.posted, it.held, it.reserved], it.limit, None);
        raw.u8(NOT_COUNTED).u8(ALONE);
        self.push(raw, account, Some(transaction))
    }

    /// A notification of a card transaction. They have a chain of their own, as if they were of an
    /// account without a name.
    pub(crate) fn told(&mut self, id: &str) -> u64 {
        self.accounts.entry(String::new()).or_default();
        let links = self.links("", "p");
        let mut raw = Raw::new(&links, 9, self.at());
        raw.text(id).u8(0).text("a type").u8(0).u8(1).text("p").u8(0);
        raw.payload.extend([2, 0, 0, 0, b'{', b'}']);
        self.push(raw, "", Some("p"))
    }

    /// The record up to its outcome.
    fn begin(&mut self, deed: &Deed<'_>) -> Raw {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.begin_as(&key, deed)
    }

    fn begin_as(&mut self, key: &str, deed: &Deed<'_>) -> Raw {
        let links = self.links(deed.account, deed.transaction);
        let mut raw = Raw::new(&links, 1, self.at());
        raw.u8(deed.operation).text(key).text(deed.transaction).text(deed.account).text("of");
        raw.u8(u8::from(deed.reference.is_some()));
        if let Some(reference) = &deed.reference {
            raw.text(reference);
        }
        raw.u8(1).currency().u64(deed.amount);
        raw.u8(1).u64(self.accounts[deed.account].opened);
        raw
    }

    /// No draws, and what is there afterwards.
    fn finish(&mut self, mut raw: Raw, deed: &Deed<'_>, hold: Option<u64>) -> u64 {
        let it = &self.accounts[deed.account];
        raw.payload.extend([0; 4]);
        let hold = hold.map(|hold| it.holds[&hold]);
        raw.place([it.posted, it.held, it.reserved], it.limit, hold);
        raw.u8(NOT_COUNTED).u8(ALONE);
        self.push(raw, deed.account, Some(deed.transaction))
    }

    /// Some of everything, all of it right.
    pub(crate) fn some() -> Self {
        let mut forge = Self::default();
        forge.open("ann", 0);
        forge.open("bob", 5_000);
        for n in 0..20 {
            forge.credit("ann", 10_000 + n);
            forge.credit("bob", 100);
            let hold = forge.hold("ann", 700);
            forge.capture("ann", hold, 400);
            forge.restore("ann", hold, 200);
            let approval = forge.reserve("bob", "p", 50);
            forge.lapse("bob", approval, 50);
            let approval = forge.reserve("bob", "p", 7);
            forge.post(&own_key(approval), approval, 7, 7);
            forge.told(&format!("n-{n}"));
            forge.debit("bob", 20);
        }
        forge.refuse_debit("ann", 100_000_000);
        forge
    }
}

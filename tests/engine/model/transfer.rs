//! Transfers, refused as checked debits are.

use super::account::Account;
use super::ask::{Done, Posting, Transfer};
use super::operate::{post, spend};
use super::{Code, Model};

const SYSTEM: [&str; 2] = ["@settlement", "@funding"];

/// A customer's end of a transfer, as it is afterwards.
struct Moved {
    name: String,
    account: Account,
    of: usize,
    postings: Vec<Posting>,
}

impl Model {
    /// Does the transfer as the action `at`, or says why not; then nothing has changed.
    pub(super) fn transfer(&mut self, asked: &Transfer, at: u64) -> Result<Done, Code> {
        let (source, destination) = (self.end(&asked.source)?, self.end(&asked.destination)?);
        let out = balance(source, asked)?;
        let into = balance(destination, asked)?;
        open(source)?;
        open(destination)?;
        if let (Some(account), Some(of)) = (source, out) {
            spend(account, of, asked.amount.minor)?;
        }
        let leaving = posting("available", system(&asked.destination), asked.amount.minor);
        let arriving = posting(system(&asked.source), "available", asked.amount.minor);
        let source = source.zip(out).map(|end| moved(&asked.source, end, leaving));
        let destination = destination.zip(into).map(|end| moved(&asked.destination, end, arriving));
        let ends: Vec<Moved> = source.into_iter().chain(destination).collect();
        if ends.iter().any(|end| !end.account.fits()) {
            return Err("BALANCE_OVERFLOW");
        }
        Ok(self.settle(asked, ends, at))
    }

    fn settle(&mut self, asked: &Transfer, ends: Vec<Moved>, at: u64) -> Done {
        let mut done = Done { at, postings: Vec::new(), after: Vec::new(), hold: None };
        for end in ends {
            done.after.push(end.account.view(end.of));
            done.postings.extend(end.postings);
            self.accounts.insert(end.name, end.account);
        }
        let (from, to) = (system(&asked.source), system(&asked.destination));
        self.post_to_system(&asked.amount.currency, &posting(from, to, asked.amount.minor));
        done
    }

    /// The account at one end, nothing where it is the system's.
    fn end(&self, name: &str) -> Result<Option<&Account>, Code> {
        if SYSTEM.contains(&name) {
            return Ok(None);
        }
        self.accounts.get(name).map(Some).ok_or("ACCOUNT_NOT_FOUND")
    }
}

fn balance(account: Option<&Account>, asked: &Transfer) -> Result<Option<usize>, Code> {
    let Some(account) = account else { return Ok(None) };
    account.balance_of(&asked.amount.currency).map(Some).ok_or("CURRENCY_MISMATCH")
}

fn open(account: Option<&Account>) -> Result<(), Code> {
    let closed = account.is_some_and(|account| account.status == "closed");
    if closed { Err("ACCOUNT_CLOSED") } else { Ok(()) }
}

/// The name of the other end in a posting.
fn system(name: &str) -> &'static str {
    SYSTEM.into_iter().find(|system| *system == name).unwrap_or("counterparty")
}

fn posting(from: &'static str, to: &'static str, minor: i128) -> Vec<Posting> {
    if minor == 0 { Vec::new() } else { vec![Posting { from, to, minor }] }
}

fn moved(name: &str, (account, of): (&Account, usize), postings: Vec<Posting>) -> Moved {
    let mut account = account.clone();
    postings.iter().for_each(|posting| post(&mut account, of, None, posting));
    Moved { name: name.to_owned(), account, of, postings }
}

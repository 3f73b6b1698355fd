//! Transfers, refused as checked debits are.

use super::account::Account;
use super::ask::{Done, Posting, Transfer};
use super::operate::{post, spend};
use super::{Code, Model};

const SYSTEM: [&str; 2] = ["@settlement", "@funding"];

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
        let source = source.zip(out).map(|(account, of)| moved(account, of, &leaving));
        let destination = destination.zip(into).map(|(account, of)| moved(account, of, &arriving));
        let ends = [
            (asked.source.as_str(), source, out, leaving),
            (asked.destination.as_str(), destination, into, arriving),
        ];
        if ends.iter().any(|(_, account, ..)| account.as_ref().is_some_and(|it| !it.fits())) {
            return Err("BALANCE_OVERFLOW");
        }
        Ok(self.settle(asked, ends, at))
    }

    fn settle(
        &mut self,
        asked: &Transfer,
        ends: [(&str, Option<Account>, Option<usize>, Vec<Posting>); 2],
        at: u64,
    ) -> Done {
        let mut done = Done { at, postings: Vec::new(), after: Vec::new(), hold: None };
        for (name, account, of, postings) in ends {
            let Some((account, of)) = account.zip(of) else { continue };
            done.after.push(account.view(of));
            done.postings.extend(postings);
            self.accounts.insert(name.to_owned(), account);
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

fn moved(account: &Account, of: usize, postings: &[Posting]) -> Account {
    let mut after = account.clone();
    postings.iter().for_each(|posting| post(&mut after, of, None, posting));
    after
}

//! A second ledger, slow and obvious: the contract in maps, texts and `i128`, told nothing of how
//! the first one works. What both are asked, both must answer alike.

mod account;
mod ask;
mod operate;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use ask::{
    AccountView, Answer, Ask, BalanceView, Done, HoldView, Operate, Posting, Sum, Totals, Transfer,
};

use account::{Account, Balance, Reservation};

/// A refusal as it is on the wire.
type Code = &'static str;

/// What the contract leaves to the tenant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) unlinked_debits_post: bool,
    pub(crate) over_capture_refused: bool,
}

/// The ledger that the contract describes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    rules: Rules,
    accounts: BTreeMap<String, Account>,
    /// By currency and name.
    system: BTreeMap<(String, &'static str), i128>,
    /// Where in the log a key was used.
    keys: BTreeMap<String, usize>,
    /// Every action, in order, with what was answered: the first is number one.
    log: Vec<(Ask, Answer)>,
}

impl Model {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Every action so far.
    pub(crate) fn log(&self) -> &[(Ask, Answer)] {
        &self.log
    }

    /// Whether the key was used.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// As it was after that many actions.
    pub(crate) fn at(&self, actions: usize) -> Self {
        let mut past = Self::new(self.rules);
        for (ask, answer) in &self.log[..actions] {
            assert_eq!(past.ask(ask), *answer, "the model is not repeatable");
        }
        past
    }

    /// Answers, and notes what is to be noted.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Answer {
        if let Some(used) = ask.key().and_then(|key| self.keys.get(key)) {
            let (first, answer) = &self.log[*used];
            let same = first == ask;
            return if same {
                Answer::Repeated(Box::new(answer.clone()))
            } else {
                Answer::KeyReused
            };
        }
        let answer = self.answer(ask, self.next());
        if answer.is_recorded() {
            if let Some(key) = ask.key() {
                self.keys.insert(key.to_owned(), self.log.len());
            }
            self.log.push((ask.clone(), answer.clone()));
        }
        answer
    }

    /// All that is told of the accounts, in the order in which they were opened.
    pub(crate) fn views(&self) -> Vec<AccountView> {
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        accounts.sort_by_key(|(_, account)| account.opened);
        let view = |(name, account): (&String, &Account)| AccountView {
            name: name.clone(),
            status: account.status.clone(),
            balances: account.views(),
            holds: account.holds.keys().map(|hold| account.hold_view(hold)).collect(),
        };
        accounts.into_iter().map(view).collect()
    }

    /// The books, by currency. In each of them all postings add up to zero.
    pub(crate) fn totals(&self) -> BTreeMap<String, Totals> {
        let mut totals: BTreeMap<String, Totals> = BTreeMap::new();
        for account in self.accounts.values() {
            for (of, balance) in account.balances.iter().enumerate() {
                let sums = totals.entry(balance.currency.clone()).or_default();
                sums.posted += balance.posted;
                sums.held += account.held(of);
                sums.reserved += account.reserved(of);
            }
        }
        for ((currency, name), minor) in &self.system {
            let sums = totals.entry(currency.clone()).or_default();
            let sum = if *name == "@funding" { &mut sums.funding } else { &mut sums.settlement };
            *sum += minor;
        }
        totals
    }

    /// The names of the holds of every account, with the account's name.
    pub(crate) fn holds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.accounts.iter().flat_map(|(name, account)| {
            account.holds.keys().map(move |hold| (name.as_str(), hold.as_str()))
        })
    }

    /// The approvals that set something aside still, with the account's name.
    pub(crate) fn approvals(&self) -> Vec<(String, u64)> {
        let of = |(name, account): (&String, &Account)| {
            let made = account.reservations.iter().map(|made| (name.clone(), made.approval));
            made.collect::<Vec<_>>()
        };
        self.accounts.iter().flat_map(of).collect()
    }

    /// The number that the next action gets.
    fn next(&self) -> u64 {
        u64::try_from(self.log.len()).unwrap() + 1
    }

    fn answer(&mut self, ask: &Ask, at: u64) -> Answer {
        let decided = match ask {
            Ask::Operate(asked) => self.operate(asked, at),
            Ask::Transfer(asked) => self.transfer(asked, at),
            Ask::Open { account, balances } => return declined(self.open(account, balances, at)),
            Ask::Amend { account, .. } => return declined(self.amend(account, ask, at)),
            Ask::Reserve { account, transaction, amount } => {
                self.reserve(account, transaction, amount, at)
            }
            Ask::Lapse { account, approval } => {
                return declined(self.lapse(account, *approval, at));
            }
        };
        decided.map_or_else(|code| Answer::Refused { at, code }, Answer::Done)
    }

    fn open(&mut self, name: &str, balances: &[(String, i128)], at: u64) -> Result<Done, Code> {
        if self.accounts.contains_key(name) {
            return Err("ACCOUNT_EXISTS");
        }
        let balance = |(currency, limit): &(String, i128)| Balance {
            currency: currency.clone(),
            posted: 0,
            limit: *limit,
        };
        let account = Account {
            opened: at,
            status: "active".to_owned(),
            balances: balances.iter().map(balance).collect(),
            holds: BTreeMap::new(),
            reservations: Vec::new(),
            linked: BTreeSet::new(),
        };
        Ok(self.put(name, account, at))
    }

    fn amend(&mut self, name: &str, ask: &Ask, at: u64) -> Result<Done, Code> {
        let Ask::Amend { status, limits, add, .. } = ask else { return Err("NOT_AN_AMENDMENT") };
        let mut account = self.accounts.get(name).cloned().ok_or("ACCOUNT_NOT_FOUND")?;
        if status.as_deref() == Some("closed") && !account.is_empty() {
            return Err("ACCOUNT_NOT_EMPTY");
        }
        account.status = status.clone().unwrap_or(account.status);
        for currency in add {
            if account.balance_of(currency).is_none() {
                let currency = currency.clone();
                account.balances.push(Balance { currency, posted: 0, limit: 0 });
            }
        }
        for (currency, limit) in limits {
            let of = account.balance_of(currency).ok_or("NO_SUCH_CURRENCY")?;
            account.balances[of].limit = *limit;
        }
        Ok(self.put(name, account, at))
    }

    fn reserve(
        &mut self,
        name: &str,
        transaction: &str,
        amount: &Sum,
        at: u64,
    ) -> Result<Done, Code> {
        let mut account = self.accounts.get(name).cloned().ok_or("ACCOUNT_NOT_FOUND")?;
        let of = account.balance_of(&amount.currency).ok_or("CURRENCY_MISMATCH")?;
        operate::spend(&account, of, amount.minor)?;
        account.reservations.push(Reservation {
            approval: at,
            transaction: transaction.to_owned(),
            of,
            granted: amount.minor,
            used: 0,
            left: amount.minor,
        });
        if !account.fits() {
            return Err("BALANCE_OVERFLOW");
        }
        if amount.minor > 0 {
            account.linked.insert(transaction.to_owned());
        }
        Ok(self.put(name, account, at))
    }

    fn lapse(&mut self, name: &str, approval: u64, at: u64) -> Result<Done, Code> {
        let mut account = self.accounts.get(name).cloned().ok_or("NOTHING_TO_LAPSE")?;
        let mut made = account.reservations.iter_mut();
        let made = made.find(|made| made.approval == approval && made.left > 0);
        made.ok_or("NOTHING_TO_LAPSE")?.left = 0;
        Ok(self.put(name, account, at))
    }

    fn put(&mut self, name: &str, account: Account, at: u64) -> Done {
        let after = account.views();
        self.accounts.insert(name.to_owned(), account);
        Done { at, postings: Vec::new(), after, hold: None }
    }

    fn post_to_system(&mut self, currency: &str, postings: &[Posting]) {
        for Posting { from, to, minor } in postings {
            for (name, part) in [(from, -minor), (to, *minor)] {
                if name.starts_with('@') {
                    *self.system.entry((currency.to_owned(), name)).or_default() += part;
                }
            }
        }
    }
}

/// What leaves no record where it is refused.
fn declined(decided: Result<Done, Code>) -> Answer {
    decided.map_or_else(Answer::Declined, Answer::Done)
}

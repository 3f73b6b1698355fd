//! What to ask next: mostly what a network would, often what it should not.

use wal::simulated::Choices;

use super::model::{Ask, Model, Operate, Sum, Transfer};

const ACCOUNTS: u64 = 10;
const CURRENCIES: [&str; 4] = ["SGD", "SGD", "JPY", "KWD"];
const OPERATIONS: [&str; 8] = [
    "credit_balance",
    "credit_balance",
    "debit_balance",
    "hold_balance",
    "hold_balance",
    "restore_balance",
    "debit_hold_balance",
    "credit_hold_balance",
];

/// A source of things to ask, the same for the same seed.
pub(crate) struct Script {
    choices: Choices,
    made: u64,
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        Self { choices: Choices::new(seed), made: 0 }
    }

    /// The next thing to ask of a ledger that stands where the model does.
    pub(crate) fn next(&mut self, model: &Model) -> Ask {
        self.made += 1;
        match self.choices.below(100) {
            0..4 => self.open(),
            4..8 => self.amend(),
            8..14 => self.reserve(),
            14..17 => self.lapse(model),
            17..27 => Ask::Transfer(self.transfer()),
            27..35 => self.again(model),
            _ => Ask::Operate(self.operate(model)),
        }
    }

    fn open(&mut self) -> Ask {
        let balances = match self.choices.below(4) {
            0 => vec!["SGD", "JPY", "KWD"],
            1 => vec!["JPY", "SGD"],
            _ => vec!["SGD"],
        };
        let limit = self.limit();
        let balance = |currency: &str| (currency.to_owned(), limit);
        let account = format!("account-{}", self.choices.below(ACCOUNTS));
        Ask::Open { account, balances: balances.into_iter().map(balance).collect() }
    }

    fn amend(&mut self) -> Ask {
        let status = ["active", "active", "active", "frozen", "closed"];
        let status = self.sometimes(2, |it| it.pick(&status).to_owned());
        let limit = self.sometimes(3, |it| (it.currency(), it.limit()));
        let add = self.sometimes(4, Self::currency);
        Ask::Amend {
            account: self.account(),
            status,
            limits: limit.into_iter().collect(),
            add: add.into_iter().collect(),
        }
    }

    fn reserve(&mut self) -> Ask {
        let (account, transaction) = (self.account(), self.transaction());
        Ask::Reserve { account, transaction, amount: self.sum() }
    }

    fn lapse(&mut self, model: &Model) -> Ask {
        let approvals = model.approvals();
        let known = usize::try_from(self.choices.below(approvals.len() as u64 + 1)).unwrap();
        let (account, approval) =
            approvals.get(known).cloned().unwrap_or_else(|| (self.account(), self.made));
        Ask::Lapse { account, approval }
    }

    fn transfer(&mut self) -> Transfer {
        let source = if self.choices.once_in(2) { "@funding".to_owned() } else { self.end() };
        let mut destination = self.end();
        while destination == source {
            destination = self.end();
        }
        Transfer {
            key: self.key(),
            source,
            destination,
            transaction: self.sometimes(2, Self::transaction),
            amount: self.sum(),
        }
    }

    fn operate(&mut self, model: &Model) -> Operate {
        let name = self.pick(&OPERATIONS);
        let (mut account, transaction) = self.card(model);
        let reference = match name {
            "debit_balance" | "credit_balance" => {
                self.sometimes(4, |it| it.balance(model, &account))
            }
            "hold_balance" => self.sometimes(3, |it| it.hold(model, &mut account)),
            _ => Some(self.hold(model, &mut account)),
        };
        let amount = self.choices.below(12);
        Operate {
            name,
            key: self.key(),
            transaction,
            account,
            of_action: format!("of-{}", self.made),
            reference,
            amount: (amount > 0).then(|| self.sum()),
        }
    }

    /// An account and a transaction, often those of an authorization or an operation of late.
    fn card(&mut self, model: &Model) -> (String, String) {
        let back = usize::try_from(self.choices.below(80)).unwrap();
        match model.log().iter().nth_back(back) {
            Some((Ask::Reserve { account, transaction, .. }, _)) => {
                (account.clone(), transaction.clone())
            }
            Some((Ask::Operate(asked), _)) if self.choices.once_in(3) => {
                (asked.account.clone(), asked.transaction.clone())
            }
            _ => (self.account(), self.transaction()),
        }
    }

    /// Something that was asked before, word for word or with one word changed.
    fn again(&mut self, model: &Model) -> Ask {
        let asked = model.log().len() as u64;
        let back = if self.choices.once_in(2) { asked.min(20) } else { asked };
        let before = asked - self.choices.below(back + 1).min(asked);
        let mut ask = match model.log().get(usize::try_from(before).unwrap()) {
            Some((ask, _)) => ask.clone(),
            None => return self.open(),
        };
        if self.choices.once_in(2) {
            self.change(&mut ask);
        }
        ask
    }

    fn change(&mut self, ask: &mut Ask) {
        match ask {
            Ask::Operate(asked) => match self.choices.below(6) {
                0 => asked.account = self.account(),
                1 => asked.transaction = self.transaction(),
                2 => asked.amount = Some(self.sum()),
                3 => asked.of_action.push('x'),
                4 => asked.name = self.pick(&["credit_balance", "hold_balance"]),
                _ => asked.reference = Some("bal_0000000000000001_0".to_owned()),
            },
            Ask::Transfer(asked) => match self.choices.below(2) {
                0 => asked.amount = self.sum(),
                _ => asked.transaction = Some(self.transaction()),
            },
            _ => {}
        }
    }

    /// A name of this account's, of another's, or of nothing.
    fn balance(&mut self, model: &Model, account: &str) -> String {
        let views = model.views();
        let own = views.iter().find(|view| view.name == account && !self.choices.once_in(4));
        let of = own.or_else(|| views.first());
        let known = of.map(|view| view.balances[0].name.clone());
        self.spoil(known.unwrap_or_else(|| "bal_0000000000000001_1".to_owned()))
    }

    /// A hold and mostly its account: the newest are more often asked for than old ones.
    fn hold(&mut self, model: &Model, account: &mut String) -> String {
        let mut holds: Vec<_> = model.holds().collect();
        holds.sort_by_key(|(_, hold)| *hold);
        let among = if self.choices.once_in(3) { holds.len() as u64 } else { 12 };
        let back = usize::try_from(self.choices.below(among)).unwrap();
        let Some((owner, hold)) = holds.iter().nth_back(back) else {
            return "hold_000000000000002a".to_owned();
        };
        if !self.choices.once_in(12) {
            (*owner).clone_into(account);
        }
        let hold = (*hold).to_owned();
        self.spoil(hold)
    }

    /// Sometimes almost the same name, which names nothing.
    fn spoil(&mut self, mut name: String) -> String {
        match self.choices.below(40) {
            0 => name.to_uppercase(),
            1 => name.replace('_', "_0"),
            2 => {
                name.push(' ');
                name
            }
            _ => name,
        }
    }

    fn sum(&mut self) -> Sum {
        let minor = match self.choices.below(60) {
            0..4 => 0,
            4 => 1_000_000_000_000_000,
            5 if self.choices.once_in(8) => i64::MAX as u64 - self.choices.below(3),
            6..20 => self.choices.below(100_000),
            _ => self.choices.below(2_000),
        };
        Sum { currency: self.currency(), minor: i128::from(minor) }
    }

    fn limit(&mut self) -> i128 {
        match self.choices.below(40) {
            0..20 => 0,
            20 => i128::from(i64::MAX),
            _ => i128::from(self.choices.below(5_000)),
        }
    }

    fn currency(&mut self) -> String {
        self.pick(&CURRENCIES).to_owned()
    }

    fn account(&mut self) -> String {
        match self.choices.below(60) {
            0 => "nobody".to_owned(),
            1 => "@settlement".to_owned(),
            _ => format!("account-{}", self.choices.below(ACCOUNTS)),
        }
    }

    fn end(&mut self) -> String {
        match self.choices.below(20) {
            0 => "@settlement".to_owned(),
            1 => "@funding".to_owned(),
            2 => "@other".to_owned(),
            _ => self.account(),
        }
    }

    fn transaction(&mut self) -> String {
        let recent = self.made / 8;
        format!("transaction-{}", recent.saturating_sub(self.choices.below(30)))
    }

    fn key(&self) -> String {
        format!("key-{}", self.made)
    }

    fn sometimes<T>(&mut self, of: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.choices.once_in(of).then(|| make(self))
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[usize::try_from(self.choices.below(from.len() as u64)).unwrap()]
    }
}

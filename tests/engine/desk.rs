//! A ledger to which one question at a time is put, in a line each.

use holdfast::engine::{Currencies, Options};

use super::boundary::Subject;
use super::model::{Answer, Ask, BalanceView, Done, Operate, Sum, Transfer};
use crate::support::engine::{World, short_segments};

/// An engine on a simulated disk, with a fresh key for each question.
pub(crate) struct Desk {
    pub(crate) subject: Subject,
    asked: u64,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(short_segments())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::on(World::new(options))
    }

    pub(crate) fn on(world: World) -> Self {
        Self { subject: Subject { world, currencies: Currencies::iso() }, asked: 0 }
    }

    pub(crate) fn ask(&mut self, ask: &Ask) -> Answer {
        self.subject.ask(ask)
    }

    /// An operation with a new key.
    pub(crate) fn operate(
        &mut self,
        name: &'static str,
        account: &str,
        transaction: &str,
        reference: Option<&str>,
        amount: Option<(&str, i128)>,
    ) -> Answer {
        self.asked += 1;
        let operate = Operate {
            name,
            key: format!("key-{}", self.asked),
            transaction: transaction.to_owned(),
            account: account.to_owned(),
            of_action: "of".to_owned(),
            reference: reference.map(str::to_owned),
            amount: amount.map(sum),
        };
        self.ask(&Ask::Operate(operate))
    }

    /// An operation in SGD that names no balance and no hold.
    pub(crate) fn sgd(
        &mut self,
        name: &'static str,
        account: &str,
        transaction: &str,
        minor: i128,
    ) -> Answer {
        self.operate(name, account, transaction, None, Some(("SGD", minor)))
    }

    pub(crate) fn transfer(&mut self, from: &str, to: &str, amount: (&str, i128)) -> Answer {
        self.asked += 1;
        let transfer = Transfer {
            key: format!("key-{}", self.asked),
            source: from.to_owned(),
            destination: to.to_owned(),
            transaction: None,
            amount: sum(amount),
        };
        self.ask(&Ask::Transfer(transfer))
    }

    /// An account with balances in these currencies, and money of the first.
    pub(crate) fn open(&mut self, account: &str, currencies: &[&str], minor: i128) {
        let balances = currencies.iter().map(|code| ((*code).to_owned(), 0)).collect();
        self.ask(&Ask::Open { account: account.to_owned(), balances }).done();
        self.transfer("@funding", account, (currencies[0], minor)).done();
    }

    pub(crate) fn amend(&mut self, account: &str, status: &str) -> Answer {
        self.ask(&Ask::Amend {
            account: account.to_owned(),
            status: Some(status.to_owned()),
            limits: Vec::new(),
            add: Vec::new(),
        })
    }

    /// A hold of so much; its name.
    pub(crate) fn hold(&mut self, account: &str, transaction: &str, minor: i128) -> String {
        let done = self.sgd("hold_balance", account, transaction, minor).done();
        done.hold.unwrap().name
    }

    pub(crate) fn reserve(&mut self, account: &str, transaction: &str, minor: i128) -> Answer {
        self.ask(&Ask::Reserve {
            account: account.to_owned(),
            transaction: transaction.to_owned(),
            amount: sum(("SGD", minor)),
        })
    }

    pub(crate) fn lapse(&mut self, account: &str, approval: u64) -> Answer {
        self.ask(&Ask::Lapse { account: account.to_owned(), approval })
    }

    /// The first balance of an account.
    pub(crate) fn balance(&self, account: &str) -> BalanceView {
        let views = self.subject.views();
        let view = views.into_iter().find(|view| view.name == account).unwrap();
        view.balances.into_iter().next().unwrap()
    }

    /// What is posted, held, reserved and available on the first balance of an account.
    pub(crate) fn sums(&self, account: &str) -> [i128; 4] {
        let balance = self.balance(account);
        [balance.posted, balance.held, balance.reserved, balance.available]
    }
}

impl Answer {
    /// What was done, where it was.
    #[track_caller]
    pub(crate) fn done(self) -> Done {
        match self {
            Self::Done(done) => done,
            other => panic!("not done: {other:?}"),
        }
    }

    /// The code of the refusal, `"done"` where there is none.
    #[track_caller]
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused { code, .. } | Self::Declined(code) => code,
            other => panic!("neither done nor refused: {other:?}"),
        }
    }
}

fn sum((currency, minor): (&str, i128)) -> Sum {
    Sum { currency: currency.to_owned(), minor }
}

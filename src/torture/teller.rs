//! One who asks: draws each request, and knows what must come of it.
//!
//! A teller has an account of its own, of which it knows every balance, two that it shares with
//! others, and at most one open hold, of which it knows the rest.

use std::sync::Arc;

use wal::simulated::Choices;

use super::asked::{Asked, Call, Effect, Expected, Shown};
use super::money::Currency;

/// Below this the own account is topped up before long, in minor units.
const LOW_WATER: i64 = 50_000;
/// What it is topped up by at most.
const TOP_UP: u64 = 200_000;
/// The largest amount of an operation.
const AMOUNT: u64 = 20_000;

/// One who asks.
#[derive(Debug)]
pub(super) struct Teller {
    number: usize,
    name: String,
    currency: Currency,
    pub(super) choices: Choices,
    shared: [Arc<str>; 2],
    own: Option<Own>,
    hold: Option<Hold>,
    opened: usize,
    /// All that it asked, in order.
    pub(super) asked: Vec<Asked>,
    /// What a success of the last request makes of what is known.
    then: Then,
}

/// The account that nobody else moves.
#[derive(Clone, Debug)]
struct Own {
    account: Arc<str>,
    available: i64,
    /// The transaction of a debit that moved money.
    debited: Option<String>,
}

/// A hold that is open.
#[derive(Clone, Debug)]
struct Hold {
    name: String,
    account: Arc<str>,
    transaction: String,
    left: i64,
}

/// What is known once the last request was done.
#[derive(Clone, Debug, Default)]
struct Then {
    own: Option<Own>,
    /// What is left of the open hold, or of the one that the answer names.
    left: Option<i64>,
    /// The account and the transaction of the hold that the answer names.
    placed: Option<(Arc<str>, String)>,
}

/// The members of a request that differ.
struct Draft {
    account: Arc<str>,
    transaction: String,
    amount: Option<i64>,
    currency: Currency,
    hold: Option<String>,
}

impl Teller {
    /// The teller of that number.
    pub(super) fn new(number: usize, choices: Choices) -> Self {
        let currency = Currency::ALL[number % Currency::ALL.len()];
        let shared = Self::shared(currency);
        let name = format!("t{number}");
        let (own, hold, opened, asked, then) = (None, None, 0, Vec::new(), Then::default());
        Self { number, name, currency, choices, shared, own, hold, opened, asked, then }
    }

    /// Which one it is.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    /// The accounts of a currency that all its tellers share.
    pub(super) fn shared(currency: Currency) -> [Arc<str>; 2] {
        [0, 1].map(|n| format!("hot-{}-{n}", currency.code()).into())
    }

    /// What is asked to open an account.
    pub(super) fn opening(account: &str, currency: Currency) -> Asked {
        let code = currency.code();
        let body = format!(r#"{{"tenant_account_ref":"{account}","currencies":["{code}"]}}"#);
        let effects = vec![Effect { account: account.into(), posted: 0, held: 0 }];
        ask(Call::Open, body, currency, Expected::Done, Shown::Anything, effects)
    }

    /// Draws the next request.
    pub(super) fn next(&mut self) -> Asked {
        self.then = Then::default();
        let Some(own) = self.own.clone() else { return self.open() };
        if self.choices.once_in(200) {
            return self.open();
        }
        if own.available < LOW_WATER && self.choices.once_in(3) {
            return self.top_up(own);
        }
        match self.choices.below(20) {
            0 => self.refused(&own),
            1 => self.give(own),
            2 => self.shift(),
            3 => self.late_debit(own),
            4..8 => self.debit(own),
            8..11 => self.credit(own),
            _ => self.work_on_hold(own),
        }
    }

    /// Takes note of what came of the last request.
    pub(super) fn note(&mut self) {
        let Some(told) = self.asked.last().and_then(|asked| asked.told.as_ref()) else { return };
        let then = std::mem::take(&mut self.then);
        if !told.done {
            return;
        }
        if let (Some((account, transaction)), Some(name), Some(left)) =
            (then.placed, &told.hold, then.left)
        {
            self.hold = Some(Hold { name: name.clone(), account, transaction, left });
        } else if let (Some(hold), Some(left)) = (&mut self.hold, then.left) {
            hold.left = left;
        }
        if let Some(own) = then.own {
            self.own = Some(own);
        }
    }

    fn key(&self) -> String {
        format!("{}-{}", self.name, self.asked.len())
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(1 + self.choices.below(AMOUNT)).unwrap_or(1)
    }

    fn shared_account(&mut self) -> Arc<str> {
        let [first, second] = &self.shared;
        Arc::clone(if self.choices.once_in(2) { first } else { second })
    }

    fn open(&mut self) -> Asked {
        let account: Arc<str> = format!("{}-own-{}", self.name, self.opened).into();
        self.opened += 1;
        let asked = Self::opening(&account, self.currency);
        self.then.own = Some(Own { account, available: 0, debited: None });
        asked
    }

    fn draft(&self, account: &Arc<str>, amount: i64) -> Draft {
        Draft {
            account: Arc::clone(account),
            transaction: format!("tx-{}", self.key()),
            amount: Some(amount),
            currency: self.currency,
            hold: None,
        }
    }

    /// An operation on the own account, whose balance is known, or on one that is shared.
    fn either(&mut self, own: &Own) -> Arc<str> {
        if self.choices.once_in(2) { Arc::clone(&own.account) } else { self.shared_account() }
    }

    fn debit(&mut self, own: Own) -> Asked {
        let (amount, account) = (self.amount(), self.either(&own));
        let draft = self.draft(&account, amount);
        let debited = Some(draft.transaction.clone());
        let (expected, shown) = self.spend(own, &account, amount);
        if let Some(own) = &mut self.then.own {
            own.debited = debited;
        }
        self.operation("debit_balance", &draft, expected, shown, (-amount, 0))
    }

    /// What must come of taking that much from what is available in an account.
    fn spend(&mut self, own: Own, account: &Arc<str>, amount: i64) -> (Expected, Shown) {
        if *account != own.account {
            return (Expected::AsFundsAllow, Shown::Anything);
        }
        if own.available < amount {
            return (Expected::Refused("INSUFFICIENT_FUNDS"), Shown::Anything);
        }
        (Expected::Done, self.moved(own, account, -amount))
    }

    /// What an operation shows that changes what is available in an account.
    fn moved(&mut self, own: Own, account: &Arc<str>, change: i64) -> Shown {
        if *account != own.account {
            return Shown::Anything;
        }
        let available = own.available + change;
        self.then.own = Some(Own { available, ..own });
        Shown::Available(available)
    }

    fn credit(&mut self, own: Own) -> Asked {
        let (amount, account) = (self.amount(), self.either(&own));
        let draft = self.draft(&account, amount);
        let shown = self.moved(own, &account, amount);
        self.operation("credit_balance", &draft, Expected::Done, shown, (amount, 0))
    }

    /// A second debit in a transaction that moved money: it posts whatever there is.
    fn late_debit(&mut self, own: Own) -> Asked {
        let Some(transaction) = own.debited.clone() else { return self.debit(own) };
        let (amount, account) = (self.amount(), Arc::clone(&own.account));
        let draft = Draft { transaction, ..self.draft(&account, amount) };
        let shown = self.moved(own, &account, -amount);
        self.operation("debit_balance", &draft, Expected::Done, shown, (-amount, 0))
    }

    fn work_on_hold(&mut self, own: Own) -> Asked {
        let Some(hold) = self.hold.clone() else { return self.place(own) };
        if self.choices.once_in(12) {
            self.hold = None;
            return self.place(own);
        }
        match self.choices.below(6) {
            0 => self.raise(own, &hold),
            1 | 2 => self.capture(own, &hold),
            3 => self.restore(own, &hold),
            4 => self.restore_the_rest(own, &hold),
            _ => self.credit_hold(&hold),
        }
    }

    fn place(&mut self, own: Own) -> Asked {
        let (amount, account) = (self.amount(), self.either(&own));
        let draft = self.draft(&account, amount);
        self.then.placed = Some((Arc::clone(&account), draft.transaction.clone()));
        let (expected, shown) = self.spend(own, &account, amount);
        self.then.left = Some(amount);
        self.operation("hold_balance", &draft, expected, shown, (0, amount))
    }

    fn on(&self, hold: &Hold, amount: Option<i64>) -> Draft {
        let transaction = hold.transaction.clone();
        let draft = self.draft(&hold.account, 0);
        Draft { amount, hold: Some(hold.name.clone()), transaction, ..draft }
    }

    fn raise(&mut self, own: Own, hold: &Hold) -> Asked {
        let amount = self.amount();
        let draft = self.on(hold, Some(amount));
        let (expected, shown) = self.spend(own, &hold.account, amount);
        self.then.left = Some(hold.left + amount);
        self.operation("hold_balance", &draft, expected, shown, (0, amount))
    }

    /// A capture, of more than there is on hold at times: the excess comes from what is available.
    fn capture(&mut self, own: Own, hold: &Hold) -> Asked {
        let amount = self.amount();
        let held = amount.min(hold.left);
        let draft = self.on(hold, Some(amount));
        self.moved(own, &hold.account, held - amount);
        self.then.left = Some(hold.left - held);
        let shown = Shown::Hold(hold.left - held);
        self.operation("debit_hold_balance", &draft, Expected::Done, shown, (-amount, -held))
    }

    fn restore(&mut self, own: Own, hold: &Hold) -> Asked {
        let amount = self.amount();
        let draft = self.on(hold, Some(amount));
        let (expected, shown) = if amount > hold.left {
            (Expected::Refused("HOLD_AMOUNT_EXCEEDED"), Shown::Anything)
        } else {
            (Expected::Done, self.moved(own, &hold.account, amount))
        };
        self.then.left = Some(hold.left - amount);
        self.operation("restore_balance", &draft, expected, shown, (0, -amount))
    }

    fn restore_the_rest(&mut self, own: Own, hold: &Hold) -> Asked {
        let draft = self.on(hold, None);
        let shown = self.moved(own, &hold.account, hold.left);
        self.then.left = Some(0);
        self.operation("restore_balance", &draft, Expected::Done, shown, (0, -hold.left))
    }

    fn credit_hold(&mut self, hold: &Hold) -> Asked {
        let amount = self.amount();
        let draft = self.on(hold, Some(amount));
        self.then.left = Some(hold.left + amount);
        let shown = Shown::Hold(hold.left + amount);
        self.operation("credit_hold_balance", &draft, Expected::Done, shown, (amount, amount))
    }

    /// Something that the ledger must refuse, and remember that it did.
    fn refused(&mut self, own: &Own) -> Asked {
        let amount = self.amount();
        let draft = self.draft(&own.account, amount);
        let (operation, code, draft) = match self.choices.below(5) {
            0 => {
                let account = format!("nobody-{}", self.name).into();
                ("debit_balance", "ACCOUNT_NOT_FOUND", Draft { account, ..draft })
            }
            1 => {
                let hold = Some("hold_ffffffffffffffff".to_owned());
                ("restore_balance", "HOLD_NOT_FOUND", Draft { hold, ..draft })
            }
            2 => {
                let other = |currency: &Currency| *currency != self.currency;
                let currency = Currency::ALL.into_iter().find(other).unwrap_or(Currency::Sgd);
                ("hold_balance", "CURRENCY_MISMATCH", Draft { currency, ..draft })
            }
            3 => ("debit_balance", "AMOUNT_REQUIRED", Draft { amount: None, ..draft }),
            _ => {
                let amount = Some(own.available.max(0) + amount);
                ("hold_balance", "INSUFFICIENT_FUNDS", Draft { amount, ..draft })
            }
        };
        self.operation(operation, &draft, Expected::Refused(code), Shown::Anything, (0, 0))
    }

    fn top_up(&mut self, own: Own) -> Asked {
        let amount = i64::try_from(1 + self.choices.below(TOP_UP)).unwrap_or(1);
        let account = Arc::clone(&own.account);
        self.moved(own, &account, amount);
        self.transfer("@funding".into(), account, amount, Expected::Done)
    }

    /// From the own account to one that is shared.
    fn give(&mut self, own: Own) -> Asked {
        let (amount, account) = (self.amount(), Arc::clone(&own.account));
        let (expected, _) = self.spend(own, &account, amount);
        let destination = self.shared_account();
        self.transfer(account, destination, amount, expected)
    }

    /// Between the two that are shared.
    fn shift(&mut self) -> Asked {
        let amount = self.amount();
        let [first, second] = self.shared.clone();
        let (source, destination) =
            if self.choices.once_in(2) { (first, second) } else { (second, first) };
        self.transfer(source, destination, amount, Expected::AsFundsAllow)
    }

    fn operation(
        &self,
        name: &'static str,
        draft: &Draft,
        expected: Expected,
        shown: Shown,
        (posted, held): (i64, i64),
    ) -> Asked {
        let Draft { account, transaction, amount, currency, hold } = draft;
        let (key, code) = (self.key(), currency.code());
        let mut body = format!(
            r#"{{"transaction_id":"{transaction}","tenant_account_ref":"{account}","idempotency_key":"{key}","of_action_ref":"a-{key}""#
        );
        if let Some(amount) = amount {
            let value = currency.written(*amount);
            body += &format!(r#","amount":{{"value":{value},"currency":"{code}"}}"#);
        }
        if let Some(hold) = hold {
            body += &format!(r#","tenant_hold_balance_ref":"{hold}""#);
        }
        body.push('}');
        let effects = vec![Effect { account: Arc::clone(account), posted, held }];
        ask(Call::Operation(name), body, *currency, expected, shown, effects)
    }

    fn transfer(
        &self,
        source: Arc<str>,
        destination: Arc<str>,
        amount: i64,
        expected: Expected,
    ) -> Asked {
        let (key, currency) = (self.key(), self.currency);
        let (value, code) = (currency.written(amount), currency.code());
        let body = format!(
            r#"{{"idempotency_key":"{key}","source":"{source}","destination":"{destination}","amount":{{"value":{value},"currency":"{code}"}}}}"#
        );
        let effects = vec![
            Effect { account: source, posted: -amount, held: 0 },
            Effect { account: destination, posted: amount, held: 0 },
        ];
        ask(Call::Transfer, body, currency, expected, Shown::Anything, effects)
    }
}

fn ask(
    call: Call,
    body: String,
    currency: Currency,
    expected: Expected,
    shown: Shown,
    effects: Vec<Effect>,
) -> Asked {
    Asked { call, body, currency, expected, shown, effects, told: None }
}

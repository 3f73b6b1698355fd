//! The stand-in's ledger, in cents, and the lies that it can tell.

use std::{collections::HashMap, time::Duration};

use serde_json::Value;

/// What is wrong with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// From the n-th operation on, answers tell a cent more than there is.
    TellsACentMore(u64),
    /// The first operation from the n-th on that moves what is posted is answered like the others
    /// and forgotten. (A forgotten hold or approval may leave no trace: it is used up.)
    LosesAnAnswer(u64),
    /// The same of the first approval.
    LosesAnApproval(u64),
    /// One operation per account is executed truly, and the account read wrongly afterwards.
    ReadsWrongly,
    /// A repeat is executed again.
    ExecutesRepeats,
    /// A repeat's answer does not say that it is one.
    HidesRepeats,
    /// The trial balance is a cent off.
    LosesACent,
    /// Every n-th request is refused for want of room, and nothing is done.
    IsOverloaded(u64),
    /// Every n-th request is executed and its answer never sent.
    HangsUp(u64),
    /// The first success from the n-th operation on tells a cent more than there is.
    TellsACentMoreOnce(u64),
    /// Amounts with too many fraction digits are taken for amounts.
    AcceptsWhatIsTooFine,
    /// What is malformed is refused with a code that no document has.
    RefusesWithAnotherCode,
    /// From the n-th operation on, nothing is answered for a while, once.
    Stalls(u64, Duration),
    /// Nothing, and each answer has this `Server-Timing`.
    Tells(&'static str),
}

/// What is answered.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) body: String,
}

#[derive(Default, Clone)]
struct Account {
    posted: i64,
    held: i64,
    reserved: i64,
    promised: HashMap<String, i64>,
    holds: HashMap<String, i64>,
    linked: Vec<String>,
}

pub(crate) struct Books {
    fault: Fault,
    accounts: HashMap<String, Account>,
    answers: HashMap<String, String>,
    operations: u64,
    actions: u64,
}

impl Told {
    pub(crate) fn new(status: u16, body: String) -> Self {
        Self { status, replayed: false, body }
    }
}

impl Books {
    pub(crate) fn new(fault: Fault) -> Self {
        let (accounts, answers) = (HashMap::new(), HashMap::new());
        Self { fault, accounts, answers, operations: 0, actions: 0 }
    }

    /// How many operations have been asked, this one included.
    pub(crate) fn count_operation(&mut self) -> u64 {
        self.operations += 1;
        self.operations
    }

    pub(crate) fn create(&mut self, body: &Value) -> Told {
        let name = text(body, "tenant_account_ref");
        self.accounts.insert(name.clone(), Account::default());
        Told::new(201, self.account(&name))
    }

    pub(crate) fn transfer(&mut self, body: &Value) -> Told {
        let account = self.accounts.get_mut(&text(body, "destination")).unwrap();
        account.posted += cents(body).unwrap();
        self.actions += 1;
        Told::new(201, format!(r#"{{"success":true,"tenant_action_ref":"{:012}"}}"#, self.actions))
    }

    pub(crate) fn read(&self, name: &str) -> Told {
        match self.accounts.contains_key(name) {
            true => Told::new(200, self.account(name)),
            false => Told::new(404, String::new()),
        }
    }

    pub(crate) fn trial_balance(&self) -> Told {
        let off = i64::from(self.fault == Fault::LosesACent);
        let sum = amount(off);
        Told::new(200, format!(r#"{{"currencies":[{{"currency":"SGD","sum":{sum}}}]}}"#))
    }

    fn account(&self, name: &str) -> String {
        let Account { posted, held, reserved, .. } = self.accounts[name];
        let wrong = i64::from(self.fault == Fault::ReadsWrongly && posted != 0);
        let (available, posted) = (amount(posted - held - reserved), amount(posted + wrong));
        let (held, none) = (amount(held), amount(reserved));
        format!(
            r#"{{"tenant_account_ref":"{name}","balances":[{{"tenant_balance_ref":"{name}-sgd","currency":"SGD","posted":{posted},"held":{held},"reserved":{none},"available":{available}}}]}}"#
        )
    }

    /// Answers one of the six operations, or an authorization.
    pub(crate) fn operate(&mut self, operation: &str, body: &Value) -> Told {
        let authorizes = operation.contains("auth");
        let key = text(body, if authorizes { "network_message_ref" } else { "idempotency_key" });
        let repeats_again = self.fault == Fault::ExecutesRepeats;
        if let Some(first) = self.answers.get(&key).filter(|_| !repeats_again) {
            let replayed = self.fault != Fault::HidesRepeats;
            return Told { status: 200, replayed, body: first.clone() };
        }
        let name = text(body, "tenant_account_ref");
        let before = self.accounts[&name].clone();
        let answer = self.execute(operation, body);
        if self.loses(&before, &self.accounts[&name]) {
            self.accounts.insert(name, before);
            self.fault = Fault::None;
        }
        let replayed = self.answers.insert(key, answer.clone()).is_some();
        Told { status: 200, replayed, body: answer }
    }

    /// Whether what led from one to the other is what is forgotten.
    fn loses(&self, before: &Account, after: &Account) -> bool {
        let moved = before.posted != after.posted;
        match self.fault {
            Fault::LosesAnAnswer(nth) => self.operations >= nth && moved,
            Fault::LosesAnApproval(nth) => {
                self.operations >= nth && !moved && before.reserved != after.reserved
            }
            _ => false,
        }
    }

    fn execute(&mut self, operation: &str, body: &Value) -> String {
        let name = text(body, "tenant_account_ref");
        self.actions += 1;
        let action = format!("{:012}", self.actions);
        let account = self.accounts.get_mut(&name).unwrap();
        if operation.contains("auth") {
            return account.authorize(body, &action);
        }
        match account.execute(operation, body, &action) {
            Err(code) => format!(
                r#"{{"success":false,"error":{{"code":"{code}","message":"no"}},"tenant_action_ref":"{action}"}}"#
            ),
            Ok(hold) => {
                let lie = match self.fault {
                    Fault::TellsACentMore(nth) => self.operations >= nth,
                    Fault::TellsACentMoreOnce(nth) if self.operations >= nth => {
                        self.fault = Fault::None;
                        true
                    }
                    _ => false,
                };
                account.answer(operation, &name, &hold, i64::from(lie), &action)
            }
        }
    }
}

impl Account {
    fn authorize(&mut self, body: &Value, action: &str) -> String {
        let asked = cents_of(&body["amount"]);
        let told = |status: &str, approved: i64, more: &str| {
            let approved = format!("{}.{:02}", approved / 100, approved % 100);
            format!(
                r#"{{"tenant_reference_id":"{action}","status":"{status}","approved_amount":{approved},"authorization_code":"ABC123"{more}}}"#
            )
        };
        if asked > self.posted - self.held - self.reserved {
            return told("declined", 0, r#","reason":"INSUFFICIENT_FUNDS""#);
        }
        self.reserved += asked;
        *self.promised.entry(text(body, "transaction_id")).or_default() += asked;
        told("approved", asked, "")
    }

    /// Moves the money, and returns the hold it was about.
    fn execute(
        &mut self,
        operation: &str,
        body: &Value,
        action: &str,
    ) -> Result<String, &'static str> {
        let hold = body.get("tenant_hold_balance_ref").and_then(Value::as_str);
        let hold = hold.map_or_else(|| format!("hold-{action}"), str::to_owned);
        let left = self.holds.get(&hold).copied().unwrap_or(0);
        let amount = cents(body).unwrap_or(left);
        let transaction = text(body, "transaction_id");
        let available = self.posted - self.held - self.reserved;
        let promised = self.promised.get(&transaction).copied().unwrap_or(0);
        let linked = self.linked.contains(&transaction) || promised > 0;
        let checked = (operation == "hold_balance" && (promised == 0 || amount > promised))
            || (operation == "debit_balance" && !linked);
        if operation == "restore_balance" && amount > left {
            return Err("HOLD_AMOUNT_EXCEEDED");
        }
        if checked && amount > available {
            return Err("INSUFFICIENT_FUNDS");
        }
        let (posted, held) = match operation {
            "debit_balance" => (-amount, 0),
            "credit_balance" => (amount, 0),
            "hold_balance" => (0, amount),
            "restore_balance" => (0, -amount),
            "debit_hold_balance" => (-amount, -amount.min(left)),
            "credit_hold_balance" => (amount, amount),
            other => panic!("no operation is called {other}"),
        };
        if matches!(operation, "debit_balance" | "hold_balance") {
            let used = amount.min(promised);
            self.reserved -= used;
            self.promised.insert(transaction.clone(), promised - used);
        }
        self.posted += posted;
        self.held += held;
        self.linked.push(transaction);
        self.holds.insert(hold.clone(), left + held);
        Ok(hold)
    }

    fn answer(&self, operation: &str, name: &str, hold: &str, lie: i64, action: &str) -> String {
        let (of_hold, of_balance) = (
            format!(r#""tenant_hold_balance_ref":"{hold}""#),
            format!(r#""tenant_balance_ref":"{name}-sgd""#),
        );
        let available = format!(
            r#""available_balance":{}"#,
            amount(self.posted - self.held - self.reserved + lie)
        );
        let left = format!(r#""hold_balance":{}"#, amount(self.holds[hold] + lie));
        let (reference, balance) = match operation {
            "debit_hold_balance" | "credit_hold_balance" => (of_hold, left),
            "hold_balance" => (of_hold, available),
            _ => (of_balance, available),
        };
        format!(r#"{{"success":true,{reference},{balance},"tenant_action_ref":"{action}"}}"#)
    }
}

fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap().to_owned()
}

fn cents(body: &Value) -> Option<i64> {
    Some(cents_of(&body.get("amount")?["value"]))
}

fn cents_of(value: &Value) -> i64 {
    let value = value.to_string();
    let (whole, fraction) = value.split_once('.').unwrap_or((&value, ""));
    format!("{whole}{fraction:0<2}").parse().unwrap()
}

fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!(r#"{{"value":{sign}{}.{:02},"currency":"SGD"}}"#, cents / 100, cents % 100)
}

//! The driver of the tables of bad input.
//!
//! A row is a name, the operations that it is for, what is changed of a valid body, and what must
//! come of it. Each table is run on a fresh server and again after a restart of it. Whatever the
//! row, the server goes on: a request with a key of its own is answered after each.

use std::net::SocketAddr;

use crate::support::desk::{Desk, amount_in, body, of_hold, path};
use crate::support::raw::{Reply, post};
use crate::support::server::Home;

/// What must come of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    /// Done. The action is recorded, and a repeat is answered with the same bytes.
    Applied,
    /// Done, and recorded as this amount.
    AppliedAs(&'static str),
    /// Refused by the domain: recorded, repeated like a success, and nothing moved.
    Declined(&'static str),
    /// 400 with this code: nothing moved, and the key is still free.
    Invalid(&'static str),
    /// Any of the statuses 200, 400 and 413, each as its class wants.
    Lawful,
}

/// What is changed of a valid body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    /// `amount.value`, as JSON.
    Value(&'static str),
    /// `amount`, as JSON.
    Amount(&'static str),
    /// A member, as JSON; `KEY` in it stands for the row's key.
    Set(&'static str, &'static str),
    /// A member is left out.
    Drop(&'static str),
    /// A reference names what another account has.
    Foreign,
    /// The body becomes what this makes of it.
    Bytes(fn(&str) -> Vec<u8>),
}

pub(crate) type Row = (&'static str, &'static [&'static str], Edit, Expect);

/// An account with 1000.00 USD, of which 100.00 are held, 1000.000 KWD and 1000 JPY.
pub(crate) struct Stage {
    pub(crate) account: String,
    pub(crate) hold: String,
    pub(crate) foreign_balance: String,
    pub(crate) foreign_hold: String,
}

/// A table being driven against one server.
pub(crate) struct Driver {
    pub(crate) desk: Desk,
    pub(crate) network: SocketAddr,
    pub(crate) stage: Stage,
    /// The stage and the books as they are before the next row.
    before: String,
    round: &'static str,
    rows: u32,
}

/// Runs `rows` on a fresh server, and once more after a restart of it.
pub(crate) fn run(rows: &[Row]) {
    twice(|driver| {
        for row in rows {
            for operation in row.1 {
                driver.check(operation, row);
            }
        }
    });
}

/// Runs `table` on a fresh server, and once more after a restart of it.
pub(crate) fn twice(mut table: impl FnMut(&mut Driver)) {
    let home = Home::new();
    for round in ["fresh", "restarted"] {
        let server = home.serve(&[]);
        let mut driver = Driver::new(Desk::at(&server), server.network, round);
        table(&mut driver);
        let books = driver.desk.get("/v1/trial-balance");
        for currency in books.json()["currencies"].as_array().unwrap() {
            assert_eq!(currency["sum"]["value"], 0.0, "{}", books.text());
        }
        assert!(server.stop().success());
    }
}

impl Stage {
    fn set(desk: &mut Desk, name: &str) -> Self {
        let other = format!("{name}-other");
        desk.open(name, &["USD", "KWD", "JPY"]);
        for currency in ["USD", "KWD", "JPY"] {
            desk.fund(name, "1000", currency);
        }
        let hold = desk.hold(name, "100", "USD");
        let foreign_balance = desk.open(&other, &["USD"]).remove(0);
        desk.fund(&other, "50", "USD");
        let foreign_hold = desk.hold(&other, "50", "USD");
        Self { account: name.to_owned(), hold, foreign_balance, foreign_hold }
    }

    /// A valid body of `operation`.
    pub(crate) fn body(&self, operation: &str, key: &str) -> String {
        let hold = if needs_hold(operation) { of_hold(&self.hold) } else { String::new() };
        body(key, &self.account, "10.00", "USD", &hold)
    }
}

pub(crate) fn needs_hold(operation: &str) -> bool {
    !["debit_balance", "credit_balance", "hold_balance"].contains(&operation)
}

impl Driver {
    fn new(mut desk: Desk, network: SocketAddr, round: &'static str) -> Self {
        let stage = Stage::set(&mut desk, &format!("{round}-0"));
        let before = desk.state(&stage.account);
        Self { desk, network, stage, before, round, rows: 0 }
    }

    /// Puts one row to one operation.
    pub(crate) fn check(&mut self, operation: &str, row: &Row) {
        let &(name, _, edit, expect) = row;
        let name = format!("{name} on {operation}, {}", self.round);
        let key = self.next_key();
        let body = self.edited(operation, &key, edit);
        self.expect(&name, operation, &key, &body, expect);
    }

    pub(crate) fn next_key(&mut self) -> String {
        self.rows += 1;
        format!("{}-{}", self.round, self.rows)
    }

    fn edited(&self, operation: &str, key: &str, edit: Edit) -> Vec<u8> {
        let body = self.stage.body(operation, key);
        let amount = r#"{"value":10.00,"currency":"USD"}"#;
        let replaced = |new: &str| body.replace(amount, new).into_bytes();
        match edit {
            Edit::Value(value) => replaced(&amount.replace("10.00", value)),
            Edit::Amount(amount) => replaced(amount),
            Edit::Set(member, json) => set(&body, member, &json.replace("KEY", key)).into_bytes(),
            Edit::Drop(member) => drop_member(&body, member).into_bytes(),
            Edit::Foreign => self.foreign(operation, &body).into_bytes(),
            Edit::Bytes(make) => make(&body),
        }
    }

    fn foreign(&self, operation: &str, body: &str) -> String {
        let (member, reference) = match operation {
            "debit_balance" | "credit_balance" => {
                ("tenant_balance_ref", &self.stage.foreign_balance)
            }
            _ => ("tenant_hold_balance_ref", &self.stage.foreign_hold),
        };
        set(body, member, &format!("\"{reference}\""))
    }

    /// Sends `body` and holds the answer, and what became of the books, to `expect`.
    pub(crate) fn expect(
        &mut self,
        name: &str,
        operation: &str,
        key: &str,
        body: &[u8],
        expect: Expect,
    ) {
        let request = post(&path(operation), body);
        let reply = self.desk.network(&request);
        let told = format!("{name}: {} {}", reply.status, reply.text());
        match expect {
            Expect::Applied => assert!(reply.status == 200 && reply.is_success(), "{told}"),
            Expect::AppliedAs(amount) => self.recorded_as(&reply, amount, &told),
            Expect::Declined(code) => {
                assert_eq!((reply.status, reply.code().as_deref()), (200, Some(code)), "{told}");
            }
            Expect::Invalid(code) => {
                assert_eq!((reply.status, reply.code().as_deref()), (400, Some(code)), "{told}");
            }
            Expect::Lawful => assert!([200, 400, 413].contains(&reply.status), "{told}"),
        }
        if reply.status == 200 {
            self.is_repeated(&request, &reply, &told);
        }
        if reply.status == 200 && reply.is_success() {
            self.renew();
        } else {
            self.is_unchanged(key, reply.status, &told);
        }
    }

    fn recorded_as(&mut self, reply: &Reply, amount: &str, told: &str) {
        assert!(reply.status == 200 && reply.is_success(), "{told}");
        let action = self.desk.get(&format!("/v1/actions/{}", reply.member("tenant_action_ref")));
        assert_eq!(amount_in(action.text(), "amount"), amount, "{told}");
    }

    fn is_repeated(&mut self, request: &[u8], reply: &Reply, told: &str) {
        let repeat = self.desk.network(request);
        assert!(repeat.is_replayed() && !reply.is_replayed(), "{told}");
        assert_eq!((repeat.status, repeat.text()), (200, reply.text()), "{told}");
    }

    /// Nothing moved, and the server answers: with the row's key, if that is still free.
    pub(crate) fn is_unchanged(&mut self, key: &str, status: u16, told: &str) {
        assert_eq!(self.desk.state(&self.stage.account), self.before, "{told}");
        let free = if status == 200 { self.desk.fresh_key() } else { key.to_owned() };
        let reply = self.desk.operate("credit_balance", &nothing(&free, &self.stage.account));
        assert!(reply.is_success() && !reply.is_replayed(), "{told}, then {}", reply.text());
    }

    fn renew(&mut self) {
        self.rows += 1;
        self.stage = Stage::set(&mut self.desk, &format!("{}-{}", self.round, self.rows));
        self.before = self.desk.state(&self.stage.account);
    }
}

/// A credit of zero: recorded, and moves nothing.
fn nothing(key: &str, account: &str) -> String {
    body(key, account, "0", "USD", "")
}

/// `body` with that member set to `json`, or added.
pub(crate) fn set(body: &str, member: &str, json: &str) -> String {
    let rest = drop_member(body, member);
    format!(r#"{{"{member}":{json},{}"#, &rest[1..])
}

/// `body` without that member.
fn drop_member(body: &str, member: &str) -> String {
    let Some(start) = body.find(&format!("\"{member}\":")) else { return body.to_owned() };
    let object = if member == "amount" { body[start..].find('}').unwrap() + 1 } else { 0 };
    let end = start + object + body[start + object..].find([',', '}']).unwrap();
    let (before, after) = (&body[..start], &body[end..]);
    match after.strip_prefix(',') {
        Some(after) => format!("{before}{after}"),
        None => format!("{}{after}", before.strip_suffix(',').unwrap()),
    }
}

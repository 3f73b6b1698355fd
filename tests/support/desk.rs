//! A client of both listeners that speaks the contract: accounts, operations, and what is unchanged.

use std::net::SocketAddr;

use super::raw::{Client, Reply, get, post, with_body};
use super::server::Server;

/// The six operations by the wire's names.
pub(crate) const OPERATIONS: [&str; 6] = [
    "debit_balance",
    "credit_balance",
    "hold_balance",
    "restore_balance",
    "debit_hold_balance",
    "credit_hold_balance",
];

/// Both listeners of a server.
pub(crate) struct Desk {
    network: Line,
    operator: Line,
    keys: u64,
}

/// A connection that is made anew when the server has closed it.
struct Line {
    address: SocketAddr,
    client: Client,
}

impl Line {
    fn to(address: SocketAddr) -> Self {
        Self { address, client: Client::connect(address) }
    }

    fn ask(&mut self, bytes: &[u8]) -> Reply {
        let reply = self.client.ask(bytes);
        if reply.header("connection") == Some("close") {
            self.client = Client::connect(self.address);
        }
        reply
    }
}

/// Where an operation is asked for.
pub(crate) fn path(operation: &str) -> String {
    format!("/api/pba/ledger/{operation}")
}

/// The body of an operation with an amount in `currency` and, unless it is empty, a member more.
pub(crate) fn body(key: &str, account: &str, value: &str, currency: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!(
        r#"{{"transaction_id":"t-{key}","tenant_account_ref":"{account}","idempotency_key":"{key}","of_action_ref":"a-{key}","amount":{{"value":{value},"currency":"{currency}"}}{more}}}"#
    )
}

/// `body` without that member, which must be of the outermost object and not its first.
pub(crate) fn without_amount(body: &str) -> String {
    let start = body.find(r#","amount":"#).unwrap();
    let end = start + body[start..].find('}').unwrap() + 1;
    format!("{}{}", &body[..start], &body[end..])
}

/// A member that names a hold.
pub(crate) fn of_hold(hold: &str) -> String {
    format!(r#""tenant_hold_balance_ref":"{hold}""#)
}

/// A member that names a balance.
pub(crate) fn of_balance(balance: &str) -> String {
    format!(r#""tenant_balance_ref":"{balance}""#)
}

impl Desk {
    pub(crate) fn at(server: &Server) -> Self {
        Self { network: Line::to(server.network), operator: Line::to(server.operator), keys: 0 }
    }

    /// A key that this desk has not used.
    pub(crate) fn fresh_key(&mut self) -> String {
        self.keys += 1;
        format!("desk-{}-{}", self.network.address.port(), self.keys)
    }

    /// Sends these bytes to the network listener.
    pub(crate) fn network(&mut self, bytes: &[u8]) -> Reply {
        self.network.ask(bytes)
    }

    /// Sends these bytes to the operator listener.
    pub(crate) fn operator(&mut self, bytes: &[u8]) -> Reply {
        self.operator.ask(bytes)
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.operator(&get(path, ""))
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> Reply {
        self.operator(&post(path, body.as_bytes()))
    }

    pub(crate) fn patch(&mut self, account: &str, body: &str) -> Reply {
        let path = format!("/v1/accounts/{account}");
        self.operator(&with_body("PATCH", &path, "", body.as_bytes()))
    }

    pub(crate) fn operate(&mut self, operation: &str, body: &str) -> Reply {
        self.network(&post(&path(operation), body.as_bytes()))
    }

    /// Opens an account; its balances' references, in the order of `currencies`.
    pub(crate) fn open(&mut self, account: &str, currencies: &[&str]) -> Vec<String> {
        let list = currencies.join("\",\"");
        let body = format!(r#"{{"tenant_account_ref":"{account}","currencies":["{list}"]}}"#);
        let reply = self.post("/v1/accounts", &body);
        assert_eq!(reply.status, 201, "{}", reply.text());
        let json = reply.json();
        let balances = json["balances"].as_array().unwrap().iter();
        balances.map(|it| it["tenant_balance_ref"].as_str().unwrap().to_owned()).collect()
    }

    /// Tops an account up.
    pub(crate) fn fund(&mut self, account: &str, value: &str, currency: &str) {
        let key = self.fresh_key();
        let body = body(&key, account, value, currency, "");
        let reply = self.operate("credit_balance", &body);
        assert!(reply.is_success(), "{}", reply.text());
    }

    /// Opens a hold; its reference.
    pub(crate) fn hold(&mut self, account: &str, value: &str, currency: &str) -> String {
        let key = self.fresh_key();
        let reply = self.operate("hold_balance", &body(&key, account, value, currency, ""));
        assert!(reply.is_success(), "{}", reply.text());
        reply.member("tenant_hold_balance_ref")
    }

    /// Everything that must not move when nothing is done: the account, its holds, the books.
    pub(crate) fn state(&mut self, account: &str) -> String {
        let account = format!("/v1/accounts/{account}");
        let holds = format!("{account}/holds?all=true");
        let parts = [&*account, &*holds, "/v1/trial-balance"].map(|path| {
            let reply = self.get(path);
            timeless(reply.text())
        });
        parts.join("\n")
    }

    /// One amount of an account's first balance, as it is written.
    pub(crate) fn figure(&mut self, account: &str, member: &str) -> String {
        let reply = self.get(&format!("/v1/accounts/{account}"));
        amount_in(reply.text(), member)
    }
}

/// A body without the moment at which it was true.
pub(crate) fn timeless(body: &str) -> String {
    let Some(start) = body.find(r#""as_of":""#) else { return body.to_owned() };
    let end = start + body[start..].find(',').unwrap_or(0);
    format!("{}{}", &body[..start], &body[end..])
}

/// The value of the first amount called `member`, with its digits as they were written.
pub(crate) fn amount_in(body: &str, member: &str) -> String {
    let start = format!(r#""{member}":{{"value":"#);
    let found = body.split_once(&start).and_then(|(_, rest)| rest.split_once(','));
    found.unwrap_or_else(|| panic!("no amount {member} in {body}")).0.to_owned()
}

/// The minor units of an amount as it was written.
pub(crate) fn minor(value: &str) -> i128 {
    value.replace('.', "").parse().unwrap()
}

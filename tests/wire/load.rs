//! Load for the storms: tellers that ask until the server is gone, and know what they were told.

use std::net::SocketAddr;
use std::sync::mpsc::Sender;

use wal::simulated::Choices;

use crate::support::desk::{Desk, body, minor, of_hold, path};
use crate::support::raw::{Client, Reply, post};

/// One who asks, over one connection, one action after the other.
pub(crate) struct Teller {
    name: String,
    pub(crate) account: String,
    choices: Choices,
    asked: Vec<Asked>,
    hold: Option<Open>,
}

/// A hold of a teller's: half of what was put into it, and whether the first half was captured.
struct Open {
    hold: String,
    half: u64,
    captured: bool,
}

/// What was asked, what was told, and what it moves if it was done.
struct Asked {
    operation: &'static str,
    body: String,
    answer: Option<String>,
    posted: i128,
    held: i128,
}

impl Teller {
    pub(crate) fn new(name: &str, account: &str, seed: u64) -> Self {
        let (name, account) = (name.to_owned(), account.to_owned());
        Self { name, account, choices: Choices::new(seed), asked: Vec::new(), hold: None }
    }

    /// Asks until the connection ends, and says each time that there was an answer.
    pub(crate) fn work(&mut self, network: SocketAddr, answered: &Sender<()>) {
        self.hold = None;
        let Ok(mut client) = Client::try_connect(network) else { return };
        loop {
            let asked = self.next();
            let request = asked.request();
            self.asked.push(asked);
            let Ok(reply) = client.try_ask(&request) else { return };
            if reply.status == 503 {
                return;
            }
            self.note(&reply);
            if answered.send(()).is_err() {
                return;
            }
        }
    }

    /// What to ask next: a hold is captured by half, then given back by half.
    fn next(&mut self) -> Asked {
        let amount = 2 * (1 + self.choices.below(500));
        let (all, half) = (i128::from(amount), i128::from(amount / 2));
        match (self.choices.below(4), self.hold.take()) {
            (0, None) => self.ask("hold_balance", amount, "", (0, all)),
            (1, None) => self.ask("debit_balance", amount, "", (-all, 0)),
            (_, None) => self.ask("credit_balance", amount, "", (all, 0)),
            (0, hold) => {
                self.hold = hold;
                self.ask("credit_balance", amount / 2, "", (half, 0))
            }
            (_, Some(hold)) => self.use_up(hold),
        }
    }

    fn use_up(&mut self, open: Open) -> Asked {
        let (amount, more) = (i128::from(open.half), of_hold(&open.hold));
        if open.captured {
            return self.ask("restore_balance", open.half, &more, (0, -amount));
        }
        let asked = self.ask("debit_hold_balance", open.half, &more, (-amount, -amount));
        self.hold = Some(Open { captured: true, ..open });
        asked
    }

    fn ask(
        &self,
        operation: &'static str,
        amount: u64,
        more: &str,
        (posted, held): (i128, i128),
    ) -> Asked {
        let key = format!("{}-{}", self.name, self.asked.len());
        let value = format!("{}.{:02}", amount / 100, amount % 100);
        let body = body(&key, &self.account, &value, "USD", more);
        Asked { operation, body, answer: None, posted, held }
    }

    fn note(&mut self, reply: &Reply) {
        let asked = self.asked.last_mut().unwrap();
        asked.hear(reply);
        if asked.operation == "hold_balance" && reply.is_success() {
            let half = u64::try_from(asked.held / 2).unwrap();
            let hold = reply.member("tenant_hold_balance_ref");
            self.hold = Some(Open { hold, half, captured: false });
        }
    }

    /// Asks everything again: what was answered is answered with the same bytes, and what was not
    /// is answered now. How many were of each kind.
    pub(crate) fn ask_again(&mut self, desk: &mut Desk) -> (usize, usize) {
        let known = self.asked.iter().filter(|asked| asked.answer.is_some()).count();
        for asked in &mut self.asked {
            let reply = desk.network(&asked.request());
            assert!(asked.answer.is_none() || reply.is_replayed(), "{}: {reply:?}", asked.body);
            asked.hear(&reply);
        }
        (known, self.asked.len() - known)
    }

    /// What all that was done comes to: posted and held.
    pub(crate) fn sum(&self) -> (i128, i128) {
        let done = self.asked.iter().filter(|asked| asked.is_done());
        done.fold((0, 0), |sum, asked| (sum.0 + asked.posted, sum.1 + asked.held))
    }
}

impl Asked {
    fn request(&self) -> Vec<u8> {
        post(&path(self.operation), self.body.as_bytes())
    }

    fn hear(&mut self, reply: &Reply) {
        assert_eq!(reply.status, 200, "{}: {reply:?}", self.body);
        let answer = self.answer.get_or_insert_with(|| reply.text().to_owned());
        assert_eq!(answer, reply.text(), "{}", self.body);
    }

    fn is_done(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.contains(r#""success":true"#))
    }
}

/// Holds the balances to the sum of what the tellers were told, and the books to zero.
pub(crate) fn verify(desk: &mut Desk, tellers: &[Teller], accounts: &[String]) {
    let mut owned = 0;
    for account in accounts {
        let theirs = tellers.iter().filter(|teller| &teller.account == account).map(Teller::sum);
        let (posted, held) = theirs.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        assert_eq!(minor(&desk.figure(account, "posted")), posted, "posted of {account}");
        assert_eq!(minor(&desk.figure(account, "held")), held, "held of {account}");
        owned += posted;
    }
    let books = desk.get("/v1/trial-balance");
    let of = |member| minor(&crate::support::desk::amount_in(books.text(), member));
    assert_eq!((of("posted"), of("settlement"), of("sum")), (owned, -owned, 0), "{}", books.text());
}

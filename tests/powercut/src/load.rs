//! Those who ask: each over its own connections, one thing after the other, until the server is
//! gone.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::books::{ACCOUNTS, Books, name_of};
use crate::choices::Choices;
use crate::http::{Client, Listener, Listeners, Reply, post};
use crate::journal::Asked;
use crate::wrong::Wrong;

/// How many ask at once.
pub const TELLERS: u64 = 6;
/// The most that one asks in one life of the server.
const ASKS_MAX: usize = 50;
/// The longest note on a transfer, in bytes: it makes a record of many sectors.
const NOTE_BYTES_MAX: u64 = 15 << 10;

/// One who asks.
pub struct Teller {
    name: String,
    account: usize,
    choices: Choices,
    asked: u64,
    hold: Option<Hold>,
    /// How much of what it asks for makes a long record, in eighths.
    verbosity: u64,
}

/// A hold of a teller's, half of what was put into it, and what was done with it.
struct Hold {
    name: String,
    half: i64,
    uses: u32,
}

/// How a load is going.
#[derive(Default)]
pub struct Going {
    answers: AtomicUsize,
    ended: AtomicUsize,
}

/// How a teller's work ended, and what it asked.
pub struct Worked {
    /// What was asked; the last may have no answer.
    pub asked: Vec<Asked>,
    /// Why it ended.
    pub end: End,
}

/// Why a teller stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It has asked enough.
    Enough,
    /// The connection broke.
    Broken,
    /// There was no answer in time.
    Silent,
    /// The server said that it cannot: the code of the answer.
    Unavailable(String),
}

impl End {
    /// The server said that it cannot, with this code.
    #[must_use]
    pub fn unavailable(code: &str) -> Self {
        Self::Unavailable(code.to_owned())
    }

    /// Whether the server took or refused everything, and left nothing open.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        *self == Self::Enough || *self == Self::unavailable("STORAGE_LOW")
    }
}

impl Going {
    /// Whether all tellers have stopped.
    #[must_use]
    pub fn is_over(&self) -> bool {
        u64::try_from(self.ended.load(Ordering::Acquire)).is_ok_and(|ended| ended == TELLERS)
    }

    /// How many answers there were.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.answers.load(Ordering::Acquire)
    }
}

/// The tellers of a ledger.
#[must_use]
pub fn tellers(choices: &mut Choices) -> Vec<Teller> {
    let teller = |number| Teller::new(number, choices.number());
    (0..TELLERS).map(teller).collect()
}

/// From now on so many eighths of what is asked for make long records, and segments fill up soon.
pub fn make_verbose(tellers: &mut [Teller], eighths: u64) {
    tellers.iter_mut().for_each(|teller| teller.verbosity = eighths);
}

/// All tellers ask while `meanwhile` goes on, and until the server is gone.
///
/// # Errors
/// An answer that is none of those that may be given.
pub fn run<T>(
    tellers: &mut [Teller],
    server: Listeners,
    meanwhile: impl FnOnce(&Going) -> T,
) -> Result<(T, Vec<Worked>), Wrong> {
    let going = Going::default();
    std::thread::scope(|scope| {
        let going = &going;
        let work = |teller| scope.spawn(move || Teller::work(teller, server, going));
        let working: Vec<_> = tellers.iter_mut().map(work).collect();
        let done = meanwhile(going);
        let worked = working.into_iter().map(|thread| {
            let lost = |_| Err(Wrong::new("a teller's thread died".to_owned()));
            thread.join().unwrap_or_else(lost)
        });
        Ok((done, worked.collect::<Result<_, _>>()?))
    })
}

impl Teller {
    fn new(number: u64, seed: u64) -> Self {
        Self {
            name: format!("teller-{number}"),
            account: crate::size::narrow(number) % ACCOUNTS,
            choices: Choices::new(seed),
            asked: 0,
            hold: None,
            verbosity: 0,
        }
    }

    fn work(&mut self, server: Listeners, going: &Going) -> Result<Worked, Wrong> {
        self.hold = None;
        let mut asked = Vec::new();
        let end = self.ask_on(server, going, &mut asked);
        going.ended.fetch_add(1, Ordering::AcqRel);
        Ok(Worked { asked, end: end? })
    }

    fn ask_on(
        &mut self,
        server: Listeners,
        going: &Going,
        asked: &mut Vec<Asked>,
    ) -> Result<End, Wrong> {
        let mut lines = Lines { server, network: None, operator: None };
        while asked.len() < ASKS_MAX {
            let mut next = self.next();
            let heard = lines.ask(&next);
            let end = match heard {
                Ok(reply) if reply.status == 503 => {
                    Some(End::unavailable(reply.member("code").unwrap_or_default()))
                }
                Ok(reply) if reply.replayed => return Err(next.wrong("was never asked", &reply)),
                Ok(reply) => {
                    next.hear(&reply)?;
                    self.learn(&next, &reply);
                    going.answers.fetch_add(1, Ordering::AcqRel);
                    None
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Some(End::Silent),
                Err(_) => Some(End::Broken),
            };
            asked.push(next);
            if let Some(end) = end {
                return Ok(end);
            }
        }
        Ok(End::Enough)
    }

    /// What to ask next: money moves, and a hold is used in several steps.
    fn next(&mut self) -> Asked {
        let (account, amount) = (self.account, self.amount());
        if self.choices.below(8) < self.verbosity {
            return self.top_up(amount, true);
        }
        if self.hold.is_some() && self.choices.once_in(2) {
            return self.use_hold();
        }
        let books = Books::default();
        match self.choices.below(6) {
            0 if self.hold.is_none() => {
                self.operate("hold_balance", 2 * amount, "", books.held(account, 2 * amount))
            }
            0 | 1 => self.operate("debit_balance", amount, "", books.posted(account, -amount)),
            2 => {
                let noted = self.choices.once_in(2);
                self.top_up(amount, noted)
            }
            3 => {
                let other = (account + 1) % ACCOUNTS;
                self.transfer(&name_of(account), &name_of(other), amount, false, |books| {
                    books.moved(account, other, amount)
                })
            }
            _ => self.operate("credit_balance", amount, "", books.posted(account, amount)),
        }
    }

    /// Half of a hold is captured, a quarter as much refunded into it and captured, the rest given
    /// back.
    fn use_hold(&mut self) -> Asked {
        let Some(mut hold) = self.hold.take() else { return self.next() };
        let more = format!(r#","tenant_hold_balance_ref":"{}""#, hold.name);
        let (account, half, books) = (self.account, hold.half, Books::default());
        hold.uses += 1;
        match hold.uses {
            1 | 3 => {
                self.hold = Some(hold);
                let effect = books.posted(account, -half).held(account, -half);
                self.operate("debit_hold_balance", half, &more, effect)
            }
            2 => {
                self.hold = Some(hold);
                let effect = books.posted(account, half).held(account, half);
                self.operate("credit_hold_balance", half, &more, effect)
            }
            _ => self.operate("restore_balance", half, &more, books.held(account, -half)),
        }
    }

    fn operate(&mut self, operation: &str, amount: i64, more: &str, effect: Books) -> Asked {
        let (key, account, value) = (self.fresh_key(), name_of(self.account), written(amount));
        let body = format!(
            r#"{{"transaction_id":"t-{key}","tenant_account_ref":"{account}","idempotency_key":"{key}","of_action_ref":"a-{key}","amount":{{"value":{value},"currency":"USD"}}{more}}}"#
        );
        let request = post(&format!("/api/pba/ledger/{operation}"), &body);
        asked(Listener::Network, request, effect)
    }

    fn top_up(&mut self, amount: i64, noted: bool) -> Asked {
        let account = self.account;
        let funded = |books: Books| books.funded(account, amount);
        self.transfer("@funding", &name_of(account), amount, noted, funded)
    }

    fn transfer(
        &mut self,
        source: &str,
        destination: &str,
        amount: i64,
        noted: bool,
        effect: impl FnOnce(Books) -> Books,
    ) -> Asked {
        let (key, value) = (self.fresh_key(), written(amount));
        let least = self.verbosity * NOTE_BYTES_MAX / 16;
        let bytes = if noted { least + self.choices.below(NOTE_BYTES_MAX - least) } else { 8 };
        let note = self.text(bytes);
        let body = format!(
            r#"{{"idempotency_key":"{key}","source":"{source}","destination":"{destination}","amount":{{"value":{value},"currency":"USD"}},"metadata":{{"note":"{note}"}}}}"#
        );
        asked(Listener::Operator, post("/v1/transfers", &body), effect(Books::default()))
    }

    fn learn(&mut self, asked: &Asked, reply: &Reply) {
        let held = asked.request.starts_with(b"POST /api/pba/ledger/hold_balance ");
        if let (true, true, Some(name)) =
            (held, reply.is_success(), reply.member("tenant_hold_balance_ref"))
        {
            let half = asked.effect.held_of(self.account) / 2;
            self.hold = Some(Hold { name: name.to_owned(), half, uses: 0 });
        }
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(1 + self.choices.below(900)).unwrap_or(1)
    }

    fn text(&mut self, bytes: u64) -> String {
        let mut text = String::new();
        while crate::size::wide(text.len()) < bytes {
            text.push_str(&format!("{:016x}", self.choices.number()));
        }
        text
    }

    fn fresh_key(&mut self) -> String {
        self.asked += 1;
        format!("{}-{}", self.name, self.asked)
    }
}

fn asked(listener: Listener, request: Vec<u8>, effect: Books) -> Asked {
    Asked { listener, request: request.into(), effect, answer: None }
}

fn written(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

/// A teller's connections, made when they are needed.
struct Lines {
    server: Listeners,
    network: Option<Client>,
    operator: Option<Client>,
}

impl Lines {
    fn ask(&mut self, asked: &Asked) -> io::Result<Reply> {
        let line = match asked.listener {
            Listener::Network => &mut self.network,
            Listener::Operator => &mut self.operator,
        };
        let client = match line {
            Some(client) => client,
            None => line.insert(Client::connect(self.server.of(asked.listener))?),
        };
        client.ask(&asked.request)
    }
}

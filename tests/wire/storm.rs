//! Crashes under load: what was answered is there, and nothing is there twice.
//!
//! `HOLDFAST_KILLS` says how often the server is killed, `HOLDFAST_SEED` repeats one storm.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use wal::simulated::Choices;

use super::load::{Teller, verify};
use crate::support::desk::{Desk, body, path};
use crate::support::raw::{Client, post};
use crate::support::server::{Home, Server};

const KILLS_DEFAULT: u64 = 20;
/// Segments so short that each life fills some, and is killed while one is sealed.
const SHORT: [&str; 2] = ["--segment-bytes", "65536"];
/// How many times one ledger is killed before the next begins: a log grows with each life.
const LIVES: u64 = 10;
/// The most answers before a kill.
const ANSWERS_MAX: u64 = 400;

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// A ledger under load through many lives.
struct Storm {
    home: Home,
    choices: Choices,
    tellers: Vec<Teller>,
    accounts: Vec<String>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let accounts: Vec<String> = (0..3).map(|n| format!("account-{n}")).collect();
        let teller = |n: u64| {
            let account = &accounts[usize::try_from(n).unwrap() % accounts.len()];
            Teller::new(&format!("teller-{n}"), account, seed.wrapping_add(n << 32))
        };
        let tellers = (1..=8).map(teller).collect();
        Self { home: Home::new(), choices: Choices::new(seed), tellers, accounts }
    }

    fn open(&self) -> Server {
        let server = self.home.serve(&SHORT);
        let mut desk = Desk::at(&server);
        self.accounts.iter().for_each(|account| drop(desk.open(account, &["USD"])));
        server
    }

    /// All tellers work, in every other life while snapshots are taken; after some answers `end` is
    /// done to the server.
    fn rage(&mut self, server: Server, end: impl FnOnce(Server)) {
        let moment = 1 + self.choices.below(ANSWERS_MAX);
        let snapshots = self.choices.once_in(2);
        let (tell, told) = channel();
        thread::scope(|scope| {
            for teller in &mut self.tellers {
                let (tell, network) = (tell.clone(), server.network);
                scope.spawn(move || teller.work(network, &tell));
            }
            drop(tell);
            let operator = server.operator;
            scope.spawn(move || {
                if snapshots {
                    take_snapshots(operator)
                }
            });
            wait_for(&told, moment);
            end(server);
        });
    }

    /// Asks everything again and adds it up, and has the shadow auditor do so too.
    fn is_whole(&mut self, server: &Server) {
        let mut desk = Desk::at(server);
        let (mut told, mut untold) = (0, 0);
        for teller in &mut self.tellers {
            let (known, unknown) = teller.ask_again(&mut desk);
            (told, untold) = (told + known, untold + unknown);
        }
        println!("{told} answers were told again, {untold} requests were asked anew");
        assert!(told > 0);
        verify(&mut desk, &self.tellers, &self.accounts);
        let report = self.home.audit(server, &[]);
        assert!(report.clean, "{}", report.to_text());
    }
}

/// One after the other, until the server is gone.
fn take_snapshots(operator: SocketAddr) {
    let Ok(mut client) = Client::try_connect(operator) else { return };
    while client.try_ask(&post("/v1/snapshot", b"{}")).is_ok() {}
}

fn wait_for(answers: &Receiver<()>, count: u64) {
    for _ in 0..count {
        // The tellers end only when the server does, which nobody has asked it to.
        answers.recv().unwrap();
    }
}

#[test]
fn what_was_answered_is_never_lost_and_nothing_is_done_twice() {
    let kills = from_environment("HOLDFAST_KILLS").unwrap_or(KILLS_DEFAULT);
    let first = from_environment("HOLDFAST_SEED").unwrap_or(1);
    for ledger in 0..kills.div_ceil(LIVES) {
        let seed = first + ledger;
        println!("seed {seed}");
        let mut storm = Storm::new(seed);
        let mut server = storm.open();
        for _ in 0..LIVES.min(kills - ledger * LIVES) {
            storm.rage(server, Server::kill);
            for _ in 0..storm.choices.below(3) {
                storm.home.stumble();
            }
            server = storm.home.serve(&SHORT);
            storm.is_whole(&server);
        }
    }
}

#[test]
fn who_is_told_to_stop_answers_what_was_taken_and_keeps_it() {
    let mut storm = Storm::new(7);
    let server = storm.open();
    storm.rage(server, |server| assert!(server.stop().success()));
    let server = storm.home.serve(&[]);
    storm.is_whole(&server);
}

#[test]
fn a_thousand_repeats_at_once_are_one_action_and_one_answer() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    desk.fund("a", "10", "USD");
    let request = post(&path("hold_balance"), body("one", "a", "0.01", "USD", "").as_bytes());
    let together = Barrier::new(64);
    let repeat = |connection: usize| {
        let mut client = Client::connect(server.network);
        let count = if connection < 40 { 16 } else { 15 };
        together.wait();
        client.send(&request.repeat(count)).unwrap();
        (0..count).map(|_| client.receive().unwrap()).collect::<Vec<_>>()
    };
    let replies: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..64).map(|n| scope.spawn(move || repeat(n))).collect();
        asking.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(replies.len(), 1_000);
    assert_eq!(replies.iter().filter(|reply| !reply.is_replayed()).count(), 1);
    for reply in &replies {
        assert_eq!((reply.status, reply.text()), (200, replies[0].text()));
    }
    assert!(replies[0].is_success());
    assert_eq!(desk.figure("a", "held"), "0.01");
}

/// E6: however many ask at once, what is held never exceeds what there is.
#[test]
fn holds_asked_for_at_once_take_what_there_is_and_no_more() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    desk.fund("a", "1", "USD");
    let together = Barrier::new(16);
    let ask = |connection: usize| {
        let mut client = Client::connect(server.network);
        together.wait();
        let hold = |n: usize| {
            let body = body(&format!("{connection}-{n}"), "a", "0.03", "USD", "");
            let reply = client.ask(&post(&path("hold_balance"), body.as_bytes()));
            let refused = reply.code().as_deref() == Some("INSUFFICIENT_FUNDS");
            assert!(reply.is_success() != refused, "{}", reply.text());
            reply.is_success()
        };
        (0..10).map(hold).filter(|done| *done).count()
    };
    let done: usize = thread::scope(|scope| {
        let ask = &ask;
        let asking: Vec<_> = (0..16).map(|n| scope.spawn(move || ask(n))).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(done, 33);
    assert_eq!(desk.figure("a", "held"), "0.99");
}

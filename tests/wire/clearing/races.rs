//! The same messages from many at once, and from one whose server is killed again and again.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use super::{CLEARING, agrees, approve, clear, of_account, open, record, reversal, sums};
use super::{counts, serve};
use crate::support::desk::Desk;
use crate::support::raw::{Client, post};
use crate::support::server::{Home, Server};

const TAKES: &str = "consumer_debit";
const GIVES: &str = "consumer_credit";
const WEBHOOK: &str = "/api/pba/webhook";

#[test]
fn what_many_send_at_once_is_done_once() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "1000");
    let transactions: Vec<String> = (0..20).map(|n| format!("t-{n}")).collect();
    for transaction in &transactions {
        approve(&mut desk, "pre", "a", transaction, "10");
    }
    let records: Vec<String> = transactions.iter().flat_map(|it| of_hotel(it)).collect();
    let records = Arc::new(records.join("\n"));
    let reversals: Vec<String> =
        transactions.iter().map(|it| reversal(&format!("n-{it}"), "pre", it, "1")).collect();
    let reversals = Arc::new(format!("[{}]", reversals.join(",")));
    let (network, operator) = (server.network, server.operator);
    let barrier = Arc::new(Barrier::new(6));
    let senders = (0..6).map(|n| {
        let (records, reversals) = (Arc::clone(&records), Arc::clone(&reversals));
        let barrier = Arc::clone(&barrier);
        thread::spawn(move || {
            barrier.wait();
            let reply = if n % 2 == 0 {
                Client::connect(operator).ask(&post("/v1/clearings", records.as_bytes()))
            } else {
                Client::connect(network).ask(&post(WEBHOOK, reversals.as_bytes()))
            };
            assert_eq!(reply.status, 200, "{}", reply.text());
            if n % 2 == 0 { counts(&reply.json()) } else { [0; 3] }
        })
    });
    let senders: Vec<_> = senders.collect();
    let told: Vec<_> = senders.into_iter().map(|it| it.join().unwrap()).collect();
    assert_eq!(told.iter().map(|it| it[2]).sum::<u64>(), 0, "{told:?}");
    assert_eq!(sums(&mut desk, "a"), ["880.00", "60.00", "820.00"]);
    assert_eq!(counts(&clear(&mut desk, &records)), [0, 60, 0]);
    let names: Vec<_> = transactions.iter().map(String::as_str).collect();
    agrees(&home, &server, &mut desk, &names);
}

/// Of 10 on hold 1 is reversed and 8 are cleared, of which 2 are undone; 3 are left.
fn of_hotel(transaction: &str) -> [String; 3] {
    let name = |n| format!("c-{transaction}-{n}");
    [
        record(&name(1), "pre_auth_partial", TAKES, transaction, "5"),
        record(&name(2), "pre_auth_partial", TAKES, transaction, "3"),
        record(&name(3), "pre_auth_partial_reversal", GIVES, transaction, "2"),
    ]
}

/// A sender who is cut off begins anew with the next server, and says everything again.
#[test]
fn what_kills_cut_off_is_done_once_when_it_is_said_again() {
    let home = Home::new();
    let server = home.serve(&CLEARING);
    open(&mut Desk::at(&server), "a", "1000");
    server.kill();
    let mut all = 0;
    for life in 0..12 {
        let server = home.serve(&CLEARING);
        let told = Arc::new(AtomicUsize::new(0));
        let sender = send(&server, &told);
        // Killed behind one answer more in each life, while the next message is on its way.
        while told.load(Ordering::Acquire) <= 4 * life && !sender.is_finished() {
            thread::yield_now();
        }
        server.kill();
        all = all.max(sender.join().unwrap());
    }
    let server = home.serve(&CLEARING);
    let told = Arc::new(AtomicUsize::new(0));
    let sent = send(&server, &told).join().unwrap();
    assert!(sent >= all && sent == told.load(Ordering::Acquire));
    let mut desk = Desk::at(&server);
    assert_eq!(sums(&mut desk, "a"), ["965.00", "15.00", "950.00"]);
    agrees(&home, &server, &mut desk, &["t-0", "t-4"]);
}

/// Says everything there is to say, until the server is gone; how much was answered.
fn send(server: &Server, told: &Arc<AtomicUsize>) -> thread::JoinHandle<usize> {
    let (network, operator, told) = (server.network, server.operator, Arc::clone(told));
    thread::spawn(move || {
        let say = || -> io::Result<()> {
            for n in 0..5 {
                let transaction = format!("t-{n}");
                for (message, value) in [("m-1", "6"), ("m-2", "5")] {
                    let body = format!(
                        r#"{{"transaction_id":"{transaction}","network_message_ref":"{message}","tenant_account_ref":"a","amount":{value},"currency":"SGD"}}"#
                    );
                    let path = "/api/pba/transactions/pre-auth/approval";
                    let reply =
                        Client::try_connect(network)?.try_ask(&post(path, body.as_bytes()))?;
                    assert_eq!(reply.member("status"), "approved", "{}", reply.text());
                    told.fetch_add(1, Ordering::AcqRel);
                }
                let reversal = reversal(&format!("n-{n}"), "pre", &transaction, "1");
                Client::try_connect(network)?.try_ask(&post(WEBHOOK, reversal.as_bytes()))?;
                told.fetch_add(1, Ordering::AcqRel);
                for record in of_part(&transaction) {
                    let clearing = post("/v1/clearings", record.as_bytes());
                    let reply = Client::try_connect(operator)?.try_ask(&clearing)?;
                    assert_eq!(reply.json()["refused"], 0, "{}", reply.text());
                    told.fetch_add(1, Ordering::AcqRel);
                }
            }
            Ok(())
        };
        // What was not answered is said again to the next server.
        let _ = say();
        told.load(Ordering::Acquire)
    })
}

/// Of 11 on hold 1 is reversed and 8 are cleared, of which 1 is undone; 3 are left.
fn of_part(transaction: &str) -> [String; 3] {
    let name = |n| format!("c-{transaction}-{n}");
    [
        record(&name(1), "pre_auth_partial", TAKES, transaction, "5"),
        record(&name(2), "pre_auth_partial", TAKES, transaction, "3"),
        of_account(&record(&name(3), "pre_auth_partial_reversal", GIVES, transaction, "1"), "a"),
    ]
}

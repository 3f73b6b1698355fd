//! The two modes beside each other: what each refuses, and a log that goes from one to the other.

use super::{CLEARING, CLEARINGS, agrees, approve, clear, counts, open, record, serve, sums};
use crate::support::desk::{Desk, body};
use crate::support::server::Home;

#[test]
fn each_mode_refuses_what_the_other_is_moved_by_and_says_what_to_do() {
    let (_home, _server, mut desk) = serve();
    open(&mut desk, "a", "100");
    let reply = desk.operate("debit_balance", &body("k", "a", "1", "SGD", ""));
    assert_eq!((reply.status, reply.code()), (409, Some("WRONG_MODE".to_owned())));
    assert!(reply.text().contains("--integration-mode ledger"), "{}", reply.text());
    assert_eq!(desk.figure("a", "available"), "100.00");

    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    let reply = desk.post(CLEARINGS, &record("c", "refund", "consumer_credit", "t", "1"));
    assert_eq!((reply.status, reply.code()), (409, Some("WRONG_MODE".to_owned())));
    assert!(reply.text().contains("--integration-mode clearing"), "{}", reply.text());
}

/// What the network moved before goes on; what it asked before is answered as it was.
#[test]
fn a_log_of_ledger_mode_goes_on_in_clearing_mode_and_back() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    desk.fund("a", "1000", "SGD");
    approve(&mut desk, "final", "a", "t-1", "100");
    let debit = body("1", "a", "100", "SGD", "");
    let debited = desk.operate("debit_balance", &debit);
    approve(&mut desk, "pre", "a", "t-2", "50");
    assert!(desk.operate("hold_balance", &body("2", "a", "50", "SGD", "")).is_success());
    approve(&mut desk, "final", "a", "t-3", "30");
    assert_eq!(sums(&mut desk, "a"), ["900.00", "50.00", "820.00"]);
    server.kill();

    let server = home.serve(&CLEARING);
    let mut desk = Desk::at(&server);
    let again = desk.operate("debit_balance", &debit);
    assert_eq!((again.status, again.text()), (200, debited.text()));
    let records = [
        record("c-1", "final_auth", "consumer_debit", "t-1", "90"),
        record("c-2", "pre_auth_final", "consumer_debit", "t-2", "45"),
        // The approval that no operation had used is posted, as it stands.
        record("c-3", "final_auth", "consumer_debit", "t-3", "30"),
    ];
    assert_eq!(counts(&clear(&mut desk, &records.join("\n"))), [3, 0, 0]);
    assert_eq!(sums(&mut desk, "a"), ["835.00", "0.00", "835.00"]);
    agrees(&home, &server, &mut desk, &["t-1", "t-2", "t-3"]);
    approve(&mut desk, "final", "a", "t-4", "35");
    assert!(server.stop().success());

    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    assert_eq!(sums(&mut desk, "a"), ["800.00", "0.00", "800.00"]);
    let credit = body("4", "a", "35", "SGD", "");
    assert!(desk.operate("credit_balance", &credit).is_success());
    assert_eq!(sums(&mut desk, "a"), ["835.00", "0.00", "835.00"]);
    agrees(&home, &server, &mut desk, &["t-4"]);
}

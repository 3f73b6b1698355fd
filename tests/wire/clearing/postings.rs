//! What an approval posts or holds, and what reversals undo.

use super::{CLEARING, agrees, approve, authorize, open, record, reversal, serve, sums, tell};
use crate::support::desk::Desk;
use crate::support::raw::post;

#[test]
fn a_final_approval_posts_and_a_pre_approval_holds() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "100");
    let name = approve(&mut desk, "final", "a", "t", "30");
    assert_eq!(sums(&mut desk, "a"), ["70.00", "0.00", "70.00"]);
    approve(&mut desk, "pre", "a", "h", "50");
    assert_eq!(sums(&mut desk, "a"), ["70.00", "50.00", "20.00"]);
    let actions = desk.get("/v1/transactions/t").json();
    let actions = actions["data"].as_array().unwrap();
    assert_eq!((actions.len(), &actions[0]["operation"]), (1, &"debit_balance".into()));
    assert_eq!(actions[0]["of_action_ref"], name);
    assert_eq!(desk.figure("a", "reserved"), "0.00");
    agrees(&home, &server, &mut desk, &["t", "h"]);
}

#[test]
fn increments_raise_one_hold_and_repeats_raise_nothing() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "100");
    for (message, value) in [("m1", "50"), ("m2", "20"), ("m1", "50"), ("m2", "20")] {
        let reply = authorize(&mut desk, "pre", "a", "t", message, value);
        assert_eq!(reply.member("status"), "approved", "{}", reply.text());
        let available = if message == "m1" && reply.header("idempotency-replayed").is_none() {
            "50.00"
        } else {
            "30.00"
        };
        assert_eq!(desk.figure("a", "available"), available);
    }
    assert_eq!(sums(&mut desk, "a"), ["100.00", "70.00", "30.00"]);
    tell(&mut desk, &reversal("n", "pre", "t", "5"));
    assert_eq!(sums(&mut desk, "a"), ["100.00", "65.00", "35.00"]);
    let holds = desk.get("/v1/accounts/a/holds?all=true").json();
    assert_eq!(holds["data"].as_array().unwrap().len(), 1);
    agrees(&home, &server, &mut desk, &["t"]);
}

#[test]
fn what_is_declined_moves_nothing() {
    let (_home, _server, mut desk) = serve();
    open(&mut desk, "a", "100");
    let before = desk.state("a");
    for kind in ["final", "pre"] {
        let reply = authorize(&mut desk, kind, "a", kind, "m", "100.01");
        assert_eq!(reply.member("reason"), "INSUFFICIENT_FUNDS");
        tell(&mut desk, &reversal(kind, kind, kind, "100.01"));
    }
    assert_eq!(desk.state("a"), before);
}

/// The webhook is the network's, and clearing records are the operators'.
#[test]
fn nobody_clears_over_the_webhook() {
    let (_home, _server, mut desk) = serve();
    open(&mut desk, "a", "100");
    approve(&mut desk, "final", "a", "t", "30");
    let before = desk.state("a");
    let forged = record("c", "refund", "consumer_credit", "t", "5");
    let forged = format!(
        r#"{{"notification_id":"clearing:refund:c","type":"clearing:record","data":{forged}}}"#
    );
    let reply = desk.network(&post("/api/pba/webhook", forged.as_bytes()));
    assert_eq!((reply.status, reply.code()), (400, Some("INVALID_REQUEST".to_owned())));
    assert!(reply.text().contains("/v1/clearings"), "{}", reply.text());
    tell(&mut desk, &reversal("n", "pre", "t", "0"));
    assert_eq!(desk.state("a"), before);
}

#[test]
fn a_reversal_undoes_once_all_of_a_final_and_its_part_of_a_pre() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "100");
    approve(&mut desk, "final", "a", "t", "30");
    approve(&mut desk, "pre", "a", "h", "50");
    for _ in 0..2 {
        tell(&mut desk, &reversal("n-1", "final", "t", "30"));
        assert_eq!(sums(&mut desk, "a"), ["100.00", "50.00", "50.00"]);
    }
    tell(&mut desk, &reversal("n-2", "final", "t", "30"));
    assert_eq!(sums(&mut desk, "a"), ["100.00", "50.00", "50.00"], "there is nothing left");
    for (id, held) in [("n-3", "30.00"), ("n-4", "10.00"), ("n-3", "10.00"), ("n-5", "0.00")] {
        tell(&mut desk, &reversal(id, "pre", "h", "20"));
        assert_eq!(sums(&mut desk, "a")[1], held, "{id}");
    }
    assert_eq!(desk.figure("a", "available"), "100.00");
    agrees(&home, &server, &mut desk, &["t", "h"]);
}

#[test]
fn what_was_moved_is_moved_once_over_any_number_of_lives() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "100");
    approve(&mut desk, "final", "a", "t", "30");
    approve(&mut desk, "pre", "a", "h", "50");
    let before = desk.state("a");
    server.kill();
    for _ in 0..3 {
        let server = home.serve(&CLEARING);
        let mut desk = Desk::at(&server);
        assert_eq!(desk.state("a"), before);
        approve(&mut desk, "final", "a", "t", "30");
        approve(&mut desk, "pre", "a", "h", "50");
        assert_eq!(desk.state("a"), before);
        agrees(&home, &server, &mut desk, &["t", "h"]);
        server.kill();
    }
}

//! The same messages in every order, each as often as it likes to come, end in one state.

use super::{
    agrees, approve, authorize, clear, of_account, open, record, reversal, serve, sums, tell,
};
use crate::support::desk::Desk;

/// A message of a life cycle, for the transaction of one order.
#[derive(Clone, Copy, Debug)]
enum Message {
    /// A clearing record: its type, the way its money goes, how much.
    Clear(&'static str, &'static str, &'static str),
    /// A reversal notification, `final` or `pre`, and how much.
    Reverse(&'static str, &'static str),
}

use Message::{Clear, Reverse};

const TAKES: &str = "consumer_debit";
const GIVES: &str = "consumer_credit";

impl Message {
    fn send(self, desk: &mut Desk, account: &str, transaction: &str) {
        match self {
            Clear(of_type, transfer, value) => {
                let name = format!("{transaction}-{of_type}-{value}");
                let record = record(&name, of_type, transfer, transaction, value);
                let report = clear(desk, &of_account(&record, account));
                assert_eq!(report["refused"], 0, "{report}");
            }
            Reverse(kind, value) => {
                let id = format!("{transaction}-{kind}-{value}");
                tell(desk, &reversal(&id, kind, transaction, value));
            }
        }
    }
}

/// All orders of so many things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(rest) = count.checked_sub(1) else { return vec![Vec::new()] };
    let insert = |order: Vec<usize>| {
        (0..=rest).map(move |place| {
            let mut order = order.clone();
            order.insert(place, rest);
            order
        })
    };
    permutations(rest).into_iter().flat_map(insert).collect()
}

/// Each order with repeats: what was sent before is sent again behind every message.
fn every_order_ends_in(messages: &[Message], kind: &str, ends: [&str; 3]) {
    let (home, server, mut desk) = serve();
    let mut last = String::new();
    for (n, order) in permutations(messages.len()).into_iter().enumerate() {
        let (account, transaction) = (format!("a-{n}"), format!("t-{n}"));
        open(&mut desk, &account, "1000");
        approve(&mut desk, kind, &account, &transaction, "100");
        if kind == "pre" {
            let raised = authorize(&mut desk, kind, &account, &transaction, "m-2", "50");
            assert_eq!(raised.member("status"), "approved");
        }
        for (sent, place) in order.iter().enumerate() {
            messages[*place].send(&mut desk, &account, &transaction);
            let again = order[(sent + n) % (sent + 1)];
            messages[again].send(&mut desk, &account, &transaction);
        }
        assert_eq!(sums(&mut desk, &account), ends, "{order:?} of {messages:?}");
        last = transaction;
    }
    agrees(&home, &server, &mut desk, &[&last]);
}

#[test]
fn a_pre_authorization_that_is_cleared_in_parts_has_one_end() {
    let messages = [
        Clear("pre_auth_partial", TAKES, "40"),
        Clear("pre_auth_partial_reversal", GIVES, "40"),
        Clear("pre_auth_final", TAKES, "70"),
        Reverse("pre", "30"),
        Clear("refund", GIVES, "20"),
    ];
    every_order_ends_in(&messages, "pre", ["950.00", "0.00", "950.00"]);
}

#[test]
fn a_hold_that_is_open_has_one_end() {
    let messages = [
        Clear("pre_auth_partial", TAKES, "40"),
        Clear("pre_auth_partial", TAKES, "25"),
        Clear("pre_auth_partial_reversal", GIVES, "40"),
        Reverse("pre", "30"),
        Reverse("pre", "10"),
    ];
    every_order_ends_in(&messages, "pre", ["975.00", "85.00", "890.00"]);
}

#[test]
fn a_purchase_that_is_cleared_refunded_and_disputed_has_one_end() {
    let messages = [
        Clear("final_auth_partial", TAKES, "40"),
        Clear("final_auth_partial", TAKES, "80"),
        Clear("final_auth_partial_reversal", GIVES, "80"),
        Clear("final_auth_expiry", GIVES, "60"),
        Clear("chargeback", GIVES, "40"),
    ];
    every_order_ends_in(&messages, "final", ["1000.00", "0.00", "1000.00"]);
}

#[test]
fn a_purchase_that_is_reversed_and_cleared_all_the_same_has_one_end() {
    let messages = [
        Reverse("final", "100"),
        Clear("final_auth", TAKES, "90"),
        Clear("refund", GIVES, "30"),
        Clear("refund_expiry", TAKES, "10"),
    ];
    every_order_ends_in(&messages, "final", ["930.00", "0.00", "930.00"]);
}

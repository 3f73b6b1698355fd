//! Where money may go: short histories of one account, with what it has after each step.

use super::table::twice;
use crate::support::desk::{Desk, amount_in, body, of_hold, without_amount};

/// An operation, its amount, the code of its refusal (`""`: done), and posted and held after it.
/// `hold_more` raises the hold, `hold_balance` opens one; the others are about the last opened.
/// An empty amount is none at all. A debit is linked when its operation ends in `, linked`.
type Step = (&'static str, &'static str, &'static str, &'static str, &'static str);

const SHORT: &str = "INSUFFICIENT_FUNDS";
const EXCEEDED: &str = "HOLD_AMOUNT_EXCEEDED";

const STORIES: &[(&str, &[Step])] = &[
    (
        "A12 a tenth and two tenths are three tenths",
        &[
            ("credit_balance", "0.1", "", "0.10", "0.00"),
            ("credit_balance", "0.2", "", "0.30", "0.00"),
            ("debit_balance", "0.3", "", "0.00", "0.00"),
        ],
    ),
    (
        "E1 a debit takes what is available and no more",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("debit_balance", "10.01", SHORT, "10.00", "0.00"),
            ("debit_balance", "10", "", "0.00", "0.00"),
            ("debit_balance", "0.01", SHORT, "0.00", "0.00"),
            ("debit_balance", "0", "", "0.00", "0.00"),
        ],
    ),
    (
        "E3 E4 what is held is not available",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("debit_balance", "4.01", SHORT, "10.00", "6.00"),
            ("hold_balance", "4.01", SHORT, "10.00", "6.00"),
            ("hold_balance", "4", "", "10.00", "10.00"),
            ("debit_balance", "0.01", SHORT, "10.00", "10.00"),
        ],
    ),
    (
        "E7 a hold gives back what it has and no more",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("restore_balance", "6.01", EXCEEDED, "10.00", "6.00"),
            ("restore_balance", "2", "", "10.00", "4.00"),
            ("restore_balance", "4.01", EXCEEDED, "10.00", "4.00"),
            ("restore_balance", "", "", "10.00", "0.00"),
            ("restore_balance", "", "", "10.00", "0.00"),
            ("restore_balance", "0.01", EXCEEDED, "10.00", "0.00"),
        ],
    ),
    (
        "E8 E33 a capture beyond its hold comes from what is available, even below zero",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("debit_hold_balance", "25", "", "-15.00", "0.00"),
            ("hold_balance", "0.01", SHORT, "-15.00", "0.00"),
            ("debit_balance", "0.01", SHORT, "-15.00", "0.00"),
            ("hold_balance", "0", "", "-15.00", "0.00"),
            ("credit_balance", "15", "", "0.00", "0.00"),
        ],
    ),
    (
        "E10 a hold that was given back can still be captured",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("restore_balance", "", "", "10.00", "0.00"),
            ("debit_hold_balance", "6", "", "4.00", "0.00"),
        ],
    ),
    (
        "E12 parts of a hold are captured and the rest given back",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("debit_hold_balance", "1.50", "", "8.50", "4.50"),
            ("debit_hold_balance", "2.25", "", "6.25", "2.25"),
            ("restore_balance", "2.25", "", "6.25", "0.00"),
            ("debit_hold_balance", "0", "", "6.25", "0.00"),
        ],
    ),
    (
        "E13 E14 a hold at zero is opened again from the network",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("debit_hold_balance", "6", "", "4.00", "0.00"),
            ("credit_hold_balance", "9", "", "13.00", "9.00"),
            ("debit_balance", "4.01", SHORT, "13.00", "9.00"),
            ("restore_balance", "", "", "13.00", "0.00"),
        ],
    ),
    (
        "E18 a hold is raised by what is available",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("hold_more", "4.01", SHORT, "10.00", "6.00"),
            ("hold_more", "4", "", "10.00", "10.00"),
            ("restore_balance", "10", "", "10.00", "0.00"),
        ],
    ),
    (
        "a debit that a hold announced posts whatever there is",
        &[
            ("credit_balance", "10", "", "10.00", "0.00"),
            ("hold_balance", "6", "", "10.00", "6.00"),
            ("debit_balance", "4.01", SHORT, "10.00", "6.00"),
            ("debit_balance, linked", "4.01", "", "5.99", "6.00"),
            ("debit_balance, linked", "100", "", "-94.01", "6.00"),
        ],
    ),
    (
        "a hold of nothing is a hold",
        &[
            ("hold_balance", "0", "", "0.00", "0.00"),
            ("restore_balance", "", "", "0.00", "0.00"),
            ("hold_more", "0.01", SHORT, "0.00", "0.00"),
            ("credit_hold_balance", "3", "", "3.00", "3.00"),
        ],
    ),
];

#[test]
fn money_is_neither_made_nor_lost() {
    twice(|driver| {
        for (name, steps) in STORIES {
            let account = driver.next_key();
            driver.desk.open(&account, &["USD"]);
            tell(&mut driver.desk, &account, name, steps);
        }
    });
}

fn tell(desk: &mut Desk, account: &str, name: &str, steps: &[Step]) {
    let mut hold = String::new();
    let mut linked = String::new();
    for (number, &(asked, value, refusal, posted, held)) in steps.iter().enumerate() {
        let told = format!("{name}, step {number}");
        let operation = asked.trim_end_matches(", linked").replace("hold_more", "hold_balance");
        let opens = asked == "hold_balance";
        let about_hold = !opens && operation.contains("hold") || operation == "restore_balance";
        let more = if about_hold { of_hold(&hold) } else { String::new() };
        let key = desk.fresh_key();
        let body = request(&key, account, value, &more);
        let transaction = format!("t-{key}");
        let body =
            if asked.ends_with("linked") { body.replace(&transaction, &linked) } else { body };
        let reply = desk.operate(&operation, &body);
        assert_eq!(reply.code().unwrap_or_default(), refusal, "{told}: {}", reply.text());
        if opens && refusal.is_empty() {
            hold = reply.member("tenant_hold_balance_ref");
            linked = transaction;
        }
        let account = desk.get(&format!("/v1/accounts/{account}"));
        assert_eq!(amount_in(account.text(), "posted"), posted, "{told}");
        assert_eq!(amount_in(account.text(), "held"), held, "{told}");
    }
}

fn request(key: &str, account: &str, value: &str, more: &str) -> String {
    if value.is_empty() {
        without_amount(&body(key, account, "0", "USD", more))
    } else {
        body(key, account, value, "USD", more)
    }
}

#[test]
fn a_refused_reference_stays_refused_under_its_key() {
    twice(|driver| {
        let account = driver.next_key();
        let desk = &mut driver.desk;
        desk.open(&account, &["USD"]);
        desk.fund(&account, "10", "USD");
        let lsn = |action: &str| u64::from_str_radix(&action[4..], 16).unwrap();
        let key = desk.fresh_key();
        let last = desk.operate("credit_balance", &body(&key, &account, "0", "USD", ""));
        let next = lsn(&last.member("tenant_action_ref")) + 2;
        let early = of_hold(&format!("hold_{next:016x}"));
        let early = body(&desk.fresh_key(), &account, "1", "USD", &early);
        let first = desk.operate("restore_balance", &early);
        assert_eq!(first.code().as_deref(), Some("HOLD_NOT_FOUND"), "{}", first.text());
        assert_eq!(lsn(&desk.hold(&account, "5", "USD").replace("hold_", "act_")), next);
        let again = desk.operate("restore_balance", &early);
        assert_eq!(again.text(), first.text());
        let anew = early.replace("desk-", "anew-");
        assert!(desk.operate("restore_balance", &anew).is_success());
    });
}

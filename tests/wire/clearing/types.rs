//! Every one of the 28 types of clearing records, by a table: what it moves, and that it moves once.

use std::collections::BTreeSet;

use super::{
    CLEARING, agrees, approve, authorize, clear, counts, of_account, open, record, reversal, serve,
    sums, tell,
};
use crate::support::desk::Desk;
use crate::support::raw::with_body;
use crate::support::server::Home;

/// The documented names.
const TYPES: [&str; 28] = [
    "final_auth",
    "final_auth_reversal",
    "final_auth_partial",
    "final_auth_partial_reversal",
    "final_auth_expiry",
    "pre_auth_partial",
    "pre_auth_partial_reversal",
    "pre_auth_final",
    "pre_auth_final_reversal",
    "pre_auth_expiry",
    "refund",
    "refund_reversal",
    "refund_expiry",
    "chargeback",
    "chargeback_reversal",
    "chargeback_challenge",
    "chargeback_challenge_reversal",
    "fee_collection_credit",
    "fee_collection_credit_reversal",
    "fee_collection_debit",
    "fee_collection_debit_reversal",
    "unlinked_auth_partial",
    "unlinked_auth_partial_reversal",
    "unlinked_auth_final",
    "unlinked_auth_final_reversal",
    "unlinked_refund",
    "unlinked_refund_reversal",
    "unlinked_chargeback",
];

const TAKES: &str = "consumer_debit";
const GIVES: &str = "consumer_credit";
const TO_US: &str = "ahi_credit";
const FROM_US: &str = "ahi_debit";

/// A record: its type, the way its money goes, how much.
type Cleared = (&'static str, &'static str, &'static str);

/// Rows: what was approved (final, pre or nothing) for 100, what was cleared after it, and what an
/// account of 1000 then owns and holds.
const ROWS: [(&str, &[Cleared], &str, &str); 45] = [
    ("final", &[], "900.00", "0.00"),
    ("final", &[("final_auth", TAKES, "100")], "900.00", "0.00"),
    ("final", &[("final_auth", TAKES, "90")], "910.00", "0.00"),
    ("final", &[("final_auth", TAKES, "110")], "890.00", "0.00"),
    ("", &[("final_auth", TAKES, "70")], "930.00", "0.00"),
    (
        "final",
        &[("final_auth", TAKES, "90"), ("final_auth_reversal", GIVES, "90")],
        "1000.00",
        "0.00",
    ),
    ("final", &[("final_auth_partial", TAKES, "40")], "900.00", "0.00"),
    (
        "final",
        &[("final_auth_partial", TAKES, "40"), ("final_auth_partial", TAKES, "80")],
        "880.00",
        "0.00",
    ),
    (
        "final",
        &[("final_auth_partial", TAKES, "40"), ("final_auth_partial_reversal", GIVES, "40")],
        "940.00",
        "0.00",
    ),
    ("final", &[("final_auth_expiry", GIVES, "100")], "1000.00", "0.00"),
    (
        "final",
        &[("final_auth_partial", TAKES, "40"), ("final_auth_expiry", GIVES, "60")],
        "960.00",
        "0.00",
    ),
    ("pre", &[], "1000.00", "100.00"),
    ("pre", &[("pre_auth_partial", TAKES, "40")], "960.00", "60.00"),
    (
        "pre",
        &[("pre_auth_partial", TAKES, "40"), ("pre_auth_partial", TAKES, "70")],
        "890.00",
        "0.00",
    ),
    (
        "pre",
        &[("pre_auth_partial", TAKES, "40"), ("pre_auth_partial_reversal", GIVES, "40")],
        "1000.00",
        "100.00",
    ),
    ("pre", &[("pre_auth_final", TAKES, "100")], "900.00", "0.00"),
    ("pre", &[("pre_auth_final", TAKES, "80")], "920.00", "0.00"),
    ("pre", &[("pre_auth_final", TAKES, "130")], "870.00", "0.00"),
    (
        "pre",
        &[("pre_auth_partial", TAKES, "40"), ("pre_auth_final", TAKES, "50")],
        "910.00",
        "0.00",
    ),
    (
        "pre",
        &[("pre_auth_final", TAKES, "80"), ("pre_auth_final_reversal", GIVES, "80")],
        "1000.00",
        "0.00",
    ),
    ("pre", &[("pre_auth_expiry", GIVES, "100")], "1000.00", "0.00"),
    (
        "pre",
        &[("pre_auth_partial", TAKES, "40"), ("pre_auth_expiry", GIVES, "60")],
        "960.00",
        "0.00",
    ),
    ("pre", &[("final_auth", TAKES, "80")], "920.00", "0.00"),
    ("final", &[("refund", GIVES, "30")], "930.00", "0.00"),
    ("final", &[("refund", GIVES, "30"), ("refund_reversal", TAKES, "30")], "900.00", "0.00"),
    ("final", &[("refund", GIVES, "30"), ("refund_expiry", TAKES, "30")], "900.00", "0.00"),
    ("final", &[("refund_expiry", TAKES, "30")], "900.00", "0.00"),
    ("final", &[("chargeback", TO_US, "100")], "900.00", "0.00"),
    ("final", &[("chargeback", GIVES, "100")], "1000.00", "0.00"),
    (
        "final",
        &[("chargeback", GIVES, "100"), ("chargeback_reversal", TAKES, "100")],
        "900.00",
        "0.00",
    ),
    (
        "final",
        &[("chargeback", GIVES, "100"), ("chargeback_challenge", TAKES, "100")],
        "900.00",
        "0.00",
    ),
    (
        "final",
        &[
            ("chargeback", GIVES, "100"),
            ("chargeback_challenge", TAKES, "100"),
            ("chargeback_challenge_reversal", GIVES, "100"),
        ],
        "1000.00",
        "0.00",
    ),
    ("", &[("fee_collection_credit", TO_US, "5")], "1000.00", "0.00"),
    ("", &[("fee_collection_credit_reversal", FROM_US, "5")], "1000.00", "0.00"),
    ("", &[("fee_collection_debit", FROM_US, "5")], "1000.00", "0.00"),
    ("", &[("fee_collection_debit_reversal", TO_US, "5")], "1000.00", "0.00"),
    ("", &[("fee_collection_debit", TAKES, "5")], "995.00", "0.00"),
    ("", &[("unlinked_auth_partial", TAKES, "40")], "960.00", "0.00"),
    (
        "",
        &[("unlinked_auth_partial", TAKES, "40"), ("unlinked_auth_partial_reversal", GIVES, "40")],
        "1000.00",
        "0.00",
    ),
    ("", &[("unlinked_auth_final", TAKES, "1500")], "-500.00", "0.00"),
    (
        "",
        &[("unlinked_auth_final", TAKES, "40"), ("unlinked_auth_final_reversal", GIVES, "40")],
        "1000.00",
        "0.00",
    ),
    ("", &[("unlinked_refund", GIVES, "40")], "1040.00", "0.00"),
    (
        "",
        &[("unlinked_refund", GIVES, "40"), ("unlinked_refund_reversal", TAKES, "40")],
        "1000.00",
        "0.00",
    ),
    ("", &[("unlinked_chargeback", TO_US, "40")], "1000.00", "0.00"),
    ("pre", &[("unlinked_auth_final", TAKES, "40")], "960.00", "100.00"),
];

#[test]
fn each_type_moves_what_the_table_says_and_once() {
    let tried: BTreeSet<_> = ROWS.iter().flat_map(|row| row.1).map(|cleared| cleared.0).collect();
    assert_eq!(tried, BTreeSet::from(TYPES));
    let (home, server, mut desk) = serve();
    let mut transactions = Vec::new();
    for (n, (approved, cleared, posted, held)) in ROWS.into_iter().enumerate() {
        let (account, transaction) = (format!("a-{n}"), format!("t-{n}"));
        open(&mut desk, &account, "1000");
        if !approved.is_empty() {
            approve(&mut desk, approved, &account, &transaction, "100");
        }
        let records = cleared.iter().enumerate().map(|(place, (of_type, transfer, value))| {
            let name = format!("c-{n}-{place}");
            of_account(&record(&name, of_type, transfer, &transaction, value), &account)
        });
        let records = format!("[{}]", records.collect::<Vec<_>>().join(","));
        let count = u64::try_from(cleared.len()).unwrap();
        for wanted in [[count, 0, 0], [0, count, 0]] {
            assert_eq!(counts(&clear(&mut desk, &records)), wanted, "{records}");
            let [own, on_hold, _] = sums(&mut desk, &account);
            assert_eq!((&*own, &*on_hold), (posted, held), "{approved} {cleared:?}");
        }
        transactions.push(transaction);
    }
    let transactions: Vec<_> = transactions.iter().map(String::as_str).collect();
    agrees(&home, &server, &mut desk, &transactions);
}

#[test]
fn what_is_settled_posts_whatever_the_account_is() {
    let (home, server, mut desk) = serve();
    for (account, value, status, posted) in
        [("frozen", "50", "frozen", "-30.00"), ("closed", "0", "closed", "-80.00")]
    {
        open(&mut desk, account, value);
        let status = format!(r#"{{"status":"{status}"}}"#);
        assert_eq!(desk.patch(account, &status).status, 200);
        let debit = record(account, "unlinked_auth_final", TAKES, account, "80");
        assert_eq!(counts(&clear(&mut desk, &of_account(&debit, account))), [1, 0, 0]);
        assert_eq!(desk.figure(account, "posted"), posted);
    }
    agrees(&home, &server, &mut desk, &["frozen", "closed"]);
}

#[test]
fn over_capture_says_what_becomes_of_more_than_the_hold() {
    let home = Home::new();
    let refuse = [CLEARING[0], CLEARING[1], "--over-capture", "refuse"];
    let server = home.serve(&refuse);
    let mut desk = Desk::at(&server);
    open(&mut desk, "a", "1000");
    approve(&mut desk, "pre", "a", "t", "100");
    let before = desk.state("a");
    let more = record("c", "pre_auth_final", TAKES, "t", "100.01");
    let report = clear(&mut desk, &more);
    assert_eq!(counts(&report), [0, 0, 1]);
    assert_eq!(report["data"][0]["error"]["code"], "HOLD_AMOUNT_EXCEEDED");
    assert_eq!(desk.state("a"), before);
    assert_eq!(counts(&clear(&mut desk, &more.replace("100.01", "100"))), [1, 0, 0]);
    assert_eq!(sums(&mut desk, "a"), ["900.00", "0.00", "900.00"]);
    agrees(&home, &server, &mut desk, &["t"]);
}

/// What was approved counts as long as it stands, and an operation of it is not asked about again.
#[test]
fn spend_limits_count_an_approval_once_and_get_back_what_is_reversed() {
    let (home, server, mut desk) = serve();
    open(&mut desk, "a", "1000");
    let rule = r#"{"rules":[{"template_code":"account_billing_amount_limit","description":"a day","parameters":{"limit_amount":100,"currency":"SGD","frequency":"daily"},"violation_policy":"decline"}]}"#;
    let set = with_body("PUT", "/v1/accounts/a/limits", "", rule.as_bytes());
    assert_eq!(desk.operator(&set).status, 200);
    approve(&mut desk, "final", "a", "t-1", "60");
    let declined = authorize(&mut desk, "pre", "a", "t-2", "m", "40.01");
    assert_eq!(declined.member("reason"), "LIMIT_EXCEEDED");
    approve(&mut desk, "pre", "a", "t-3", "40");
    let cleared = record("c", "pre_auth_final", TAKES, "t-3", "40");
    assert_eq!(counts(&clear(&mut desk, &cleared)), [1, 0, 0]);
    let full = authorize(&mut desk, "final", "a", "t-4", "m", "0.01");
    assert_eq!(full.member("reason"), "LIMIT_EXCEEDED");
    tell(&mut desk, &reversal("n", "final", "t-1", "60"));
    approve(&mut desk, "final", "a", "t-5", "60");
    assert_eq!(sums(&mut desk, "a"), ["900.00", "0.00", "900.00"]);
    agrees(&home, &server, &mut desk, &["t-1", "t-3", "t-5"]);
}

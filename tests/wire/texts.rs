//! Names and references: missing, empty, too long, with characters that are none, and opaque.

use super::table::Edit::{Drop, Foreign, Set};
use super::table::Expect::{Applied, Declined, Invalid};
use super::table::{Expect, Row, needs_hold, run, set, twice};
use crate::support::desk::OPERATIONS;

const ALL: &[&str] = &OPERATIONS;
const REQUEST: Expect = Invalid("INVALID_REQUEST");
const NO_BALANCE: Expect = Declined("BALANCE_NOT_FOUND");
const NO_HOLD: Expect = Declined("HOLD_NOT_FOUND");
const OF_HOLDS: &[&str] = &["restore_balance", "debit_hold_balance", "credit_hold_balance"];
const BY_HOLD: &[&str] =
    &["hold_balance", "restore_balance", "debit_hold_balance", "credit_hold_balance"];
const BY_BALANCE: &[&str] = &["debit_balance", "credit_balance"];

/// What no text may be, as JSON.
const NO_TEXTS: &[(&str, &str)] = &[
    ("C3 empty", "\"\""),
    ("C6 NUL", "\"a\\u0000b\""),
    ("C7 a line break", "\"a\\nb\""),
    ("C7 a carriage return", "\"a\\rb\""),
    ("C7 a tab", "\"a\\tb\""),
    ("C7 an escape sequence", "\"\\u001b[31mred\""),
    ("C7 delete", "\"a\\u007f\""),
    ("C7 a control character of the second set", "\"a\\u0085b\""),
    ("C7 a bare line break", "\"a\nb\""),
    ("C9 half a surrogate pair", "\"\\ud800\""),
    ("C9 a surrogate pair turned round", "\"\\udc00\\ud800\""),
    ("C9 an escape that is none", "\"\\x41\""),
    ("a number", "7"),
    ("true", "true"),
    ("an array", "[\"a\"]"),
    ("an object", "{\"a\":\"b\"}"),
];

/// What is a text like any other, as JSON; `KEY` makes it new.
const TEXTS: &[(&str, &str)] = &[
    ("C4 only a space", "\" KEY\""),
    ("C4 a space behind", "\"KEY \""),
    ("C10 composed", "\"\\u00e9KEY\""),
    ("C10 decomposed", "\"e\\u0301KEY\""),
    ("C13 a path", "\"../../KEY/etc/passwd\""),
    ("C13 an escaped path", "\"%2e%2e%2fKEY\""),
    ("C15 a name that scripts know", "\"__proto__KEY\""),
    ("C16 a format", "\"%s%n{}{0}KEY\""),
    ("quotes", "\"\\\"KEY\\\\\""),
    ("beyond the first plane", "\"\\ud83d\\ude00KEY\""),
    ("not a character", "\"\\uffffKEY\""),
];

const REFERENCES: &[Row] = &[
    ("C1 no key", ALL, Drop("idempotency_key"), REQUEST),
    ("C1 no transaction", ALL, Drop("transaction_id"), REQUEST),
    ("C1 no account", ALL, Drop("tenant_account_ref"), REQUEST),
    ("C1 no action", ALL, Drop("of_action_ref"), REQUEST),
    ("no hold", OF_HOLDS, Drop("tenant_hold_balance_ref"), REQUEST),
    ("a hold of null", OF_HOLDS, Set("tenant_hold_balance_ref", "null"), REQUEST),
    ("a hold of null", &["hold_balance"], Set("tenant_hold_balance_ref", "null"), Applied),
    ("a balance of null", BY_BALANCE, Set("tenant_balance_ref", "null"), Applied),
    ("the key is null", ALL, Set("idempotency_key", "null"), REQUEST),
    ("the transaction is null", ALL, Set("transaction_id", "null"), REQUEST),
    ("the account is null", ALL, Set("tenant_account_ref", "null"), REQUEST),
    ("the action is null", ALL, Set("of_action_ref", "null"), REQUEST),
    ("E22 no such account", ALL, Set("tenant_account_ref", "\"x\""), Declined("ACCOUNT_NOT_FOUND")),
    (
        "a system account",
        ALL,
        Set("tenant_account_ref", "\"@settlement\""),
        Declined("ACCOUNT_NOT_FOUND"),
    ),
    ("E24 no such balance", BY_BALANCE, Set("tenant_balance_ref", "\"x\""), NO_BALANCE),
    (
        "E24 a balance beyond the last",
        BY_BALANCE,
        Set("tenant_balance_ref", "\"bal_0000000000000001_200\""),
        NO_BALANCE,
    ),
    ("E25 another's balance", BY_BALANCE, Foreign, NO_BALANCE),
    ("E15 no such hold", BY_HOLD, Set("tenant_hold_balance_ref", "\"x\""), NO_HOLD),
    (
        "E15 a hold that is to come",
        BY_HOLD,
        Set("tenant_hold_balance_ref", "\"hold_00000000ffffffff\""),
        NO_HOLD,
    ),
    (
        "E15 a hold in capitals",
        BY_HOLD,
        Set("tenant_hold_balance_ref", "\"HOLD_0000000000000006\""),
        NO_HOLD,
    ),
    ("E16 another's hold", BY_HOLD, Foreign, NO_HOLD),
    ("D6 a member more", ALL, Set("network", "{\"deep\":[1,{\"a\":null}]}"), Applied),
    ("D6 a member more, of no name", ALL, Set("", "0"), Applied),
];

#[test]
fn a_reference_is_what_it_names_or_names_nothing() {
    run(REFERENCES);
}

#[test]
fn a_text_has_from_one_to_its_number_of_bytes_and_no_control_characters() {
    twice(|driver| {
        for operation in OPERATIONS {
            for field in fields(operation) {
                for (name, json) in NO_TEXTS {
                    let row = (*name, ALL, Set(field, json), REQUEST);
                    driver.check(operation, &row);
                }
            }
        }
    });
}

#[test]
fn a_text_is_its_bytes_and_nothing_else() {
    twice(|driver| {
        for operation in OPERATIONS {
            for field in fields(operation) {
                let expect = unknown(field);
                for (name, json) in TEXTS {
                    driver.check(operation, &(*name, ALL, Set(field, json), expect));
                }
            }
        }
    });
}

#[test]
fn a_text_is_measured_in_bytes() {
    twice(|driver| {
        for operation in OPERATIONS {
            for field in fields(operation) {
                let max = if field == "tenant_account_ref" { 64 } else { 128 };
                for (bytes, expect) in [(max, unknown(field)), (max + 1, REQUEST)] {
                    let key = driver.next_key();
                    let text = format!("é{key}{}", "x".repeat(bytes - 2 - key.len()));
                    let body = driver.stage.body(operation, &key);
                    let body = set(&body, field, &format!("\"{text}\""));
                    let name = format!("{bytes} bytes of {field} on {operation}");
                    driver.expect(&name, operation, &key, body.as_bytes(), expect);
                }
            }
        }
    });
}

/// The members of an operation that are texts.
fn fields(operation: &str) -> [&'static str; 5] {
    let holds = needs_hold(operation) || operation == "hold_balance";
    let reference = if holds { "tenant_hold_balance_ref" } else { "tenant_balance_ref" };
    ["idempotency_key", "transaction_id", "tenant_account_ref", "of_action_ref", reference]
}

/// What becomes of a name that nobody was given.
fn unknown(field: &str) -> Expect {
    match field {
        "tenant_account_ref" => Declined("ACCOUNT_NOT_FOUND"),
        "tenant_balance_ref" => NO_BALANCE,
        "tenant_hold_balance_ref" => NO_HOLD,
        _ => Applied,
    }
}

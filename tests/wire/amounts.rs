//! Numbers that are amounts, numbers that are none, and what stands where a number should.

use super::table::Edit::{Amount, Bytes, Drop, Value};
use super::table::Expect::{Applied, AppliedAs, Declined, Invalid, Lawful};
use super::table::{Expect, Row, run};
use crate::support::desk::OPERATIONS;

const ALL: &[&str] = &OPERATIONS;
const OF_BALANCES: &[&str] = &["debit_balance", "credit_balance", "hold_balance"];
const OF_HOLDS: &[&str] = &["restore_balance", "debit_hold_balance", "credit_hold_balance"];
const NO_AMOUNT: Expect = Declined("AMOUNT_REQUIRED");
const MISMATCH: Expect = Declined("CURRENCY_MISMATCH");
const AMOUNT: Expect = Invalid("INVALID_AMOUNT");
const REQUEST: Expect = Invalid("INVALID_REQUEST");
const CURRENCY: Expect = Invalid("UNKNOWN_CURRENCY");

const VALUES: &[Row] = &[
    ("A1 zero", ALL, Value("0"), AppliedAs("0.00")),
    ("A3 minus zero", ALL, Value("-0"), AppliedAs("0.00")),
    ("A3 minus zero in full", ALL, Value("-0.00e1"), AppliedAs("0.00")),
    ("A5 exponent", ALL, Value("1e1"), AppliedAs("10.00")),
    ("A5 exponent with a plus", ALL, Value("1E+2"), AppliedAs("100.00")),
    ("A5 exponent below zero", ALL, Value("1e-2"), AppliedAs("0.01")),
    ("A5 exponent of the smallest unit", ALL, Value("1000000e-6"), AppliedAs("1.00")),
    ("A6 far too large", ALL, Value("1e400"), AMOUNT),
    ("A7 far too small", ALL, Value("1e-400"), AMOUNT),
    ("A7 exponent at its limit", ALL, Value("1e-30"), AMOUNT),
    ("A7 zero with an exponent at its limit", ALL, Value("0e30"), AppliedAs("0.00")),
    ("A7 exponent of many digits", ALL, Value("1e99999999999999999999"), AMOUNT),
    ("A9 NaN", ALL, Value("NaN"), REQUEST),
    ("A9 infinity", ALL, Value("Infinity"), REQUEST),
    ("A9 minus infinity", ALL, Value("-Infinity"), REQUEST),
    ("A10 NaN as text", ALL, Value("\"NaN\""), REQUEST),
    ("A10 a number as text", ALL, Value("\"10.00\""), REQUEST),
    ("A13 what a float makes of 0.3", ALL, Value("0.30000000000000004"), AMOUNT),
    ("A15 trailing zeros", ALL, Value("10.000"), AppliedAs("10.00")),
    ("A15 many trailing zeros", ALL, Value("10.0000000000000000000000"), AppliedAs("10.00")),
    ("A16 half a yen", ALL, Amount(r#"{"value":1.5,"currency":"JPY"}"#), AMOUNT),
    ("A16 a yen", OF_BALANCES, Amount(r#"{"value":1.0,"currency":"JPY"}"#), AppliedAs("1")),
    (
        "A18 mills of a dinar",
        OF_BALANCES,
        Amount(r#"{"value":1.234,"currency":"KWD"}"#),
        AppliedAs("1.234"),
    ),
    ("A19 tenths of a fils", ALL, Amount(r#"{"value":1.2345,"currency":"KWD"}"#), AMOUNT),
    (
        "A21 tenths of the smallest CLF",
        ALL,
        Amount(r#"{"value":0.00001,"currency":"CLF"}"#),
        AMOUNT,
    ),
    ("A22 what a float makes even", ALL, Value("9007199254740993"), AMOUNT),
    ("A24 the largest i64", ALL, Value("92233720368547758.07"), AMOUNT),
    ("A24 one more than the largest i64", ALL, Value("92233720368547758.08"), AMOUNT),
    ("A25 the largest u64", ALL, Value("18446744073709551615"), AMOUNT),
    ("A25 one more than the largest u64", ALL, Value("18446744073709551616"), AMOUNT),
    ("A27 the largest of 96 bits", ALL, Value("79228162514264337593543950335"), AMOUNT),
    (
        "A27 one more than the largest of 96 bits",
        ALL,
        Value("79228162514264337593543950336"),
        AMOUNT,
    ),
    ("A28 29 decimals", ALL, Value("0.12345678901234567890123456789"), AMOUNT),
    ("A30 ten thousand digits", ALL, Bytes(many_digits), AMOUNT),
    ("A30 ten thousand decimals", ALL, Bytes(many_decimals), AMOUNT),
    ("A31 a leading zero", ALL, Value("01"), REQUEST),
    ("A31 two zeros", ALL, Value("00"), REQUEST),
    ("A31 a plus", ALL, Value("+1"), REQUEST),
    ("A31 nothing before the point", ALL, Value(".5"), REQUEST),
    ("A31 nothing behind the point", ALL, Value("5."), REQUEST),
    ("A31 nothing behind the e", ALL, Value("1e"), REQUEST),
    ("A31 an underscore", ALL, Value("1_000"), REQUEST),
    ("A31 hexadecimal", ALL, Value("0x10"), REQUEST),
    ("A31 a space", ALL, Value("1 000"), REQUEST),
    ("A31 a comma", ALL, Value("1,000"), REQUEST),
    ("A31 only a minus", ALL, Value("-"), REQUEST),
    ("A33 null", ALL, Value("null"), REQUEST),
    ("A34 true", ALL, Value("true"), REQUEST),
    ("A34 an object", ALL, Value("{}"), REQUEST),
    ("A34 an array", ALL, Value("[10.00]"), REQUEST),
    ("below zero", ALL, Value("-0.01"), AMOUNT),
    ("A36 beyond the cap", ALL, Value("10000000000000.01"), AMOUNT),
    (
        "A36 the cap, where nothing can refuse it",
        &["credit_balance", "debit_hold_balance", "credit_hold_balance"],
        Value("10000000000000"),
        AppliedAs("10000000000000.00"),
    ),
    (
        "A36 the cap, where funds are needed",
        &["debit_balance", "hold_balance"],
        Value("1e13"),
        Declined("INSUFFICIENT_FUNDS"),
    ),
    ("A36 the cap", &["restore_balance"], Value("1e13"), Declined("HOLD_AMOUNT_EXCEEDED")),
    ("A37 the smallest unit", ALL, Value("0.01"), AppliedAs("0.01")),
];

const OBJECTS: &[Row] = &[
    ("B1 absent", OF_BALANCES, Drop("amount"), NO_AMOUNT),
    ("B1 absent", &["debit_hold_balance", "credit_hold_balance"], Drop("amount"), NO_AMOUNT),
    ("B2 absent: all that is left", &["restore_balance"], Drop("amount"), AppliedAs("100.00")),
    ("B3 null", ALL, Amount("null"), REQUEST),
    ("B4 a number", ALL, Amount("10"), REQUEST),
    ("B4 a text", ALL, Amount("\"10.00 USD\""), REQUEST),
    ("B4 an array", ALL, Amount(r#"[10.00,"USD"]"#), REQUEST),
    ("B7 no value", ALL, Amount(r#"{"currency":"USD"}"#), REQUEST),
    ("B7 no currency", ALL, Amount(r#"{"value":10.00}"#), REQUEST),
    ("B7 nothing", ALL, Amount("{}"), REQUEST),
    ("B7 currency is null", ALL, Amount(r#"{"value":1,"currency":null}"#), REQUEST),
    ("B7 currency is a number", ALL, Amount(r#"{"value":1,"currency":840}"#), REQUEST),
    ("B9 lower case", ALL, Amount(r#"{"value":1,"currency":"usd"}"#), CURRENCY),
    ("B10 empty", ALL, Amount(r#"{"value":1,"currency":""}"#), CURRENCY),
    ("B10 too short", ALL, Amount(r#"{"value":1,"currency":"US"}"#), CURRENCY),
    ("B10 too long", ALL, Amount(r#"{"value":1,"currency":"USDD"}"#), CURRENCY),
    ("B10 a space before", ALL, Amount(r#"{"value":1,"currency":" USD"}"#), CURRENCY),
    ("B10 a space behind", ALL, Amount(r#"{"value":1,"currency":"USD "}"#), CURRENCY),
    ("B12 full width", ALL, Amount(r#"{"value":1,"currency":"ＵＳＤ"}"#), CURRENCY),
    ("B12 a space without width", ALL, Amount(r#"{"value":1,"currency":"USD\u200b"}"#), CURRENCY),
    ("B12 a letter that looks like U", ALL, Amount(r#"{"value":1,"currency":"ՍSD"}"#), CURRENCY),
    ("B13 no currency", ALL, Amount(r#"{"value":1,"currency":"XXX"}"#), CURRENCY),
    ("B13 the code for tests", ALL, Amount(r#"{"value":1,"currency":"XTS"}"#), CURRENCY),
    ("B13 not assigned", ALL, Amount(r#"{"value":1,"currency":"ZZZ"}"#), CURRENCY),
    ("B13 gold", ALL, Amount(r#"{"value":1,"currency":"XAU"}"#), CURRENCY),
    ("B15 withdrawn", ALL, Amount(r#"{"value":1,"currency":"DEM"}"#), CURRENCY),
    ("B15 withdrawn of late", ALL, Amount(r#"{"value":1,"currency":"HRK"}"#), CURRENCY),
    ("B16 not the account's", OF_BALANCES, Amount(r#"{"value":1,"currency":"EUR"}"#), MISMATCH),
    ("B18 not the hold's", OF_HOLDS, Amount(r#"{"value":1,"currency":"EUR"}"#), MISMATCH),
    (
        "B18 the account's, not the hold's",
        OF_HOLDS,
        Amount(r#"{"value":1,"currency":"JPY"}"#),
        MISMATCH,
    ),
    ("an escaped letter", ALL, Amount(r#"{"value":1,"currency":"US\u0044"}"#), Applied),
    ("members turned round", ALL, Amount(r#"{ "currency":"USD", "value":1 }"#), Applied),
    ("a member more", ALL, Amount(r#"{"value":1,"currency":"USD","minor":[{}]}"#), Applied),
    ("value twice", ALL, Amount(r#"{"value":1,"value":1,"currency":"USD"}"#), REQUEST),
    (
        "D3 value twice by escape",
        ALL,
        Amount(r#"{"value":1,"\u0076alue":2,"currency":"USD"}"#),
        REQUEST,
    ),
    ("deep within", ALL, Bytes(deep_amount), Lawful),
];

#[test]
fn a_number_is_the_amount_that_it_says_or_is_refused() {
    run(VALUES);
}

#[test]
fn an_amount_is_an_object_of_a_number_and_a_currency() {
    run(OBJECTS);
}

fn many_digits(body: &str) -> Vec<u8> {
    body.replace("10.00", &"9".repeat(10_000)).into_bytes()
}

fn many_decimals(body: &str) -> Vec<u8> {
    body.replace("10.00", &format!("0.{}1", "0".repeat(10_000))).into_bytes()
}

fn deep_amount(body: &str) -> Vec<u8> {
    let deep = format!("{}1{}", r#"{"value":"#.repeat(1_000), "}".repeat(1_000));
    body.replace(r#"{"value":10.00,"currency":"USD"}"#, &deep).into_bytes()
}

//! Which currencies there are, with how many fraction digits, and what they add up to.

use holdfast::engine::{BadCurrency, Currencies};
use iso_currency::IntoEnumIterator;

use crate::engine::desk::Desk;

const NONE: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
const THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
const FOUR: [&str; 2] = ["CLF", "UYW"];

#[test]
fn exponents_are_those_of_iso_4217() {
    let currencies = Currencies::iso();
    let known = iso_currency::Currency::iter().filter_map(|it| currencies.find(it.code()));
    let mut count = 0;
    for currency in known {
        let expected = match currency.code() {
            code if NONE.contains(&code) => 0,
            code if THREE.contains(&code) => 3,
            code if FOUR.contains(&code) => 4,
            _ => 2,
        };
        assert_eq!(currency.exponent(), expected, "{currency}");
        count += 1;
    }
    assert!(count > 150, "{count} currencies are not all");
    for code in NONE.iter().chain(&THREE).chain(&FOUR) {
        assert!(currencies.find(code).is_some(), "{code} is missing");
    }
}

#[test]
fn what_is_no_money_or_no_more_is_unknown_until_it_is_configured() {
    let currencies = Currencies::iso();
    let unknown =
        ["XXX", "XTS", "XAU", "HRK", "DEM", "ZZZ", "usd", "US", "USDD", " USD", "", "ＵＳＤ"];
    for code in unknown {
        assert_eq!(currencies.find(code), None, "{code}");
    }
    let currencies = currencies.with("XAU:4").unwrap().with("JPY:2").unwrap();
    assert_eq!(currencies.find("XAU").unwrap().exponent(), 4);
    assert_eq!(currencies.find("JPY").unwrap().exponent(), 2);
    for text in ["XAU", "XAU:", "XAU:9", "XAU:-1", "xau:2", "XAUU:2", ":2", "XAU:2:2"] {
        let refused = Currencies::iso().with(text).unwrap_err();
        assert_eq!(refused, BadCurrency(text.to_owned()));
    }
}

#[test]
fn the_trial_balance_has_a_row_for_each_currency_and_each_adds_up_to_zero() {
    let mut desk = Desk::new();
    desk.open("a", &["SGD", "JPY"], 500);
    desk.open("b", &["JPY"], 70);
    desk.hold("a", "t", 30);
    desk.sgd("debit_balance", "a", "t", 45).done();
    desk.reserve("a", "r", 9).done();
    let books = desk.subject.world.engine.trial_balance().currencies;
    let rows: Vec<_> = books
        .iter()
        .map(|(currency, it)| {
            assert_eq!(it.sum(), 0);
            let sums = [it.posted, it.held, it.reserved, it.settlement, it.funding];
            (currency.code().to_owned(), sums)
        })
        .collect();
    let expected =
        [("JPY".to_owned(), [70, 0, 0, 0, -70]), ("SGD".to_owned(), [455, 30, 9, 45, -500])];
    assert_eq!(rows, expected);
}

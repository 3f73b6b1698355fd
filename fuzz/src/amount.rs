//! The text of a JSON number, read as an amount.

use holdfast::engine::Currencies;
use holdfast::wire::money;
use serde_json::value::RawValue;

const CODES: [&str; 4] = ["JPY", "USD", "KWD", "CLF"];
const EXPONENT_MAX: i64 = 30;
const MINOR_MAX: u64 = 1_000_000_000_000_000;

/// The amount is the one that the digits say, or there is none.
pub fn check(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let Ok(number) = serde_json::from_str::<&RawValue>(text).map(RawValue::get) else { return };
    if !number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return;
    }
    let code = CODES[usize::from(*first) % CODES.len()];
    let currency = Currencies::iso().find(code).expect("it is a currency");
    let read = money::parse(number, currency).ok().map(|amount| amount.minor());
    assert_eq!(read, by_digits(number, currency.exponent()), "{number} {code}");
    if let Some(minor) = read {
        let mut written = Vec::new();
        money::write(&mut written, minor.into(), currency);
        let written = String::from_utf8(written).expect("it is a number");
        let again = money::parse(&written, currency).ok().map(|amount| amount.minor());
        assert_eq!(again, read, "{number} was written as {written}");
    }
}

/// The same by moving the point through a row of digits.
fn by_digits(number: &str, fraction_digits: u8) -> Option<u64> {
    let number = number.to_ascii_lowercase();
    let (mantissa, exponent) = number.split_once('e').unwrap_or((&number, "0"));
    let exponent: i64 = exponent.parse().ok().filter(|e: &i64| e.abs() <= EXPONENT_MAX)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let unsigned = whole.trim_start_matches('-');
    let digits = format!("{unsigned}{fraction}");
    if digits.bytes().all(|digit| digit == b'0') {
        return Some(0);
    }
    if whole.starts_with('-') {
        return None;
    }
    let point = i64::try_from(unsigned.len()).ok()? + exponent + i64::from(fraction_digits);
    let at = usize::try_from(point.clamp(0, 1_000)).ok()?;
    let padded = format!("{digits:0<at$}");
    let (minor, rest) = padded.split_at(at);
    // Where the point lies before the first digit, zeros stand between the two.
    if point < 0 || rest.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let minor = minor.trim_start_matches('0');
    let minor: u64 = if minor.len() > 18 { return None } else { minor.parse().ok()? };
    (minor <= MINOR_MAX).then_some(minor)
}

/// Numbers of every form, each before a byte that chooses the currency.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let numbers = [
        "0",
        "-0",
        "12",
        "12.5",
        "12.50",
        "1.25e1",
        "1E+2",
        "10.000",
        "1e-30",
        "1e30",
        "-1",
        "1000000000000000",
        "10000000000000.00",
        "10000000000000.01",
        "0.001",
        "1000e-3",
        "100000000000000000000e-19",
        "0.00000000000000000000e30",
        "99999999999999999999",
    ];
    let seed = |(n, number): (usize, &&str)| {
        let mut seed = vec![u8::try_from(n % CODES.len()).unwrap_or(0)];
        seed.extend(number.as_bytes());
        seed
    };
    numbers.iter().enumerate().map(seed).collect()
}

//! Amounts between JSON and minor units: the number's own text is read, and never passes through
//! a float.

use crate::ledger::{Amount, Currency};

/// JSON exponents beyond this, either way, are refused.
const EXPONENT_MAX: i32 = 30;
/// 10^15 has sixteen digits; a longer number cannot be an amount.
const DIGITS_MAX: usize = 16;

/// Why a number is no amount. `Display` completes the sentence "amount.value …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Below zero.
    #[error("is negative")]
    Negative,
    /// Not a whole number of minor units.
    #[error("has more than the {} fraction digits of {}", .0.exponent(), .0)]
    TooPrecise(Currency),
    /// More than one request may move.
    #[error("is more than 10^15 minor units")]
    TooLarge,
    /// An exponent of more than two digits, or near it.
    #[error("has an exponent beyond 30")]
    Exponent,
}

/// Reads the text of a JSON number as an amount of `currency`: `12`, `12.5`, `12.50` and `1.25e1`
/// are the same.
///
/// # Errors
/// When the number is not an amount that a request may move.
pub fn parse(number: &str, currency: Currency) -> Result<Amount, BadAmount> {
    let too_precise = BadAmount::TooPrecise(currency);
    let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| BadAmount::Exponent)?;
    if exponent.abs() > EXPONENT_MAX {
        return Err(BadAmount::Exponent);
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let significant = if fraction.is_empty() { whole.trim_end_matches('0') } else { whole };
    let digits = significant.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0');
    let mut kept = arrayvec::ArrayVec::<u8, DIGITS_MAX>::new();
    for digit in digits {
        let precise = if fraction.is_empty() { BadAmount::TooLarge } else { too_precise };
        kept.try_push(digit).map_err(|_| precise)?;
    }
    if kept.is_empty() {
        return Ok(Amount::ZERO);
    }
    if negative {
        return Err(BadAmount::Negative);
    }
    let zeros = i32::try_from(whole.len().saturating_sub(significant.len()));
    let point = i32::try_from(fraction.len()).map_err(|_| too_precise)?;
    let zeros = zeros.map_err(|_| BadAmount::TooLarge)?;
    scale(&kept, exponent.saturating_add(zeros).saturating_sub(point), currency)
}

/// Reads the text of a JSON number as a sum of `currency`: of either sign, and as large as sums of
/// amounts become.
///
/// # Errors
/// When the number is not a whole number of minor units, or larger than any sum.
pub fn parse_sum(number: &str, currency: Currency) -> Result<i128, BadAmount> {
    let too_precise = BadAmount::TooPrecise(currency);
    let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (mantissa, power) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let power: i32 = power.parse().map_err(|_| BadAmount::Exponent)?;
    if power.abs() > EXPONENT_MAX {
        return Err(BadAmount::Exponent);
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut minor: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = i128::from(digit.saturating_sub(b'0'));
        let more = minor.checked_mul(10).and_then(|minor| minor.checked_add(digit));
        minor = more.ok_or(BadAmount::TooLarge)?;
    }
    let point = i32::try_from(fraction.len()).map_err(|_| too_precise)?;
    let power = power.saturating_add(i32::from(currency.exponent())).saturating_sub(point);
    let factor = 10_i128.checked_pow(power.unsigned_abs()).ok_or(BadAmount::TooLarge)?;
    let minor = if power >= 0 {
        minor.checked_mul(factor).ok_or(BadAmount::TooLarge)?
    } else if minor % factor == 0 {
        minor / factor
    } else {
        return Err(too_precise);
    };
    Ok(if negative { minor.saturating_neg() } else { minor })
}

/// `digits` × 10^`power` major units, in minor units.
fn scale(digits: &[u8], power: i32, currency: Currency) -> Result<Amount, BadAmount> {
    let mut minor: u64 = 0;
    for digit in digits {
        let digit = u64::from(digit.saturating_sub(b'0'));
        minor = minor.saturating_mul(10).saturating_add(digit);
    }
    let power = power.saturating_add(i32::from(currency.exponent()));
    let power = u32::try_from(power).map_err(|_| BadAmount::TooPrecise(currency))?;
    let factor = 10_u64.checked_pow(power).ok_or(BadAmount::TooLarge)?;
    let amount = minor.checked_mul(factor).and_then(Amount::new).ok_or(BadAmount::TooLarge)?;
    if amount > Amount::REQUEST_MAX { Err(BadAmount::TooLarge) } else { Ok(amount) }
}

/// Writes minor units as major ones, with exactly the fraction digits of `currency`.
pub fn write(out: &mut Vec<u8>, minor: i128, currency: Currency) {
    if minor < 0 {
        out.push(b'-');
    }
    let exponent = u32::from(currency.exponent());
    // All but sums over many accounts fit, and 64 bits are divided many times as fast.
    match u64::try_from(minor.unsigned_abs()) {
        Ok(minor) => {
            let unit = 10_u64.pow(exponent);
            write_parts(out, minor / unit, minor % unit, exponent);
        }
        Err(_) => {
            let (minor, unit) = (minor.unsigned_abs(), 10_u128.pow(exponent));
            write_parts(out, minor / unit, minor % unit, exponent);
        }
    }
}

fn write_parts(
    out: &mut Vec<u8>,
    whole: impl itoa::Integer,
    fraction: impl itoa::Integer,
    exponent: u32,
) {
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(whole).as_bytes());
    if exponent == 0 {
        return;
    }
    out.push(b'.');
    let digits = buffer.format(fraction).as_bytes();
    let zeros = usize::try_from(exponent).map_or(0, |all| all.saturating_sub(digits.len()));
    out.extend(std::iter::repeat_n(b'0', zeros));
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &[u8; 3], exponent: u8) -> Currency {
        Currency::new(*code, exponent).unwrap()
    }

    #[test]
    fn a_sum_has_a_sign_and_more_digits_than_an_amount() {
        let (usd, jpy) = (currency(b"USD", 2), currency(b"JPY", 0));
        for (text, usd_minor, jpy_minor) in [
            ("0", Ok(0), Ok(0)),
            ("-0.00", Ok(0), Ok(0)),
            ("-12.5", Ok(-1250), Err(BadAmount::TooPrecise(jpy))),
            ("1.25e1", Ok(1250), Err(BadAmount::TooPrecise(jpy))),
            ("120e-1", Ok(1200), Ok(12)),
            (
                "10000000000000000000.01",
                Ok(1_000_000_000_000_000_000_001),
                Err(BadAmount::TooPrecise(jpy)),
            ),
            ("1e31", Err(BadAmount::Exponent), Err(BadAmount::Exponent)),
            ("9999999999999999999999e30", Err(BadAmount::TooLarge), Err(BadAmount::TooLarge)),
        ] {
            assert_eq!(parse_sum(text, usd), usd_minor, "{text}");
            assert_eq!(parse_sum(text, jpy), jpy_minor, "{text}");
        }
    }

    #[test]
    fn one_amount_has_many_texts_and_is_never_rounded() {
        let usd = currency(b"USD", 2);
        let cases: [(&str, Result<u64, BadAmount>); 28] = [
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("-0.00e1", Ok(0)),
            ("12", Ok(1200)),
            ("12.5", Ok(1250)),
            ("12.50", Ok(1250)),
            ("1.25e1", Ok(1250)),
            ("1e2", Ok(10_000)),
            ("1E+2", Ok(10_000)),
            ("1e-2", Ok(1)),
            ("0.01", Ok(1)),
            ("10.000", Ok(1000)),
            ("100e-4", Ok(1)),
            ("10000000000000", Ok(1_000_000_000_000_000)),
            ("0.0000000000000000001e19", Ok(100)),
            ("10000000000000.01", Err(BadAmount::TooLarge)),
            ("0.001", Err(BadAmount::TooPrecise(usd))),
            ("0.30000000000000004", Err(BadAmount::TooPrecise(usd))),
            ("0.12345678901234567890123456789", Err(BadAmount::TooPrecise(usd))),
            ("9223372036854775808", Err(BadAmount::TooLarge)),
            ("79228162514264337593543950336", Err(BadAmount::TooLarge)),
            ("-1", Err(BadAmount::Negative)),
            ("1e400", Err(BadAmount::Exponent)),
            ("1e-400", Err(BadAmount::Exponent)),
            ("10000000000000000000000e-20", Ok(10_000)),
            ("1.00000000000000001e2", Err(BadAmount::TooPrecise(usd))),
            ("1e30", Err(BadAmount::TooLarge)),
            ("1e99999999999999999999", Err(BadAmount::Exponent)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, usd).map(Amount::minor), expected, "{text}");
        }
        assert_eq!(parse("1.5", currency(b"JPY", 0)).map(Amount::minor).ok(), None);
        assert_eq!(parse("1.234", currency(b"KWD", 3)).map(Amount::minor), Ok(1234));
        assert_eq!(parse(&"9".repeat(10_000), usd), Err(BadAmount::TooLarge));
    }

    #[test]
    fn an_amount_is_written_with_its_currencys_digits() {
        let cases = [
            (5750, 2, "57.50"),
            (1000, 0, "1000"),
            (-1, 2, "-0.01"),
            (-1234, 3, "-1.234"),
            (0, 2, "0.00"),
            (i128::from(i64::MIN), 2, "-92233720368547758.08"),
        ];
        for (minor, exponent, expected) in cases {
            let mut out = Vec::new();
            write(&mut out, minor, currency(b"ABC", exponent));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}

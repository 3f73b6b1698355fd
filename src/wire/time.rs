//! Times: moments as RFC 3339, and back.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

use crate::ledger::Moment;

const NANOS_PER_MICRO: i128 = 1_000;

/// A moment as RFC 3339, UTC, with microseconds.
#[must_use]
pub fn write(at: Moment) -> String {
    let printer = DateTimePrinter::new().precision(Some(6));
    let timestamp = Timestamp::from_microsecond(at.micros()).unwrap_or(Timestamp::MAX);
    printer.timestamp_to_string(&timestamp)
}

/// A time of any precision and offset, as RFC 3339 has it and nothing else.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    if is_rfc_3339(text) { text.parse().ok() } else { None }
}

/// The last moment that is not after `time`.
#[must_use]
pub fn not_after(time: Timestamp) -> Moment {
    moment(time.as_nanosecond().div_euclid(NANOS_PER_MICRO))
}

/// The first moment that is not before `time`.
#[must_use]
pub fn not_before(time: Timestamp) -> Moment {
    let behind = time.as_nanosecond().saturating_add(NANOS_PER_MICRO.saturating_sub(1));
    moment(behind.div_euclid(NANOS_PER_MICRO))
}

fn moment(micros: i128) -> Moment {
    Moment::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// Whether the text has the form: the reader of times takes more than that, such as a date alone.
fn is_rfc_3339(text: &str) -> bool {
    let shape = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() })
            .collect()
    };
    let Some((time, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else {
        return false;
    };
    let zone = rest.strip_prefix('.').map_or(rest, |rest| {
        let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if zone.len() == rest.len() { "no digit" } else { zone }
    });
    shape(time) == "0000-00-00T00:00:00"
        && ["Z", "+00:00", "-00:00"].contains(&shape(zone).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rfc_3339_and_nothing_else() {
        let micros = |text| parse(text).map(|time| not_after(time).micros());
        let noon = Some(1_764_072_000_000_000);
        for text in [
            "2025-11-25T12:00:00Z",
            "2025-11-25t12:00:00z",
            "2025-11-25T12:00:00.000000000Z",
            "2025-11-25T20:00:00+08:00",
            "2025-11-25T06:30:00.0-05:30",
            "2025-11-25T12:00:00-00:00",
        ] {
            assert_eq!(micros(text), noon, "{text}");
        }
        for text in [
            "",
            "now",
            "1764072000",
            "2025-11-25",
            "2025-11-25T12:00Z",
            "2025-11-25T12:00:00",
            "2025-11-25 12:00:00Z",
            "2025-11-25T12:00:00.Z",
            "2025-11-25T12:00:00,5Z",
            "2025-11-25T12:00:00+08",
            "2025-11-25T12:00:00 08:00",
            "2025-11-25T12:00:00Z[UTC]",
            "2025-13-25T12:00:00Z",
            "2025-02-29T12:00:00Z",
            "2025-11-25T25:00:00Z",
            "+002025-11-25T12:00:00Z",
            "2025-11-25T12:00:00é",
            "２025-11-25T12:00:00Z",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn between_two_moments_a_time_is_the_one_or_the_other() {
        let time = parse("1969-12-31T23:59:59.9999995Z").unwrap();
        assert_eq!([not_after(time), not_before(time)].map(Moment::micros), [-1, 0]);
        let time = parse("1970-01-01T00:00:00.000001Z").unwrap();
        assert_eq!([not_after(time), not_before(time)].map(Moment::micros), [1, 1]);
        assert_eq!(write(Moment::from_micros(1)), "1970-01-01T00:00:00.000001Z");
    }
}
